"""Any rigged humanoid of a glTF or VRM file becomes a figure that the game draws in place of its own."""
