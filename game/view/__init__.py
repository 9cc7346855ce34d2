"""Everything that draws a Snapshot. Contains no physics."""
