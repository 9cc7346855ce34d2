"""Rotations as unit quaternions (xyzw), batched over any leading dimensions.

Formulas: Solà, "Quaternion kinematics for the error-state Kalman filter" (2017), in xyzw order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

IDENTITY: Array = np.array([0.0, 0.0, 0.0, 1.0])


def multiply(a: Array, b: Array) -> Array:
    """Return the rotation that applies b, then a. Shapes (..., 4) x (..., 4) -> (..., 4)."""
    ax, ay, az, aw = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bx, by, bz, bw = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def conjugate(q: Array) -> Array:
    """Return the inverse of a unit quaternion. Shape (..., 4)."""
    return np.asarray(q * np.array([-1.0, -1.0, -1.0, 1.0]))


def rotate(q: Array, v: Array) -> Array:
    """Rotate vectors v (..., 3) by q (..., 4)."""
    u, w = q[..., :3], q[..., 3:]
    t = 2.0 * _cross(u, v)
    return np.asarray(v + w * t + _cross(u, t))


def _cross(a: Array, b: Array) -> Array:
    """np.cross of (..., 3) and (..., 3), without its overhead on small arrays."""
    ax, ay, az, bx, by, bz = a[..., 0], a[..., 1], a[..., 2], b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def rotate_inverse(q: Array, v: Array) -> Array:
    """Rotate vectors v (..., 3) by the inverse of q (..., 4)."""
    return rotate(conjugate(q), v)


def normalize(q: Array) -> Array:
    """Scale quaternions (..., 4) to unit length."""
    return np.asarray(q / np.linalg.norm(q, axis=-1, keepdims=True))


def from_rotvec(v: Array) -> Array:
    """Exponential map: rotation vectors (..., 3), rad -> quaternions (..., 4)."""
    angle = np.linalg.norm(v, axis=-1, keepdims=True)
    # np.sinc(x) is sin(pi x)/(pi x): exact and smooth at zero
    return np.concatenate([0.5 * v * np.sinc(angle / (2.0 * np.pi)), np.cos(0.5 * angle)], axis=-1)


def to_rotvec(q: Array) -> Array:
    """Logarithm: quaternions (..., 4) -> rotation vectors (..., 3) of angle at most pi."""
    q = np.where(q[..., 3:] < 0.0, -q, q)
    sine = np.linalg.norm(q[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, q[..., 3:])
    return q[..., :3] * np.where(sine < 1e-9, 2.0, angle / np.maximum(sine, 1e-9))


def from_axis_angle(axis: ArrayLike, angle: ArrayLike) -> Array:
    """Rotations by angle (...) about a unit axis (3,) -> (..., 4)."""
    return from_rotvec(np.asarray(angle, float)[..., None] * np.asarray(axis, float))


def difference(a: Array, b: Array) -> Array:
    """Rotation vectors (..., 3) of at most pi that lead from a (..., 4) to b (..., 4), in a's frame."""
    return to_rotvec(multiply(conjugate(a), b))


def angle_between(a: Array, b: Array) -> Array:
    """Angle in [0, pi] between rotations (..., 4) and (..., 4) -> (...)."""
    return np.asarray(np.linalg.norm(difference(a, b), axis=-1))


def slerp(a: Array, b: Array, fraction: Array) -> Array:
    """Shortest-arc interpolation of (..., 4) and (..., 4) by fraction (...) in [0, 1] -> (..., 4)."""
    step = difference(a, b)
    return normalize(multiply(a, from_rotvec(step * np.asarray(fraction)[..., None])))


def heading(q: Array) -> Array:
    """Heading about z of the rotated x axis, (..., 4) -> (...). Arbitrary where x points straight up."""
    forward = rotate(q, np.array([1.0, 0.0, 0.0]))
    return np.asarray(np.arctan2(forward[..., 1], forward[..., 0]))


def from_heading(angle: ArrayLike) -> Array:
    """Rotation about z by angle (...) -> (..., 4)."""
    return from_axis_angle((0.0, 0.0, 1.0), angle)


def to_matrix(q: Array) -> Array:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    m = np.empty((*q.shape[:-1], 3, 3))
    m[..., 0, 0], m[..., 0, 1], m[..., 0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)
    m[..., 1, 0], m[..., 1, 1], m[..., 1, 2] = 2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)
    m[..., 2, 0], m[..., 2, 1], m[..., 2, 2] = 2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)
    return m


def from_matrix(m: Array) -> Array:
    """Quaternions (..., 4) of rotation matrices (..., 3, 3), also of ones that are not quite orthogonal.

    They are eigenvectors: Bar-Itzhack, "New Method for Extracting the Quaternion from a Rotation Matrix" (2000).
    """
    xx, xy, xz, yx, yy, yz, zx, zy, zz = (m[..., i, j] for i in range(3) for j in range(3))
    k = np.stack(
        [
            np.stack([xx - yy - zz, xy + yx, xz + zx, zy - yz], -1),
            np.stack([xy + yx, yy - xx - zz, yz + zy, xz - zx], -1),
            np.stack([xz + zx, yz + zy, zz - xx - yy, yx - xy], -1),
            np.stack([zy - yz, xz - zx, yx - xy, xx + yy + zz], -1),
        ],
        -1,
    )
    return np.asarray(np.linalg.eigh(k)[1][..., -1])


def continuous(q: Array) -> Array:
    """Flip signs along the first axis of (F, ..., 4) so that neighbours lie in the same hemisphere."""
    dots = np.sum(q[1:] * q[:-1], axis=-1)
    signs = np.cumprod(np.where(dots < 0.0, -1.0, 1.0), axis=0)
    return np.concatenate([q[:1], q[1:] * signs[..., None]])
