"""Performance: the reference that a policy with a lookahead follows now, and which one comes after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.clip_library import GET_UP, WALK, ClipLibrary
from game.play.clip_sampler import ReferencePoses
from game.play.footing import shoved, topples
from game.play.gait import Gait
from game.play.reference import JOIN_SECONDS, ClipStream, JoinedStream, ReferenceStream
from game.sim import kinematics, rotation
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip, cycle_of
from game.sim.state import CharacterState

Array = NDArray[np.float64]

STANDING = "stand"
"""`Performance.doing` while the character walks or stands"""
CALM = 0.25
"""m/s of the root: whoever stands and is slower can begin anything"""
PATIENCE = 4.0
"""s for which a clip waits until he stands"""
HASTE_SECONDS = 0.15
"""s in which the first step of whoever topples is blended in"""
UP_HEIGHT, UP_LEAN = 0.65, 0.7
"""a character is up from this share of its standing root height, and from this cosine of its lean, on"""


class Performance:
    """Begins with standing, blended in from the character's present pose."""

    def __init__(self, clips: ClipLibrary, state: CharacterState, steering: tuple[float, float] = (0.0, 0.0)) -> None:
        """Args:
            clips: where clips are found.
            state: the character's now, without batch.
            steering: m/s, world, with which it walks.

        Raises:
            ClipError: a clip of the gait is missing.
        """
        self._clips = clips
        self._hz = clips.model.control_hz
        self.steering = np.array(steering, float)
        """(2,) m/s, world: the last velocity that was steered"""
        self.doing = STANDING
        """name of the clip that is followed, or STANDING"""
        self._endless = False
        self.halted = False
        """whether he stands, or comes to a stand, whatever is steered"""
        self._next: tuple[str, float, int | None] | None = None
        """clip, phase and cycles that he performs as soon as he has settled"""
        self._waited = 0
        """ticks since he was to halt"""
        self._rounds = 0
        self._gait = Gait(clips.gait, state)
        self._gait.steer(self.steering)
        self._clip: ClipStream | None = None
        self._follow(self._gait, state)

    def steer(self, velocity: Array, state: CharacterState) -> None:
        """Walk with velocity (2,), m/s, world.

        While a clip is followed the walk begins after its end. A clip that would loop for ever is left at once.
        """
        self.steering = np.array(velocity, float)
        if self.doing == STANDING and not self.halted:
            self._gait.steer(self.steering)
        elif self._endless and np.any(self.steering):
            self.walk(state)

    def walk(self, state: CharacterState, seconds: float = JOIN_SECONDS) -> None:
        """Walk with the velocity that was last steered, or stand; seconds: until he moves just as the gait does."""
        self._rounds = self.rounds
        self.doing, self._clip = STANDING, None
        self._gait = Gait(self._clips.gait, state)
        self._gait.steer(np.zeros(2) if self.halted else self.steering)
        self._follow(self._gait, state, seconds)

    def halt(self, state: CharacterState) -> None:
        """Come to a stand and stay there until something is performed. What is steered is done after that."""
        self.halted, self._waited = True, 0
        if self.doing == STANDING:
            self._gait.steer(np.zeros(2))
        else:
            self.walk(state)

    def is_calm(self, state: CharacterState) -> bool:
        """Whether he stands still, so that anything can be begun."""
        speed = float(np.linalg.norm(state.root_vel))
        return self.doing == STANDING and self._gait.stands and not self._gait.steered and speed < CALM

    def has_settled(self, state: CharacterState) -> bool:
        """Whether he who was to halt stands still, or has tried to for PATIENCE."""
        return self.is_calm(state) or self._waited > PATIENCE * self._hz

    def perform_settled(self, clip: str, state: CharacterState, phase: float = 0.0, cycles: int | None = None) -> None:
        """Like `perform`, but come to a stand first: begun in the middle of something else it would fell him.

        After PATIENCE it is begun all the same. Raises ClipError.
        """
        self._clips.get(clip)
        self.halt(state)
        self._next = clip, phase, cycles

    def perform(self, clip: str, state: CharacterState, phase: float = 0.0, cycles: int | None = None) -> None:
        """Follow a clip from a phase 0..1, then stand; None cycles: for ever if it loops. Raises ClipError."""
        sampler = self._clips.get(clip)
        self.halted, self._next = False, None
        self._rounds = self.rounds
        self.doing, self._endless = clip, sampler.loop and cycles is None
        self._clip = ClipStream(sampler, self._hz, state.root_pos, state.root_rot, phase, cycles)
        self._follow(self._clip, state)

    def _follow(self, stream: ReferenceStream, state: CharacterState, seconds: float = JOIN_SECONDS) -> None:
        """Begin a stream, blended in from the present state. The next `advance` keeps its first pose."""
        self.stream, self._new = JoinedStream(stream, state, self._hz, seconds), True

    def get_up(self, state: CharacterState, bodies: BodyPoses) -> None:
        """Follow the clip for getting up that fits how the character lies. bodies: (B, ...). Raises ClipError."""
        self.perform(GET_UP[lying(self._clips.model, bodies)], state)

    @property
    def harmful(self) -> NDArray[np.bool_]:
        """(B,) which bodies must not touch the floor: their touch is a fall. None of them while getting up."""
        if self.doing in GET_UP.values():
            return np.zeros(self._clips.model.num_bodies, dtype=bool)
        return self._clips.harmful(WALK if self.doing == STANDING else self.doing)

    @property
    def rounds(self) -> int:
        """How many cycles of clips are behind him."""
        if self._clip is None:
            return self._rounds
        return self._rounds + int(cycle_of(self._clip.time, self._clip.sampler.duration, loop=True))

    @property
    def endless_clip(self) -> str | None:
        """The looping clip that he does until something else is wanted, by name; None where he does none."""
        return self.doing if self._endless and self._clip is not None else None

    @property
    def clip(self) -> tuple[MotionClip, float] | None:
        """The clip that is followed and the time in it, s; None while standing or walking."""
        return None if self._clip is None else (self._clip.sampler.clip, self._clip.time)

    def advance(self, state: CharacterState, bodies: BodyPoses) -> None:
        """Go on by a control tick; once a tick, before `poses`.

        After a clip comes standing; if he still lies after getting up, he tries again.
        """
        self._waited += 1
        if self._next is not None and self.has_settled(state):
            self.perform(self._next[0], state, *self._next[1:])
        if self._new:
            self._new = False
            return
        self.stream.advance(state)
        if self.doing == STANDING and not self._gait.steered and self._has_to_step(state, bodies):
            self.walk(state, HASTE_SECONDS)
            self._new = False
        if not self.stream.finished:
            return
        if is_up(state, self._clips.gait.height) or self.doing not in GET_UP.values():
            self.walk(state)
        else:
            self.get_up(state, bodies)
        self._new = False

    def _has_to_step(self, state: CharacterState, bodies: BodyPoses) -> bool:
        """Whether who stands or comes to a stand has to take steps, or other ones, as after a shove."""
        if not self._gait.stands:
            return shoved(state.root_vel, self._gait.velocity)
        model = self._clips.model
        com = kinematics.center_of_mass(model, bodies)
        return topples(com, state.root_vel, bodies.pos[list(model.feet)], state.root_rot)

    def poses(self, ahead: Array) -> ReferencePoses:
        """The reference at times (K,), s from now."""
        return self.stream.poses(ahead)


def lying(model: CharacterModel, bodies: BodyPoses) -> str:
    """`faceup` or `facedown`, by the direction of the chest of a body (B, ...)."""
    chest = rotation.rotate(bodies.rot[model.roles.torso], np.array([1.0, 0.0, 0.0]))
    return "faceup" if chest[2] > 0.0 else "facedown"


def is_up(state: CharacterState, standing_height: float) -> bool:
    """Whether a character (state without batch) is on his feet, more or less upright."""
    up = rotation.rotate(state.root_rot, np.array([0.0, 0.0, 1.0]))[2]
    return bool(state.root_pos[2] > UP_HEIGHT * standing_height and up > UP_LEAN)
