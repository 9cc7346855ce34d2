"""Runs as data: takes, their playback, and replays and films made from them."""
