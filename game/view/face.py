"""Face: what the avatar's face shows, and how it moves there. Deadpan by default. Numbers only."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import quaternion_of
from game.sim import rotation

Array = NDArray[np.float64]
Mood = Literal["calm", "effort", "fear", "pain", "dazed"]

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
    """outer corners down: sad; negative is cross"""
    brow_lift: float = 0.0
    brow_tilt: float = 0.0
    """inner ends up: worried; negative is cross"""
    brow_asymmetry: float = 0.0
    """the left brow this much higher, the right one lower"""
    gaze_yaw: float = 0.0
    """positive looks left"""
    gaze_pitch: float = 0.0
    """positive looks up"""
    cross_eyed: float = 0.0
    """how far each eye turns in"""
    open: float = 0.0
    smile: float = 0.0
    frown: float = 0.0
    wide: float = 0.0
    round: float = 0.0

    def towards(self, other: Face, share: float) -> Face:
        """Between this (0) and another (1)."""
        return Face(
            **{
                f.name: getattr(self, f.name) + share * (getattr(other, f.name) - getattr(self, f.name))
                for f in fields(self)
            }
        )

    def morph(self, name: str) -> float:
        """Raises AttributeError for a morph that does not exist."""
        return float(getattr(self, name))


MOODS: dict[Mood, Face] = {
    "calm": Face(),
    "effort": Face(
        upper_lid=0.30, lower_lid=0.30, lid_tilt=-0.10, brow_lift=-0.035, brow_tilt=-0.26, wide=0.12, frown=0.55
    ),
    "fear": Face(upper_lid=0.98, lower_lid=0.90, brow_lift=0.085, brow_tilt=0.26, open=0.55, round=0.75),
    "pain": Face(upper_lid=-0.04, lower_lid=0.03, lid_tilt=-0.16, brow_lift=-0.045, brow_tilt=-0.36, wide=1.0),
    "dazed": Face(
        upper_lid=0.30, lower_lid=0.85, lid_tilt=0.12, brow_lift=0.03, brow_tilt=0.14, brow_asymmetry=0.035,
        cross_eyed=0.20, gaze_pitch=0.05, open=0.22, frown=0.25,
    ),
}  # fmt: skip
RATE: dict[Mood, float] = {"calm": 3.0, "effort": 10.0, "fear": 12.0, "pain": 40.0, "dazed": 2.5}
"""1/s, how fast a mood takes over"""


def _turn(roll: float, pitch: float, yaw: float) -> Array:
    """(4,) of roll, then pitch, then yaw about the fixed axes."""
    return np.array(quaternion_of((roll, pitch, yaw)))


def joint_turns(face: Face) -> dict[str, Array]:
    """(4,) each: how the face's joints turn, in the head's frame."""
    made = {}
    for side, s in (("left", 1.0), ("right", -1.0)):
        yaw = face.gaze_yaw - s * face.cross_eyed
        made[f"{side}_eye"] = _turn(0.0, -face.gaze_pitch, yaw)
        # lids follow the eye up and down a little; a positive pitch lowers what looks along +x
        upper = face.upper_lid + 0.45 * face.gaze_pitch
        made[f"{side}_upper_lid"] = _turn(-s * face.lid_tilt, -upper, 0.0)
        made[f"{side}_lower_lid"] = _turn(-s * face.lid_tilt, face.lower_lid - 0.25 * face.gaze_pitch, 0.0)
        lift = face.brow_lift + s * face.brow_asymmetry
        made[f"{side}_brow"] = _brow(s, lift, face.brow_tilt)
    return made


def _brow(s: float, lift: float, tilt: float) -> Array:
    """Up along the forehead, then about the brow's own middle."""
    middle = np.array([0.86, 0.36 * s, 0.36])
    axis = middle / np.linalg.norm(middle)
    return rotation.multiply(_turn(0.0, -lift, 0.0), rotation.from_axis_angle(axis, -s * tilt))


class FaceActor:
    """Plays the face: eases between moods, blinks, looks about. The same seed and times give the same face."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self.face = MOODS["calm"]
        self._time = 0.0
        self._next_blink = 1.0 + 2.0 * float(self._random.random())

    def update(self, mood: Mood, gaze: tuple[float, float], seconds: float) -> Face:
        """Moves on by `seconds` towards a mood, looking along `gaze` (yaw, pitch, rad). Returns what to show."""
        self._time += seconds
        aim = MOODS[mood]
        yaw, pitch = (max(-limit, min(limit, g)) for g, limit in zip(gaze, GAZE_LIMIT, strict=True))
        if mood == "dazed":  # the eyes wander by themselves
            yaw, pitch = 0.14 * math.sin(2.1 * self._time), aim.gaze_pitch + 0.10 * math.sin(3.4 * self._time)
        share = 1.0 - math.exp(-RATE[mood] * max(seconds, 0.0))
        looking = 1.0 - math.exp(-14.0 * max(seconds, 0.0))
        was = self.face
        eased = was.towards(aim, share)
        self.face = Face(
            **{f.name: getattr(eased, f.name) for f in fields(Face) if f.name not in ("gaze_yaw", "gaze_pitch")},
            gaze_yaw=was.gaze_yaw + looking * (yaw - was.gaze_yaw),
            gaze_pitch=was.gaze_pitch + looking * (pitch - was.gaze_pitch),
        )
        return self._blinking(mood)

    def _blinking(self, mood: Mood) -> Face:
        if self._time > self._next_blink + BLINK_SECONDS:
            pause = {"calm": 2.6, "effort": 3.5, "fear": 6.0, "pain": 3.0, "dazed": 1.1}[mood]
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
