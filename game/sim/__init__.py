"""The simulation: bodies, their controllers and the world they live in. Nothing here knows what draws."""
