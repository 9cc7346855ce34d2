"""Rotations in compiled code (numba): quaternions xyzw as in `rotation`, one at a time and without new arrays."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def product(a, b):  # type: ignore[no-untyped-def]
    """The rotation that applies b (4,), then a (4,), as four numbers."""
    return (
        a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
        a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
        a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
        a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
    )


@njit(cache=True)
def rotated(q, v):  # type: ignore[no-untyped-def]
    """A vector v (3,) turned by q (4,), as three numbers."""
    tx, ty, tz = 2.0 * (q[1] * v[2] - q[2] * v[1]), 2.0 * (q[2] * v[0] - q[0] * v[2]), 2.0 * (q[0] * v[1] - q[1] * v[0])
    return (
        v[0] + q[3] * tx + q[1] * tz - q[2] * ty,
        v[1] + q[3] * ty + q[2] * tx - q[0] * tz,
        v[2] + q[3] * tz + q[0] * ty - q[1] * tx,
    )


@njit(cache=True)
def slerp_into(a, b, part, out):  # type: ignore[no-untyped-def]
    """Interpolate by part 0..1 between rotations a (4,) and b (4,), along the shorter arc, into out (4,)."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    sign = -1.0 if dot < 0.0 else 1.0
    dot = min(abs(dot), 1.0)
    if dot > 0.9999:
        u, v = 1.0 - part, sign * part
    else:
        angle = np.arccos(dot)
        u, v = np.sin((1.0 - part) * angle) / np.sin(angle), sign * np.sin(part * angle) / np.sin(angle)
    norm = 0.0
    for i in range(4):
        out[i] = u * a[i] + v * b[i]
        norm += out[i] * out[i]
    norm = np.sqrt(norm)
    for i in range(4):
        out[i] /= norm


@njit(cache=True)
def turn_into(heading, q):  # type: ignore[no-untyped-def]
    """Turn a rotation (4,) about the world's z by a heading, in place."""
    c, s = np.cos(0.5 * heading), np.sin(0.5 * heading)
    x, y, z, w = q[0], q[1], q[2], q[3]
    q[0], q[1], q[2], q[3] = c * x - s * y, c * y + s * x, c * z + s * w, c * w - s * z
