"""Keys, mouse and gamepad turned into events. Needs no window."""
