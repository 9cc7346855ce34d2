"""The reference motion as a torch module: what the policy imitates, inside the exported graph and outside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import CYCLE_TOLERANCE, MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]


class ReferencePose(NamedTuple):
    """Poses at times (...)."""

    root_pos: Tensor
    """(..., 3)"""
    rot: Tensor
    """(..., 1 + J + R, 4) of the root, the joints, and R rotations by nothing (`still` of Reference)"""
    phase: Tensor
    """(..., 4) sin and cos of the phase's angle and of twice it: see `Reference`"""
    num_joints: int

    @property
    def root_rot(self) -> Tensor:
        """(..., 4)"""
        return self.rot[..., 0, :]

    @property
    def joint_rot(self) -> Tensor:
        """(..., J, 4)"""
        return self.rot[..., 1 : 1 + self.num_joints, :]


class Reference(nn.Module):
    """A clip, placed above the origin with heading 0, sampled like MotionClip.sample with one table row and one sine.

    A loop's table goes on with a second cycle, where the first one ended, and its very last row is the frame before the
    first (index -1): so no sample has to turn or to shift a cycle. Between frames everything that is round moves along
    an arc, base cos(angle part) + way sin(angle part): rotations as unit quaternions, and the phase, once around the
    circle in a cycle, half around where the clip ends, so that its end differs from its start.
    """

    table: Tensor
    rotations: Tensor

    def __init__(self, clip: MotionClip, still: int = 0) -> None:
        """still: how many identity rotations follow those of the joints, for features that compare with them."""
        super().__init__()
        placed = clip.placed()
        self.duration, self.loop, self.num_frames = placed.duration, placed.loop, placed.num_frames
        self.num_joints = placed.joint_rot.shape[1]
        self._round = 4 * (1 + self.num_joints + still)
        self.register_buffer("rotations", torch.arange(self._round).view(-1, 4))
        self.frame_hz = (self.num_frames - 1) / self.duration
        self.register_buffer("table", torch.tensor(_table(placed, still), dtype=torch.float32))

    def wrap(self, time: Tensor) -> Tensor:
        """Seconds (...) since the start -> seconds since the present cycle began, by the rule of motion.cycle_of."""
        if not self.loop:
            return time
        cycles = time / self.duration
        return (cycles - torch.floor(cycles + CYCLE_TOLERANCE)) * self.duration

    def forward(self, time: Tensor) -> ReferencePose:
        """The pose at times (B, K) since the anchor; of a loop from a frame before it to two cycles after it."""
        position = time * self.frame_hz
        if not self.loop:
            position = position.clamp(0.0, self.num_frames - 1.0)
        first = torch.floor(position)
        part = (position - first)[..., None]
        pos, move, base, way, angle = torch.split(self.table[first.long()], [3, 3, *[self._round + 4] * 3], -1)
        angle = angle * part
        turned = base * torch.cos(angle) + way * torch.sin(angle)
        phase = turned[..., self._round :]
        return ReferencePose(pos + move * part, turned[..., self.rotations], phase, self.num_joints)


def _table(placed: MotionClip, still: int) -> Array:
    """(rows, 6 + 3 R): of each frame the position (3), how far the next one is (3), and R = 4 (1 + J + still) + 4
    numbers each of what is round, of its way and of its angle; the last frame rests."""
    steps = placed.num_frames - 1
    # a cycle's last frame is not quite the next one's first: every step ends in its own cycle
    first = np.arange(steps)
    begins = np.concatenate([first, first, [steps, steps - 1]]) if placed.loop else np.append(first, steps)
    cycle = np.concatenate([0 * first, 0 * first + 1, [1, -1]]) if placed.loop else np.zeros(steps + 1)
    ends = np.minimum(begins + 1, steps)
    here, there = (_frames(placed, frames, cycle) for frames in (begins, ends))
    rot, goal = (
        np.concatenate([s.root_rot[:, None], s.joint_rot, np.tile(rotation.IDENTITY, (len(begins), still, 1))], axis=1)
        for s in (here, there)
    )
    step = rotation.difference(rot, goal)
    angle = np.linalg.norm(step, axis=-1, keepdims=True)
    axis = np.concatenate([step / np.maximum(angle, 1e-12), np.zeros_like(angle)], axis=-1)
    around = (2.0 if placed.loop else 1.0) * np.pi / steps * np.array([1.0, 1.0, 2.0, 2.0])
    turned = around * (begins + steps * cycle)[:, None] + np.array([0.0, 0.5, 0.0, 0.5]) * np.pi
    columns = [
        here.root_pos, there.root_pos - here.root_pos,
        rot, np.sin(turned),
        rotation.multiply(rot, axis), np.cos(turned),
        np.broadcast_to(0.5 * angle, rot.shape), around * (ends - begins)[:, None],
    ]  # fmt: skip
    return np.concatenate([np.reshape(c, (len(begins), -1)) for c in columns], axis=1)


def _frames(clip: MotionClip, frames: NDArray[np.int64], cycle: Array) -> CharacterState:
    """A clip's frames (M,) at rest, each in its cycle (M,)."""
    still, joint_rot = np.zeros((len(frames), 3)), clip.joint_rot[frames]
    state = CharacterState(
        clip.root_pos[frames], clip.root_rot[frames], joint_rot, still, still, np.zeros(joint_rot[..., :3].shape)
    )
    return clip.carried(state, cycle)


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
