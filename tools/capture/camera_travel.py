"""Where a camera that is carried along stands in each frame: bundle adjustment of its poses and of the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from game.sim import rotation
from tools.capture.body_motion import numpy, tensor
from tools.capture.camera_path import PARALLAX, CameraPath, Corners, background, camera_path, rays, tangents
from tools.capture.pose import Square
from tools.capture.scan import Scan

Array = NDArray[np.float64]
Tensor = torch.Tensor

STARTS, TRIAL = (0.0, 0.5, 1.0), 200
"""Shares of the turn that a camera on a stand would have made, to begin with, and the iterations that each is given"""
ITERATIONS = 400
_PIXEL = 1.0
"""px that a corner may miss its place before a term costs about 1; Cauchy"""
_SHAKE = 0.004
"""of the mean distance: how far a camera's way may bend between two frames"""
_LONGEST = 6
"""Frames that a corner must be seen in"""


def follow_camera(found: Scan, focal: float, people: Sequence[Sequence[Square | None]]) -> CameraPath:
    """The camera in all used frames: standing, turning and zooming, or, where that does not explain it, travelling.

    Args:
        found: the scan.
        focal: px.
        people: squares around each person, by used frame; what lies in them says nothing about the camera.
    """
    path = camera_path(found, focal, people)
    if path.miss < PARALLAX:
        return path
    corners = [background(found, people, k) for k in range(len(found.used))]
    return travelled(path, corners, np.array(found.size, float), focal)


def travelled(path: CameraPath, corners: list[Corners], size: Array, focal: float) -> CameraPath:
    """The path with the camera's places, found together with how far away each corner is; zoom is taken to stand still.

    Args:
        path: turns to begin with.
        corners: of every used frame, without those on people.
        size: (2,) px.
        focal: px.
    """
    sightings = _sightings(corners, size, focal)
    if len(sightings.anchor) < 12:
        return path
    whole = rotation.from_matrix(path.rot)
    none = np.broadcast_to([0.0, 0.0, 0.0, 1.0], whole.shape)
    # a way across looks much like a turn: which of both it is shows only at the end
    tries = [
        _adjusted(sightings, rotation.to_matrix(rotation.slerp(none, whole, np.full(len(whole), share))), TRIAL, focal)
        for share in STARTS
    ]
    best = min(tries, key=lambda found: found.cost)
    best = _adjusted(sightings, best.rot, ITERATIONS, focal, best)
    first = best.rot[0]
    return replace(path, rot=first.T @ best.rot, pos=best.pos @ first, zoom=np.ones(len(corners)))


class _Sightings(NamedTuple):
    """N sightings of T corners, beside the first one of each."""

    frame: Tensor
    """(N,)"""
    track: Tensor
    """(N,)"""
    uv: Tensor
    """(N, 2) tangents"""
    anchor: Tensor
    """(T,) frame in which each corner is first seen"""
    ray: Tensor
    """(T, 3) to where it is then"""


class _Adjusted(NamedTuple):
    cost: float
    rot: Array
    pos: Array
    near: Array
    """(T,) log of the inverse distances"""


def _adjusted(seen: _Sightings, rot: Array, iterations: int, focal: float, start: _Adjusted | None = None) -> _Adjusted:
    """Bundle adjustment from rotations (U, 3, 3), with places and distances from `start`."""
    count, base = len(rot), tensor(rot)
    turn = torch.zeros(count, 3, requires_grad=True)
    pos = tensor(np.zeros((count, 3)) if start is None else start.pos).requires_grad_()
    near = tensor(np.zeros(len(seen.anchor)) if start is None else start.near).requires_grad_()
    rates = (0.002, 0.01, 0.03)
    optimizer = torch.optim.Adam(
        [{"params": [values], "lr": rate} for values, rate in zip((turn, pos, near), rates, strict=True)],
        betas=(0.9, 0.99),
    )
    cost = torch.zeros(())
    for i in range(iterations):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * (1.0 if i < 0.7 * iterations else 0.2)
        cost = _cost(seen, base @ _small_rotations(turn), pos - pos[:1], near, focal) + 100.0 * turn[0].square().sum()
        optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return _Adjusted(float(cost), numpy(base @ _small_rotations(turn)), numpy(pos - pos[:1]), numpy(near))


def _cost(seen: _Sightings, rot: Tensor, place: Tensor, near: Tensor, focal: float) -> Tensor:
    """Of corners beside their places in the picture, a jerky way, and distances that differ without need."""
    first = (rot[seen.anchor] @ seen.ray[..., None])[..., 0]
    point = first[seen.track] + torch.exp(near)[seen.track, None] * (place[seen.anchor][seen.track] - place[seen.frame])
    local = (rot[seen.frame].transpose(-1, -2) @ point[..., None])[..., 0]
    off = (local[:, 1:] / local[:, :1].clamp(min=0.05) - seen.uv) * (focal / _PIXEL)
    bend = (place[2:] - 2.0 * place[1:-1] + place[:-2]) / _SHAKE
    return (
        torch.log1p(off.square().sum(dim=-1)).mean()
        + 0.02 * bend.square().sum(dim=-1).mean()
        + near.mean().square()
        + 0.02 * (near - near.mean()).square().mean()
    )


def _sightings(corners: list[Corners], size: Array, focal: float) -> _Sightings:
    numbers = np.concatenate([n for n, _ in corners])
    frames = np.repeat(np.arange(len(corners)), [len(n) for n, _ in corners])
    uv = tangents(np.concatenate([p for _, p in corners]), size, focal)
    _, track, seen = np.unique(numbers, return_inverse=True, return_counts=True)
    long = seen >= _LONGEST
    renamed = np.cumsum(long) - 1
    keep = long[track]
    frames, uv, track = frames[keep], uv[keep], renamed[track[keep]]
    _, first = np.unique(track, return_index=True)  # sightings are in order of time
    later = np.ones(len(frames), bool)
    later[first] = False
    return _Sightings(
        torch.tensor(frames[later]),
        torch.tensor(track[later]),
        tensor(uv[later]),
        torch.tensor(frames[first]),
        tensor(rays(uv[first])),
    )


def _small_rotations(vector: Tensor) -> Tensor:
    """(F, 3) axis-angle to matrices (F, 3, 3)."""
    zero = torch.zeros_like(vector[:, 0])
    x, y, z = vector.unbind(dim=-1)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(-1, 3, 3)
    turned: Tensor = torch.linalg.matrix_exp(skew)
    return turned
