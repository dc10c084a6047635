"""Tests of what sees everything."""
