"""Poses another skeleton like the physical body: the compiled part of `figure_pose`.

Quaternions are xyzw, "motion" is a bone's rotation away from the rest pose of the figure.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from game.sim.compiled_rotation import product, rotated

REACH = 0.999
"""share of a straight limb's length that it is stretched to at most: the last millimetre would jerk the knee"""
NEAR = 0.06
"""m above the lowest body, within which a hand or foot counts as standing on something"""
HELD, LOOSE = 10.0, 0.1
"""weights of what stands and of what does not, where the pelvis is placed"""
PELVIS, HEAD = 0.5, 0.2
"""weights of the pelvis' and the head's own places"""
ROUNDS = 3
MAX_TOE = 1.1
"""rad that toes bend at most"""


@njit(cache=True)
def multiply(a, b):  # type: ignore[no-untyped-def]
    out = np.empty(4)
    out[:] = product(a, b)
    return out


@njit(cache=True)
def turned(q, v):  # type: ignore[no-untyped-def]
    out = np.empty(3)
    out[:] = rotated(q, v)
    return out


@njit(cache=True)
def unit(v):  # type: ignore[no-untyped-def]
    return v / max(np.sqrt((v * v).sum()), 1e-12)


@njit(cache=True)
def arc(a, b):  # type: ignore[no-untyped-def]
    """The shortest rotation (4,) that takes the direction a (3,) to b (3,)."""
    a, b = unit(a), unit(b)
    out = np.empty(4)
    cosine = (a * b).sum()
    if cosine < -0.999999:
        other = np.zeros(3)
        other[np.argmin(np.abs(a))] = 1.0
        axis = unit(np.cross(a, other))
        out[:3], out[3] = axis, 0.0
        return out
    out[:3], out[3] = np.cross(a, b), 1.0 + cosine
    return unit(out)


@njit(cache=True)
def blended(a, b, share):  # type: ignore[no-untyped-def]
    """Between two rotations, the shorter way (normalized linear blending)."""
    sign = 1.0 if (a * b).sum() >= 0.0 else -1.0
    return unit((1.0 - share) * a + sign * share * b)


@njit(cache=True)
def _place(rest, parent, pos, rot, first):  # type: ignore[no-untyped-def]
    """Places of all bones from `first` on, by their parents."""
    for k in range(first, len(rest)):
        p = parent[k]
        if p >= 0:
            pos[k] = pos[p] + turned(rot[p], rest[k] - rest[p])


@njit(cache=True)
def _reach(upper, lower, end, target, rest, end_rest, pos, rot, hinge, sign):  # type: ignore[no-untyped-def]
    """Bends and swings a limb so that its end comes to the target, or as near as it is long.

    `hinge` (3,) is the axis, in the world, about which the joint in the middle bends; sign 1 for a knee, -1 for an
    elbow.
    """
    a = np.sqrt(((rest[lower] - rest[upper]) ** 2).sum())
    b = np.sqrt(((end_rest - rest[lower]) ** 2).sum())
    way = target - pos[upper]
    distance = np.sqrt((way * way).sum())
    reach = min(max(distance, abs(a - b) * 1.01 + 1e-4), REACH * (a + b))
    u = unit(way) if distance > 1e-6 else turned(rot[upper], unit(rest[lower] - rest[upper]))
    n = hinge - (hinge * u).sum() * u
    if (n * n).sum() < 1e-4:
        other = turned(rot[upper], np.array([0.0, 1.0, 0.0]))
        n = other - (other * u).sum() * u
    n = unit(n)
    cosine = min(max((a * a + reach * reach - b * b) / (2.0 * a * reach), -1.0), 1.0)
    sine = np.sqrt(1.0 - cosine * cosine)
    middle = pos[upper] + a * (cosine * u - sign * sine * np.cross(n, u))
    tip = pos[upper] + reach * u
    rot[upper] = multiply(arc(turned(rot[upper], rest[lower] - rest[upper]), middle - pos[upper]), rot[upper])
    rot[lower] = multiply(arc(turned(rot[lower], end_rest - rest[lower]), tip - middle), rot[lower])
    pos[lower] = middle
    if end >= 0:
        pos[end] = tip
    return tip


@njit(cache=True)
def _keep_up(bone, tip_rest, back, ground, most, rest, pos, rot):  # type: ignore[no-untyped-def]
    """Bends a hand or toes up where their tip (3,) would be below the ground; `back` (3,): the way, if upright."""
    reach = tip_rest - rest[bone]
    length = np.sqrt((reach * reach).sum())
    if length < 1e-4:
        return
    along = turned(rot[bone], reach) / length
    lowest = (ground - pos[bone, 2]) / length
    if along[2] >= lowest:
        return
    height = min(lowest, 0.95)
    flat = np.array([along[0], along[1], 0.0])
    if (flat * flat).sum() < 0.3:
        aside = turned(rot[bone], back)
        flat[0] += 0.5 * aside[0]
        flat[1] += 0.5 * aside[1]
    if (flat * flat).sum() < 1e-6:
        return
    wanted = np.sqrt(1.0 - height * height) * unit(flat)
    wanted[2] = height
    turn = arc(along, wanted)
    angle = 2.0 * np.arccos(min(abs(turn[3]), 1.0))
    if angle > most:
        turn = blended(np.array([0.0, 0.0, 0.0, 1.0]), turn, most / angle)
    rot[bone] = multiply(turn, rot[bone])


@njit(cache=True)
def solve(  # type: ignore[no-untyped-def]
    body_pos, body_rot, low, rest, parent, align, body_a, body_b, share, limbs, sign, offset, end_rest, tips, backs,
    head, head_center, head_body, head_body_center, contact_bone, contact_point, pos, rot,
):  # fmt: skip
    """Fills places and motions of all bones.

    Args:
        body_pos, body_rot: (B, 3), (B, 4) of the physical body.
        low: (B,) height of each body's lowest point.
        rest, parent, align: (K, 3), (K,), (K, 4) of the figure; align takes a bone from its rest pose to where the
            physical body's zero pose has it.
        body_a, body_b, share: (K,) each bone turns between two bodies; -1 follows its parent.
        limbs: (4, 7) upper, lower and end bone, body of the upper, of the lower and of the end, bone of the tip.
        sign: (4,) 1 for legs, -1 for arms.
        offset: (4, 3) of the target in the end body's frame.
        end_rest: (4, 3) where the limb ends in the rest pose.
        tips, backs: (4, 3) the end of hand or toes in the rest pose, and the way that it bends up.
        head, head_center, head_body, head_body_center: bone, (3,) in the rest pose; body, (3,) in its frame.
        contact_bone, contact_point: (C,), (C, 3).
        pos, rot: (K, 3), (K, 4) are filled.
    """
    for k in range(len(rest)):
        if body_a[k] < 0:
            rot[k] = rot[parent[k]] if parent[k] >= 0 else body_rot[0]
        else:
            rot[k] = multiply(blended(body_rot[body_a[k]], body_rot[body_b[k]], share[k]), align[k])
    pos[0] = body_pos[0]
    _place(rest, parent, pos, rot, 1)
    bottom = low.min()
    ground = min(bottom, 0.0)
    targets, weights, own = np.empty((4, 3)), np.empty(4), rot.copy()
    near = low[0] - bottom
    total = PELVIS + HELD * np.exp(-((near / NEAR) ** 2))
    shift = total * (body_pos[0] - pos[0])
    if head >= 0:
        w = HEAD + HELD * np.exp(-(((low[head_body] - bottom) / NEAR) ** 2))
        there = body_pos[head_body] + turned(body_rot[head_body], head_body_center)
        shift += w * (there - pos[head] - turned(rot[head], head_center - rest[head]))
        total += w
    for i in range(4):
        body = limbs[i, 5]
        targets[i] = body_pos[body] + turned(body_rot[body], offset[i])
        weights[i] = LOOSE + HELD * np.exp(-(((low[body] - bottom) / NEAR) ** 2))
        lower = limbs[i, 1]
        end = pos[lower] + turned(rot[lower], end_rest[i] - rest[lower])
        shift += weights[i] * (targets[i] - end)
        total += weights[i]
    hips = pos[0] + shift / total
    for turn in range(ROUNDS):
        rot[:] = own
        pos[0] = hips
        _place(rest, parent, pos, rot, 1)
        # a limb that is too short for what it stands on draws the whole body after it
        pull, pulled = np.zeros(3), 0.0
        for i in range(4):
            upper, lower = limbs[i, 0], limbs[i, 1]
            length = REACH * (
                np.sqrt(((rest[lower] - rest[upper]) ** 2).sum()) + np.sqrt(((end_rest[i] - rest[lower]) ** 2).sum())
            )
            way = targets[i] - pos[upper]
            over = np.sqrt((way * way).sum()) - length
            if over > 0.0 and weights[i] > 1.0:
                pull += weights[i] * over * unit(way)
                pulled += weights[i]
        if pulled > 0.0:
            hips = hips + pull / pulled
            pos[0] = hips
            _place(rest, parent, pos, rot, 1)
        for i in range(4):
            upper, lower, end = limbs[i, 0], limbs[i, 1], limbs[i, 2]
            hinge = turned(body_rot[limbs[i, 3]], np.array([0.0, 1.0, 0.0]))
            _reach(upper, lower, end, targets[i], rest, end_rest[i], pos, rot, hinge, sign[i])
            if end >= 0:
                for k in range(end + 1, len(rest)):
                    if parent[k] == end:
                        pos[k] = pos[end] + turned(rot[end], rest[k] - rest[end])
                        if body_a[k] < 0:
                            rot[k] = rot[end]
        sunk = 0.0
        for c in range(len(contact_bone)):
            k = contact_bone[c]
            sunk = max(sunk, ground - pos[k, 2] - turned(rot[k], contact_point[c] - rest[k])[2])
        if sunk < 0.004 or turn == ROUNDS - 1:
            break
        hips = hips + np.array([0.0, 0.0, sunk])
    for i in range(4):
        tip = limbs[i, 6]
        if tip >= 0:
            _keep_up(tip, tips[i], backs[i], ground + 0.012, MAX_TOE if sign[i] > 0.0 else 1.75, rest, pos, rot)
