"""Footage: takes run again and filmed from any camera, at any size, rate and speed, with their sound."""
