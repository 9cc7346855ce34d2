"""The path of a steered walker: place, heading, speed and phase over time. Compiled by numba, as it runs every tick.

A walker changes his velocity with his feet. He is a linear inverted pendulum (Kajita et al. 2001): whoever stands on a
foot that is d ahead of its place in steady walking is accelerated backward by `OMEGA**2 * d`, and the further he moves
from over it, the more. So whoever is to brake, turn or catch himself puts the swinging foot down where it catches him:
at the capture point (Pratt et al. 2006), `drift / OMEGA` further on. Besides, the standing foot's ankle can do a little
at any time.

Who is to stop goes on stepping until he stands still over the floor and his feet are in their places, and then until
both are down beside each other: stopped at any other moment he would have to stand on one leg, and falls sideways.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

OMEGA = 3.3
"""1/s, the square root of gravity over the height of the centre of mass"""
ANKLE, ANKLE_ASIDE = (0.6, 0.4), 0.25
"""m/s2 forward and back, and to either side, that the standing foot's ankle adds to what its place does"""
ANKLE_GAIN = 1.3
"""of the ankle, against the capture point's distance from where it belongs: more than 1 brings it back"""
QUICKENING, SLOWING = (0.8, 0.2), (1.0, 0.2)
"""m/s2, the most by which the speed rises and falls: at rest, and more for every m/s"""
JERK = 6.0
"""m/s3, of the ankle's part"""
SPEED_GAIN = 1.8
"""m/s2 of acceleration per m/s between the speed and the steered one: both are equal after a step"""
MAX_TURN = math.radians(60.0)
"""rad/s"""
MAX_LATERAL = 1.6
"""m/s2, centripetal acceleration of a turn: it limits turning at a run"""
TURN_GAIN = 2.0
"""rad/s of turning per rad between the heading at the next footfall and the steered direction"""
SLOWEST_TURN = 0.25
"""share of the steered speed that is left to who has to turn by 90 degrees or more"""
STEPS = 4
"""integration steps of the path in a tick"""
RATES = (1.0, 1.2)
"""limits of the step rate, relative to the clips' own"""
DECAY = 2.0
"""1/s, of what a runner drifts"""
MAX_DRIFT = 1.5
"""m/s, of what he drifts"""
FARTHEST_AHEAD, FARTHEST_OUT, FARTHEST_IN = 0.4, 0.3, 0.12
"""m from its place in steady walking, that a foot is put down ahead or behind, out to its side, and in"""
HASTE = 1.5
"""of the step rate for every m/s that who walks drifts"""
MAX_RATE = 2.2
FADE_SECONDS = 0.4
"""s in which standing becomes the first step, and the last step standing"""
SHIFT_SECONDS, SHIFT_ASIDE, SHIFT_AHEAD = 0.4, 0.02, 0.02
"""s, m and m: before the first step the weight is shifted onto the foot that is to stand, and ahead: so far, along a
cubic, at whose end he moves as fast as a pendulum has to that comes back when the other foot is down"""
SWAY_SPEED = 0.18
"""m/s of the sway on the spot, as the weight changes feet"""
STILL_SPEED, STILL_DRIFT, STILL_FOOT = 0.04, 0.08, 0.05
"""m/s, m/s and m: who is to stop and is slower, with his feet nearer to their places, stands still"""
RUN_FROM, WALK_FROM = 1.55, 1.45
"""m/s: faster than the first he runs, slower than the second he walks"""
CHANGE_SECONDS = 0.35
"""s in which the walk becomes the run"""
LIFTS, LANDS = 0.30, 0.72
"""cycles after the middle of a foot's stance, between which it swings to where it is needed next"""
SHIFT = 3.0
"""how suddenly the weight goes from one foot onto the other"""

# columns of a plan, and of the state that it begins from. AHEAD, ASIDE and TURN are the legs' own: m that a foot is
# further ahead and to the left than in steady walking, and rad/s of the turning while he stands on it. SHIFTED is the
# share of the weight's shift before the first step that is done.
X, Y, HEADING, PHASE, IDLE, SPEED, PUSH, SHARE, FAST, RATE, DRIFT_X, DRIFT_Y = range(12)
AHEAD, ASIDE, TURN = 12, 14, 16
SHIFTED = 18
WIDTH = 19


@njit(cache=True)
def paced(speed, fast, drift, tables):  # type: ignore[no-untyped-def]
    """Of a speed and a drift, m/s, and a share of the run: pace and seconds of the blend, and step rate and stride,
    relative to it.
    """
    pace = tables.walk_pace + fast * (tables.run_pace - tables.walk_pace)
    seconds = tables.walk_seconds + fast * (tables.run_seconds - tables.walk_seconds)
    scale = speed / pace
    rate = min(max(scale, RATES[0]), RATES[1])
    rate = max(rate, min(RATES[0] + HASTE * (1.0 - fast) * drift, MAX_RATE))
    return pace, seconds, rate, scale / rate


@njit(cache=True)
def frame(count, phase):  # type: ignore[no-untyped-def]
    """The frames before and after a phase, and the share 0..1 of the second."""
    place = (phase - np.floor(phase)) * count
    first = int(place) % count
    return first, (first + 1) % count, place - np.floor(place)


@njit(cache=True)
def integrate(state, steered, tables, dt, plan):  # type: ignore[no-untyped-def]
    """Fill a plan (P, WIDTH) with the path from a state (WIDTH,) on.

    Args:
        steered: (S, 2) speed, m/s, and direction, rad, of every step; the last one stays
        dt: s of a step
    """
    row = state.copy()
    for k in range(len(plan)):
        command, direction = steered[min(k, len(steered) - 1)]
        on_left = _weight(row[PHASE], tables)
        row[RATE] = row[SHARE] * (on_left * row[TURN] + (1.0 - on_left) * row[TURN + 1])
        plan[k] = row
        _step(row, command, direction, on_left, tables, dt)


@njit(cache=True)
def _step(row, command, direction, on_first, tables, dt):  # type: ignore[no-untyped-def]
    """A step of the path (WIDTH,), in place; on_first: share of the weight that is on the first leg."""
    if row[SHARE] < 1.0 and row[SHIFTED] < 1.0 and command > 0.0:
        _shift(row, dt, tables)
        return
    drift = np.sqrt(row[DRIFT_X] * row[DRIFT_X] + row[DRIFT_Y] * row[DRIFT_Y])
    pace, seconds, step_rate, _ = paced(row[SPEED], row[FAST], drift, tables)
    speed, share, rate = row[SPEED], row[SHARE], row[RATE]
    ahead = dt * step_rate / seconds * share
    forward, left = _velocity(row[PHASE], row[FAST], tables)
    forward, left = forward * speed / pace + row[DRIFT_X], left * step_rate * share * row[FAST] + row[DRIFT_Y]
    c, s = np.cos(row[HEADING]), np.sin(row[HEADING])
    row[X] += dt * (c * forward - s * left)
    row[Y] += dt * (s * forward + c * left)
    row[IDLE] += dt
    off = direction - row[HEADING]
    off = off - 2.0 * np.pi * np.floor((off + np.pi) / (2.0 * np.pi))
    row[HEADING] += dt * rate
    toward = command * (SLOWEST_TURN + (1.0 - SLOWEST_TURN) * max(0.0, np.cos(off)))
    wanted = min(
        max(SPEED_GAIN * (toward - speed), -SLOWING[0] - SLOWING[1] * speed), QUICKENING[0] + QUICKENING[1] * speed
    )
    wanted = max(wanted, -speed / dt)
    # what the feet's places and the ankle do to him; drift / OMEGA - foot is where the capture point is off
    square, on_second = OMEGA * OMEGA, 1.0 - on_first
    foot_x = on_first * row[AHEAD] + on_second * row[AHEAD + 1]
    foot_y = on_first * row[ASIDE] + on_second * row[ASIDE + 1]
    # who runs is in the air half of the time: he is braked as his foot is put down, and does not topple over it
    stands = 1.0 - row[FAST]
    placed = -share * square * foot_x
    extra = wanted - stands * ANKLE_GAIN * square * (row[DRIFT_X] / OMEGA - foot_x) - row[FAST] * placed
    extra = min(max(extra, -ANKLE[1]), ANKLE[0])
    row[PUSH] += min(max(extra - row[PUSH], -JERK * dt), JERK * dt)
    aside = -ANKLE_GAIN * square * (row[DRIFT_Y] / OMEGA - foot_y)
    aside = min(max(aside, -ANKLE_ASIDE), ANKLE_ASIDE)
    for leg in range(2):
        if stands_on(row, leg, tables):
            row[AHEAD + leg] -= dt * stands * row[DRIFT_X]
            row[ASIDE + leg] -= dt * stands * row[DRIFT_Y]
    row[SPEED] = max(0.0, speed + dt * (stands * wanted + row[FAST] * (placed + row[PUSH])))
    row[DRIFT_X] += dt * (stands * (row[PUSH] - wanted + placed) - row[FAST] * DECAY * row[DRIFT_X])
    row[DRIFT_Y] += dt * (stands * aside - speed * rate - share * square * foot_y - row[FAST] * DECAY * row[DRIFT_Y])
    row[DRIFT_X] = min(max(row[DRIFT_X], -MAX_DRIFT), MAX_DRIFT)
    row[DRIFT_Y] = min(max(row[DRIFT_Y], -MAX_DRIFT), MAX_DRIFT)
    settled = drift < STILL_DRIFT and max(abs(row[AHEAD]), abs(row[AHEAD + 1])) < STILL_FOOT
    if command == 0.0 and row[SPEED] < STILL_SPEED and settled:
        row[SPEED], row[PUSH] = 0.0, 0.0
        if share < 1.0:
            row[DRIFT_X], row[DRIFT_Y] = 0.0, 0.0
    row[FAST] = _changed(row[FAST], row[SPEED] + row[DRIFT_X], dt)
    for leg in range(2):
        _swing(row, leg, off, wanted, ahead, seconds / step_rate, command > 0.0, tables)
    beside = (row[PHASE] - tables.begin) % 0.5
    if command > 0.0 or drift >= STILL_DRIFT:
        row[SHARE] = min(1.0, share + dt / FADE_SECONDS)
    elif row[SPEED] == 0.0 and settled and (share < 1.0 or beside + ahead >= 0.5):
        row[SHARE] = max(0.0, share - dt / FADE_SECONDS)
        row[PHASE] += -beside if beside < 0.25 else 0.5 - beside
        ahead = 0.0
        row[DRIFT_X], row[DRIFT_Y] = 0.0, 0.0
        row[SHIFTED] = 0.0
        if row[SHARE] == 0.0:
            row[AHEAD:] = 0.0
    row[PHASE] += ahead
    row[PHASE] -= np.floor(row[PHASE])


@njit(cache=True)
def _shift(row, dt, tables):  # type: ignore[no-untyped-def]
    """Shift the weight before the first step, in place: the feet stay where they are."""
    before = row[SHIFTED]
    row[SHIFTED] = min(1.0, before + dt / SHIFT_SECONDS)
    row[SHARE] = row[SHIFTED]
    row[IDLE] += dt
    part = row[SHIFTED] ** 3 - before**3
    # the leg that lands first is the one whose middle of stance comes later
    first = (tables.middle[0] - row[PHASE]) % 1.0 < (tables.middle[1] - row[PHASE]) % 1.0
    onto = tables.side[0] if first else tables.side[1]
    ahead, left = SHIFT_AHEAD * part, onto * SHIFT_ASIDE * part
    c, s = np.cos(row[HEADING]), np.sin(row[HEADING])
    row[X] += c * ahead - s * left
    row[Y] += s * ahead + c * left
    for leg in range(2):
        row[AHEAD + leg] -= ahead
        row[ASIDE + leg] -= left
    if row[SHIFTED] == 1.0:
        row[SPEED] = 3.0 * SHIFT_AHEAD / SHIFT_SECONDS
        row[DRIFT_Y] = onto * (3.0 * SHIFT_ASIDE / SHIFT_SECONDS - SWAY_SPEED)


@njit(cache=True)
def _swing(row, leg, off, wanted, ahead, seconds, steered, tables):  # type: ignore[no-untyped-def]
    """Move a swinging foot towards where it is needed at its footfall, in place.

    Args:
        off: rad from the heading to the steered direction
        wanted: m/s2, of the speed
        ahead: cycles, of this step
        seconds: of a cycle
        steered: whether he is to go anywhere
    """
    since = (row[PHASE] - tables.middle[leg]) % 1.0
    if since < LIFTS or since >= LANDS:
        return
    speed = row[SPEED]
    turn = 0.0
    if steered:
        most = min(MAX_TURN, MAX_LATERAL / max(speed, 0.1))
        # the foot is stood on from its footfall on, for half a cycle: in its middle he has turned on by so much
        left = off - row[RATE] * (LANDS - since) * seconds
        turn = min(max(TURN_GAIN * left, -most), most)
    square, side = OMEGA * OMEGA, tables.side[leg]
    along = row[DRIFT_X] / OMEGA - wanted / square
    across = side * (row[DRIFT_Y] / OMEGA - speed * turn / square)
    along = min(max(along, -FARTHEST_AHEAD), FARTHEST_AHEAD)
    across = side * min(max(across, -FARTHEST_IN - (FARTHEST_OUT - FARTHEST_IN) * row[FAST]), FARTHEST_OUT)
    part = min(1.0, ahead / max(LANDS - since, 1e-9))
    row[AHEAD + leg] += part * (along - row[AHEAD + leg])
    row[ASIDE + leg] += part * (across - row[ASIDE + leg])
    row[TURN + leg] += part * (turn - row[TURN + leg])


@njit(cache=True)
def stands_on(row, leg, tables):  # type: ignore[no-untyped-def]
    """Whether a leg's foot is on the floor, and not swinging."""
    since = (row[PHASE] - tables.middle[leg]) % 1.0
    return since < LIFTS or since >= LANDS


@njit(cache=True)
def _weight(phase, tables):  # type: ignore[no-untyped-def]
    """The share of the weight that is on the first leg."""
    lean = np.cos(2.0 * np.pi * (phase - tables.middle[0])) - np.cos(2.0 * np.pi * (phase - tables.middle[1]))
    return 0.5 + 0.5 * min(max(0.5 * SHIFT * lean, -1.0), 1.0)


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
