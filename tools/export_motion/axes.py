"""Our axes (x forward, y left, z up) and glTF's (z forward, x left, y up), which our BVH files share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def vectors_to_gltf(v: Array) -> Array:
    """(..., 3): x, y, z -> y, z, x."""
    return v[..., [1, 2, 0]]


def turns_to_gltf(q: Array) -> Array:
    """(..., 4) xyzw: the axis is a vector like any other."""
    return q[..., [1, 2, 0, 3]]
