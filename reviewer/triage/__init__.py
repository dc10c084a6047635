"""Checks, judges and selection: what sees everything, so that people see what needs them."""
