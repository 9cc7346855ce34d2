"""Motion files of other projects, retargeted to our humanoid: `python -m tools.import_motion FILE --out CLIP`."""
