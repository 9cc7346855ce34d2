"""The sound of falling down, made from the physics: thuds, slaps, squeaks and air; nothing recorded, nothing funny."""
