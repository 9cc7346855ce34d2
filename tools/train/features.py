"""What a policy sees: raw inputs of the contract -> observation. This module is part of the exported graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import quaternion
from tools.train.reference_table import Reference, ReferencePose
from tools.train.reflection import AXIAL, POLAR

GRAVITY = 9.8
"""m/s2, divides the gravity input"""


class PolicyInputs(NamedTuple):
    """The inputs of the policy contract that we use, in its order: float32, in the anchor's frame."""

    root_pos: Tensor
    """(B, 3)"""
    root_rot: Tensor
    """(B, 4)"""
    root_vel: Tensor
    """(B, 3)"""
    root_ang_vel: Tensor
    """(B, 3)"""
    joint_rot: Tensor
    """(B, J, 4)"""
    joint_vel: Tensor
    """(B, J, 3) in the child's frame"""
    body_pos: Tensor
    """(B, bodies, 3)"""
    gravity: Tensor
    """(B, 3)"""
    time: Tensor
    """(B,) s since the start"""


@dataclass(frozen=True, eq=False)
class FeatureBlock:
    """Consecutive numbers of an observation, items of the same kind: of joints, of bodies, or a single one."""

    name: str
    scale: float
    """what the numbers are multiplied with"""
    columns: Tensor
    """(items * len(signs),) where they are among all the numbers that `Features.forward` computes"""
    signs: tuple[float, ...]
    """mirror rule: the signs of an item's numbers under reflection in the plane y = 0"""
    partners: tuple[int, ...] = (0,)
    """mirror rule: of each item, the item of the other side, counted within the block"""


class Features(nn.Module):
    """Body, phase, and the differences to the reference now and a few ticks ahead.

    The frame is the anchor's: a heading frame flips in mid-air when the root's x axis passes the vertical.
    """

    spherical: Tensor
    hinges: Tensor
    key_bodies: Tensor
    ticks: Tensor
    turns: Tensor
    columns: Tensor
    scale: Tensor

    def __init__(
        self, model: CharacterModel, clip: MotionClip, lead: float, lookahead: tuple[int, ...] = (1, 4)
    ) -> None:
        """Raises ValueError where a loop is shorter than the look-ahead: its table has only two cycles."""
        super().__init__()
        is_hinge = torch.tensor(model.joint_is_hinge)
        self.num_ahead = len(lookahead)
        self.register_buffer("spherical", torch.nonzero(~is_hinge)[:, 0])
        self.register_buffer("hinges", torch.nonzero(is_hinge)[:, 0])
        self.register_buffer("key_bodies", torch.tensor(model.roles.key_bodies))
        # columns: now, ahead..., and last the pose that the action corrects
        self.register_buffer("ticks", torch.tensor([0, *lookahead, lead], dtype=torch.float32) / model.control_hz)
        self.reference = Reference(clip, still=len(self.hinges))
        if clip.loop and float(self.ticks.max()) > clip.duration:
            raise ValueError(
                f"{clip.name}: a cycle of {clip.duration:.3f} s, expected {self.ticks.max():.3f} s or more"
            )
        # root, joints, and the hinges once more, to be compared with no turn at all
        items = torch.cat([torch.arange(1 + model.num_joints), 1 + self.hinges])
        self.register_buffer("turns", 4 * items[None, :, None] + torch.arange(4))
        self.blocks = self._make_blocks(model)
        """what an observation consists of, in order; Mirror follows from it, too"""
        self.register_buffer("columns", torch.cat([block.columns for block in self.blocks]))
        scales = [torch.full(block.columns.shape, block.scale) for block in self.blocks]
        self.register_buffer("scale", torch.cat(scales))

    def _make_blocks(self, model: CharacterModel) -> tuple[FeatureBlock, ...]:
        """The observation's blocks. The order is part of every trained network's meaning."""
        num_joints, num_bodies = model.num_joints, model.num_bodies
        spherical, hinges, keys = self.spherical, self.hinges, self.key_bodies
        items, ticks, one = self.turns.shape[1], len(self.ticks), torch.zeros(1, dtype=torch.long)
        now = one
        shapes = {
            "root_pos": (1, 3), "root_vel": (1, 3), "root_ang_vel": (1, 3), "gravity": (1, 3),
            "joint_vel": (num_joints, 3), "body_pos": (num_bodies, 3), "axes": (items, 6), "to_root": (ticks, 3),
            "to_turn": (ticks, items, 6), "phase": (ticks, 4),
        }  # fmt: skip
        begins = dict(zip(shapes, np.cumsum([0, *map(math.prod, shapes.values())]).tolist(), strict=False))

        def part(name: str, *index: Tensor) -> Tensor:
            where: Tensor = begins[name] + torch.arange(math.prod(shapes[name])).view(shapes[name])
            for axis, chosen in enumerate(index):
                where = where.index_select(axis, chosen)
            return where.flatten()

        # of `to_turn` the first three are seen from the joint's own frame, the last three from the root's parent
        own, outer, about_y = torch.arange(3), torch.arange(3, 6), one + 1
        no_turn = torch.arange(1 + num_joints, items)
        ball_sides, hinge_sides = (_partners(model.roles.opposite_joint, joints) for joints in (spherical, hinges))
        body_sides, unchanged = _partners(model.roles.opposite_body, keys), (1.0,)
        return (
            FeatureBlock("root_height", 1.0, part("root_pos", one, one + 2), unchanged),
            # the root's x axis is reflected as a vector; its y axis the other way round, as it becomes the -y axis
            FeatureBlock("root_axes", 1.0, part("axes", one), POLAR + AXIAL),
            FeatureBlock("root_vel", 0.3, part("root_vel"), POLAR),
            FeatureBlock("root_ang_vel", 0.15, part("root_ang_vel"), AXIAL),
            FeatureBlock("joint_axes", 1.0, part("axes", 1 + spherical), POLAR + AXIAL, ball_sides),
            FeatureBlock("hinge_angle", -1.0, part("to_turn", now, no_turn, about_y), unchanged, hinge_sides),
            FeatureBlock("joint_vel", 0.1, part("joint_vel", spherical), AXIAL, ball_sides),
            FeatureBlock("hinge_vel", 0.1, part("joint_vel", hinges, about_y), unchanged, hinge_sides),
            FeatureBlock("key_body_pos", 1.0, part("body_pos", keys), POLAR, body_sides),
            FeatureBlock("gravity", 1.0 / GRAVITY, part("gravity"), POLAR),
            FeatureBlock("phase", 1.0, part("phase", now), unchanged * 4),
            FeatureBlock("root_pos_error", 3.0, part("to_root", now), POLAR),
            FeatureBlock("root_rot_error", 1.0, part("to_turn", now, one, outer), AXIAL),
            *self._ahead("joint_rot_ahead", lambda k: part("to_turn", k, 1 + spherical, own), AXIAL, ball_sides),
            *self._ahead("hinge_ahead", lambda k: part("to_turn", k, 1 + hinges, about_y), unchanged, hinge_sides),
            *self._ahead("root_pos_ahead", lambda k: part("to_root", k), POLAR),
            *self._ahead("root_rot_ahead", lambda k: part("to_turn", k, one, outer), AXIAL),
        )

    def _ahead(
        self, name: str, part: Callable[[Tensor], Tensor], signs: tuple[float, ...], partners: tuple[int, ...] = (0,)
    ) -> list[FeatureBlock]:
        """A block of scale 1 for each look-ahead time."""
        moments = range(1, 1 + self.num_ahead)
        return [FeatureBlock(f"{name}_{k}", 1.0, part(torch.tensor([k])), signs, partners) for k in moments]

    @property
    def size(self) -> int:
        """Width of the observation."""
        return len(self.columns)

    def forward(self, inputs: PolicyInputs) -> tuple[Tensor, ReferencePose]:
        """Return the observation (B, size) and the reference at the columns of `ticks`, (B, K, ...)."""
        pose = self.reference(self.reference.wrap(inputs.time)[:, None] + self.ticks)
        root_pos = inputs.root_pos[:, None]
        turns = torch.cat([inputs.root_rot, inputs.joint_rot.flatten(1)], dim=1)[:, self.turns]
        every = [
            inputs.root_pos,
            inputs.root_vel,
            inputs.root_ang_vel,
            inputs.gravity,
            inputs.joint_vel.flatten(1),
            (inputs.body_pos - root_pos).flatten(1),
            quaternion.tangent_normal(turns).flatten(1),
            (pose.root_pos - root_pos).flatten(1),
            quaternion.differences(turns, pose.rot).flatten(1),
            pose.phase.flatten(1),
        ]
        return torch.cat(every, dim=1)[:, self.columns] * self.scale, pose


def _partners(opposite: NDArray[np.int64], items: Tensor) -> tuple[int, ...]:
    """For each of the joints or bodies `items` (M,), the place in `items` of the one on the other side."""
    places = items.tolist()
    return tuple(places.index(int(opposite[item])) for item in places)
