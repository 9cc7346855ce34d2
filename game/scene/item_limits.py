"""What an item may be, whoever brings it: a set, a prop, or a `spawn` event of a script or a take."""

from __future__ import annotations

import math
from collections.abc import Iterable

from game.scene.json_fields import SetError
from game.scene.refusal import shortened
from game.scene.set_spec import DRAWN_SHAPES, MATERIALS, SOLID_SHAPES, ItemSpec, PartSpec

MAX_PARTS, MAX_DECOR = 16, 400
"""of one item; the first is what Bullet takes"""
MAX_PROFILE = 400
"""points of a lathe's outline"""
MAX_LETTERS = 100
"""of a name"""
MAX_DISTANCE = 1e4
"""m from the origin"""
SIZES = (1e-3, 1e3)
"""m, of an edge, radius or length"""
MAX_MASS = 2000.0
"""kg"""
MAX_FRICTION, MAX_ROLLING_FRICTION, MAX_RESTITUTION = 10.0, 1.0, 1.5
STIFFNESS, DAMPING = (1.0, 1e9), (0.0, 1e9)
"""N/m and N s/m of a contact"""
MAX_IMPULSE = 1e4
"""N s in a tick"""
MAX_TORQUE = 1e4
"""N m of friction, and N m s/rad of damping, of a hinge"""
MAX_SMEAR_SECONDS = 60.0
MAX_BELT = 30.0
"""m/s"""
MAX_WIND, MAX_REACH = 80.0, 50.0
"""m/s; m, also of a radius"""
MAX_PIECES = 16


def check_item(item: ItemSpec, where: str) -> None:
    """Raise SetError, which begins with `where`, unless an item is one that the world and its picture can hold."""
    if len(item.name) > MAX_LETTERS:
        raise SetError(f"{where}: a name of {len(item.name)} letters, expected at most {MAX_LETTERS}")
    numbers = {
        "mass": (item.mass, 0.0, MAX_MASS),
        "friction": (item.friction, 0.0, MAX_FRICTION),
        "rolling_friction": (item.rolling_friction, 0.0, MAX_ROLLING_FRICTION),
        "restitution": (item.restitution, 0.0, MAX_RESTITUTION),
    }
    if (item.contact_stiffness is None) != (item.contact_damping is None):
        raise SetError(f"{where}: contact_stiffness and contact_damping come together or not at all")
    if item.contact_stiffness is not None and item.contact_damping is not None:
        numbers |= {
            "contact_stiffness": (item.contact_stiffness, *STIFFNESS),
            "contact_damping": (item.contact_damping, *DAMPING),
        }
    for name, (value, low, high) in numbers.items():
        _check_range(where, name, (value,), low, high)
    _check_pose(where, item.position, item.quaternion)
    _check_mechanism(item, where)
    for what, parts, most in (("parts", item.parts, MAX_PARTS), ("decor", item.decor, MAX_DECOR)):
        if len(parts) > most:
            raise SetError(f"{where}: {len(parts)} {what}, expected at most {most}")
        for i, part in enumerate(parts):
            _check_part(part, f"{where}: {what}[{i}]", SOLID_SHAPES if what == "parts" else DRAWN_SHAPES)


def _check_mechanism(item: ItemSpec, where: str) -> None:
    _check_range(where, "holds", (item.holds,), 0.0, MAX_IMPULSE)
    _check_range(where, "belt", item.belt, -MAX_BELT, MAX_BELT)
    for what, wanted in (("hinge", item.hinge is not None), ("holds", item.holds > 0.0)):
        if wanted and not item.mass:
            raise SetError(f"{where}: {what!r} is of something that moves, but its mass is 0")
    if any(item.belt) and item.mass:
        raise SetError(f"{where}: 'belt' is of something that stands fast, but its mass is {item.mass} kg")
    if item.hinge is not None:
        hinge = item.hinge
        _check_range(where, "hinge.point", hinge.point, -SIZES[1], SIZES[1])
        _check_range(where, "hinge.friction", (hinge.friction, hinge.damping, hinge.kick), 0.0, MAX_TORQUE)
        if not abs(math.hypot(*hinge.axis) - 1.0) <= 0.01:
            raise SetError(f"{where}: a hinge's axis of length {math.hypot(*hinge.axis):g}, expected 1")
        if not -math.tau <= hinge.low <= 0.0 <= hinge.high <= math.tau:
            raise SetError(f"{where}: a hinge turns from {hinge.low:g} to {hinge.high:g} rad, expected 0 in between")
    if item.breaks is not None:
        _check_range(where, "breaks.impulse", (item.breaks.impulse,), 1e-3, MAX_IMPULSE)
        _check_range(where, "breaks.pieces", (item.breaks.pieces,), 2, MAX_PIECES)
    if item.smear is not None:
        _check_range(where, "smear.friction", (item.smear.friction,), 0.0, MAX_FRICTION)
        _check_range(where, "smear.seconds", (item.smear.seconds,), 0.0, MAX_SMEAR_SECONDS)
    if item.wind is not None:
        _check_range(where, "wind.speed", (item.wind.speed,), 0.0, MAX_WIND)
        _check_range(where, "wind.reach", (item.wind.reach, item.wind.radius), 0.01, MAX_REACH)


def _check_part(part: PartSpec, where: str, shapes: dict[str, int]) -> None:
    if part.shape not in shapes:
        raise SetError(f"{where}: shape {shortened(repr(part.shape), 40)}, expected one of {', '.join(shapes)}")
    if len(part.size) != shapes[part.shape]:
        raise SetError(f"{where}: a {part.shape} has a size of {shapes[part.shape]} numbers, found {len(part.size)}")
    if part.material not in MATERIALS:
        raise SetError(
            f"{where}: material {shortened(repr(part.material), 40)}, expected one of {', '.join(MATERIALS)}"
        )
    _check_range(where, "size", part.size, *SIZES)
    _check_range(where, "color", part.color, 0.0, 1.0)
    _check_range(where, "rounding", (part.rounding,), 0.0, SIZES[1])
    _check_range(where, "seed", (part.seed,), 0.0, 2.0**31)
    _check_pose(where, part.position, part.quaternion)
    if (part.shape == "lathe") != bool(part.profile) or len(part.profile) == 1 or len(part.profile) > MAX_PROFILE:
        raise SetError(
            f"{where}: a profile of {len(part.profile)} points, expected 2 to {MAX_PROFILE} for a lathe alone"
        )
    for point in part.profile:
        _check_range(where, "profile", point, -SIZES[1], SIZES[1])


def _check_pose(where: str, position: Iterable[float], quaternion: Iterable[float]) -> None:
    _check_range(where, "position", position, -MAX_DISTANCE, MAX_DISTANCE)
    length = math.hypot(*quaternion)
    if not abs(length - 1.0) <= 0.01:
        raise SetError(f"{where}: a quaternion of length {length:g}, expected 1")


def _check_range(where: str, name: str, values: Iterable[float], low: float, high: float) -> None:
    for value in values:
        if not low <= value <= high:
            raise SetError(f"{where}: {name!r} should be between {low:g} and {high:g}, found {value!r}")
