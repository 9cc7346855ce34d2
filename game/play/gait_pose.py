"""Poses on the path of a steered walker. Compiled by numba, as it runs every tick.

A walk and a run say how the body moves and where the feet stand under it. For another stride or in a turn each foot is
put where it stays in its place on the floor while it stands: from the middle of its stance on, when it is where the
clip has it, it moves back as fast as the root moves on, and turns back as fast as the root turns. The legs follow by
inverse kinematics: the knee by the cosine rule, the hip by the smallest turn. In a turn, and when the speed changes,
the feet stand where the path needs them, further ahead or aside.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from game.play.gait_path import (
    AHEAD,
    ASIDE,
    DRIFT_X,
    DRIFT_Y,
    FAST,
    HEADING,
    IDLE,
    PHASE,
    RATE,
    SHARE,
    SHIFTED,
    SPEED,
    X,
    Y,
    frame,
    paced,
)
from game.sim.compiled_rotation import product, rotated, slerp_into, turn_into

CALM = 0.45
"""share of the clip's movement of body and arms that is left on the spot"""
WIDER = 0.055
"""m by which a foot stands further out on the spot than when walking, which is nearly in one line"""
SWAY = 0.036
"""m by which the root moves over the standing foot, and the centre of mass by three quarters of it: as an inverted
pendulum with w = 3.3 / s by (1 - 1 / cosh(w T / 2)) of half the feet's distance, 0.07 m, for steps of T = 0.63 s"""
LOWER = 0.02
"""m by which the root is lower on the spot than in standing, so that the knees can bend"""
REACH = 0.9985
"""of the leg's length: straighter knees would snap"""


@njit(cache=True)
def fill_poses(plan, ahead, dt, tables, out_pos, out_rot):  # type: ignore[no-untyped-def]
    """Fill out_pos (K, 3) and out_rot (K, 1 + J, 4) with a plan's poses at times (K,), s from its beginning."""
    place, foot = np.empty((2, 3)), np.empty((2, 4))
    for k in range(len(ahead)):
        row = plan[min(max(int(np.rint(ahead[k] / dt)), 0), len(plan) - 1)]
        if row[SHARE] > 0.0:
            _going(row, tables, out_pos[k], out_rot[k], place, foot)
        else:
            _resting(row, tables, out_pos[k], out_rot[k])
        c, s = np.cos(row[HEADING]), np.sin(row[HEADING])
        x, y = out_pos[k, 0], out_pos[k, 1]
        out_pos[k, 0], out_pos[k, 1] = row[X] + c * x - s * y, row[Y] + s * x + c * y
        turn_into(row[HEADING], out_rot[k, 0])


@njit(cache=True)
def root_place(row, tables):  # type: ignore[no-untyped-def]
    """x and y of the root on the floor in a row of a plan, m: what `fill_poses` puts there."""
    x, y = _root(row, tables)
    c, s = np.cos(row[HEADING]), np.sin(row[HEADING])
    return row[X] + c * x - s * y, row[Y] + s * x + c * y


@njit(cache=True)
def feet_from_root(row, tables, place, foot):  # type: ignore[no-untyped-def]
    """Fill place (2, 3) with how far the feet are ahead and to the left of the root in a row; foot (2, 4) is used."""
    feet_places(row, tables, place, foot)
    x, y = _root(row, tables)
    for leg in range(2):
        place[leg, 0] -= x
        place[leg, 1] -= y


@njit(cache=True)
def _root(row, tables):  # type: ignore[no-untyped-def]
    """x and y of the root in the path's frame."""
    first, after, part = frame(len(tables.idle_pos), row[IDLE] / tables.idle_seconds)
    rests = 1.0 - _eased(row[SHARE])
    x = rests * ((1.0 - part) * tables.idle_pos[first, 0] + part * tables.idle_pos[after, 0])
    y = rests * ((1.0 - part) * tables.idle_pos[first, 1] + part * tables.idle_pos[after, 1])
    drift = np.sqrt(row[DRIFT_X] * row[DRIFT_X] + row[DRIFT_Y] * row[DRIFT_Y])
    _, _, _, stride = paced(row[SPEED], row[FAST], drift, tables)
    return x, y + _sway(row, 1.0 - min(stride, 1.0), tables)


@njit(cache=True)
def _eased(share):  # type: ignore[no-untyped-def]
    return share * share * (3.0 - 2.0 * share)


@njit(cache=True)
def _sway(row, short, tables):  # type: ignore[no-untyped-def]
    """m to the left: a walker's root sways towards the foot that stands, with small and wide steps the more."""
    sway = 0.0
    for leg in range(2):
        sway += 0.5 * tables.side[leg] * np.cos(2.0 * np.pi * (row[PHASE] - tables.middle[leg]))
    return sway * _eased(row[SHARE]) * (1.0 - row[FAST]) * (short * SWAY + (1.0 - short) * tables.sway)


@njit(cache=True)
def _resting(row, tables, pos, rot):  # type: ignore[no-untyped-def]
    """The idle, in the path's frame."""
    first, after, part = frame(len(tables.idle_pos), row[IDLE] / tables.idle_seconds)
    for i in range(len(rot)):
        slerp_into(tables.idle_rots[first, i], tables.idle_rots[after, i], part, rot[i])
    for i in range(3):
        pos[i] = (1.0 - part) * tables.idle_pos[first, i] + part * tables.idle_pos[after, i]


@njit(cache=True)
def _going(row, tables, pos, rot, place, foot):  # type: ignore[no-untyped-def]
    """The gait in the path's frame; place (2, 3) and foot (2, 4) are filled with the feet."""
    _resting(row, tables, pos, rot)
    fast, share = row[FAST], _eased(row[SHARE])
    drift = np.sqrt(row[DRIFT_X] * row[DRIFT_X] + row[DRIFT_Y] * row[DRIFT_Y])
    _, _, _, stride = paced(row[SPEED], fast, drift, tables)
    short = 1.0 - min(stride, 1.0)
    height = feet_places(row, tables, place, foot)
    height += short * (tables.height - LOWER - height)
    # body and arms: calmer with small steps; the idle where he does not step at all
    first, after, part = frame(len(tables.walk_height), row[PHASE])
    run_first, run_after, run_part = frame(len(tables.run_height), row[PHASE] + tables.shift)
    gait, other = np.empty(4), np.empty(4)
    lively = share * (1.0 - (1.0 - CALM) * short)
    for i in range(len(rot)):
        slerp_into(tables.walk_rots[first, i], tables.walk_rots[after, i], part, gait)
        if fast > 0.0:
            slerp_into(tables.run_rots[run_first, i], tables.run_rots[run_after, i], run_part, other)
            slerp_into(gait, other, fast, gait)
        other[:] = rot[i]
        slerp_into(other, gait, lively, rot[i])
    for i in range(2):
        pos[i] *= 1.0 - share
    pos[1] += _sway(row, short, tables)
    pos[2] += share * (height - pos[2])
    for leg in range(2):
        _reach(tables, leg, pos, rot, place[leg], foot[leg])


@njit(cache=True)
def feet_places(row, tables, place, foot):  # type: ignore[no-untyped-def]
    """Fill place (2, 3) and foot (2, 4) with the feet in the path's frame; returns the root's height, m."""
    drift = np.sqrt(row[DRIFT_X] * row[DRIFT_X] + row[DRIFT_Y] * row[DRIFT_Y])
    _, _, _, stride = paced(row[SPEED], row[FAST], drift, tables)
    # a rate that does not change with every drift: with it the foot would turn as he steps faster
    _, _, rate, _ = paced(row[SPEED], row[FAST], 0.0, tables)
    height = _feet(row, tables, rate, stride, place, foot)
    short, share = (1.0 - min(stride, 1.0)) * (1.0 - row[FAST]), _eased(row[SHARE])
    still, other = np.empty(3), np.empty(4)
    for leg in range(2):
        place[leg, 0] += short * tables.forward
        place[leg, 1] += tables.side[leg] * short * WIDER
        if share < 1.0:
            still[:] = tables.still_feet[leg]
            if row[SHIFTED] > 0.0:
                still[0] += row[AHEAD + leg]
                still[1] += row[ASIDE + leg]
            for i in range(3):
                place[leg, i] = share * place[leg, i] + (1.0 - share) * still[i]
            other[:] = foot[leg]
            slerp_into(tables.still_feet_rot[leg], other, share, foot[leg])
    return height


@njit(cache=True)
def _feet(row, tables, rate, stride, place, foot):  # type: ignore[no-untyped-def]
    """The same, of who goes: where they stay on their places."""
    fast = row[FAST]
    short = 1.0 - min(stride, 1.0)
    first, after, part = frame(len(tables.walk_height), row[PHASE])
    run_first, run_after, run_part = frame(len(tables.run_height), row[PHASE] + tables.shift)
    gait, other = np.empty(4), np.empty(4)
    for leg in range(2):
        travel = (1.0 - part) * tables.walk_travel[first, leg] + part * tables.walk_travel[after, leg]
        clock = (1.0 - part) * tables.walk_clock[first, leg] + part * tables.walk_clock[after, leg]
        slerp_into(tables.walk_feet_rot[first, leg], tables.walk_feet_rot[after, leg], part, gait)
        for i in range(3):
            place[leg, i] = (1.0 - part) * tables.walk_feet[first, leg, i] + part * tables.walk_feet[after, leg, i]
        if fast > 0.0:
            u, v = (1.0 - fast), fast
            travel = u * travel + v * (
                (1.0 - run_part) * tables.run_travel[run_first, leg] + run_part * tables.run_travel[run_after, leg]
            )
            clock = u * clock + v * (
                (1.0 - run_part) * tables.run_clock[run_first, leg] + run_part * tables.run_clock[run_after, leg]
            )
            slerp_into(tables.run_feet_rot[run_first, leg], tables.run_feet_rot[run_after, leg], run_part, other)
            slerp_into(gait, other, fast, gait)
            for i in range(3):
                mine = (1.0 - run_part) * tables.run_feet[run_first, leg, i]
                mine += run_part * tables.run_feet[run_after, leg, i]
                place[leg, i] = u * place[leg, i] + v * mine
        # a walker's feet stay on their places and swing straight: with the clip's swing, which comes back from the side
        # as the foot comes down, he would trip; with small steps they are flatter and lower, too
        middle = tables.walk_feet[int(tables.middle[leg] * len(tables.walk_feet)) % len(tables.walk_feet), leg]
        place[leg, 0] += (1.0 - fast) * (middle[0] - travel - place[leg, 0])
        wide = middle[1] + tables.side[leg] * (1.0 - short) * tables.sway
        place[leg, 1] += (1.0 - fast) * (wide - place[leg, 1])
        flat = 0.7 * short
        slerp_into(gait, tables.still_feet_rot[leg], flat, foot[leg])
        place[leg, 2] += flat * 0.7 * (tables.still_feet[leg, 2] - place[leg, 2])
        x = place[leg, 0] + (1.0 - stride) * travel + row[AHEAD + leg]
        y = place[leg, 1] + row[ASIDE + leg]
        turn = -row[RATE] * clock / rate
        c, s = np.cos(turn), np.sin(turn)
        place[leg, 0], place[leg, 1] = c * x - s * y, s * x + c * y
        turn_into(turn, foot[leg])
    height = (1.0 - part) * tables.walk_height[first] + part * tables.walk_height[after]
    running = (1.0 - run_part) * tables.run_height[run_first] + run_part * tables.run_height[run_after]
    return (1.0 - fast) * height + fast * running


@njit(cache=True)
def _reach(tables, leg, pos, rot, place, foot):  # type: ignore[no-untyped-def]
    """Turn hip, knee and ankle of a leg so that its foot comes to place (3,) with rotation foot (4,)."""
    hip, knee, ankle = tables.leg_joints[leg]
    thigh, shin = tables.lengths[leg]
    x, y, z = rotated(rot[0], tables.hips[leg])
    x, y, z = place[0] - pos[0] - x, place[1] - pos[1] - y, place[2] - pos[2] - z
    far = np.sqrt(x * x + y * y + z * z)
    most, least = REACH * (thigh + shin), abs(thigh - shin) + 1e-3
    if far > most or far < least:
        shorter = min(max(far, least), most) / far
        x, y, z, far = x * shorter, y * shorter, z * shorter, far * shorter
    bend = np.arccos(min(max((far * far - thigh * thigh - shin * shin) / (2.0 * thigh * shin), -1.0), 1.0))
    bend *= tables.bend
    rot[knee, 0], rot[knee, 1], rot[knee, 2], rot[knee, 3] = 0.0, np.sin(0.5 * bend), 0.0, np.cos(0.5 * bend)
    world = product(rot[0], rot[hip])
    # the way from hip to foot as the hip is turned now, and the smallest turn that points it to the foot
    a, b, c = rotated(world, (-shin * np.sin(bend), 0.0, -thigh - shin * np.cos(bend)))
    turn = np.array([b * z - c * y, c * x - a * z, a * y - b * x, far * far + a * x + b * y + c * z])
    turn /= np.sqrt((turn * turn).sum())
    world = product(turn, world)
    rot[hip] = product(_inverse(rot[0]), world)
    rot[ankle] = product(_inverse(product(world, rot[knee])), foot)


@njit(cache=True)
def _inverse(q):  # type: ignore[no-untyped-def]
    return -q[0], -q[1], -q[2], q[3]
