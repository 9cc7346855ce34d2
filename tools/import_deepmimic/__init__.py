"""PyBullet's trained DeepMimic policies as contract files. `python -m tools.import_deepmimic`."""
