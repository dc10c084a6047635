"""Scripts that print what only a simulation can say."""
