"""Skin weights: how much each body moves a point, from planes through the joints of the bind pose."""

from __future__ import annotations

import numpy as np

from tools.build_avatar.anatomy import SIDES
from tools.build_avatar.clothes import HEM, Figure
from tools.build_avatar.sdf import Array, smoothstep

INFLUENCES = 4


def skin_weights(figure: Figure, p: Array) -> Array:
    """(N, B) weights of points (N, 3); each row sums to 1 and has at most INFLUENCES that are not 0.

    A joint's plane halves the angle between its two bones, and its child takes over across a band around the
    plane. They depend only on the place of a point, so neighbouring garments stay together.
    """
    at = figure.at
    w = np.zeros((len(p), len(at.names)))

    def put(name: str, values: Array) -> None:
        w[:, at.index(name)] = values

    torso_z = at.local(p, "torso")[:, 2]
    chest = smoothstep(-0.10, 0.10, torso_z)
    h = at.local(p, "head")
    off_axis = np.hypot(h[:, 0] + 0.01, h[:, 1])
    head = smoothstep(0.005, 0.075, h[:, 2] - 0.25 * h[:, 0]) * smoothstep(
        0.125, 0.085, off_axis - 9.0 * (h[:, 2] > 0.09)
    )
    thick = {side: figure.body.leg(p, side) for side in SIDES}
    flesh = np.minimum(figure.body.torso(p), np.minimum(*thick.values()))
    arms = {side: _arm_share(figure, p, side, flesh) for side in SIDES}
    legs = {s: (1.0 - arms["left"] - arms["right"]) * w for s, w in _leg_share(figure, p, thick).items()}
    trunk = 1.0 - arms["left"] - arms["right"] - legs["left"] - legs["right"]
    put("head", trunk * head)
    put("torso", trunk * (1.0 - head) * chest)
    put("pelvis", trunk * (1.0 - head) * (1.0 - chest))
    for side in SIDES:
        elbow = _across(figure, p, f"{side}_upper_arm", f"{side}_forearm", 0.045)
        wrist = _across(figure, p, f"{side}_forearm", f"{side}_hand", 0.02)
        put(f"{side}_upper_arm", arms[side] * (1.0 - elbow))
        put(f"{side}_forearm", arms[side] * elbow * (1.0 - wrist))
        put(f"{side}_hand", arms[side] * elbow * wrist)
        knee = _across(figure, p, f"{side}_thigh", f"{side}_shin", 0.060)
        ankle = smoothstep(0.078, 0.046, at.local(p, f"{side}_foot")[:, 2])
        put(f"{side}_thigh", legs[side] * (1.0 - knee))
        put(f"{side}_shin", legs[side] * knee * (1.0 - ankle))
        put(f"{side}_foot", legs[side] * knee * ankle)
    return strongest(w)


def strongest(w: Array) -> Array:
    """The INFLUENCES largest of each row, made to sum to 1."""
    kept = np.sort(w, axis=1)[:, -INFLUENCES][:, None]
    w = np.where(w >= np.maximum(kept, 1e-4), w, 0.0)
    return np.asarray(w / w.sum(1, keepdims=True))


def _across(figure: Figure, p: Array, parent: str, child: str, half: float) -> Array:
    """0 on the parent's side of the joint, 1 on the child's; it changes within `half` m of the joint's plane."""
    normal = figure.at.axis(parent) + figure.at.axis(child)
    s = (p - figure.at.origin(child)) @ (normal / np.linalg.norm(normal))
    return smoothstep(-half, half, s)


def _leg_share(figure: Figure, p: Array, thick: dict[str, Array]) -> dict[str, Array]:
    """The legs' share of the pelvis' weight: only below the shirt's edge, and for each leg on its own side."""
    at = figure.at
    down = np.array([0.0, 0.0, -1.0])
    r = at.local(p, "pelvis")
    below_hem = smoothstep(HEM - 0.006, HEM - 0.075, r[:, 2])
    share = {}
    for side, other in (("left", "right"), ("right", "left")):
        normal = down + at.axis(f"{side}_thigh")
        s = (p - at.origin(f"{side}_thigh")) @ (normal / np.linalg.norm(normal))
        gone = smoothstep(-0.055, 0.085, s)
        mine = smoothstep(-0.035, 0.035, thick[other] - thick[side])
        # far down the leg the shirt's edge does not matter
        share[side] = gone * mine * np.maximum(below_hem, smoothstep(0.10, 0.16, s))
    return share


def _arm_share(figure: Figure, p: Array, side: str, flesh: Array) -> Array:
    """The arm's share of the torso's weight: beyond the shoulder, and where the arm is nearer than other flesh."""
    at = figure.at
    out = np.array([0.0, SIDES[side], -0.25])
    normal = out / np.linalg.norm(out) + at.axis(f"{side}_upper_arm")
    s = (p - at.origin(f"{side}_upper_arm")) @ (normal / np.linalg.norm(normal))
    nearer = smoothstep(-0.030, 0.045, flesh - figure.body.arm(p, side))
    return smoothstep(-0.055, 0.075, s) * nearer
