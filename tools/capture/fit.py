"""Fits one body, one camera and one floor to everything that was seen of a clip, with physics."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from tools.capture import physics
from tools.capture.body_motion import BodyMotion, numpy, tensor
from tools.capture.camera_unit import camera_unit
from tools.capture.first_guess import Observations, first_guess, sighted
from tools.capture.fitted import Fitted
from tools.capture.landmark_skeleton import LandmarkSkeleton, Pose
from tools.capture.physics import GRAVITY, Phases

Array = NDArray[np.float64]
Tensor = torch.Tensor


REAL_TIME = 2.0
"""A video plays in real time where gravity looks stronger or weaker than 9.8 by at most this, which is 1.4 times slower
or faster: people differ in size, distances err."""
SETTLED = 0.6
"""Share of the iterations after which the image counts in full and the video's speed is decided."""


@dataclass(frozen=True)
class FitConfig:
    """How much of each error is tolerated: a term costs about 1 where everything is off by that much."""

    iterations: int = 300
    image: float = 0.015
    """m, a landmark beside its line of sight, at the end; Cauchy"""
    image_start: float = 0.08
    """m, at the beginning: the first guess is rough"""
    depth: float = 0.15
    """m, the network's own depth of a landmark; Cauchy"""
    across: float = 0.06
    """m, its other two coordinates"""
    heading: tuple[float, float] = (0.1, 0.4)
    """rad, the network's own direction from right to left shoulder, and from right to left hip; Cauchy"""
    hips_apart: float = 0.8
    """What an error of the hips against each other counts in the image: they are joints deep inside of the body"""
    acceleration: float = 20.0
    """m/s2, of bodies"""
    turning: float = 60.0
    """rad/s2, of joints"""
    drift: float = 3.0
    """m/s2, of the root towards the camera or from it: least seen, so kept smoothest"""
    bone: float = 0.04
    """log of a bone's scale"""
    tilt: float = 0.10
    """rad, the camera's pitch; half of it for its roll"""
    gravity: float = 0.5
    """log"""
    chest: tuple[float, float, float] = (0.1, 0.35, 0.1)
    """rad, of the chest against the pelvis about x, y, z: hips alone say little about the pelvis' heading; Cauchy, as
    most movements hardly twist the trunk and some twist it much"""
    stoop: float = 0.12
    """rad, by which the chest is usually bent forward: so it is in the fifteen mocap clips"""
    straight: float = 0.5
    """rad, of neck and ankles"""
    flight: float = 1.0
    """m/s2, the centre of mass off its parabola"""
    slide: float = 0.15
    """m/s, of a contact"""
    floor: float = 0.02
    """m, through the floor, or above it in contact"""


class _Problem:
    """The unknowns and the terms of their cost."""

    def __init__(self, seen: Observations, config: FitConfig) -> None:
        self.seen, self.config = seen, config
        self.skeleton = LandmarkSkeleton(CharacterModel.load("humanoid"))
        unit = camera_unit(seen)
        start = first_guess(seen, unit)
        self.camera_rot = tensor(seen.camera_rot)
        self.camera_pos = tensor(unit * seen.camera_pos)
        self.log_unit = torch.zeros(1, requires_grad=True)
        self.motion = BodyMotion.of(start)
        self.log_scale = torch.zeros(8, requires_grad=True)
        self.log_world = torch.zeros(1, requires_grad=True)
        self.tilt = torch.zeros(2, requires_grad=True)
        self.log_gravity = torch.zeros(1, requires_grad=True)
        self.floor = torch.zeros(1, requires_grad=True)
        self.distance = float(np.median(sighted(seen)[:, 0]))
        weight = tensor(seen.weight) * self.skeleton.landmark_weight
        self.weight = weight / weight.mean()
        self.uv, world = tensor(seen.uv), tensor(seen.turned_world())
        landmarks = list(seen.landmarks)
        self._core = [landmarks.index(k) for k in (11, 12, 23, 24)]
        self.world = world - world[:, self._core].mean(dim=1, keepdim=True)
        self._pairs = [(landmarks.index(k), landmarks.index(k + 1)) for k in (11, 23)]
        self.phases: Phases | None = None
        self.real_time = False
        """Whether gravity is near enough to 9.8 to be taken for it."""

    def optimizer(self) -> torch.optim.Optimizer:
        slow = [self.log_scale, self.log_world, self.tilt, self.log_gravity, self.log_unit]
        groups: list[dict[str, Any]] = [
            {"params": [self.motion.root_pos, self.motion.columns, self.motion.hinge], "lr": 0.02},
            {"params": slow, "lr": 0.004},
            {"params": [self.floor], "lr": 0.01},
        ]
        return torch.optim.Adam(groups, betas=(0.9, 0.99))

    def pose(self) -> Pose:
        root, joints = self.motion.rotations()
        return self.skeleton.pose(self.motion.root_pos, root, joints, self.log_scale)

    def up(self) -> Tensor:
        pitch, roll = self.tilt[0], self.tilt[1]
        return torch.stack([torch.sin(pitch), torch.sin(roll) * torch.cos(pitch), torch.cos(roll) * torch.cos(pitch)])

    def find_phases(self, *, tell_gravity: bool) -> None:
        """Find contacts and flights again; and on request gravity; the floor as long as nothing rests on it."""
        with torch.no_grad():
            pose, up = self.pose(), self.up()
            points = self.skeleton.skin_points(pose)
            height = points @ up - self.skeleton.skin.radius
            if self.phases is None or self.phases.touch.sum() < 0.05 * self.seen.num_frames:
                self.floor.fill_(float(np.percentile(height.min(dim=1).values.numpy(), 15)))
            com = self.skeleton.center_of_mass(pose) @ up
            self.phases = physics.phases(points, height - self.floor, com, self.seen.fps)
            if tell_gravity and self.phases.fall is not None:
                self.log_gravity.fill_(math.log(self.phases.fall / GRAVITY))

    def cost(self, progress: float) -> Tensor:
        """Everything together; `progress` 0..1 narrows what is tolerated in the image and brings physics in."""
        root, joints = self.motion.rotations()
        pose = self.skeleton.pose(self.motion.root_pos, root, joints, self.log_scale)
        cost = self._seen(pose, progress) + self._smooth(pose, root, joints) + self._likely(joints)
        if self.phases is not None:
            cost = cost + min(1.0, (progress - 0.3) / 0.3) * self._physical(pose, self.phases)
        return cost

    def _seen(self, pose: Pose, progress: float) -> Tensor:
        config = self.config
        markers = self.skeleton.markers(pose)
        sigma = config.image_start * (config.image / config.image_start) ** min(1.0, progress / SETTLED)
        beside = self.beside(markers)
        left, right = self._pairs[1]
        middle = beside[:, [left, right]].mean(dim=1, keepdim=True)
        beside[:, [left, right]] = middle + config.hips_apart * (beside[:, [left, right]] - middle)
        image = _cauchy(beside.square().sum(dim=-1), sigma)
        off = markers - markers[:, self._core].mean(dim=1, keepdim=True) - self.world * torch.exp(self.log_world)
        off = self._to_camera(off).square()
        world = _cauchy(off[..., 0], config.depth) + _cauchy(off[..., 1:].sum(dim=-1), config.across)
        return (self.weight * (4.0 * image + world)).mean() + self._across(markers)

    def _across(self, markers: Tensor) -> Tensor:
        """Lines from right to left off the network's."""
        cost = torch.zeros(())
        for (left, right), sigma in zip(self._pairs, self.config.heading, strict=True):
            ours, theirs = markers[:, left] - markers[:, right], self.world[:, left] - self.world[:, right]
            off = torch.nn.functional.normalize(ours, dim=-1) - torch.nn.functional.normalize(theirs, dim=-1)
            weight = torch.minimum(self.weight[:, left], self.weight[:, right])
            cost = cost + 0.3 * (weight * _cauchy(off.square().sum(dim=-1), sigma)).mean()
        return cost

    def beside(self, markers: Tensor) -> Tensor:
        """(F, M, 2) m, markers beside their lines of sight."""
        local = self._to_camera(markers - self.eye()[:, None])
        return (local[..., 1:] / local[..., :1].clamp(min=0.3) - self.uv) * self.distance

    def eye(self) -> Tensor:
        """(F, 3) m, where the camera stands."""
        return self.camera_pos * torch.exp(self.log_unit)

    def _to_camera(self, vectors: Tensor) -> Tensor:
        """(F, M, 3) in the axes of each frame's camera."""
        return vectors @ self.camera_rot

    def _smooth(self, pose: Pose, root: Tensor, joints: Tensor) -> Tensor:
        config, fps = self.config, self.seen.fps
        bodies = physics.acceleration(pose.pos, fps)
        turning = physics.acceleration(torch.cat([root[:, None], joints], dim=1), fps) / config.turning
        return (
            0.3 * (bodies / config.acceleration).square().mean()
            + 0.15 * turning.square().sum(dim=(-1, -2)).mean()
            + 0.3 * ((bodies[:, 0] * self.camera_rot[1:-1, :, 0]).sum(dim=-1) / config.drift).square().mean()
        )

    def _likely(self, joints: Tensor) -> Tensor:
        config = self.config
        ends = (joints[:, [1, 4, 9]] - torch.eye(3)).square().sum(dim=(-1, -2)) / 2.0
        chest = (_small_rotvec(joints[:, 0]) - torch.tensor([0.0, config.stoop, 0.0])) / torch.tensor(config.chest)
        tilt = self.tilt / config.tilt * torch.tensor([1.0, 2.0])
        return (
            self.motion.limits(joints)
            + 0.2 * (ends / config.straight**2).mean()
            + 0.3 * torch.log1p(chest.square()).sum(dim=1).mean()
            + (self.log_scale / config.bone).square().mean()
            + 0.3 * (self.log_world / 0.15).square().sum()
            + 0.1 * tilt.square().sum()
            + 0.3 * (self.log_unit / 0.3).square().sum()
            + (2.0 if self.real_time else 0.0) * (self.log_gravity / config.gravity).square().sum()
        )

    def _physical(self, pose: Pose, phases: Phases) -> Tensor:
        config, fps, up = self.config, self.seen.fps, self.up()
        points = self.skeleton.skin_points(pose)
        height = points @ up - self.skeleton.skin.radius - self.floor
        cost = physics.floor_error(height, phases, config.floor)
        cost = cost + physics.slide_error(points, phases.touch, fps, config.slide)
        if phases.num_flying > 2:
            gravity = GRAVITY * torch.exp(self.log_gravity)
            com = self.skeleton.center_of_mass(pose)
            # slow motion is as many times slower in its errors
            size = config.flight * math.exp(min(float(self.log_gravity.detach()), 0.0))
            cost = cost + physics.flight_error(com, up, gravity, phases.flying, fps, size)
        return cost


def fit(
    seen: Observations, config: FitConfig | None = None, each: Callable[[], Any] = lambda: None, *, known: bool = False
) -> Fitted:
    """Fit a clip; `each` is called after every iteration; `known`: the speed is, so gravity is 9.8."""
    config = config or FitConfig()
    problem, count = _Problem(seen, config), config.iterations
    problem.real_time = known
    optimizer = problem.optimizer()
    for i in range(count):
        progress = i / count
        if progress >= 0.3 and i % 25 == 0:
            problem.find_phases(tell_gravity=not problem.real_time)
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
            group["lr"] = group["initial_lr"] * (1.0 if progress < SETTLED else 0.3 if progress < 0.85 else 0.1)
        if i == round(SETTLED * count):
            problem.real_time = known or abs(float(problem.log_gravity.detach())) < math.log(REAL_TIME)
        optimizer.zero_grad()
        problem.cost(progress).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        each()
    with torch.no_grad():
        pose = problem.pose()
        markers = problem.skeleton.markers(pose)
        flying = problem.phases.flying if problem.phases is not None else torch.zeros(seen.num_frames)
        return Fitted(
            fps=seen.fps,
            body=problem.motion.snapshot(),
            scale=numpy(pose.scale),
            up=numpy(problem.up()),
            floor=float(problem.floor),
            gravity=GRAVITY * math.exp(float(problem.log_gravity)),
            flying=numpy(flying) > 0.5,
            markers=numpy(markers),
            image_error=numpy(problem.beside(markers).norm(dim=-1)),
            eye=numpy(problem.eye()),
            camera_rot=seen.camera_rot,
            real_time=problem.real_time,
            doubtful=problem.phases.doubtful if problem.phases is not None else None,
            slow_motion=seen.slow_motion,
        )


def _cauchy(square: Tensor, sigma: float) -> Tensor:
    return torch.log1p(square / sigma**2)


def _small_rotvec(rot: Tensor) -> Tensor:
    """(..., 3) sine of the angle times the axis of (..., 3, 3)."""
    parts = [rot[..., 2, 1] - rot[..., 1, 2], rot[..., 0, 2] - rot[..., 2, 0], rot[..., 1, 0] - rot[..., 0, 1]]
    return 0.5 * torch.stack(parts, dim=-1)
