"""The dressed person: skin, shirt, trousers, shoes, soles and hair as distance fields that form one closed surface.

Each garment is a little larger than the flesh inside it and has a rounded edge; where two fields are equal,
the surface changes its material. So skin cannot poke through clothes in any pose.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tools.build_avatar.anatomy import HEAD, SIDES, Body, near
from tools.build_avatar.face_shape import DRAWN, FaceShape
from tools.build_avatar.hair import hair
from tools.build_avatar.options import AvatarConfig
from tools.build_avatar.rest_pose import RestPose
from tools.build_avatar.sdf import Array, both, cone, cut, ellipsoid, join, smoothstep, union, vec

MATERIALS = ("skin", "shirt", "trousers", "shoes", "soles", "hair")
HEM = 0.048
"""m, height of the shirt's edge in the pelvis's frame: high enough that the thighs do not move it"""
UPPER_ARM, THIGH = 0.2748, 0.4215
"""m, from shoulder to elbow and from hip to knee"""
SLEEVES, TROUSER_LEGS = (0.06, 0.525), (0.16, 0.79)
"""m, shortest and longest sleeves and trousers"""
BARE_LEG = 0.74
"""m, length of trousers below which the leg's skin shows"""
BAND, COLLAR, TOE = 0.018, 0.013, 0.118
"""Widths of cuffs and collar, and where the toe caps begin, m."""
STRIPES, STRIPE = tuple(-0.135 + 0.064 * i for i in range(5)), 0.022
"""Lower edges of the stripes in the torso's frame and their width, m."""


class Figure:
    """The dressed person. `fields(p)` (M, N) holds a distance for each of MATERIALS."""

    def __init__(self, config: AvatarConfig, skeleton: RestPose | None = None, face: FaceShape = DRAWN) -> None:
        self.config = config
        self.at = skeleton or RestPose.bind()
        self.body = Body(self.at, config.build, face)
        self.sleeve = float(np.clip(config.sleeve, *SLEEVES))
        self.trouser_leg = float(np.clip(config.trouser_leg, *TROUSER_LEGS))

    def fields(self, p: Array) -> Array:
        """Distances (M, N), m, of points (N, 3) from each of MATERIALS."""
        head = self.at.origin("head") + vec(0, 0, 0.16)
        torso = near(
            p, self.at.origin("pelvis") - [0, 0, 0.05], self.at.origin("torso") + vec(0, 0, 0.2), 0.20, self.body.torso
        )
        arms = self.body.arms(p)
        legs = {s: near(p, *self._leg_line(s), 0.27, lambda q, s=s: self.body.leg(q, s)) for s in SIDES}  # type: ignore[misc]
        feet = {s: near(p, *self._foot_line(s), 0.10, lambda q, s=s: self._shoe(q, s)) for s in SIDES}  # type: ignore[misc]
        soles = {s: near(p, *self._foot_line(s), 0.10, lambda q, s=s: self._sole(q, s)) for s in SIDES}  # type: ignore[misc]
        skull = near(p, head, head, 0.20, self.body.head)
        neck = near(p, head - [0, 0, 0.25], head, 0.08, self.body.neck)
        return np.stack(
            [
                self._skin(p, skull, neck, torso, arms, legs),
                self._shirt(p, torso),
                self._trousers(p, torso, legs),
                np.minimum(*feet.values()),
                np.minimum(*soles.values()),
                near(p, head + vec(0, 0, 0.03), head + vec(0, 0, 0.03), 0.22, self._hair),
            ]
        )

    def distance(self, p: Array) -> Array:
        """Distance (N,), m, from the whole surface."""
        return np.asarray(self.fields(p).min(0))

    def _hair(self, p: Array) -> Array:
        return hair(self.at.local(p, "head") - HEAD, self.config.style)

    def _leg_line(self, side: str) -> tuple[Array, Array]:
        # a capsule from hip to ankle is wide enough for a bent knee, too
        return self.at.origin(f"{side}_thigh"), self.at.origin(f"{side}_foot")

    def _foot_line(self, side: str) -> tuple[Array, Array]:
        frame = self.at.frames[self.at.index(f"{side}_foot")]
        return frame[:3, 3], frame[:3, 3] + 0.1 * frame[:3, 0]

    def _skin(
        self, p: Array, skull: Array, neck: Array, torso: Array, arms: dict[str, Array], legs: dict[str, Array]
    ) -> Array:
        d = join(skull, neck, 0.040)
        # only the shoulders under the collar: the rest of the trunk is hidden, and would cost triangles
        trunk = cut(join(torso + 0.012, neck, 0.05), self.at.local(p, "torso")[:, 2] - 0.13, 0.01)
        bare = [d, trunk, *arms.values()]
        if self.trouser_leg < BARE_LEG:
            bare += [cut(leg, self._down_leg(p, s) - self.trouser_leg + 0.05, 0.01) for s, leg in legs.items()]
        return union(bare, 0.02)

    def _down_leg(self, p: Array, side: str) -> Array:
        """(N,) m from the hip along the leg, of points on it."""
        above = self.trouser_leg < THIGH
        link, start = (f"{side}_thigh", 0.0) if above else (f"{side}_shin", THIGH)
        return np.asarray(start - self.at.local(p, link)[:, 2])

    def _down_arm(self, p: Array, side: str) -> Array:
        """(N,) m from the shoulder along the arm, of points on it."""
        above = self.sleeve < UPPER_ARM
        link, start = (f"{side}_upper_arm", 0.0) if above else (f"{side}_forearm", UPPER_ARM)
        return np.asarray(start - self.at.local(p, link)[:, 2])

    def _shirt(self, p: Array, torso: Array) -> Array:
        r, n = self.at.local(p, "pelvis"), self.at.local(p, "head")
        fat = self.config.build
        d = torso - 0.010
        hang = cone(r * np.array([1.30, 1.0, 1.0]), [0, 0, 0.21], [0, 0, 0.04], 0.118 + 0.02 * fat, 0.150 + 0.015 * fat)
        d = join(d, hang, 0.06)
        around = np.arctan2(r[:, 1], r[:, 0])
        d = d + 0.0028 * np.sin(around * 6.0 + 1.0) * smoothstep(0.16, 0.05, r[:, 2])
        round_arm = 0.09 if self.sleeve < UPPER_ARM else 0.17  # a bent one, to the hand
        for side in SIDES:
            d = join(d, near(p, *self._sleeve_line(side), round_arm, lambda q, s=side: self._sleeve(q, s)), 0.06)  # type: ignore[misc]
        d = cut(d, r[:, 2] - HEM + 0.004 * np.cos(2.0 * around), 0.009)
        hole = self.collar(n)
        d = d - 0.0025 * smoothstep(COLLAR + 0.002, COLLAR - 0.002, hole)  # the ribbed collar stands out a little
        return cut(d, hole, 0.007)

    def _sleeve_line(self, side: str) -> tuple[Array, Array]:
        o = self.at.origin(f"{side}_upper_arm")
        if self.sleeve < UPPER_ARM:
            return o, o + self.sleeve * self.at.axis(f"{side}_upper_arm")
        return o, self.at.origin(f"{side}_hand")

    def _sleeve(self, p: Array, side: str) -> Array:
        u = self.at.local(p, f"{side}_upper_arm")
        fat = 1.0 + 0.12 * self.config.build
        wide = 0.0635 if self.sleeve < UPPER_ARM else 0.050
        d = cone(u, [0, 0, -0.042], [0, 0, -0.22], 0.0450 * fat, wide * fat)
        d = join(d, self.body.upper_arm(u) - 0.008, 0.02)
        if self.sleeve < UPPER_ARM:
            return cut(d, u[:, 2] + self.sleeve, 0.008)
        d = join(d, self.body.arm(p, side) - 0.006, 0.03)
        return cut(d, self.sleeve - self._down_arm(p, side), 0.008)

    @staticmethod
    def collar(n: Array) -> Array:
        """Distance field of the shirt's neck hole, from points in the head's frame."""
        return cone(n, [-0.010, 0, -0.03], [0.046, 0, 0.16], 0.0800, 0.130)

    def _trousers(self, p: Array, torso: Array, legs: dict[str, Array]) -> Array:
        r = self.at.local(p, "pelvis")
        d = both(torso - 0.004, r[:, 2] - 0.075, 0.012)
        for side, leg in legs.items():
            k = self.at.local(p, f"{side}_shin")
            fabric = join(leg - 0.006, cone(k, [-0.002, 0, 0.0], [-0.004, 0, -0.36], 0.0575, 0.0565), 0.03)
            end = self._down_leg(p, side) - self.trouser_leg
            folds = np.exp(-(((end + 0.03) / 0.05) ** 2))
            fabric = fabric + 0.0022 * np.sin(k[:, 2] * 95.0 + np.cos(k[:, 1] * 40.0) * 1.2) * folds
            fabric = cut(fabric, -end, 0.010)
            d = join(d, fabric, 0.035)
        return d

    def _shoe(self, p: Array, side: str) -> Array:
        q = self.at.local(p, f"{side}_foot")
        d = ellipsoid(q, [0.080, 0, -0.018], [0.080, 0.045, 0.040])
        d = join(d, ellipsoid(q, [-0.012, 0, -0.004], [0.052, 0.042, 0.058]), 0.04)
        d = join(d, cone(q, [0, 0, 0], [0.06, 0, -0.012], 0.043, 0.036), 0.04)
        d = join(d, cone(q, [-0.006, 0, 0.015], [-0.008, 0, 0.062], 0.045, 0.044), 0.02)
        d = cut(d, q[:, 2] + 0.034, 0.006)
        return both(d, q[:, 2] - 0.058, 0.01)

    def _sole(self, p: Array, side: str) -> Array:
        q = self.at.local(p, f"{side}_foot")
        flat = q * np.array([1.0, 1.0, 0.0])
        waist = 1.0 + 0.10 * smoothstep(0.02, -0.03, np.abs(q[:, 0] - 0.02) - 0.02)
        outline = ellipsoid(
            flat * np.stack([np.ones(len(q)), waist, np.ones(len(q))], -1), [0.046, 0, 0], [0.121, 0.051, 1]
        )
        return both(outline, np.abs(q[:, 2] + 0.037) - 0.0135, 0.010)

    def lines(self, garment: str) -> list[Callable[[Array], Array]]:
        """Fields that are 0 where a garment changes colour; one for each line, so that long triangles are cut, too."""

        def plane(link: str, axis: int, at: float) -> Callable[[Array], Array]:
            return lambda p: self.at.local(p, link)[:, axis] - at

        if garment == "shirt":
            rings = [plane("torso", 2, low + edge) for low in STRIPES for edge in (0.0, STRIPE)]
            cuffs = [lambda p, s=side: self.sleeve - BAND - self._down_arm(p, s) for side in SIDES]
            return [*rings, *cuffs, lambda p: self.collar(self.at.local(p, "head")) - COLLAR]
        if garment == "shoes":
            return [plane(f"{side}_foot", 0, TOE) for side in SIDES]
        return []

    def trims(self, p: Array) -> NDArray[np.bool_]:
        """(N,) in the shirt's collar or cuffs."""
        found = self.collar(self.at.local(p, "head")) < COLLAR
        for side in SIDES:
            q = self.at.local(p, f"{side}_{'upper_arm' if self.sleeve < UPPER_ARM else 'forearm'}")
            found |= (self._down_arm(p, side) > self.sleeve - BAND) & (np.hypot(q[:, 0], q[:, 1]) < 0.09)
        return np.asarray(found)

    def stripes(self, p: Array) -> NDArray[np.bool_]:
        """(N,) in the shirt's stripes, level rings around the trunk; the sleeves have none."""
        z, y = self.at.local(p, "torso")[:, 2], self.at.local(p, "torso")[:, 1]
        rings = np.any([(z > low) & (z < low + STRIPE) for low in STRIPES], axis=0)
        return np.asarray(rings & (np.abs(y) < 0.165))

    def toe_caps(self, p: Array) -> NDArray[np.bool_]:
        """(N,) in the shoes' caps."""
        feet = [self.at.local(p, f"{side}_foot") for side in SIDES]
        caps = [(q[:, 0] > TOE) & (np.abs(q[:, 1]) < 0.06) & (np.abs(q[:, 2]) < 0.1) for q in feet]
        return np.asarray(caps[0] | caps[1])
