"""What a person asks for, turned into events. Knows no window."""
