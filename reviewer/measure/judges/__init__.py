"""Judges held to what people say: alignment, calibration, juries and biases; pure functions on arrays."""
