"""Builds a skinned person from signed distance fields; `python -m tools.build_avatar --help`."""
