"""References: streams of poses that a policy with a lookahead shall follow.

A stream's poses are in the world. Each `advance` moves it on by one control tick and gives it the character's real
place; `poses` then returns the poses at any time from now on. Streams are deterministic: a take runs them again.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from game.play.clip_sampler import ClipSampler, Placement, ReferencePoses
from game.sim import rotation
from game.sim.motion import cycle_of
from game.sim.state import CharacterState

Array = NDArray[np.float64]

JOIN_SECONDS = 0.4
"""s over which a stream's beginning is blended in from the character's state"""
MAX_JOIN_SPEED = 6.0
"""m/s and rad/s: a larger difference of velocity is cut to this while blending"""


class ReferenceStream(Protocol):
    """The poses that a character shall take, from now on."""

    def advance(self, state: CharacterState) -> None:
        """Go on by one control tick; the character's state, without batch, is now this one."""

    def poses(self, ahead: Array) -> ReferencePoses:
        """The poses (K, ...) at times (K,), s from now on."""

    def shift(self, offset: Array) -> None:
        """Move all poses to come horizontally by offset (2,), m."""

    @property
    def finished(self) -> bool:
        """Whether its motion is over; `poses` may still be called."""


def aligned_heading(root_rot: Array, reference_rot: Array) -> float:
    """The turn about z, rad, that brings a reference's root rotation (4,) nearest to a character's (4,).

    The twist about z of `root_rot * conj(reference_rot)`. Unlike the heading of the x axis it is defined for bodies
    that lie or hang upside down, too, away from exact opposition.
    """
    _, _, z, w = rotation.multiply(root_rot, rotation.conjugate(reference_rot))
    return float(2.0 * np.arctan2(z, w))


class ClipStream:
    """A clip from a phase on, placed where the character is at the beginning and again at the start of every cycle."""

    def __init__(
        self, sampler: ClipSampler, control_hz: int, root_pos: Array, root_rot: Array, phase: float = 0.0,
        cycles: int | None = None,
    ) -> None:  # fmt: skip
        """Args:
        sampler: of the clip.
        control_hz: ticks a second.
        root_pos: (3,) of the character now.
        root_rot: (4,)
        phase: 0..1, where in the clip it begins.
        cycles: a clip that loops is `finished` after so many; None: never.
        """
        self.sampler = sampler
        self._hz, self._cycles = control_hz, cycles
        self._offset, self._tick, self._cycle = phase * sampler.duration, 0, 0
        self.placement = self._under(root_pos, root_rot)

    @property
    def time(self) -> float:
        """Seconds since the clip's own beginning."""
        return self._offset + self._tick / self._hz

    @property
    def finished(self) -> bool:
        if self.sampler.loop:
            return self._cycles is not None and self._cycle >= self._cycles
        return self.time >= self.sampler.duration

    def advance(self, state: CharacterState) -> None:
        self._tick += 1
        cycle = int(cycle_of(self.time, self.sampler.duration, self.sampler.loop))
        if cycle != self._cycle:
            self._cycle = cycle
            self.placement = self._under(state.root_pos, state.root_rot)

    def poses(self, ahead: Array) -> ReferencePoses:
        return self.sampler.poses(self.time + ahead, self.placement)

    def shift(self, offset: Array) -> None:
        x, y, heading = self.placement
        self.placement = Placement(x + float(offset[0]), y + float(offset[1]), heading)

    def _under(self, root_pos: Array, root_rot: Array) -> Placement:
        """The placement that puts the clip's present pose at the character's place and heading."""
        here = self.sampler.poses(np.array([self.time]), Placement(0.0, 0.0, 0.0))
        heading = aligned_heading(root_rot, here.root_rot[0])
        c, s = np.cos(heading), np.sin(heading)
        x, y = here.root_pos[0, :2]
        return Placement(float(root_pos[0] - (c * x - s * y)), float(root_pos[1] - (s * x + c * y)), heading)


class JoinedStream:
    """Any stream, its beginning blended so that it continues the character's pose and velocity.

    The difference between character and stream fades out along a cubic. Horizontally the difference of velocity fades
    out too, but the way it covers is kept: who comes running slows down over some steps, and is not pulled back.
    """

    def __init__(
        self, stream: ReferenceStream, state: CharacterState, control_hz: int, seconds: float = JOIN_SECONDS
    ) -> None:
        """state: the character's now, without batch. seconds: how long the difference takes to fade out."""
        self.stream = stream
        self._seconds, self._hz, self._tick, self._done = seconds, control_hz, 0, False
        h = 1.0 / (4.0 * control_hz)
        now = stream.poses(np.array([0.0, h]))
        root_vel = (now.root_pos[1] - now.root_pos[0]) / h
        root_ang = rotation.to_rotvec(rotation.multiply(now.root_rot[1], rotation.conjugate(now.root_rot[0]))) / h
        joint_vel = rotation.difference(now.joint_rot[0], now.joint_rot[1]) / h
        self._joint = rotation.difference(now.joint_rot[0], state.joint_rot), _held(state.joint_vel - joint_vel)
        root = rotation.to_rotvec(rotation.multiply(state.root_rot, rotation.conjugate(now.root_rot[0])))
        self._root = root, _held(state.root_ang_vel - root_ang)
        self._place = state.root_pos - now.root_pos[0], _held(state.root_vel - root_vel)

    @property
    def finished(self) -> bool:
        return self.stream.finished

    def advance(self, state: CharacterState) -> None:
        self._tick += 1
        self.stream.advance(state)
        if not self._done and self._tick / self._hz >= self._seconds:
            self._done = True
            self.stream.shift(0.5 * self._seconds * self._place[1][:2])

    def shift(self, offset: Array) -> None:
        self.stream.shift(offset)

    def poses(self, ahead: Array) -> ReferencePoses:
        own = self.stream.poses(ahead)
        if self._done:
            return own
        part = ((self._tick / self._hz + ahead) / self._seconds).clip(0.0, 1.0)
        keep = 1.0 - part**2 * (3.0 - 2.0 * part)
        speed = self._seconds * part * (1.0 - part) ** 2
        carried = self._seconds * (part - part**3 + 0.5 * part**4)
        place, velocity = self._place
        shift = np.multiply.outer(keep, place) + np.multiply.outer(speed, velocity)
        shift[:, :2] = np.multiply.outer(keep, place[:2]) + np.multiply.outer(carried, velocity[:2])
        root = np.multiply.outer(keep, self._root[0]) + np.multiply.outer(speed, self._root[1])
        joint = np.multiply.outer(keep, self._joint[0]) + np.multiply.outer(speed, self._joint[1])
        return ReferencePoses(
            own.root_pos + shift,
            rotation.multiply(rotation.from_rotvec(root), own.root_rot),
            rotation.multiply(own.joint_rot, rotation.from_rotvec(joint)),
        )


def _held(speed: Array) -> Array:
    return np.clip(speed, -MAX_JOIN_SPEED, MAX_JOIN_SPEED)


class HeldStream:
    """One pose for ever."""

    finished = True

    def __init__(self, root_pos: Array, root_rot: Array, joint_rot: Array) -> None:
        """root_pos (3,), root_rot (4,), joint_rot (J, 4), world."""
        self._pose = root_pos, root_rot, joint_rot

    def advance(self, state: CharacterState) -> None:
        pass

    def shift(self, offset: Array) -> None:
        pos, rot, joints = self._pose
        self._pose = pos + np.array([*offset, 0.0]), rot, joints

    def poses(self, ahead: Array) -> ReferencePoses:
        return ReferencePoses(*(np.repeat(part[None], len(ahead), axis=0) for part in self._pose))
