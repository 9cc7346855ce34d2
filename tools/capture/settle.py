"""Makes a movement physical on the humanoid itself: feet that stand, nothing under the floor, free fall in flight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from game.sim.model import CharacterModel
from tools.capture import physics
from tools.capture.body_motion import BodyMotion, tensor
from tools.capture.first_guess import Start
from tools.capture.landmark_skeleton import LandmarkSkeleton

ITERATIONS = 250
_POSE, _PLACE, _ACCELERATION = 0.015, 0.04, 30.0
"""m of landmarks about the root, m of the root, m/s2 of bodies: tolerated before a term costs 1."""
_SLIDE, _FLOOR, _FLIGHT, _HOVER = 0.05, 0.008, 0.7, 0.5


def settle(body: Start, fps: float, each: Callable[[], Any] = lambda: None) -> Start:
    """Args: body: in a world with z up and the floor at 0; fps: frames a second in real time."""
    skeleton = LandmarkSkeleton(CharacterModel.load("humanoid"))
    ones, up = torch.zeros(8), torch.tensor([0.0, 0.0, 1.0])
    gravity = torch.tensor(physics.GRAVITY)
    motion = BodyMotion.of(body)
    root, joints = motion.rotations()
    goal = skeleton.markers(skeleton.pose(motion.root_pos, root, joints, ones)).detach()
    place = tensor(body.root_pos)
    optimizer = torch.optim.Adam([motion.root_pos, motion.columns, motion.hinge], lr=0.004, betas=(0.9, 0.99))
    found: physics.Phases | None = None
    for i in range(ITERATIONS):
        optimizer.param_groups[0]["lr"] = 0.004 if i < 0.7 * ITERATIONS else 0.001
        root, joints = motion.rotations()
        pose = skeleton.pose(motion.root_pos, root, joints, ones)
        points, com = skeleton.skin_points(pose), skeleton.center_of_mass(pose)
        height = points[..., 2] - skeleton.skin.radius
        if found is None or i in (50, 100, 150):
            with torch.no_grad():
                found = physics.phases(points, height, com[:, 2], fps)
        off = skeleton.markers(pose) - motion.root_pos[:, None] - (goal - place[:, None])
        cost = (
            (off / _POSE).square().sum(dim=-1).mean()
            + ((motion.root_pos - place) / _PLACE).square().sum(dim=-1).mean()
            + 0.1 * (physics.acceleration(pose.pos, fps) / _ACCELERATION).square().mean()
            + motion.limits(joints)
            + physics.floor_error(height, found, _FLOOR, _HOVER)
            + physics.slide_error(points, found.touch, fps, _SLIDE)
            + physics.flight_error(com, up, gravity, found.flying, fps, _FLIGHT)
        )
        optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        each()
    return motion.snapshot()
