"""The real program, played at a real pseudo-terminal."""
