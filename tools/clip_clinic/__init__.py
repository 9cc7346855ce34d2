"""Finds what is physically wrong with a clip, and mends what can be mended. `python -m tools.clip_clinic CLIP`."""
