"""Signed distance fields: primitives and smooth set operations on points (N, 3), after Inigo Quilez."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = Sequence[float] | Array


def vec(x: float, y: float, z: float) -> Array:
    return np.array([x, y, z], float)


def ellipsoid(p: Array, center: Point, radii: Point) -> Array:
    """First-order distance to an ellipsoid: exact on the surface, good near it. Returns (N,)."""
    r = np.asarray(radii, float)
    q = p - np.asarray(center)
    k0 = np.linalg.norm(q / r, axis=-1)
    k1 = np.linalg.norm(q / (r * r), axis=-1)
    return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-9))


def sphere(p: Array, center: Point, radius: float) -> Array:
    return np.asarray(np.linalg.norm(p - np.asarray(center), axis=-1) - radius)


def cone(p: Array, a: Point, b: Point, radius_a: float, radius_b: float) -> Array:
    """A capsule from `a` to `b` whose radius changes along the way. Returns (N,)."""
    pa, ba = p - np.asarray(a), np.asarray(b, float) - np.asarray(a, float)
    h = np.clip(pa @ ba / max(float(ba @ ba), 1e-12), 0.0, 1.0)
    return np.asarray(np.linalg.norm(pa - h[:, None] * ba, axis=-1) - (radius_a + (radius_b - radius_a) * h))


def path(p: Array, points: Sequence[Point], radii: Sequence[float], k: float) -> Array:
    """Cones from point to point, melted together."""
    pieces = zip(points, points[1:], radii, radii[1:], strict=False)
    return union([cone(p, a, b, ra, rb) for a, b, ra, rb in pieces], k)


def box(p: Array, center: Point, half: Point, rounding: float) -> Array:
    """A rounded box; `half` are half edges including the rounding."""
    q = np.abs(p - np.asarray(center)) - (np.asarray(half) - rounding)
    inside = np.minimum(q.max(-1), 0.0)
    return np.asarray(np.linalg.norm(np.maximum(q, 0.0), axis=-1) + inside - rounding)


def join(a: Array, b: Array, k: float) -> Array:
    """Union whose seam is a fillet about `k` wide."""
    h = np.maximum(k - np.abs(a - b), 0.0) / k
    return np.minimum(a, b) - h * h * k * 0.25


def cut(a: Array, b: Array, k: float) -> Array:
    """What of `a` is outside `b`, the new edge rounded by `k`."""
    return -join(-a, b, k)


def both(a: Array, b: Array, k: float) -> Array:
    """What is inside both, the new edge rounded by `k`."""
    return -join(-a, -b, k)


def union(fields: Sequence[Array], k: float) -> Array:
    result = fields[0]
    for field in fields[1:]:
        result = join(result, field, k)
    return result


def smoothstep(low: float, high: float, x: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the larger."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
