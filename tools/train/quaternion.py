"""Rotations as unit quaternions (xyzw) in torch: game/sim/rotation.py once more, differentiable and exportable.

Products are bilinear forms written as out = ((a P) * (b Q)) S with constant matrices: three matrix products and one
multiplication. Spelt out in slices, sums and branches, an exported graph costs more than the network inside it: for one
character onnxruntime takes about half a microsecond for a node, whatever is in it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TINY = 1e-12
"""rad below which a rotation counts as none"""

Form = tuple[Tensor, Tensor, Tensor]


def _form(rows: list[str], letters: str) -> Form:
    """P, Q and S of a bilinear form; an output is a sum such as "+wx -zy": signs, and one letter of each side."""
    pairs = [one + other for one in letters for other in letters if any(one + other in row for row in rows)]
    p, q, s = (
        torch.zeros(len(letters), len(pairs)),
        torch.zeros(len(letters), len(pairs)),
        torch.zeros(len(pairs), len(rows)),
    )
    for n, pair in enumerate(pairs):
        p[letters.index(pair[0]), n], q[letters.index(pair[1]), n] = 1.0, 1.0
    for k, row in enumerate(rows):
        for term in row.split():
            s[pairs.index(term[1:]), k] = -1.0 if term[0] == "-" else 1.0
    return p, q, s


def _apply(form: Form, a: Tensor, b: Tensor) -> Tensor:
    p, q, s = (matrix.to(a.dtype) for matrix in form)
    return ((a @ p) * (b @ q)) @ s


_PRODUCT = _form(["+wx +xw +yz -zy", "+wy -xz +yw +zx", "+wz +xy -yx +zw", "+ww -xx -yy -zz"], "xyzw")
_CROSS = _form(["+yz -zy", "+zx -xz", "+xy -yx"], "xyz")
_X_AND_Y = ["+ww +xx -yy -zz", "+xy +yx +wz +zw", "+xz +zx -wy -yw",
            "+xy +yx -wz -zw", "+ww -xx +yy -zz", "+yz +zy +wx +xw"]  # fmt: skip
_Z = ["+xz +zx +wy +yw", "+yz +zy -wx -xw", "+ww -xx -yy +zz"]
_TWO_AXES = _form(_X_AND_Y, "xyzw")
_AXES = _form([*_X_AND_Y, *_Z], "xyzw")
_DIFFERENCES = _form(
    [
        "+xx +yy +zz +ww",
        "+wx -xw -yz +zy", "+wy -yw -zx +xz", "+wz -zw -xy +yx",
        "+wx -xw +yz -zy", "+wy -yw +zx -xz", "+wz -zw +xy -yx",
    ],
    "xyzw",
)  # fmt: skip
_DIFFERENCES[2][:, 0] *= math.sqrt(2.0)


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """Return the rotation that applies b, then a. Shapes (..., 4) x (..., 4) -> (..., 4)."""
    return _apply(_PRODUCT, a, b)


def rotate(q: Tensor, v: Tensor) -> Tensor:
    """Rotate vectors v (..., 3) by q (..., 4)."""
    u = q[..., :3]
    t = 2.0 * cross(u, v)
    return v + q[..., 3:] * t + cross(u, t)


def cross(a: Tensor, b: Tensor) -> Tensor:
    """Cross product of (..., 3) and (..., 3), which may broadcast."""
    return _apply(_CROSS, a, b)


def conjugate(q: Tensor) -> Tensor:
    """Return the inverse of a unit quaternion. Shape (..., 4)."""
    return torch.cat([-q[..., :3], q[..., 3:]], -1)


def normalize(q: Tensor) -> Tensor:
    """Scale quaternions (..., 4) to unit length."""
    return q / length(q)


def length(v: Tensor) -> Tensor:
    """Euclidean length along the last axis, kept: (..., K) -> (..., 1)."""
    norm: Tensor = torch.linalg.vector_norm(v, dim=-1, keepdim=True)
    return norm


def from_rotvec(v: Tensor) -> Tensor:
    """Exponential map: rotation vectors (..., 3), rad -> quaternions (..., 4)."""
    half = 0.5 * v
    # sin(x)/x is 1 to the last bit long before x is as small as this
    angle = length(half).clamp(min=TINY)
    return torch.cat([half * (torch.sin(angle) / angle), torch.cos(angle)], -1)


def to_rotvec(q: Tensor) -> Tensor:
    """Logarithm: quaternions (..., 4) -> rotation vectors (..., 3) of angle at most pi."""
    v, w = torch.split(q, [3, 1], -1)
    sine = length(v).clamp(min=TINY)
    # atan of the ratio, not atan2, which ONNX lacks: where w < 0 it is negative, which turns v to the shorter way
    return v * (2.0 * torch.atan(sine / w) / sine)


def differences(a: Tensor, b: Tensor) -> Tensor:
    """Rotation vectors of conjugate(a) b, in a's own frame, and of b conjugate(a), in the frame of both: as to_rotvec.

    Shapes (..., 4) x (..., 4) -> (..., 6).
    """
    w, v = torch.split(_apply(_DIFFERENCES, a, b), [1, 6], -1)
    # both halves of v are as long, and w has their common factor
    sine = length(v).clamp(min=TINY)
    return v * (2.0 * math.sqrt(2.0) * torch.atan(sine / w) / sine)


def from_heading(angle: Tensor) -> Tensor:
    """Rotation about z by angle (...) -> (..., 4)."""
    zero = torch.zeros_like(angle)
    return torch.stack([zero, zero, torch.sin(0.5 * angle), torch.cos(0.5 * angle)], -1)


def tangent_normal(q: Tensor) -> Tensor:
    """The x and y axes turned by unit quaternions, (..., 4) -> (..., 6): continuous where Euler angles are not."""
    return _apply(_TWO_AXES, q, q)


def axes(q: Tensor, *sizes: int) -> Tensor:
    """The axes turned by unit quaternions, a row each: (B, *sizes, 4) -> (B, *sizes, 3, 3).

    Rows of vectors v (..., N, 3) are turned by q as `v @ axes(q)`, and by its inverse with the transposed matrix. The
    sizes are stated so that an exported graph need not compute them.
    """
    return _apply(_AXES, q, q).view(-1, *sizes, 3, 3)
