"""Bloopers: many attempts with bad luck, the best falls among them, and a film of those."""
