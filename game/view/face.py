"""Face: the shape of the avatar's face as numbers, its expressions, and how it moves between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import quaternion_of
from game.sim import rotation
from game.view.fingers import RELAXED

Array = NDArray[np.float64]
Expression = Literal["calm", "effort", "fear", "pain", "dazed"]

BLINK_SECONDS = 0.16
GAZE_LIMIT = (0.52, 0.38)
"""rad, sideways and up or down"""


@dataclass(frozen=True)
class Face:
    """A face's shape. Angles in radians, morphs 0..1."""

    upper_lid: float = 0.36
    """how far the upper lid's edge stands above the eye's middle"""
    lower_lid: float = 0.62
    """how far the lower lid's edge hangs below it"""
    lid_tilt: float = 0.0
    """positive: outer corners down, sad; negative: angry"""
    brow_lift: float = 0.0
    brow_tilt: float = 0.0
    """positive: inner ends up, worried; negative: angry"""
    brow_asymmetry: float = 0.0
    """the left brow is so much higher, the right one so much lower"""
    gaze_yaw: float = 0.0
    """positive looks left"""
    gaze_pitch: float = 0.0
    """positive looks up"""
    cross_eyed: float = 0.0
    """how far each eye turns towards the nose"""
    open: float = 0.0
    smile: float = 0.0
    frown: float = 0.0
    wide: float = 0.0
    round: float = 0.0
    grip: float = RELAXED
    """how far the hands close with it, from 0, flat, to 1, a fist"""

    def towards(self, other: Face, share: float) -> Face:
        """The face in between: at share 0 this one, at 1 the other."""
        return Face(
            **{
                f.name: getattr(self, f.name) + share * (getattr(other, f.name) - getattr(self, f.name))
                for f in fields(self)
            }
        )

    def morph(self, name: str) -> float:
        """A morph's weight, 0..1, by its name in the avatar's file. Raises AttributeError if there is none."""
        return float(getattr(self, name))


EXPRESSIONS: dict[Expression, Face] = {
    "calm": Face(),
    "effort": Face(
        upper_lid=0.30, lower_lid=0.30, lid_tilt=-0.10, brow_lift=-0.035, brow_tilt=-0.26, wide=0.12, frown=0.55,
        grip=0.95,
    ),
    "fear": Face(upper_lid=0.98, lower_lid=0.90, brow_lift=0.085, brow_tilt=0.26, open=0.55, round=0.75, grip=0.0),
    "pain": Face(
        upper_lid=-0.04, lower_lid=0.03, lid_tilt=-0.16, brow_lift=-0.045, brow_tilt=-0.36, wide=1.0, grip=0.85
    ),
    "dazed": Face(
        upper_lid=0.30, lower_lid=0.85, lid_tilt=0.12, brow_lift=0.03, brow_tilt=0.14, brow_asymmetry=0.035,
        cross_eyed=0.20, gaze_pitch=0.05, open=0.22, frown=0.25, grip=0.06,
    ),
}  # fmt: skip
RATE: dict[Expression, float] = {"calm": 3.0, "effort": 10.0, "fear": 12.0, "pain": 40.0, "dazed": 2.5}
"""1/s, how fast the face changes to an expression"""


def _turn(roll: float, pitch: float, yaw: float) -> Array:
    """(4,) of roll, then pitch, then yaw about the fixed axes."""
    return np.array(quaternion_of((roll, pitch, yaw)))


def joint_turns(face: Face) -> dict[str, Array]:
    """Rotations (4,) of the joints of eyes, lids and brows by name, in the head's frame."""
    made = {}
    for side, s in (("left", 1.0), ("right", -1.0)):
        yaw = face.gaze_yaw - s * face.cross_eyed
        made[f"{side}_eye"] = _turn(0.0, -face.gaze_pitch, yaw)
        # lids follow the eye up and down a little; a positive pitch turns +x downwards
        upper = face.upper_lid + 0.45 * face.gaze_pitch
        made[f"{side}_upper_lid"] = _turn(-s * face.lid_tilt, -upper, 0.0)
        made[f"{side}_lower_lid"] = _turn(-s * face.lid_tilt, face.lower_lid - 0.25 * face.gaze_pitch, 0.0)
        lift = face.brow_lift + s * face.brow_asymmetry
        made[f"{side}_brow"] = _brow(s, lift, face.brow_tilt)
    return made


def _brow(s: float, lift: float, tilt: float) -> Array:
    """Rotation (4,) of a brow: up along the forehead, then about the brow's middle. s: +1 left, -1 right."""
    middle = np.array([0.86, 0.36 * s, 0.36])
    axis = middle / np.linalg.norm(middle)
    return rotation.multiply(_turn(0.0, -lift, 0.0), rotation.from_axis_angle(axis, -s * tilt))


class FaceActor:
    """Moves the face: changes between expressions, blinks, looks. The same seed and times give the same face."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self.face = EXPRESSIONS["calm"]
        self._time = 0.0
        self._next_blink = 1.0 + 2.0 * float(self._random.random())

    def update(self, expression: Expression, gaze: tuple[float, float], seconds: float) -> Face:
        """Moves on by `seconds` towards an expression and a gaze (yaw, pitch, rad). Returns the face to show."""
        self._time += seconds
        aim = EXPRESSIONS[expression]
        yaw, pitch = (max(-limit, min(limit, g)) for g, limit in zip(gaze, GAZE_LIMIT, strict=True))
        if expression == "dazed":  # the eyes wander by themselves
            yaw, pitch = 0.14 * math.sin(2.1 * self._time), aim.gaze_pitch + 0.10 * math.sin(3.4 * self._time)
        share = 1.0 - math.exp(-RATE[expression] * max(seconds, 0.0))
        looking = 1.0 - math.exp(-14.0 * max(seconds, 0.0))
        was = self.face
        eased = was.towards(aim, share)
        self.face = Face(
            **{f.name: getattr(eased, f.name) for f in fields(Face) if f.name not in ("gaze_yaw", "gaze_pitch")},
            gaze_yaw=was.gaze_yaw + looking * (yaw - was.gaze_yaw),
            gaze_pitch=was.gaze_pitch + looking * (pitch - was.gaze_pitch),
        )
        return self._blinking(expression)

    def _blinking(self, expression: Expression) -> Face:
        if self._time > self._next_blink + BLINK_SECONDS:
            pause = {"calm": 2.6, "effort": 3.5, "fear": 6.0, "pain": 3.0, "dazed": 1.1}[expression]
            self._next_blink = self._time + pause * (0.6 + 0.8 * float(self._random.random()))
        phase = (self._time - self._next_blink) / BLINK_SECONDS
        if not 0.0 <= phase <= 1.0:
            return self.face
        shut = math.sin(math.pi * phase) ** 0.6
        lids = Face(upper_lid=-0.06, lower_lid=0.12)
        return Face(
            **{
                f.name: getattr(self.face, f.name)
                + (shut * (getattr(lids, f.name) - getattr(self.face, f.name)) if f.name.endswith("er_lid") else 0.0)
                for f in fields(Face)
            }
        )
