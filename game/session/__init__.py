"""What a person plays: a run on a clock, its attempts, and who judges them."""
