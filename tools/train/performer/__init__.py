"""The performer: one network for all motions. It sees the reference's next poses and no clip, phase or heading."""
