"""The clip clinic: what is physically wrong with a clip, and what can be mended. `python -m tools.clip_clinic CLIP`."""
