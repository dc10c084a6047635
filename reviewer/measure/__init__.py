"""Statistics as pure functions on numpy arrays; whatever is printed comes with its n and its uncertainty."""
