"""Rotations as unit quaternions (xyzw) in torch: game/sim/rotation.py once more, differentiable and exportable.

Products are bilinear forms written as out = ((a P) * (b Q)) S with constant matrices: three matrix products and one
multiplication. Spelt out in slices and sums, an exported graph costs more than the network inside it.
"""

from __future__ import annotations

import torch
from torch import Tensor

Form = tuple[Tensor, Tensor, Tensor]


def _form(rows: list[str], left: str, right: str) -> Form:
    """P, Q and S of a bilinear form; an output is a sum such as "+wx -zy": signs, and one letter of each side."""
    terms = [(k, t) for k, row in enumerate(rows) for t in row.split()]
    p, q, s = (
        torch.zeros(len(left), len(terms)),
        torch.zeros(len(right), len(terms)),
        torch.zeros(len(terms), len(rows)),
    )
    for n, (k, t) in enumerate(terms):
        p[left.index(t[1]), n], q[right.index(t[2]), n], s[n, k] = 1.0, 1.0, -1.0 if t[0] == "-" else 1.0
    return p, q, s


def _apply(form: Form, a: Tensor, b: Tensor) -> Tensor:
    p, q, s = (matrix.to(a.dtype) for matrix in form)
    return ((a @ p) * (b @ q)) @ s


_PRODUCT = _form(["+wx +xw +yz -zy", "+wy -xz +yw +zx", "+wz +xy -yx +zw", "+ww -xx -yy -zz"], "xyzw", "xyzw")
_CROSS = _form(["+yz -zy", "+zx -xz", "+xy -yx"], "xyz", "xyz")
_AXES = _form(
    [
        "+ww +xx -yy -zz", "+xy +yx +wz +zw", "+xz +zx -wy -yw",
        "+xy +yx -wz -zw", "+ww -xx +yy -zz", "+yz +zy +wx +xw",
    ],
    "xyzw",
    "xyzw",
)  # fmt: skip


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
    return (v * v).sum(-1, keepdim=True).sqrt()


def from_rotvec(v: Tensor) -> Tensor:
    """Exponential map: rotation vectors (..., 3), rad -> quaternions (..., 4)."""
    half = 0.5 * length(v)
    # sin(x)/x with its limit at zero; the clamp keeps the division exact enough in float32
    sinc = torch.sin(half) / half.clamp(min=1e-8)
    return torch.cat([0.5 * v * torch.where(half < 1e-6, 1.0, sinc), torch.cos(half)], -1)


def to_rotvec(q: Tensor) -> Tensor:
    """Logarithm: quaternions (..., 4) -> rotation vectors (..., 3) of angle at most pi."""
    w = q[..., 3:]
    v = torch.where(w < 0.0, -q[..., :3], q[..., :3])
    sine = length(v)
    # atan of the ratio rather than atan2, which ONNX lacks: w >= 0 here
    angle = 2.0 * torch.atan(sine / w.abs().clamp(min=1e-9))
    return v * torch.where(sine < 1e-7, 2.0, angle / sine.clamp(min=1e-7))


def from_heading(angle: Tensor) -> Tensor:
    """Rotation about z by angle (...) -> (..., 4)."""
    zero = torch.zeros_like(angle)
    return torch.stack([zero, zero, torch.sin(0.5 * angle), torch.cos(0.5 * angle)], -1)


def tangent_normal(q: Tensor) -> Tensor:
    """The x and y axes turned by unit quaternions, (..., 4) -> (..., 6): continuous where Euler angles are not."""
    return _apply(_AXES, q, q)
