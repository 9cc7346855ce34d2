"""SetSpec, ItemSpec: rooms and props as data; no physics and no drawing here. `game.scene.set_file` reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

from game.scene.json_fields import SetError
from game.scene.mechanism import BreakSpec, HingeSpec, SmearSpec, WindSpec

DAY = "day"
"""the time of day that a set is drawn at unless another one is wanted"""
TIME_MARK = "@"
"""between a set's name and a time of day: "living_room@night" """

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]

SOLID_SHAPES = {"box": 3, "sphere": 1, "capsule": 2, "cylinder": 2}
"""Shapes that collide, with how many numbers `size` has: edge lengths; radius; radius and length (along z,
a capsule's without its caps)."""
DRAWN_SHAPES = {
    **SOLID_SHAPES,
    "ellipsoid": 3,
    "lathe": 0,
    "plane": 2,
    "leaves": 3,
    "foliage": 3,
    "tufts": 2,
    "puddle": 2,
}
"""Shapes that are drawn: an ellipsoid's diameters, a lathe's `profile` of [radius, height], a plane's width
and length, the leaves of a plant (spread, height, leaf width), foliage (diameters), tufts of grass (a field's
edges), a flat puddle's width and length."""
MATERIALS = (
    "paint", "fabric", "velvet", "wood", "planks", "metal", "plastic", "rubber", "ceramic", "cardboard",
    "foliage", "grass", "gravel", "earth", "skin", "ice", "water", "glow", "shade", "paper", "rug", "art", "chalk",
    "photo", "backdrop",
)  # fmt: skip
"""What a surface is made of: how it shines and, where it has one, its pattern. Sounds depend on it too.
`photo` shows the set's photograph, `backdrop` the same without what stands in front; see PhotoSpec."""


@dataclass(frozen=True)
class PartSpec:
    """One primitive of an item, in the item's frame."""

    shape: str
    size: tuple[float, ...]
    """m; see SOLID_SHAPES and DRAWN_SHAPES"""
    position: Vec3 = (0.0, 0.0, 0.0)
    quaternion: Quat = (0.0, 0.0, 0.0, 1.0)
    """xyzw"""
    color: Vec3 = (0.8, 0.8, 0.8)
    """sRGB, 0..1"""
    material: str = "paint"
    rounding: float = 0.0
    """m, radius of a drawn box's or cylinder's edges"""
    seed: int = 0
    """varies what is random about it: an art print, a plant, a bush"""
    picture: Path | None = None
    """a JPEG or PNG of the user's, in place of the material's pattern; `color` tints it"""
    tile: float = 0.0
    """m, width of what the picture covers before it repeats; 0: once over each face"""
    profile: tuple[tuple[float, float], ...] = ()
    """a lathe's outline, (radius, height) pairs from bottom to top, m"""


@dataclass(frozen=True)
class ItemSpec:
    """An item of a set: one rigid body of solid parts, and decor that is only drawn."""

    name: str
    position: Vec3 = (0.0, 0.0, 0.0)
    quaternion: Quat = (0.0, 0.0, 0.0, 1.0)
    """xyzw"""
    mass: float = 0.0
    """kg; 0 never moves"""
    friction: float = 0.8
    rolling_friction: float = 0.0
    restitution: float = 0.0
    """share of the speed that it gives back to something perfectly elastic; of two things that hit each other the
    shares are multiplied"""
    contact_stiffness: float | None = None
    """N/m, how far it gives; None is hard. Comes with contact_damping."""
    contact_damping: float | None = None
    """N s/m"""
    hinge: HingeSpec | None = None
    """an axle that holds it in the room; None: nothing does"""
    holds: float = 0.0
    """N s in one tick of 1/30 s: it stands fast until it is hit harder than this, then it is loose; 0: loose at once"""
    breaks: BreakSpec | None = None
    smear: SmearSpec | None = None
    belt: Vec3 = (0.0, 0.0, 0.0)
    """m/s in the item's frame: how its surface moves, as a treadmill's does; of an item that cannot move"""
    wind: WindSpec | None = None
    parts: tuple[PartSpec, ...] = ()
    """what collides; drawn too unless `shell` is set"""
    decor: tuple[PartSpec, ...] = ()
    """what is only drawn"""
    shell: bool = False
    """the parts are invisible: decor alone is what is seen"""
    shadow: bool = True
    """whether it throws one"""

    def at(self, position: Vec3, yaw: float = 0.0) -> ItemSpec:
        """The same item at another position and heading; yaw in rad."""
        return replace(self, position=position, quaternion=quaternion_of((0.0, 0.0, yaw)))


@dataclass(frozen=True)
class GroundSpec:
    """The plane z = 0."""

    friction: float = 0.9
    restitution: float = 1.0
    """multiplied with that of what hits it; see ItemSpec"""
    material: str = "planks"
    color: Vec3 = (1.0, 1.0, 1.0)
    size: tuple[float, float] = (20.0, 20.0)
    """m, edges in x and y of the part that is drawn"""
    center: tuple[float, float] = (0.0, 0.0)
    picture: Path | None = None
    """as of a PartSpec"""
    tile: float = 0.0


@dataclass(frozen=True)
class LightSpec:
    """Sun, sky and one warm lamp. Colours are linear light."""

    sun_direction: Vec3 = (-0.5, -0.6, 0.78)
    """towards the sun"""
    sun: Vec3 = (2.4, 2.05, 1.6)
    sky: Vec3 = (0.5, 0.56, 0.68)
    bounce: Vec3 = (0.34, 0.26, 0.2)
    """what the ground throws back up"""
    fog: Vec3 = (0.62, 0.6, 0.58)
    fog_density: float = 0.004
    """1/m"""
    lamp_position: Vec3 = (0.0, 0.0, -99.0)
    lamp: Vec3 = (0.0, 0.0, 0.0)
    lamp_item: str = ""
    """the item that carries the lamp: the light goes where it goes, and flickers when it is hit"""
    lamp_key: float = 0.0
    """0: the lamp adds a soft glow to what the sun lights; 1: it is the light of the room, with shadows of its own"""
    exposure: float = 0.8
    softness: float = 1.0
    """how blurred the sun's shadows are: 1 a sunny day, 3 a photographer's soft box"""
    daylight: Vec3 = (1.0, 1.0, 1.0)
    """what window panes and other glowing surfaces show, apart from the lamp's own"""
    outdoors: bool = False
    """draw a sky with clouds"""
    seamless: bool = False
    """a studio's backdrop: the floor goes over into the horizon's colour, without an edge; nothing else is seen"""
    horizon: Vec3 = (0.87, 0.92, 0.94)
    """sRGB, of the sky or of the backdrop"""
    zenith: Vec3 = (0.36, 0.60, 0.85)
    """sRGB, overhead"""
    cloud: Vec3 = (1.0, 0.99, 0.97)
    """sRGB, of the clouds' lit side"""
    stars: float = 0.0
    """how bright stars and moon are, 0..1; above 0 the sun is drawn as a moon"""


@dataclass(frozen=True)
class ViewSpec:
    """Where a camera stands at first."""

    position: Vec3 = (3.5, -2.4, 1.5)
    target: Vec3 = (0.0, 0.0, 0.95)
    field_of_view: float = math.radians(44.0)
    """rad, horizontal"""
    roll: float = 0.0
    """rad about the line of sight, the camera's left side up"""


@dataclass(frozen=True)
class PhotoSpec:
    """A photograph that is projected on a set from where it was taken: on every part of the material `photo`.

    Each part keeps what the picture shows on it where the set file puts it, and takes that along when it moves.
    """

    file: Path
    """a JPEG or PNG"""
    behind: Path | None = None
    """the same picture with the furniture painted out, for parts of the material `backdrop`; None: the photograph"""
    camera: ViewSpec = ViewSpec()
    """what took it; its field of view is the whole picture's width, its optical axis the picture's middle"""


@dataclass(frozen=True)
class SetSpec:
    """A place to fall down in. A character starts at the origin and faces +x."""

    name: str
    title: str = ""
    ground: GroundSpec = GroundSpec()
    light: LightSpec = LightSpec()
    view: ViewSpec = ViewSpec()
    photo: PhotoSpec | None = None
    items: tuple[ItemSpec, ...] = field(default=())
    times: tuple[tuple[str, LightSpec], ...] = ()
    """its other times of day, by name; `DAY` is what `light` of the file says"""

    @property
    def base_name(self) -> str:
        """The name without the time of day."""
        return self.name.partition(TIME_MARK)[0]

    @property
    def time_of_day(self) -> str:
        """Which one it is drawn at."""
        return self.name.partition(TIME_MARK)[2] or DAY

    @property
    def times_of_day(self) -> tuple[str, ...]:
        """All that it can be drawn at."""
        return tuple(dict.fromkeys((DAY, *(name for name, _ in self.times))))

    def at_time(self, time: str) -> SetSpec:
        """The same place at a time of day, called "NAME@TIME"; nothing but its light differs.

        Raises SetError.
        """
        lights = dict(self.times) if self.time_of_day != DAY else {DAY: self.light, **dict(self.times)}
        if time not in lights:
            raise SetError(f"{self.base_name}: no time of day is called {time!r}; there are {', '.join(lights)}")
        name = self.base_name if time == DAY else f"{self.base_name}{TIME_MARK}{time}"
        return replace(self, name=name, light=lights[time], times=tuple(lights.items()))


def quaternion_of(rotation: Vec3) -> Quat:
    """xyzw of roll, pitch, yaw (rad), applied in this order about the fixed axes x, y, z."""
    cr, cp, cy = (math.cos(a / 2) for a in rotation)
    sr, sp, sy = (math.sin(a / 2) for a in rotation)
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )
