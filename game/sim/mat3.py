"""Three-dimensional algebra on plain tuples, compiled.

Vectors are (3), symmetric matrices (6: xx xy xz yy yz zz), matrices (9, row by row).

Tuples of floats stay in registers; numpy arrays this small would cost an allocation an operation.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vec = tuple[float, float, float]
Sym = tuple[float, float, float, float, float, float]
Mat = tuple[float, float, float, float, float, float, float, float, float]

Array = NDArray[np.float64]

compiled = njit(cache=True, fastmath=True, error_model="numpy", inline="always")


@compiled
def add(a: Vec, b: Vec) -> Vec:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


@compiled
def sub(a: Vec, b: Vec) -> Vec:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


@compiled
def scale(s: float, a: Vec) -> Vec:
    return (s * a[0], s * a[1], s * a[2])


@compiled
def dot(a: Vec, b: Vec) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def cross(a: Vec, b: Vec) -> Vec:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@compiled
def matvec(m: Mat, v: Vec) -> Vec:
    return (
        m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
        m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
        m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
    )


@compiled
def transpose(m: Mat) -> Mat:
    return (m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8])


@compiled
def matmul(a: Mat, b: Mat) -> Mat:
    return (
        a[0] * b[0] + a[1] * b[3] + a[2] * b[6],
        a[0] * b[1] + a[1] * b[4] + a[2] * b[7],
        a[0] * b[2] + a[1] * b[5] + a[2] * b[8],
        a[3] * b[0] + a[4] * b[3] + a[5] * b[6],
        a[3] * b[1] + a[4] * b[4] + a[5] * b[7],
        a[3] * b[2] + a[4] * b[5] + a[5] * b[8],
        a[6] * b[0] + a[7] * b[3] + a[8] * b[6],
        a[6] * b[1] + a[7] * b[4] + a[8] * b[7],
        a[6] * b[2] + a[7] * b[5] + a[8] * b[8],
    )


@compiled
def mat_sub(a: Mat, b: Mat) -> Mat:
    return (
        a[0] - b[0],
        a[1] - b[1],
        a[2] - b[2],
        a[3] - b[3],
        a[4] - b[4],
        a[5] - b[5],
        a[6] - b[6],
        a[7] - b[7],
        a[8] - b[8],
    )


@compiled
def outer(a: Vec, b: Vec) -> Mat:
    return (
        a[0] * b[0],
        a[0] * b[1],
        a[0] * b[2],
        a[1] * b[0],
        a[1] * b[1],
        a[1] * b[2],
        a[2] * b[0],
        a[2] * b[1],
        a[2] * b[2],
    )


@compiled
def skew(v: Vec) -> Mat:
    """The matrix of a cross product: skew(v) w = v x w."""
    return (0.0, -v[2], v[1], v[2], 0.0, -v[0], -v[1], v[0], 0.0)


@compiled
def full(s: Sym) -> Mat:
    return (s[0], s[1], s[2], s[1], s[3], s[4], s[2], s[4], s[5])


@compiled
def upper(m: Mat) -> Sym:
    """The symmetric matrix that m is known to be."""
    return (m[0], m[1], m[2], m[4], m[5], m[8])


@compiled
def sym_add(a: Sym, b: Sym) -> Sym:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5])


@compiled
def sym_sub(a: Sym, b: Sym) -> Sym:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3], a[4] - b[4], a[5] - b[5])


@compiled
def sym_scale(k: float, s: Sym) -> Sym:
    return (k * s[0], k * s[1], k * s[2], k * s[3], k * s[4], k * s[5])


@compiled
def diagonal(k: float) -> Sym:
    return (k, 0.0, 0.0, k, 0.0, k)


@compiled
def symvec(s: Sym, v: Vec) -> Vec:
    return (
        s[0] * v[0] + s[1] * v[1] + s[2] * v[2],
        s[1] * v[0] + s[3] * v[1] + s[4] * v[2],
        s[2] * v[0] + s[4] * v[1] + s[5] * v[2],
    )


@compiled
def sym_inverse(s: Sym) -> Sym:
    xx = s[3] * s[5] - s[4] * s[4]
    xy = s[2] * s[4] - s[1] * s[5]
    xz = s[1] * s[4] - s[2] * s[3]
    k = 1.0 / (s[0] * xx + s[1] * xy + s[2] * xz)
    return (
        k * xx,
        k * xy,
        k * xz,
        k * (s[0] * s[5] - s[2] * s[2]),
        k * (s[1] * s[2] - s[0] * s[4]),
        k * (s[0] * s[3] - s[1] * s[1]),
    )


@compiled
def sym_rotated(r: Mat, s: Sym) -> Sym:
    """r s r^T."""
    return upper(matmul(matmul(r, full(s)), transpose(r)))


@compiled
def quat_matrix(x: float, y: float, z: float, w: float) -> Mat:
    return (
        1.0 - 2.0 * (y * y + z * z),
        2.0 * (x * y - z * w),
        2.0 * (x * z + y * w),
        2.0 * (x * y + z * w),
        1.0 - 2.0 * (x * x + z * z),
        2.0 * (y * z - x * w),
        2.0 * (x * z - y * w),
        2.0 * (y * z + x * w),
        1.0 - 2.0 * (x * x + y * y),
    )


@compiled
def turn_y(angle: float) -> Mat:
    c, s = math.cos(angle), math.sin(angle)
    return (c, 0.0, s, 0.0, 1.0, 0.0, -s, 0.0, c)


@compiled
def load3(a: Array, i: int) -> Vec:
    return (a[i, 0], a[i, 1], a[i, 2])


@compiled
def load6(a: Array, i: int) -> Sym:
    return (a[i, 0], a[i, 1], a[i, 2], a[i, 3], a[i, 4], a[i, 5])


@compiled
def load9(a: Array, i: int) -> Mat:
    return (a[i, 0], a[i, 1], a[i, 2], a[i, 3], a[i, 4], a[i, 5], a[i, 6], a[i, 7], a[i, 8])


@compiled
def store3(a: Array, i: int, v: Vec) -> None:
    a[i, 0], a[i, 1], a[i, 2] = v


@compiled
def store6(a: Array, i: int, s: Sym) -> None:
    a[i, 0], a[i, 1], a[i, 2], a[i, 3], a[i, 4], a[i, 5] = s


@compiled
def store9(a: Array, i: int, m: Mat) -> None:
    a[i, 0], a[i, 1], a[i, 2], a[i, 3], a[i, 4], a[i, 5], a[i, 6], a[i, 7], a[i, 8] = m
