"""A photograph of a room becomes a set: see tools/room/README.md."""
