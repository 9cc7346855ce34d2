"""The path of a steered walker: place, heading, speed and phase over time. Compiled by numba, as it runs every tick.

The speed follows the steered one with limited acceleration and jerk, the turning over `TURN_SECONDS`; who turns sharply
slows down. Who is to stop goes on stepping until he stands still over the floor, and then until both feet are down
beside each other: stopped at any other moment he would have to stand on one leg, and falls sideways. What he drifts
in any direction, as after a shove, dies out while he steps.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

TURN_SECONDS = 0.4
"""s over which a change of turning is averaged"""
QUICKENING, SLOWING = (0.8, 0.6), (1.8, 0.3)
"""m/s2, the most by which the speed rises and falls: at rest, and more for every m/s"""
JERK = 4.0
"""m/s3: who sets off or brakes has to lean first"""
SPEED_GAIN = 3.0
"""m/s2 of acceleration per m/s between the speed and the steered one"""
MAX_TURN = math.radians(60.0)
"""rad/s"""
MAX_LATERAL = 2.5
"""m/s2, centripetal acceleration of a turn: it limits turning at a run"""
TURN_GAIN = 3.0
"""rad/s of turning per rad between heading and steered direction"""
SLOWEST_TURN = 0.4
"""share of the steered speed that is left to who has to turn by 90 degrees or more"""
STEPS = 4
"""integration steps of the path in a tick"""
RATES = (0.9, 1.2)
"""limits of the step rate, relative to the clips' own"""
MAX_DRIFT, DRIFT_SLOWING = 1.5, 1.6
"""m/s and m/s2, of what he drifts, and how fast it dies out"""
HASTE = 0.5
"""of the step rate for every m/s that he drifts"""
MAX_RATE = 1.45
FADE_SECONDS = 0.4
"""s in which standing becomes the first step, and the last step standing"""
STILL_SPEED = 0.04
"""m/s: who is to stop and is slower stands still"""
RUN_FROM, WALK_FROM = 1.55, 1.45
"""m/s: faster than the first he runs, slower than the second he walks"""
CHANGE_SECONDS = 0.35
"""s in which the walk becomes the run"""

# columns of a plan, and of the state that it begins from
X, Y, HEADING, PHASE, IDLE, TURN, SPEED, ACCELERATION, SHARE, FAST, RATE, DRIFT_X, DRIFT_Y = range(13)
WIDTH = 13


@njit(cache=True)
def paced(speed, fast, drift, tables):  # type: ignore[no-untyped-def]
    """Of a speed and a drift, m/s, and a share of the run: pace and seconds of the blend, and step rate and stride,
    relative to it.
    """
    pace = tables.walk_pace + fast * (tables.run_pace - tables.walk_pace)
    seconds = tables.walk_seconds + fast * (tables.run_seconds - tables.walk_seconds)
    scale = speed / pace
    rate = min(max(scale, RATES[0]), RATES[1])
    rate = max(rate, min(RATES[0] + HASTE * drift, MAX_RATE))
    return pace, seconds, rate, scale / rate


@njit(cache=True)
def frame(count, phase):  # type: ignore[no-untyped-def]
    """The frames before and after a phase, and the share 0..1 of the second."""
    place = (phase - np.floor(phase)) * count
    first = int(place) % count
    return first, (first + 1) % count, place - np.floor(place)


@njit(cache=True)
def integrate(state, turns, steered, tables, dt, plan):  # type: ignore[no-untyped-def]
    """Fill a plan (P, WIDTH) with the path from a state (WIDTH,) on.

    Args:
        turns: (T,) rad/s, the turning that was steered in the T steps before
        steered: (S, 2) speed, m/s, and direction, rad, of every step; the last one stays
        dt: s of a step
    """
    x, y, heading, phase = state[X], state[Y], state[HEADING], state[PHASE]
    speed, acceleration, share, fast = state[SPEED], state[ACCELERATION], state[SHARE], state[FAST]
    drift_x, drift_y = state[DRIFT_X], state[DRIFT_Y]
    turn_sum = turns.sum()
    for k in range(len(plan)):
        command, direction = steered[min(k, len(steered) - 1)]
        off = direction - heading
        off = off - 2.0 * np.pi * np.floor((off + np.pi) / (2.0 * np.pi))
        turn = 0.0
        if command > 0.0:
            most = min(MAX_TURN, MAX_LATERAL / max(speed, 0.1))
            turn = min(max(TURN_GAIN * off, -most), most)
            command = command * (SLOWEST_TURN + (1.0 - SLOWEST_TURN) * max(0.0, np.cos(off)))
        rate = turn_sum / len(turns) * share
        row = plan[k]
        row[X], row[Y], row[HEADING], row[PHASE], row[IDLE] = x, y, heading, phase, state[IDLE] + k * dt
        row[TURN], row[SPEED], row[ACCELERATION], row[SHARE], row[FAST], row[RATE] = (
            turn, speed, acceleration, share, fast, rate
        )  # fmt: skip
        row[DRIFT_X], row[DRIFT_Y] = drift_x, drift_y
        drift = np.sqrt(drift_x * drift_x + drift_y * drift_y)
        pace, seconds, step_rate, _ = paced(speed, fast, drift, tables)
        forward, left = _velocity(phase, fast, tables)
        forward, left = forward * speed / pace + drift_x, left * step_rate * share + drift_y
        c, s = np.cos(heading), np.sin(heading)
        x += dt * (c * forward - s * left)
        y += dt * (s * forward + c * left)
        heading += dt * rate
        # a sliding average: the oldest value leaves, the present one enters
        turn_sum += turn - (turns[k] if k < len(turns) else plan[k - len(turns), TURN])
        wanted = max(SPEED_GAIN * (command - speed), -SLOWING[0] - SLOWING[1] * speed)
        wanted = min(wanted, QUICKENING[0] + QUICKENING[1] * speed)
        acceleration += min(max(wanted - acceleration, -JERK * dt), JERK * dt)
        speed = max(0.0, speed + acceleration * dt * (share if speed < 0.1 else 1.0))
        if command == 0.0 and speed < STILL_SPEED:
            speed, acceleration = 0.0, 0.0
        keep = max(0.0, 1.0 - DRIFT_SLOWING * dt / max(drift, 1e-9))
        drift_x, drift_y = keep * drift_x, keep * drift_y
        fast = _changed(fast, speed, dt)
        beside = (phase - tables.begin) % 0.5
        ahead = dt * step_rate / seconds * share
        if command > 0.0 or drift > 0.0:
            share = min(1.0, share + dt / FADE_SECONDS)
        elif speed == 0.0 and (share < 1.0 or beside + ahead >= 0.5):
            share = max(0.0, share - dt / FADE_SECONDS)
            phase, ahead = phase + (-beside if beside < 0.25 else 0.5 - beside), 0.0
        phase += ahead
        phase -= np.floor(phase)


@njit(cache=True)
def _changed(fast, speed, dt):  # type: ignore[no-untyped-def]
    """The share of the run, a step later."""
    if speed > RUN_FROM or (fast >= 0.5 and speed > WALK_FROM):
        return min(1.0, fast + dt / CHANGE_SECONDS)
    return max(0.0, fast - dt / CHANGE_SECONDS)


@njit(cache=True)
def _velocity(phase, fast, tables):  # type: ignore[no-untyped-def]
    """The blend's own velocity, forward and left, m/s."""
    first, after, part = frame(len(tables.walk_velocity), phase)
    one = (1.0 - part) * tables.walk_velocity[first] + part * tables.walk_velocity[after]
    first, after, part = frame(len(tables.run_velocity), phase + tables.shift)
    two = (1.0 - part) * tables.run_velocity[first] + part * tables.run_velocity[after]
    return (1.0 - fast) * one[0] + fast * two[0], (1.0 - fast) * one[1] + fast * two[1]
