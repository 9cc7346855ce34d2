"""Pratfall: a physics playground for an avatar that has learned to move.

Conventions, everywhere in this project:

- SI units, radians, z up, x forward, y left, right-handed. Gravity is (0, 0, -9.8) m/s2 unless changed.
- Quaternions are xyzw, unit length; `a * b` applies b first. A rotation maps body to parent (or world) coordinates.
- A body's frame sits at the joint that carries it, aligned with the world in the default pose (standing, arms down).
- Joint velocities are angular velocities of the child relative to its parent, in the child's frame.
- Names carry their frame where two are possible: `_w` world, `_b` body, `_a` anchor; and their unit where it is not SI.
- Time is counted in integer ticks at `control_hz` (30) and substeps at `physics_hz` (240), never accumulated.
- Every array in a docstring has its shape; `N` stands for `num_characters`, `J` for joints, `B` for bodies.
"""

from pathlib import Path

from game import compiled_cache

__version__ = "0.1.0"

compiled_cache.use(Path(__file__).parent)
