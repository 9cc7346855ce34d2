"""Gait: a reference for walking that is steered by a velocity. It blends standing, a walk and a run by speed.

Walk and run are blended at the same point of their cycles (the run's phase is shifted to match the walk's), so that
the feet do not slide: stride and step rate lie between those of the clips. Between standing and the walk's own speed
the steps are smaller; who stands does an idle. The speed follows the steered one at a limited rate, the turning over
`TURN_SECONDS`. Who is to stop goes on stepping, ever slower over the floor, until one leg passes the other, and only
then stands: stopped at any other moment he would have to stand on one leg, and falls sideways. The poses ahead are
those that follow if the velocity stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.play.clip_sampler import ReferencePoses, slerp_into, turn_into
from game.play.idle import Idle, calm_idle
from game.play.reference import aligned_heading
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]

TURN_SECONDS = 0.3
"""s over which a change of turning is averaged"""
QUICKENING, SLOWING = 2.0, 3.0
"""m/s2, how fast the speed follows the steered one"""
PATIENCE = 0.26
"""cycles that the steps go on at least when he is to stop, for each m/s of speed"""
EARLY = 0.133
"""cycles before `GaitClips.begin` at which he stops: one leg has just passed the other"""
LAST_STEP = 0.1
"""cycles before that at which the last step begins to become standing"""
FADE_SECONDS = 0.3
"""s in which the last step becomes standing"""
MAX_TURN = math.radians(100.0)
"""rad/s"""
MAX_LATERAL = 4.0
"""m/s2, centripetal acceleration of a turn: it limits turning at a run"""
TURN_GAIN = 3.0
"""rad/s of turning per rad between heading and steered direction"""
STEPS = 4
"""integration steps of the path in a tick"""
MAX_AHEAD = 17
"""ticks; `poses` can look so far ahead"""
FULL_STRIDE = 0.75
"""share of the walk's own speed from which on the steps have full size"""
RATES = (0.75, 1.2)
"""limits of the step rate, relative to the clips' own"""
MIN_STRIDE = 0.02
"""share of a full step; with less the character stands"""
PULL = 0.03
"""share of the distance between path and character by which the path moves towards the character each tick"""
MAX_DISTANCE = 0.6
"""m, the largest distance between path and character"""


@dataclass(frozen=True, eq=False)
class _Cycle:
    """One cycle of a walk or run in F frames, without its place on the floor."""

    rots: Array
    """(F, 1 + J, 4) of root and joints"""
    height: Array
    """(F,) m, of the root"""
    velocity: Array
    """(F, 2) m/s of the root, forward and left"""
    seconds: float
    """of the cycle"""

    @property
    def pace(self) -> float:
        """mean speed, m/s"""
        return float(np.linalg.norm(self.velocity.mean(axis=0)))


class GaitClips:
    """Tables that a Gait is blended from: computed once, shared by all walkers."""

    def __init__(
        self, model: CharacterModel, walk: MotionClip, run: MotionClip, stand: CharacterState,
        idle: MotionClip | None = None,
    ) -> None:  # fmt: skip
        """stand: the standing state, without batch; idle: a loop on the spot that is done while standing."""
        self.model = model
        self.walk, self.run = (_cycle(clip, STEPS * model.control_hz) for clip in (walk, run))
        self.still = np.concatenate([stand.root_rot[None], stand.joint_rot])
        self.height = float(stand.root_pos[2])
        phases = np.arange(60) / 60.0
        hips = 1 + model.body_joint[model.legs[:, :2]].ravel()  # and knees
        legs = [rotation.to_rotvec(_at(cycle, phases)[:, hips]).reshape(60, -1) for cycle in (self.walk, self.run)]
        walks, runs = (leg - leg.mean(axis=0) for leg in legs)
        fits = [float((walks * np.roll(runs, -k, axis=0)).sum()) for k in range(60)]
        self.shift = float(phases[int(np.argmax(fits))])
        """cycles; the run's phase is so much ahead of the walk's when the legs match best"""
        difference = rotation.angle_between(_at(self.walk, phases)[:, 1:], self.still[1:]).sum(axis=1)
        self.begin = float(phases[30 + int(np.argmin(difference[30:]))])
        """phase in the walk's second half whose pose is nearest to standing: walking begins with it. The first half has
        one as near, with the other foot in front; the performer is trained on this one"""
        rest = Idle(self.still[None], np.array([[0.0, 0.0, self.height]]), 1.0)
        if idle is not None:
            rest = calm_idle(idle, stand, model.control_hz)
        self.tables = (
            self.walk.rots, self.walk.height, self.walk.velocity, self.walk.seconds, self.walk.pace,
            self.run.rots, self.run.height, self.run.velocity, self.run.seconds, self.run.pace,
            self.shift, self.begin, *rest,
        )  # fmt: skip

    @property
    def paces(self) -> tuple[float, float]:
        """mean speeds of walk and run, m/s"""
        return self.walk.pace, self.run.pace


class Gait:
    """A `ReferenceStream` that `steer` gives its velocity. It never ends."""

    finished = False

    def __init__(self, clips: GaitClips, root_pos: Array, root_rot: Array) -> None:
        """Begins standing, at the place and heading of a character with its root at root_pos (3,), root_rot (4,)."""
        self._clips, hz = clips, clips.model.control_hz
        self._turns = np.zeros(round(TURN_SECONDS * STEPS * hz))
        heading = aligned_heading(root_rot, clips.still[0])
        self._path = np.zeros(10)
        """x, y, heading, phase of the walk, s of the idle, m/s, size of the steps, and of who is to stop: cycles left,
        all of them, and m/s when the stop was steered"""
        self._path[:4] = root_pos[0], root_pos[1], heading, clips.begin
        self._steered = np.array([0.0, heading])
        """m/s and rad, speed and direction"""
        self._dt = 1.0 / (STEPS * hz)
        self._plan = np.empty((MAX_AHEAD * STEPS + 1, 11))
        self._look_ahead()

    def steer(self, velocity: Array) -> None:
        """Set the velocity (2,), m/s, world. (0, 0) is to stand; faster than the run is the run's speed."""
        self._steered[0] = min(np.hypot(*velocity), self._clips.run.pace)
        if self._steered[0] > 0.0:
            self._steered[1] = np.arctan2(velocity[1], velocity[0])
        self._look_ahead()

    @property
    def heading(self) -> float:
        """the path's present heading, rad"""
        return float(self._path[2])

    def advance(self, root_pos: Array, root_rot: Array) -> None:  # noqa: ARG002  (the heading is steered, not followed)
        _advance(self._path, self._turns, self._steered, root_pos, self._clips.tables, self._dt, self._plan)

    def shift(self, offset: Array) -> None:
        self._path[:2] += offset
        self._plan[:, :2] += offset

    def poses(self, ahead: Array) -> ReferencePoses:
        pos, rot = np.empty((len(ahead), 3)), np.empty((len(ahead), *self._clips.still.shape))
        _pose(self._plan, ahead, self._dt, self._clips.tables, pos, rot)
        return ReferencePoses(pos, rot[:, 0], rot[:, 1:])

    def _look_ahead(self) -> None:
        """Integrates the path as it goes on if the velocity stays as it is."""
        _integrate(self._path, self._turns, self._steered, self._clips.tables, self._dt, self._plan)


def _cycle(clip: MotionClip, hz: int) -> _Cycle:
    """A clip's cycle in frames of 1/hz s, its motion over the floor as a velocity."""
    placed = clip.placed()
    frames = max(2, round(placed.duration * hz))
    state = placed.sample(np.arange(frames) / frames * placed.duration)
    rots = np.concatenate([state.root_rot[:, None], state.joint_rot], axis=1)
    return _Cycle(
        np.ascontiguousarray(rots), np.ascontiguousarray(state.root_pos[:, 2]),
        np.ascontiguousarray(state.root_vel[:, :2]), placed.duration,
    )  # fmt: skip


def _at(cycle: _Cycle, phases: Array) -> Array:
    """Rotations (P, 1 + J, 4) of the frames nearest to phases (P,)."""
    return cycle.rots[np.rint(phases * len(cycle.rots)).astype(np.int64) % len(cycle.rots)]


@njit(cache=True)
def _blend(speed, walk, run):  # type: ignore[no-untyped-def]
    """Share of the run in the blend 0..1, and the mean speed of that blend, m/s."""
    fast = min(max((speed - walk) / (run - walk), 0.0), 1.0)
    return fast, walk + fast * (run - walk)


@njit(cache=True)
def _frame(count, phase):  # type: ignore[no-untyped-def]
    """The frames before and after a phase, and the share 0..1 of the second."""
    place = (phase - np.floor(phase)) * count
    first = int(place) % count
    return first, (first + 1) % count, place - np.floor(place)


@njit(cache=True)
def _advance(path, turns, steered, root_pos, tables, dt, plan):  # type: ignore[no-untyped-def]
    """Goes on by a tick along the plan, moves towards the character, and plans anew; in place."""
    turns[:-STEPS] = turns[STEPS:].copy()
    turns[-STEPS:] = plan[:STEPS, 5]
    path[:5], path[5:] = plan[STEPS, :5], plan[STEPS, 6:]
    x, y = root_pos[0] - path[0], root_pos[1] - path[1]
    share = max(PULL, 1.0 - MAX_DISTANCE / max(np.sqrt(x * x + y * y), MAX_DISTANCE))
    path[0] += share * x
    path[1] += share * y
    _integrate(path, turns, steered, tables, dt, plan)


@njit(cache=True)
def _integrate(path, turns, steered, tables, dt, plan):  # type: ignore[no-untyped-def]
    """Fills plan (P, 11) with the path from now on: as `Gait._path`, with the steered turning rate as its sixth."""
    command, direction = steered[0], steered[1]
    walk_vel, walk_seconds, walk = tables[2], tables[3], tables[4]
    run_vel, run_seconds, run, shift, begin = tables[7], tables[8], tables[9], tables[10], tables[11]
    x, y, heading, phase = path[0], path[1], path[2], path[3]
    speed, stride, cycles, whole, before = path[5], path[6], path[7], path[8], path[9]
    turn_sum = turns.sum()
    for k in range(len(plan)):
        fast, pace = _blend(speed, walk, run)
        if stride <= MIN_STRIDE:
            phase = begin
        off = direction - heading
        off = off - 2.0 * np.pi * np.floor((off + np.pi) / (2.0 * np.pi))
        turn = 0.0
        if command > 0.0:
            most = min(MAX_TURN, MAX_LATERAL / max(speed, 0.1))
            turn = min(max(TURN_GAIN * off, -most), most)
        plan[k, 0], plan[k, 1], plan[k, 2], plan[k, 3], plan[k, 4] = x, y, heading, phase, path[4] + k * dt
        plan[k, 5], plan[k, 6], plan[k, 7] = turn, speed, stride
        plan[k, 8], plan[k, 9], plan[k, 10] = cycles, whole, before
        first, after, part = _frame(len(walk_vel), phase)
        run_first, run_after, run_part = _frame(len(run_vel), phase + shift)
        c, s = np.cos(heading), np.sin(heading)
        scale = speed / pace
        forward = (1.0 - fast) * ((1.0 - part) * walk_vel[first, 0] + part * walk_vel[after, 0]) + fast * (
            (1.0 - run_part) * run_vel[run_first, 0] + run_part * run_vel[run_after, 0]
        )
        left = (1.0 - fast) * ((1.0 - part) * walk_vel[first, 1] + part * walk_vel[after, 1]) + fast * (
            (1.0 - run_part) * run_vel[run_first, 1] + run_part * run_vel[run_after, 1]
        )
        x += dt * scale * (c * forward - s * left)
        y += dt * scale * (s * forward + c * left)
        heading += dt * turn_sum / len(turns) * min(1.0, 4.0 * stride)
        rate = 0.0
        if stride > MIN_STRIDE:
            rate = min(max(scale, RATES[0]), RATES[1]) / (walk_seconds + fast * (run_seconds - walk_seconds))
        phase += dt * rate
        cycles -= dt * rate
        if command > 0.0:
            whole = 0.0
            speed += min(max(command - speed, -SLOWING * dt), QUICKENING * dt)
            stride = max(stride, min(1.0, speed / (FULL_STRIDE * walk)))
        elif speed > 0.0:
            if whole == 0.0:
                # to the first moment, after as long as the speed needs, when one leg passes the other
                least = PATIENCE * speed
                more = begin - EARLY - phase - least
                cycles, before = least + more - 0.5 * np.floor(more / 0.5), speed
                whole = cycles
            speed = max(0.0, before * cycles / whole)
        if command == 0.0 and cycles <= LAST_STEP:
            stride = max(0.0, stride - dt / FADE_SECONDS)
        phase -= np.floor(phase)
        # a sliding average: the oldest value leaves, the present one enters
        turn_sum += turn - (turns[k] if k < len(turns) else plan[k - len(turns), 5])


@njit(cache=True)
def _pose(plan, ahead, dt, tables, out_pos, out_rot):  # type: ignore[no-untyped-def]
    """Fills out_pos (K, 3) and out_rot (K, 1 + J, 4) with the poses at times ahead (K,), s from now."""
    walk_rots, walk_height, walk = tables[0], tables[1], tables[4]
    run_rots, run_height, run = tables[5], tables[6], tables[9]
    shift, idle_rots, idle_pos, idle_seconds = tables[10], tables[12], tables[13], tables[14]
    gait = np.empty(4)
    other = np.empty(4)
    for k in range(len(ahead)):
        row = min(max(int(np.rint(ahead[k] / dt)), 0), len(plan) - 1)
        x, y, heading, phase, stride = plan[row, 0], plan[row, 1], plan[row, 2], plan[row, 3], plan[row, 7]
        fast, _ = _blend(plan[row, 6], walk, run)
        share = stride * stride * (3.0 - 2.0 * stride)
        first, after, part = _frame(len(walk_height), phase)
        run_first, run_after, run_part = _frame(len(run_height), phase + shift)
        rest, rest_after, rest_part = _frame(len(idle_pos), plan[row, 4] / idle_seconds)
        for i in range(walk_rots.shape[1]):
            if share > 0.0:
                slerp_into(walk_rots[first, i], walk_rots[after, i], part, gait)
                if fast > 0.0:
                    slerp_into(run_rots[run_first, i], run_rots[run_after, i], run_part, other)
                    slerp_into(gait, other, fast, out_rot[k, i])
                    gait[:] = out_rot[k, i]
            if share < 1.0:
                slerp_into(idle_rots[rest, i], idle_rots[rest_after, i], rest_part, other)
                if share > 0.0:
                    slerp_into(other, gait, share, out_rot[k, i])
                else:
                    out_rot[k, i] = other
            else:
                out_rot[k, i] = gait
        z = (1.0 - fast) * ((1.0 - part) * walk_height[first] + part * walk_height[after]) + fast * (
            (1.0 - run_part) * run_height[run_first] + run_part * run_height[run_after]
        )
        # the idle's sway, in the path's heading, fades with the steps
        sway = (1.0 - rest_part) * idle_pos[rest] + rest_part * idle_pos[rest_after]
        c, s = np.cos(heading), np.sin(heading)
        out_pos[k, 0] = x + (1.0 - share) * (c * sway[0] - s * sway[1])
        out_pos[k, 1] = y + (1.0 - share) * (s * sway[0] + c * sway[1])
        out_pos[k, 2] = sway[2] + share * (z - sway[2])
        turn_into(heading, out_rot[k, 0])
