"""The tests of Reviewer; a package, so that a module of one folder can be used from another."""
