"""Sound computed from the physics: impacts, squeaking soles and air. Nothing is recorded."""
