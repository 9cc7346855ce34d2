"""A run, one control tick at a time: events in, Snapshots out."""
