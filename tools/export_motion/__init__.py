"""Takes and clips for other programs: `python -m tools.export_motion TAKE --out FILE`, .bvh or .glb."""
