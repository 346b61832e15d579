"""A function whose module cannot be imported."""

handler = 1 / 0
