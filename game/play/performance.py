"""Performance: what a character with a performer's policy does: the stream that he follows, and what comes after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.clip_library import GET_UP, WALK, ClipLibrary
from game.play.clip_sampler import ReferencePoses
from game.play.gait import Gait
from game.play.reference import ClipStream, JoinedStream, ReferenceStream
from game.sim import rotation
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]

STANDING = "stand"
"""what he does when he walks or stands, as the panel calls it"""
UP_HEIGHT, UP_LEAN = 0.65, 0.7
"""share of the standing root's height, and cosine of its lean, from which on he is up"""


class Performance:
    """Begins with standing, joined from where the character is."""

    def __init__(self, clips: ClipLibrary, state: CharacterState) -> None:
        """state: the character's, without batch. Raises ClipError where the gait's clips are missing."""
        self._clips = clips
        self._hz = clips.model.control_hz
        self.steering = np.zeros(2)
        """(2,) m/s over the ground: where he is steered"""
        self.doing = STANDING
        """the clip that he follows, or STANDING"""
        self._endless = False
        self._gait = Gait(clips.gait, state.root_pos, state.root_rot)
        self._clip: ClipStream | None = None
        self._follow(self._gait, state)

    def steer(self, velocity: Array, state: CharacterState) -> None:
        """Walk with velocity (2,), m/s: at once, or when the clip that he follows is over; a loop without end ends."""
        self.steering = np.array(velocity, float)
        if self.doing == STANDING:
            self._gait.steer(self.steering)
        elif self._endless and np.any(self.steering):
            self.walk(state)

    def walk(self, state: CharacterState) -> None:
        """Stand, or walk where he is steered."""
        self.doing, self._clip = STANDING, None
        self._gait = Gait(self._clips.gait, state.root_pos, state.root_rot)
        self._gait.steer(self.steering)
        self._follow(self._gait, state)

    def perform(self, clip: str, state: CharacterState, phase: float = 0.0, cycles: int | None = None) -> None:
        """Do a clip from a phase, so many cycles of it, then stand. Raises ClipError."""
        sampler = self._clips.get(clip)
        self.doing, self._endless = clip, sampler.loop and cycles is None
        self._clip = ClipStream(sampler, self._hz, state.root_pos, state.root_rot, phase, cycles)
        self._follow(self._clip, state)

    def _follow(self, stream: ReferenceStream, state: CharacterState) -> None:
        """Begin a stream from where he is; it goes on with the next tick."""
        self.stream, self._new = JoinedStream(stream, state, self._hz), True

    def get_up(self, state: CharacterState, bodies: BodyPoses) -> None:
        """Rise from however he lies; bodies: (B, ...) of the character. Raises ClipError."""
        self.perform(GET_UP[lying(self._clips.model, bodies)], state)

    @property
    def harmful(self) -> NDArray[np.bool_]:
        """(B,) the bodies whose touching the floor is a fall in what he does; who gets up lies already."""
        if self.doing in GET_UP.values():
            return np.zeros(self._clips.model.num_bodies, dtype=bool)
        return self._clips.harmful(WALK if self.doing == STANDING else self.doing)

    @property
    def endless_clip(self) -> str | None:
        """The looping clip that he does until something else is wanted, by name; None where he does none."""
        return self.doing if self._endless and self._clip is not None else None

    @property
    def clip(self) -> tuple[MotionClip, float] | None:
        """The clip that he follows and the time in it, s; None while he stands or walks."""
        return None if self._clip is None else (self._clip.sampler.clip, self._clip.time)

    def advance(self, state: CharacterState, bodies: BodyPoses) -> None:
        """Once a control tick, before `poses`: go on; when a clip is over he stands, or rises again where he lies."""
        if self._new:
            self._new = False
            return
        self.stream.advance(state.root_pos, state.root_rot)
        if not self.stream.finished:
            return
        if is_up(state, self._clips.gait.height) or self.doing not in GET_UP.values():
            self.walk(state)
        else:
            self.get_up(state, bodies)
        self._new = False

    def poses(self, ahead: Array) -> ReferencePoses:
        """The reference at times (K,), s from now."""
        return self.stream.poses(ahead)


def lying(model: CharacterModel, bodies: BodyPoses) -> str:
    """Which of GET_UP's ways fits a body (B, ...) that lies: by where its chest looks."""
    chest = rotation.rotate(bodies.rot[model.roles.torso], np.array([1.0, 0.0, 0.0]))
    return "faceup" if chest[2] > 0.0 else "facedown"


def is_up(state: CharacterState, standing_height: float) -> bool:
    """Whether a character (state without batch) is on his feet, more or less upright."""
    up = rotation.rotate(state.root_rot, np.array([0.0, 0.0, 1.0]))[2]
    return bool(state.root_pos[2] > UP_HEIGHT * standing_height and up > UP_LEAN)
