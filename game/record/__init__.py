"""Runs as data: takes, their playback, and what is made from them."""
