"""What an item can do besides lying there: turn on an axle, come off, break, be slippery, carry along, blow."""

from __future__ import annotations

import math
from dataclasses import dataclass

Vec3 = tuple[float, float, float]


@dataclass(frozen=True)
class HingeSpec:
    """An axle that holds an item in the room: of a door, a seesaw, a swing, the nail of a picture."""

    point: Vec3 = (0.0, 0.0, 0.0)
    """m, on the axle, in the item's frame"""
    axis: Vec3 = (0.0, 0.0, 1.0)
    """unit, along the axle, in the item's frame"""
    low: float = -math.pi
    """rad from the pose that the item is placed in"""
    high: float = math.pi
    """rad"""
    friction: float = 0.0
    """N m, so much torque it takes to turn it"""
    damping: float = 0.0
    """N m s/rad"""
    kick: float = 0.0
    """N s at the item's origin, towards `high`, when a person steps on it: a rake whose handle comes up"""


@dataclass(frozen=True)
class BreakSpec:
    """How much a fragile item bears, and into how much it breaks."""

    impulse: float
    """N s along the normal in one tick of 1/30 s: more breaks it"""
    pieces: int = 8
    """about how many"""


@dataclass(frozen=True)
class SmearSpec:
    """What an item leaves on whatever part of a body touches it: water, ice, the inside of a banana skin."""

    friction: float
    """Coulomb coefficient of that part of the body as long as it lasts"""
    seconds: float
    """s that it lasts after the last touch"""


@dataclass(frozen=True)
class WindSpec:
    """Air that an item blows along the x axis of its frame, from the frame's origin."""

    speed: float
    """m/s at the item; it falls to nothing over `reach`"""
    reach: float
    """m"""
    radius: float
    """m, of the stream where it begins; it widens by a quarter of the distance"""
