"""Gait: a reference for walking that is steered by a velocity. What it shows ahead follows if the velocity stays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.play.clip_sampler import ReferencePoses
from game.play.footing import topples
from game.play.gait_cycle import GaitCycle, gait_cycle
from game.play.gait_path import (
    AHEAD,
    ASIDE,
    DRIFT_X,
    DRIFT_Y,
    FARTHEST_AHEAD,
    FARTHEST_OUT,
    FAST,
    HEADING,
    MAX_DRIFT,
    PHASE,
    RUN_FROM,
    SHARE,
    SHIFTED,
    SPEED,
    STEPS,
    WIDTH,
    X,
    Y,
    integrate,
    stands_on,
)
from game.play.gait_pose import feet_from_root, fill_poses, root_place
from game.play.idle import Idle, calm_idle
from game.play.reference import aligned_heading
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]

MAX_AHEAD = 17
"""ticks; `poses` can look so far ahead"""
PULL = 0.03
"""share of the distance between reference and character by which the path moves towards the character each tick"""
TAKES_UP = 0.06
"""share of the difference between his velocity and the path's that the path takes up each tick"""
MAX_DISTANCE = 0.6
"""m, the largest distance between reference and character"""
STANDS_AHEAD, STANDS_LIFTED = 0.12, 0.04
"""m by which one foot may be ahead of the other, and higher, of whoever stands"""
FORWARD = 0.015
"""m by which the feet stand further forward on the spot than in standing: the walk leans forward"""
WALK_SMOOTHING = 0.04
"""s; at its footfalls the walk's pelvis jumps by 7 degrees and the foot that lands by 7 cm, from a frame to the next"""
PHASES = 24
"""points of a step that are compared with a pose"""


class GaitTables(NamedTuple):
    """What the compiled code reads: two cycles of F and G frames, and standing."""

    walk_rots: Array
    walk_height: Array
    walk_velocity: Array
    walk_feet: Array
    walk_feet_rot: Array
    walk_travel: Array
    walk_clock: Array
    walk_seconds: float
    walk_pace: float
    run_rots: Array
    run_height: Array
    run_velocity: Array
    run_feet: Array
    run_feet_rot: Array
    run_travel: Array
    run_clock: Array
    run_seconds: float
    run_pace: float
    middle: Array
    """(2,) phases of the walk in the middle of the feet's stances"""
    sway: float
    """m by which the root sways to either side in the walk"""
    forward: float
    """m that the feet stand further ahead of the root in standing than in the middle of a stance"""
    shift: float
    """cycles that the run's phase is ahead of the walk's"""
    begin: float
    """phase of the walk in which both feet are down: walking begins and ends with it, or half a cycle off"""
    height: float
    """m, of the root in standing"""
    still_feet: Array
    """(2, 3) m, the feet in standing, from the floor below the root"""
    still_feet_rot: Array
    """(2, 4)"""
    hips: Array
    """(2, 3) m, in the root's frame"""
    lengths: Array
    """(2, 2) m, of thigh and shin"""
    leg_joints: NDArray[np.int64]
    """(2, 3) rows of hip, knee and ankle in a pose's rotations, of which the root is the first"""
    side: Array
    """(2,) 1 of the left leg, -1 of the right one"""
    bend: float
    """the sign of the angle of a bent knee"""
    idle_rots: Array
    idle_pos: Array
    idle_seconds: float


class GaitClips:
    """Tables that a Gait is blended from: computed once, shared by all walkers."""

    def __init__(
        self, model: CharacterModel, walk: MotionClip, run: MotionClip, stand: CharacterState,
        idle: MotionClip | None = None,
    ) -> None:  # fmt: skip
        """stand: the standing state, without batch; idle: a loop on the spot that is done while standing."""
        self.model = model
        hz = STEPS * model.control_hz
        self.walk, self.run = gait_cycle(model, walk, hz, WALK_SMOOTHING), gait_cycle(model, run, hz)
        self.still = np.concatenate([stand.root_rot[None], stand.joint_rot])
        self.height = float(stand.root_pos[2])
        rest = Idle(self.still[None], np.array([[0.0, 0.0, self.height]]), 1.0)
        if idle is not None:
            rest = calm_idle(idle, stand, model.control_hz)
        bodies = kinematics.body_poses(model, stand.root_pos, stand.root_rot, stand.joint_rot)
        thigh, shin, foot = model.legs.T
        hips = model.body_offset[thigh]
        lengths = np.linalg.norm(model.body_offset[np.stack([shin, foot], axis=1)], axis=-1)
        knees = model.body_joint[shin]
        bend = -1.0 if abs(model.joint_limits[knees, 0]).sum() > abs(model.joint_limits[knees, 1]).sum() else 1.0
        still_feet = bodies.pos[foot] - stand.root_pos * np.array([1.0, 1.0, 0.0])
        self.tables = GaitTables(
            **_fields("walk", self.walk), **_fields("run", self.run), middle=self.walk.middle,
            sway=_sway(self.walk, np.sign(hips[:, 1])), forward=_forward(self.walk, still_feet),
            shift=_shift(model, self.walk, self.run),
            begin=_both_down(self.walk), height=self.height, still_feet=still_feet, still_feet_rot=bodies.rot[foot],
            hips=hips, lengths=lengths, leg_joints=1 + model.body_joint[model.legs], side=np.sign(hips[:, 1]),
            bend=bend, idle_rots=rest.rots, idle_pos=rest.root_pos, idle_seconds=rest.seconds,
        )  # fmt: skip

    @property
    def paces(self) -> tuple[float, float]:
        """mean speeds of walk and run, m/s"""
        return self.walk.pace, self.run.pace


class Gait:
    """A `ReferenceStream` that `steer` gives its velocity. It never ends."""

    finished = False

    def __init__(self, clips: GaitClips, state: CharacterState) -> None:
        """Begins with what fits a character's state (no batch) best: with standing, or at some point of a step.

        What he moves forward is his speed at first; what he moves elsewhere he drifts, and steps until it has died out.
        """
        self._clips, hz = clips, clips.model.control_hz
        self._dt = 1.0 / (STEPS * hz)
        self._path = fitting_path(clips, state)
        self._steered = np.array([[0.0, self._path[HEADING]]])
        """(1, 2) m/s and rad, speed and direction"""
        self._plan = np.empty((MAX_AHEAD * STEPS + 1, WIDTH))
        self._look_ahead()

    def steer(self, velocity: Array) -> None:
        """Set the velocity (2,), m/s, world. (0, 0) is to stand; faster than the run is the run's speed."""
        self._steered[0, 0] = min(np.hypot(*velocity), self._clips.run.pace)
        if self._steered[0, 0] > 0.0:
            self._steered[0, 1] = np.arctan2(velocity[1], velocity[0])
        self._look_ahead()

    @property
    def stands(self) -> bool:
        """Whether he stands."""
        return bool(self._path[SHARE] == 0.0)

    @property
    def steered(self) -> bool:
        """Whether he is to go somewhere."""
        return bool(self._steered[0, 0] > 0.0)

    @property
    def velocity(self) -> Array:
        """(2,) m/s, world, of the path now, but for the sway within a step"""
        c, s = np.cos(self._path[HEADING]), np.sin(self._path[HEADING])
        forward, left = self._path[SPEED] + self._path[DRIFT_X], self._path[DRIFT_Y]
        return np.array([c * forward - s * left, s * forward + c * left])

    @property
    def heading(self) -> float:
        """the path's present heading, rad"""
        return float(self._path[HEADING])

    def advance(self, state: CharacterState) -> None:
        meet(self._plan, state.root_pos, state.root_vel, self._clips.tables, self._dt)
        self._path[:] = self._plan[STEPS]
        self._look_ahead()

    def shift(self, offset: Array) -> None:
        self._path[:2] += offset
        self._plan[:, :2] += offset

    def poses(self, ahead: Array) -> ReferencePoses:
        pos, rot = np.empty((len(ahead), 3)), np.empty((len(ahead), *self._clips.still.shape))
        fill_poses(self._plan, ahead, self._dt, self._clips.tables, pos, rot)
        return ReferencePoses(pos, rot[:, 0], rot[:, 1:])

    def _look_ahead(self) -> None:
        """Integrates the path as it goes on if the velocity stays as it is."""
        integrate(self._path, self._steered, self._clips.tables, self._dt, self._plan)


@njit(cache=True)
def meet(plan, root_pos, root_vel, tables, dt):  # type: ignore[no-untyped-def]
    """Let the row of a plan that is a tick ahead, in place, come towards a character's place (3,) and velocity (3,).

    What he moves otherwise than the plan has it he drifts, and his next steps catch.
    """
    row = plan[STEPS]
    x, y = root_place(row, tables)
    x, y = root_pos[0] - x, root_pos[1] - y
    distance = np.sqrt(x * x + y * y)
    if row[SHARE] > 0.0:
        before, after = root_place(plan[STEPS - 1], tables), root_place(plan[STEPS + 1], tables)
        u = root_vel[0] - (after[0] - before[0]) / (2.0 * dt)
        v = root_vel[1] - (after[1] - before[1]) / (2.0 * dt)
        part = (1.0 - row[FAST]) * TAKES_UP * min(1.0, MAX_DRIFT / max(np.sqrt(u * u + v * v), 1e-9))
        c, s = np.cos(row[HEADING]), np.sin(row[HEADING])
        row[DRIFT_X] += part * (c * u + s * v)
        row[DRIFT_Y] += part * (c * v - s * u)
        for leg in range(2):
            if stands_on(row, leg, tables):
                row[AHEAD + leg] = min(max(row[AHEAD + leg], -FARTHEST_AHEAD), FARTHEST_AHEAD)
                row[ASIDE + leg] = min(max(row[ASIDE + leg], -FARTHEST_OUT), FARTHEST_OUT)
    part = max(PULL, 1.0 - MAX_DISTANCE / max(distance, MAX_DISTANCE))
    row[X] += part * x
    row[Y] += part * y


@njit(cache=True)
def put_feet(row, root_pos, feet, tables):  # type: ignore[no-untyped-def]
    """Put a row's feet, in place, where a character has his (2, 3) from his root (3,)."""
    place, foot = np.empty((2, 3)), np.empty((2, 4))
    feet_from_root(row, tables, place, foot)
    c, s = np.cos(row[HEADING]), np.sin(row[HEADING])
    for leg in range(2):
        x, y = feet[leg, 0] - root_pos[0], feet[leg, 1] - root_pos[1]
        ahead = row[AHEAD + leg] + (c * x + s * y - place[leg, 0])
        aside = row[ASIDE + leg] + (c * y - s * x - place[leg, 1])
        row[AHEAD + leg] = min(max(ahead, -FARTHEST_AHEAD), FARTHEST_AHEAD)
        row[ASIDE + leg] = min(max(aside, -FARTHEST_OUT), FARTHEST_OUT)


def fitting_path(clips: GaitClips, state: CharacterState) -> Array:
    """Where a path begins (WIDTH,) that goes on from a character's state (no batch), with its place and heading."""
    heading = aligned_heading(state.root_rot, clips.still[0])
    path = np.zeros(WIDTH)
    path[[X, Y, HEADING, PHASE]] = state.root_pos[0], state.root_pos[1], heading, clips.tables.begin
    c, s = np.cos(heading), np.sin(heading)
    forward, left = c * state.root_vel[0] + s * state.root_vel[1], c * state.root_vel[1] - s * state.root_vel[0]
    legs = clips.model.body_joint[clips.model.legs].ravel()
    bodies = kinematics.body_poses(clips.model, state.root_pos, state.root_rot, state.joint_rot)
    feet = bodies.pos[list(clips.model.feet)]
    beside, com = _beside(feet, heading), kinematics.center_of_mass(clips.model, bodies)
    if beside and not topples(com, state.root_vel, feet, state.root_rot):
        return path
    path[SPEED] = min(max(forward, 0.0), clips.run.pace)
    path[SHARE] = path[SHIFTED] = 1.0
    path[FAST] = 1.0 if path[SPEED] > RUN_FROM else 0.0
    drift = np.array([forward - path[SPEED], left])
    drift *= min(1.0, MAX_DRIFT / max(float(np.hypot(*drift)), 1e-9))
    path[[DRIFT_X, DRIFT_Y]] = drift
    plan = np.repeat(path[None], PHASES, axis=0)
    plan[:, PHASE] = np.arange(PHASES) / PHASES
    pos, rot = np.empty((PHASES, 3)), np.empty((PHASES, *clips.still.shape))
    fill_poses(plan, np.arange(PHASES, dtype=float), 1.0, clips.tables, pos, rot)
    apart = rotation.angle_between(rot[:, 1 + legs], state.joint_rot[legs])
    path[PHASE] = plan[int(np.argmin(np.square(apart).sum(axis=1))), PHASE]
    if beside:
        # who falls to a side steps with that side's foot, at once
        stays = int(np.argmin(clips.tables.side * (left if left else 1.0)))
        until = (clips.tables.middle[stays] - clips.tables.begin) % 1.0
        path[PHASE] = clips.tables.begin if until < 0.5 else (clips.tables.begin + 0.5) % 1.0
    put_feet(path, state.root_pos, feet, clips.tables)
    return path


def _beside(feet: Array, heading: float) -> bool:
    """Whether feet (2, 3) are beside each other, and as high."""
    apart = feet[1] - feet[0]
    ahead = abs(np.cos(heading) * apart[0] + np.sin(heading) * apart[1])
    return bool(ahead < STANDS_AHEAD and abs(apart[2]) < STANDS_LIFTED)


def _fields(gait: str, cycle: GaitCycle) -> dict[str, Any]:
    names = ("rots", "height", "velocity", "feet", "feet_rot", "travel", "clock", "seconds", "pace")
    return {f"{gait}_{name}": getattr(cycle, name) for name in names}


def _shift(model: CharacterModel, walk: GaitCycle, run: GaitCycle) -> float:
    """Cycles that the run's phase is ahead of the walk's when their legs match best."""
    phases = np.arange(60) / 60.0
    hips = 1 + model.body_joint[model.legs[:, :2]].ravel()  # and knees
    walks, runs = (rotation.to_rotvec(_at(cycle, phases)[:, hips]).reshape(60, -1) for cycle in (walk, run))
    walks, runs = walks - walks.mean(axis=0), runs - runs.mean(axis=0)
    fits = [float((walks * np.roll(runs, -k, axis=0)).sum()) for k in range(60)]
    return float(phases[int(np.argmax(fits))])


def _forward(walk: GaitCycle, still_feet: Array) -> float:
    frames = np.rint(walk.middle * len(walk.feet)).astype(np.int64) % len(walk.feet)
    return float((still_feet[:, 0] - walk.feet[frames, [0, 1], 0]).mean()) + FORWARD


def _sway(walk: GaitCycle, side: Array) -> float:
    """m, of the root towards the foot that stands: of its way to the left the part that goes with the stances.

    side: (2,) of the legs, 1 for the left one
    """
    way = np.cumsum(walk.velocity[:, 1] - walk.velocity[:, 1].mean()) * walk.seconds / len(walk.velocity)
    phases = np.arange(len(way)) / len(way)
    stances = 0.5 * (side * np.cos(2.0 * np.pi * (phases[:, None] - walk.middle))).sum(axis=1)
    return float((way - way.mean()) @ stances / (stances @ stances))


def _both_down(walk: GaitCycle) -> float:
    """The phase in the walk's second half that is as far from the middles of both feet's stances."""
    one, other = np.sort(walk.middle)
    middle = 0.5 * (one + other)
    return float(middle % 1.0 if middle >= 0.5 - 1e-9 else (middle + 0.5) % 1.0)


def _at(cycle: GaitCycle, phases: Array) -> Array:
    """Rotations (P, 1 + J, 4) of the frames nearest to phases (P,)."""
    return cycle.rots[np.rint(phases * len(cycle.rots)).astype(np.int64) % len(cycle.rots)]
