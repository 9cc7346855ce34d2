"""The reference motion as a torch module: what the policy imitates, inside the exported graph and outside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from game.motion import MotionClip
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from tools.train import quaternion

CYCLE_TOLERANCE = 1e-4
"""Cycles: float32 times that fall a hair short of a whole cycle count as the next one."""


class ReferencePose(NamedTuple):
    """Poses at times (...)."""

    root_pos: Tensor
    """(..., 3)"""
    root_rot: Tensor
    """(..., 4)"""
    joint_rot: Tensor
    """(..., J, 4)"""


class Reference(nn.Module):
    """A clip, placed above the origin with heading 0, sampled like MotionClip.sample."""

    pos: Tensor
    rot: Tensor
    step: Tensor
    shift: Tensor
    base: Tensor

    def __init__(self, clip: MotionClip) -> None:
        super().__init__()
        placed = clip.placed()
        rot = np.concatenate([placed.root_rot[:, None], placed.joint_rot], axis=1)  # (F, 1 + J, 4)
        step = rotation.to_rotvec(rotation.multiply(rotation.conjugate(rot[:-1]), rot[1:]))
        self.duration, self.loop, self.num_frames = placed.duration, placed.loop, placed.num_frames
        self.turn = placed.cycle_turn
        for name, array in {"pos": placed.root_pos, "rot": rot, "step": step}.items():
            self.register_buffer(name, torch.tensor(array, dtype=torch.float32))
        ground = np.array([1.0, 1.0, 0.0])
        self.register_buffer("base", torch.tensor(placed.root_pos[0] * ground, dtype=torch.float32))
        shift = placed.root_pos[-1] - placed.root_pos[0] if placed.loop else np.zeros(3)
        self.register_buffer("shift", torch.tensor(shift * ground, dtype=torch.float32))

    def wrap(self, time: Tensor) -> Tensor:
        """Seconds (...) since the start -> seconds since the present cycle's anchor was taken."""
        if not self.loop:
            return time
        cycles = time / self.duration
        return (cycles - torch.floor(cycles + CYCLE_TOLERANCE)) * self.duration

    def forward(self, time: Tensor) -> ReferencePose:
        """The pose at times (B, K) since the anchor, which may lie up to a cycle before or after it."""
        cycles = time / self.duration
        cycle = torch.floor(cycles) if self.loop else torch.zeros_like(cycles)
        phase = cycles - cycle if self.loop else cycles.clamp(0.0, 1.0)
        position = phase * (self.num_frames - 1)
        first = torch.floor(position).clamp(0, self.num_frames - 2)
        index = first.long()
        part = (position - first)[..., None]
        rot = quaternion.multiply(self.rot[index], quaternion.from_rotvec(self.step[index] * part[..., None]))
        rot = quaternion.normalize(rot)
        start = self.pos[index]
        pos, root_rot = start + part * (self.pos[index + 1] - start), rot[..., 0, :]
        if not self.loop:
            return ReferencePose(pos, root_rot, rot[..., 1:, :])
        carry = cycle[..., None] * self.shift
        if self.turn:
            # one cycle moves the ground by x -> R(turn) (x - base) + base + shift; so do 0 and 1 and -1 of them
            turn = quaternion.from_heading(cycle * self.turn)
            back = quaternion.rotate(turn, self.shift[None, None])
            carry = torch.where(cycle[..., None] < 0, -back, carry)
            pos = quaternion.rotate(turn, pos - self.base) + self.base
            root_rot = quaternion.multiply(turn, root_rot)
        return ReferencePose(pos + carry, root_rot, rot[..., 1:, :])


class ReferenceTrack(NamedTuple):
    """What the reward compares with at times (N,), all float32."""

    root_pos: Tensor
    """(N, 3)"""
    root_rot: Tensor
    """(N, 4)"""
    joint_rot: Tensor
    """(N, J, 4)"""
    root_vel: Tensor
    """(N, 3)"""
    root_ang_vel: Tensor
    """(N, 3)"""
    joint_vel: Tensor
    """(N, J, 3)"""
    body_pos: Tensor
    """(N, B, 3)"""
    com: Tensor
    """(N, 3) centre of mass of the whole character"""


class ReferenceTable:
    """The placed clip at the physics rate with everything that kinematics adds; linear between its rows."""

    def __init__(self, clip: MotionClip, model: CharacterModel) -> None:
        self.clip = clip.placed()
        self.duration = clip.duration
        self.rows = max(1, round(clip.duration * model.physics_hz))
        times = np.arange(self.rows + 1) * (clip.duration / self.rows)
        state = self.clip.sample(times)
        poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
        arrays = [
            state.root_pos,
            state.root_rot,
            state.joint_rot,
            state.root_vel,
            state.root_ang_vel,
            state.joint_vel,
            poses.pos,
            kinematics.center_of_mass(model, poses),
        ]
        arrays[1:3] = [rotation.continuous(a) for a in arrays[1:3]]
        self.shapes = [a.shape[1:] for a in arrays]
        flat = np.concatenate([a.reshape(len(times), -1) for a in arrays], axis=1)
        self.table = torch.tensor(flat, dtype=torch.float32)
        self.widths = [int(np.prod(shape)) for shape in self.shapes]
        self.clearance = kinematics.lowest_point(model, poses)
        """(rows + 1,) height of the lowest point above the floor, m"""

    def row(self, time: Tensor) -> Tensor:
        """Fractional row of times (N,) since the anchor."""
        return (time * (self.rows / self.duration)).clamp(0.0, float(self.rows))

    def __call__(self, time: Tensor) -> ReferenceTrack:
        """The track at times (N,) since the anchor, 0..duration; held outside."""
        row = self.row(time)
        first = row.floor().clamp(max=self.rows - 1)
        index, part = first.long(), (row - first)[:, None]
        flat = torch.lerp(self.table[index], self.table[index + 1], part)
        pieces = [p.reshape(len(time), *s) for p, s in zip(torch.split(flat, self.widths, 1), self.shapes, strict=True)]
        track = ReferenceTrack(*pieces)
        if self.clip.loop:
            return track
        moving = (time <= self.duration).to(flat.dtype)[:, None]
        return track._replace(
            root_vel=track.root_vel * moving,
            root_ang_vel=track.root_ang_vel * moving,
            joint_vel=track.joint_vel * moving[..., None],
        )
