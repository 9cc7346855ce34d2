"""Our axes (x forward, y left, z up) and glTF's (z forward, x left, y up), which our BVH files share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TO_GLTF: Array = np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
"""(4, 4) of homogeneous vectors; its transpose is its inverse"""


def vectors_to_gltf(v: Array) -> Array:
    """(..., 3): x, y, z -> y, z, x."""
    return v[..., [1, 2, 0]]


def vectors_from_gltf(v: Array) -> Array:
    """(..., 3): the inverse of vectors_to_gltf."""
    return v[..., [2, 0, 1]]


def rotations_to_gltf(q: Array) -> Array:
    """(..., 4) xyzw: the axis changes as any vector does."""
    return q[..., [1, 2, 0, 3]]


def rotations_from_gltf(q: Array) -> Array:
    """(..., 4) xyzw: the inverse of rotations_to_gltf."""
    return q[..., [2, 0, 1, 3]]


def matrices_to_gltf(m: Array) -> Array:
    """(..., 4, 4) transforms."""
    return np.asarray(TO_GLTF @ m @ TO_GLTF.T)


def matrices_from_gltf(m: Array) -> Array:
    """(..., 4, 4): the inverse of matrices_to_gltf."""
    return np.asarray(TO_GLTF.T @ m @ TO_GLTF)
