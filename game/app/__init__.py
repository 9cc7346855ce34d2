"""The game itself: in a window or without one."""
