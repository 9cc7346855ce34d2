"""The body without clothes as signed distance fields. Points (N, 3), model frame, m; distances (N,), m."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tools.build_avatar.face_shape import DRAWN, FaceShape
from tools.build_avatar.rest_pose import RestPose
from tools.build_avatar.sdf import Array, box, cone, cut, ellipsoid, join, path, sphere, vec

HEAD = np.array([0.004, 0.0, 0.194])
"""Centre of the head in the head's frame."""
SIDES = {"left": 1.0, "right": -1.0}
MARGIN = 0.09
"""m; farther than this from a limb only an approximate distance is computed"""


def near(p: Array, a: Array, b: Array, radius: float, field: Callable[[Array], Array]) -> Array:
    """`field` of points within MARGIN of a capsule from a to b; elsewhere the distance to it, a lower bound."""
    rough = cone(p, a, b, radius, radius)
    close = rough < MARGIN
    out = rough + 0.0
    if close.any():
        out[close] = field(p[close])
    return out


class Body:
    """The flesh on a skeleton; `build` from -1 (thin) to 1 (fat)."""

    def __init__(self, skeleton: RestPose, build: float, face: FaceShape = DRAWN) -> None:
        self.at = skeleton
        self.build = build
        self.face = face

    def head(self, p: Array) -> Array:
        q = self.at.local(p, "head")
        d = ellipsoid(q, HEAD + vec(-0.006, 0, 0.010), [0.108, 0.101, 0.110])  # skull
        d = join(d, ellipsoid(q, HEAD + vec(0.022, 0, -0.050), [0.078, 0.079, 0.074]), 0.05)  # jaw
        d = join(d, ellipsoid(q, HEAD + vec(0.064, 0, -0.101), [0.027, 0.032, 0.022]), 0.045)  # chin
        d = join(d, ellipsoid(q, HEAD + vec(-0.052, 0, -0.045), [0.052, 0.066, 0.062]), 0.05)  # nape
        d = join(d, cone(q, HEAD + vec(0.086, -0.03, 0.046), HEAD + vec(0.086, 0.03, 0.046), 0.016, 0.016), 0.03)
        for s in SIDES.values():
            m = np.array([1.0, s, 1.0])
            d = join(d, ellipsoid(q, HEAD + m * vec(0.062, 0.046, -0.040), [0.034, 0.034, 0.032]), 0.03)  # cheek
            d = cut(d, sphere(q, m * self.face.eye_center + vec(0.012, 0, 0), self.face.eye_radius + 0.0015), 0.016)
            ear = ellipsoid(q, HEAD + m * vec(-0.008, 0.106, -0.012), [0.019, 0.013, 0.031])
            ear = cut(ear, ellipsoid(q, HEAD + m * vec(0.002, 0.120, -0.011), [0.011, 0.010, 0.019]), 0.008)
            d = join(d, ear, 0.014)
        nose = path(
            q,
            [HEAD + vec(x, 0, z) for x, z, _ in self.face.nose],
            [radius for _, _, radius in self.face.nose],
            0.012,
        )
        for s in SIDES.values():
            x, z, radius = self.face.nostrils
            nose = join(nose, sphere(q, HEAD + vec(x, s * 0.014, z), radius), 0.008)
        return join(d, nose, 0.014)

    def neck(self, p: Array) -> Array:
        q = self.at.local(p, "head")
        return cone(q, [-0.024, 0, -0.06], [-0.010, 0, 0.10], 0.052 + 0.008 * self.build, 0.045)

    def torso(self, p: Array) -> Array:
        c, r, fat = self.at.local(p, "torso"), self.at.local(p, "pelvis"), self.build
        d = ellipsoid(c, [-0.008, 0, 0.125], [0.100 + 0.01 * fat, 0.142 + 0.008 * fat, 0.150])  # ribs
        d = join(d, ellipsoid(c, [0.030, 0, 0.150], [0.068, 0.118, 0.072]), 0.05)  # breast
        d = join(
            d, ellipsoid(r, [0.002 + 0.012 * fat, 0, 0.150], [0.090 + 0.025 * fat, 0.116 + 0.02 * fat, 0.13]), 0.09
        )
        d = join(d, ellipsoid(r, [-0.010, 0, 0.020], [0.104 + 0.012 * fat, 0.138 + 0.01 * fat, 0.098]), 0.08)
        for s in SIDES.values():
            d = join(d, cone(c, [-0.016, s * 0.05, 0.222], [-0.022, s * 0.140, 0.200], 0.048, 0.038), 0.06)
            d = join(d, ellipsoid(r, [-0.052, s * 0.058, -0.020], [0.066, 0.068, 0.076]), 0.04)  # seat
        return d

    def arm(self, p: Array, side: str) -> Array:
        """Shoulder to fingertips."""
        u, f, w = (self.at.local(p, f"{side}_{part}") for part in ("upper_arm", "forearm", "hand"))
        fat = 1.0 + 0.12 * self.build
        d = self.upper_arm(u)
        d = join(d, cone(f, [0, 0, 0], [0, 0, -0.250], 0.039 * fat, 0.0255 * fat), 0.025)
        d = join(d, ellipsoid(f, [0, 0, -0.072], [0.041 * fat, 0.039 * fat, 0.085]), 0.03)
        d = join(d, sphere(f, [-0.014, 0, 0.002], 0.030 * fat), 0.02)  # point of the elbow
        return join(d, self._hand(w, SIDES[side]), 0.024)

    def upper_arm(self, u: Array) -> Array:
        """Shoulder to elbow, from points in its own frame."""
        fat = 1.0 + 0.12 * self.build
        d = cone(u, [0, 0, -0.034], [0, 0, -0.262], 0.040 * fat, 0.037 * fat)
        return join(d, ellipsoid(u, [0.010, 0, -0.125], [0.044 * fat, 0.040 * fat, 0.095]), 0.03)  # biceps

    def _hand(self, q: Array, s: float) -> Array:
        """A relaxed hand: palm towards the thigh, thumb forward; `s` is 1 for the left, -1 for the right."""
        q = q * np.array([1.0, s, 1.0])
        d = box(q, [0.004, 0, -0.050], [0.037, 0.0185, 0.046], 0.017)
        fingers = [(0.031, 0.052, 0.0), (0.0105, 0.060, 0.002), (-0.0105, 0.055, 0.002), (-0.029, 0.042, 0.0)]
        for x, length, out in fingers:
            knuckle, middle = [x, out, -0.088], [x * 1.16, -0.006, -0.088 - 0.55 * length]
            tip = [x * 1.15, -0.022, -0.088 - 0.98 * length]
            d = join(d, path(q, [knuckle, middle, tip], [0.0112, 0.0104, 0.0092], 0.004), 0.007)
        thumb = path(
            q,
            [[0.022, -0.006, -0.024], [0.052, -0.016, -0.060], [0.056, -0.024, -0.088]],
            [0.0165, 0.0128, 0.0105],
            0.01,
        )
        return join(d, thumb, 0.014)

    def leg(self, p: Array, side: str) -> Array:
        """Hip to ankle."""
        t, k = (self.at.local(p, f"{side}_{part}") for part in ("thigh", "shin"))
        s, fat = SIDES[side], 1.0 + 0.1 * self.build
        d = cone(t, [0, s * 0.004, 0], [0, 0, -0.405], 0.080 * fat, 0.052 * fat)
        d = join(d, ellipsoid(t, [0.012, 0, -0.16], [0.078 * fat, 0.074 * fat, 0.19]), 0.05)
        d = join(d, cone(k, [0, 0, 0], [0, 0, -0.37], 0.054 * fat, 0.037 * fat), 0.03)
        d = join(d, sphere(k, [0.016, 0, 0.008], 0.044 * fat), 0.03)  # kneecap
        return join(d, ellipsoid(k, [-0.020, 0, -0.115], [0.054 * fat, 0.050 * fat, 0.125]), 0.04)  # calf

    def arms(self, p: Array) -> dict[str, Array]:
        return {s: near(p, *self._arm_line(s), 0.17, lambda q, s=s: self.arm(q, s)) for s in SIDES}  # type: ignore[misc]

    def _arm_line(self, side: str) -> tuple[Array, Array]:
        return self.at.origin(f"{side}_upper_arm"), self.at.origin(f"{side}_hand") + 0.08 * self.at.axis(f"{side}_hand")
