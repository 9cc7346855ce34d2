"""Tracker: keeps the whole body along a motion by linear feedback, below the network that learns.

One gain matrix a tick, from the errors of the root, the joints and their velocities to turns of the joints' targets,
found before anything is learned (tracker_search.py). A linear quadratic regulator along a trajectory, as in Tedrake et
al. 2010 ("LQR-trees"); its models are fitted to samples, as in Levine and Abbeel 2014 ("Learning neural network
policies with guided policy search under unknown dynamics").
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import CYCLE_TOLERANCE, MotionClip
from tools.train import checkpoint, quaternion
from tools.train.config import ConfigError
from tools.train.features import PolicyInputs
from tools.train.joint_axes import joint_axes

LIMIT = 1.2
"""rad, largest turn of a joint's target about an axis"""
TINY = 1e-9
"""keeps a sign from being none"""


class Tracked(NamedTuple):
    """The state that a tracker compares with its motion; shapes as in PolicyInputs."""

    root_pos: Tensor
    root_rot: Tensor
    joint_rot: Tensor
    root_vel: Tensor
    root_ang_vel: Tensor
    joint_vel: Tensor


class Tracker(nn.Module):
    """Joint targets for a body in the policy's anchor frame."""

    motion: Tensor
    targets: Tensor
    gain: Tensor
    offset: Tensor
    axes: Tensor
    columns: Tensor
    spread: Tensor

    def __init__(self, model: CharacterModel, clip: MotionClip, lead: float) -> None:
        """It does nothing yet but show the clip's poses `lead` ticks ahead.

        Args:
            clip: what he is kept along; where it does not loop, he stands at its end.
            lead: as TrainConfig's.
        """
        super().__init__()
        clip = clip.placed()
        self.duration, self.loop, self.num_joints = clip.duration, clip.loop, model.num_joints
        self.num_ticks = max(1, round(clip.duration * model.control_hz)) + (0 if clip.loop else 1)
        self.tick = clip.duration / max(1, round(clip.duration * model.control_hz))
        """s between two rows: nearly a tick, so that a loop has a whole number of them"""
        times = np.arange(self.num_ticks + 1) * self.tick
        state = clip.sample(np.minimum(times, clip.duration * (1.0 - 1e-9)))
        turns = [rotation.continuous(r).reshape(len(times), -1) for r in (state.root_rot, state.joint_rot)]
        moves = [state.root_vel, state.root_ang_vel, state.joint_vel.reshape(len(times), -1)]
        if not clip.loop:
            for move in moves:
                move[-2:] = 0.0
        targets = rotation.continuous(clip.sample(times[:-1] + lead / model.control_hz).joint_rot)
        self.register_buffer("motion", _tensor(np.concatenate([state.root_pos, *turns, *moves], axis=1)))
        self.register_buffer("targets", _tensor(targets.reshape(self.num_ticks, -1)))
        columns = joint_axes(model)
        self.register_buffer("axes", torch.tensor([3 * j + k for j, k in columns]))
        # of each turn six numbers: in its own frame, and in the frame outside, which counts for the root
        own = [6 * (1 + j) + k for j, k in columns]
        self.register_buffer("columns", torch.tensor([3, 4, 5, *own]))
        spread = torch.zeros(len(columns), 3 * model.num_joints)
        spread[torch.arange(len(columns)), self.axes] = 1.0
        self.register_buffer("spread", spread)
        self.num_turns, self.num_errors = len(columns), 12 + 2 * len(columns)
        self.register_buffer("gain", torch.zeros(self.num_ticks, self.num_turns * self.num_errors))
        self.register_buffer("offset", torch.zeros(self.num_ticks, self.num_turns))

    def rows(self, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The row before times (B,), that after it, and how far between the two (B, 1) they are."""
        if self.loop:
            cycles = time / self.duration
            position = (cycles - torch.floor(cycles + CYCLE_TOLERANCE)) * self.num_ticks
            position = position.clamp(0.0, self.num_ticks - 1e-3)
        else:
            position = (time / self.tick).clamp(0.0, self.num_ticks - 1.0)
        first = torch.floor(position).clamp(max=self.num_ticks - 1.0)
        after = first + 1.0
        after = after - self.num_ticks * (after >= self.num_ticks) if self.loop else after.clamp(max=self.num_ticks - 1)
        return first.long(), after.long(), (position - first)[:, None]

    def errors(self, state: Tracked, time: Tensor) -> Tensor:
        """(B, 12 + 2 U): place (3) and turn (3) of the root, turns of the joints (U), and the velocities of all."""
        first, _, part = self.rows(time)
        row = torch.lerp(self.motion[first], self.motion[first + 1], part)
        width = 4 * (1 + self.num_joints)
        pos, turns, vel, spin, joint_vel = torch.split(row, [3, width, 3, 3, 3 * self.num_joints], -1)
        turned = quaternion.normalize(turns.view(-1, 1 + self.num_joints, 4))
        actual = torch.cat([state.root_rot, state.joint_rot.view(-1, 4 * self.num_joints)], 1)
        apart = quaternion.differences(turned, actual.view(-1, 1 + self.num_joints, 4))
        return torch.cat(
            [
                state.root_pos - pos,
                apart.view(-1, 6 * (1 + self.num_joints))[:, self.columns],
                state.root_vel - vel,
                state.root_ang_vel - spin,
                (state.joint_vel.view(-1, 3 * self.num_joints) - joint_vel)[:, self.axes],
            ],
            1,
        )

    def turns(self, errors: Tensor, time: Tensor) -> Tensor:
        """The feedback (B, U), rad."""
        first, after, part = self.rows(time)
        gain = torch.lerp(self.gain[first], self.gain[after], part).view(-1, self.num_turns, self.num_errors)
        offset = torch.lerp(self.offset[first], self.offset[after], part)
        found: Tensor = ((gain @ errors[..., None])[..., 0] + offset).clamp(-LIMIT, LIMIT)
        return found

    def target(self, turns: Tensor, time: Tensor) -> Tensor:
        """Joint targets (B, J, 4): the motion's, turned by (B, U)."""
        first, after, part = self.rows(time)
        shape = (-1, self.num_joints, 4)
        here, there = self.targets[first].view(shape), self.targets[after].view(shape)
        # the first row, which follows the last one of a loop, may have the other sign
        there = there * torch.sign((here * there).sum(-1, keepdim=True) + TINY)
        base = quaternion.normalize(torch.lerp(here, there, part[:, None]))
        return quaternion.multiply(base, quaternion.from_rotvec((turns @ self.spread).view(-1, self.num_joints, 3)))

    def forward(self, inputs: PolicyInputs) -> Tensor:
        """Joint targets (B, J, 4)."""
        state = Tracked(*(getattr(inputs, name) for name in Tracked._fields))
        return self.target(self.turns(self.errors(state, inputs.time), inputs.time), inputs.time)


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    return torch.tensor(array, dtype=torch.float32)


FOUND = ("gain", "offset")
"""buffers that a search finds; the others follow from the clip"""


def read_tracker(source: Path) -> dict[str, Tensor]:
    """What a search wrote. Raises CheckpointError where there is none, ConfigError where it is something else."""
    content = checkpoint.load(source)
    if missing := [name for name in FOUND if name not in content]:
        raise ConfigError(f"--tracker: {source} is no tracker's file: it has no {', '.join(missing)}")
    return {name: content[name].float() for name in FOUND}


def tracker_of(model: CharacterModel, clip: MotionClip, lead: float, found: dict[str, Tensor]) -> Tracker:
    """A tracker with what was found. Raises ConfigError where that belongs to another clip or body."""
    tracker = Tracker(model, clip, lead)
    for name in FOUND:
        expected = getattr(tracker, name).shape
        if found[name].shape != expected:
            raise ConfigError(
                f"--tracker: its {name} is of shape {tuple(found[name].shape)}; {clip.name} needs {tuple(expected)}"
            )
        getattr(tracker, name).copy_(found[name])
    return tracker
