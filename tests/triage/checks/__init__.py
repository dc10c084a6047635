"""Tests of the automated checks."""
