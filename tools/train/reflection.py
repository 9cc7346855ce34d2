"""Reflection in the plane y = 0, which exchanges left and right (a character faces x): signs.

Which body or joint is on the other side is among the model's roles: opposite_body, opposite_joint.
"""

from __future__ import annotations

POLAR = (1.0, -1.0, 1.0)
"""signs of what points: positions, velocities, forces"""
AXIAL = (-1.0, 1.0, -1.0)
"""signs of what turns: angular velocities, rotation vectors, a quaternion's x, y, z"""
