"""What a person plays: a run on a clock, its attempts, and the referee who judges them."""
