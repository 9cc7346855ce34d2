"""Cameras as numbers: poses, rigs, shots. Nothing here draws."""
