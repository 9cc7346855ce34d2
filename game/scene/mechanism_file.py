"""Reads the mechanisms of an item from its JSON; each function returns None, or nothing moving, where there is none."""

from __future__ import annotations

import math

from game.scene.json_fields import JsonFields, SetError
from game.scene.mechanism import BreakSpec, HingeSpec, SmearSpec, Vec3, WindSpec


def hinge_of(fields: JsonFields) -> HingeSpec | None:
    """The axle of `hinge`; its axis may have any length but 0."""
    section = fields.optional_section("hinge")
    if section is None:
        return None
    x, y, z = section.vector("axis", (0.0, 0.0, 1.0))
    length = math.hypot(x, y, z)
    if length < 1e-6:
        raise SetError(f"{section.where}: 'axis' should be a direction, found [0, 0, 0]")
    hinge = HingeSpec(
        point=section.vector("point", (0.0, 0.0, 0.0)),
        axis=(x / length, y / length, z / length),
        low=math.radians(section.number("low_degrees", -180.0, low=-360.0, high=0.0)),
        high=math.radians(section.number("high_degrees", 180.0, low=0.0, high=360.0)),
        friction=section.number("friction", 0.0, low=0.0),
        damping=section.number("damping", 0.0, low=0.0),
        kick=section.number("kick", 0.0, low=0.0),
    )
    section.done()
    return hinge


def break_of(fields: JsonFields) -> BreakSpec | None:
    """What `breaks` says."""
    section = fields.optional_section("breaks")
    if section is None:
        return None
    found = BreakSpec(section.number("impulse", None, low=0.0), int(section.number("pieces", 8.0, low=2.0)))
    section.done()
    return found


def smear_of(fields: JsonFields) -> SmearSpec | None:
    """What `smear` says."""
    section = fields.optional_section("smear")
    if section is None:
        return None
    found = SmearSpec(section.number("friction", None, low=0.0), section.number("seconds", None, low=0.0))
    section.done()
    return found


def belt_of(fields: JsonFields) -> Vec3:
    """The velocity of `belt`."""
    return fields.vector("belt", (0.0, 0.0, 0.0))


def wind_of(fields: JsonFields) -> WindSpec | None:
    """What `wind` says."""
    section = fields.optional_section("wind")
    if section is None:
        return None
    found = WindSpec(
        section.number("speed", None, low=0.0),
        section.number("reach", 4.0, low=0.01),
        section.number("radius", 0.3, low=0.01),
    )
    section.done()
    return found
