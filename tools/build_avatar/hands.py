"""The joints of the fingers, and which points of a hand they move."""

from __future__ import annotations

import numpy as np

from game.view.fingers import JOINTS
from tools.build_avatar.anatomy import SIDES
from tools.build_avatar.clothes import Figure
from tools.build_avatar.sdf import Array, cone, smoothstep
from tools.build_avatar.weights import strongest

HAND_JOINTS = tuple(f"{side}_{joint}" for side in SIDES for joint in JOINTS)
CENTERS = {"fingers": (0.0, 0.002, -0.086), "fingertips": (0.0, -0.004, -0.117), "thumb": (0.026, -0.008, -0.030)}
"""m, of a left hand in its frame; the right one mirrors y"""


def hand_frames(figure: Figure) -> Array:
    """(H, 4, 4) of HAND_JOINTS in the bind pose: turned as their hand is."""
    made = []
    for side, s in SIDES.items():
        hand = figure.at.frames[figure.at.index(f"{side}_hand")]
        for joint in JOINTS:
            frame = hand.copy()
            frame[:3, 3] += hand[:3, :3] @ (np.array(CENTERS[joint]) * np.array([1.0, s, 1.0]))
            made.append(frame)
    return np.array(made)


def finger_shares(figure: Figure, p: Array, weights: Array) -> Array:
    """(N, H) what the fingers take over of their hand's share in `weights` (N, B) of points (N, 3)."""
    taken = np.zeros((len(p), len(HAND_JOINTS)))
    for k, (side, s) in enumerate(SIDES.items()):
        q = figure.at.local(p, f"{side}_hand") * np.array([1.0, s, 1.0])
        hand = weights[:, figure.at.index(f"{side}_hand")]
        to_thumb = cone(q, [0.040, -0.012, -0.046], [0.057, -0.024, -0.088], 0.014, 0.011)
        to_fingers = np.abs(q[:, 0]) - 0.036
        thumb = smoothstep(0.010, -0.004, to_thumb - np.maximum(to_fingers, -0.004)) * smoothstep(
            -0.020, -0.044, q[:, 2]
        )
        fingers = (1.0 - thumb) * smoothstep(-0.078, -0.096, q[:, 2])
        tips = fingers * smoothstep(-0.109, -0.125, q[:, 2])
        for joint, share in (("fingers", fingers - tips), ("fingertips", tips), ("thumb", thumb)):
            taken[:, k * len(JOINTS) + JOINTS.index(joint)] = hand * share
    return taken


def with_fingers(figure: Figure, p: Array, weights: Array, num_between: int) -> Array:
    """(N, B + num_between + H) weights (N, B) of points (N, 3), of which fingers took over their part of the hands.

    The `num_between` joints between the bodies and the fingers move nothing of it.
    """
    taken = finger_shares(figure, p, weights)
    left = weights.copy()
    for k, side in enumerate(SIDES):
        mine = taken[:, k * len(JOINTS) : (k + 1) * len(JOINTS)]
        left[:, figure.at.index(f"{side}_hand")] -= mine.sum(1)
    return strongest(np.concatenate([left, np.zeros((len(p), num_between)), taken], axis=1))
