"""The pictures: everything that draws a Snapshot. Knows no physics."""
