"""Measures speed: `python -m tools.bench`."""
