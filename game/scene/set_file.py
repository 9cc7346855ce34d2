"""Reads sets and props from JSON, and says which field of which item is wrong.

A set (`models/sets/*.json`) is a ground, its light and its items; a prop (`models/props/*.json`) is one item
that can be placed anywhere. Both are meant to be copied and edited: `models/README.md` documents each field.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

from game.scene.item_limits import MAX_IMPULSE, STIFFNESS, check_item
from game.scene.json_fields import JsonFields, SetError
from game.scene.json_text import JsonError, read_object
from game.scene.mechanism_file import belt_of, break_of, hinge_of, smear_of, wind_of
from game.scene.paths import models_dir, user_dir
from game.scene.photo_file import check_photo
from game.scene.refusal import refused_as
from game.scene.set_spec import (
    DRAWN_SHAPES,
    MATERIALS,
    SOLID_SHAPES,
    TIME_MARK,
    GroundSpec,
    ItemSpec,
    LightSpec,
    PartSpec,
    PhotoSpec,
    Quat,
    SetSpec,
    Vec3,
    ViewSpec,
    quaternion_of,
)

SCHEMA = 1
MAX_ITEMS = 500
"""of a set"""
MAX_LETTERS = 200
"""of a title"""


def load_prop(name_or_path: str | Path) -> ItemSpec:
    """Reads models/props/NAME.json, or a file. Raises SetError."""
    with refused_as(SetError, Path(name_or_path).name):
        return _prop(find(name_or_path, "props"))


def load_set(name_or_path: str | Path) -> SetSpec:
    """Reads NAME.json of models/sets or of the user's own sets, or a file; props it names may lie beside it too.

    "NAME@TIME" is the set at another time of day, such as "living_room@night". Raises SetError.
    """
    with refused_as(SetError, Path(name_or_path).name):
        name, mark, time = str(name_or_path).rpartition(TIME_MARK)
        if not mark or Path(name_or_path).is_file():  # a file may be called like that
            return _set(find(name_or_path, "sets"))
        return _set(find(name, "sets")).at_time(time)


def _set(path: Path) -> SetSpec:
    if TIME_MARK in path.stem:
        raise SetError(f"{path.name}: {TIME_MARK!r} stands between a set's name and a time of day: rename the file")
    fields = read_fields(path)
    fields.schema(SCHEMA)
    light = _light(fields.section("light"), LightSpec())
    spec = SetSpec(
        name=path.stem,
        title=fields.text("title", path.stem.replace("_", " ").capitalize()),
        ground=_ground(fields.section("ground"), path.parent),
        light=light,
        view=_view(fields.section("view")),
        photo=_photo(fields.optional_section("photo"), path.parent),
        items=tuple(_placed(f, path.parent) for f in fields.sections("items", most=MAX_ITEMS)),
        times=_times(fields.section("times"), light),
    )
    fields.done()
    if len(spec.title) > MAX_LETTERS:
        raise SetError(f"{path.name}: a title of {len(spec.title)} letters, expected at most {MAX_LETTERS}")
    twice = sorted(name for name, count in Counter(item.name for item in spec.items).items() if count > 1)
    if twice:
        raise SetError(f"{path.name}: items must have different names; more than one is called {twice[0]!r}")
    return spec


def names(kind: str) -> tuple[str, ...]:
    """What there is to load in models/KIND and in the user's own folder, kind being "sets" or "props"."""
    return tuple(sorted({path.stem for place in _places(kind) for path in place.glob("*.json")}))


def find(name_or_path: str | Path, kind: str, beside: Path | None = None) -> Path:
    """A file as given, or NAME.json beside another, in models/KIND or in the user's own folder. Raises SetError."""
    given = Path(name_or_path)
    if given.suffix == ".json":
        if not given.is_file():
            raise SetError(f"no such file: {given}")
        return given
    places = ([beside] if beside else []) + _places(kind)
    for place in places:
        if (place / f"{given.name}.json").is_file():
            return place / f"{given.name}.json"
    raise SetError(f"{kind} has no {str(name_or_path)!r}; available: {', '.join(names(kind))}")


def _places(kind: str) -> list[Path]:
    return [models_dir() / kind, user_dir() / kind]


def read_fields(path: Path) -> JsonFields:
    """The fields of a JSON file. Raises SetError with the line where a file stops being JSON."""
    try:
        return JsonFields(read_object(path), path.name)
    except JsonError as error:
        raise SetError(str(error)) from error


def _pose(fields: JsonFields) -> tuple[Vec3, Quat]:
    position = fields.vector("position", (0.0, 0.0, 0.0))
    roll, pitch, yaw = (math.radians(a) for a in fields.vector("rotation_degrees", (0.0, 0.0, 0.0)))
    return position, quaternion_of((roll, pitch, yaw))


def _picture(fields: JsonFields, folder: Path) -> tuple[Path | None, float]:
    """A picture beside the set and the width that it covers, m. Raises SetError unless it can be read."""
    name, tile = fields.text("picture", ""), fields.number("tile", 0.0, low=0.0, high=1000.0)
    return (_beside(fields, folder, name) if name else None), tile


def _beside(fields: JsonFields, folder: Path, name: str) -> Path:
    """The file of a picture beside the set. Raises SetError unless it can be read."""
    if name != Path(name).name:
        raise SetError(f"{fields.where}: {name!r} should be the name of a picture beside the set, without a folder")
    check_photo(folder / name, fields.where)
    return folder / name


def _part(fields: JsonFields, shapes: dict[str, int], folder: Path) -> PartSpec:
    shape = fields.choice("shape", tuple(shapes))
    position, quaternion = _pose(fields)
    profile = tuple((pair[0], pair[1]) for pair in fields.pairs("profile")) if shape == "lathe" else ()
    picture, tile = _picture(fields, folder)
    part = PartSpec(
        shape=shape,
        size=fields.numbers("size", shapes[shape], low=1e-3) if shapes[shape] else (),
        position=position,
        quaternion=quaternion,
        color=fields.color("color", (0.8, 0.8, 0.8)),
        material=fields.choice("material", MATERIALS, "paint"),
        rounding=fields.number("rounding", 0.0, low=0.0),
        seed=int(fields.number("seed", 0.0, low=0.0, high=2.0**31)),
        picture=picture,
        tile=tile,
        profile=profile,
    )
    fields.done()
    return part


def _item(fields: JsonFields, name: str | None, folder: Path) -> ItemSpec:
    position, quaternion = _pose(fields)
    stiffness = fields.optional("contact_stiffness", low=STIFFNESS[0])
    damping = fields.optional("contact_damping", low=0.0)
    item = ItemSpec(
        name=fields.text("name", name),
        position=position,
        quaternion=quaternion,
        mass=fields.number("mass", 0.0, low=0.0, high=2000.0),
        friction=fields.number("friction", 0.8, low=0.0, high=10.0),
        rolling_friction=fields.number("rolling_friction", 0.0, low=0.0, high=1.0),
        restitution=fields.number("restitution", 0.0, low=0.0, high=1.5),
        contact_stiffness=stiffness,
        contact_damping=damping,
        hinge=hinge_of(fields),
        holds=fields.number("holds", 0.0, low=0.0, high=MAX_IMPULSE),
        breaks=break_of(fields),
        smear=smear_of(fields),
        belt=belt_of(fields),
        wind=wind_of(fields),
        parts=tuple(_part(f, SOLID_SHAPES, folder) for f in fields.sections("parts")),
        decor=tuple(_part(f, DRAWN_SHAPES, folder) for f in fields.sections("decor")),
        shell=fields.flag("shell", False),
        shadow=fields.flag("shadow", True),
    )
    fields.done()
    check_item(item, fields.where)
    if not item.parts and not item.decor:
        raise SetError(f"{fields.where}: an item needs parts (solid) or decor (drawn only), found neither")
    if item.mass and not item.parts:
        raise SetError(f"{fields.where}: mass is {item.mass} kg, but without parts nothing can move")
    return item


def _prop(path: Path) -> ItemSpec:
    fields = read_fields(path)
    fields.schema(SCHEMA)
    return _item(fields, path.stem, path.parent)


def _placed(fields: JsonFields, folder: Path) -> ItemSpec:
    """An item of a set: written out, or a prop by name with a pose."""
    prop = fields.text("prop", "")
    if not prop:
        return _item(fields, None, folder)
    base = _prop(find(prop, "props", folder))
    position, quaternion = _pose(fields)
    name = fields.text("name", base.name)
    fields.done()
    item = replace(base, name=name, position=position, quaternion=quaternion)
    check_item(item, fields.where)
    return item


def _ground(fields: JsonFields, folder: Path) -> GroundSpec:
    plain = GroundSpec()
    picture, tile = _picture(fields, folder)
    ground = GroundSpec(
        friction=fields.number("friction", plain.friction, low=0.0, high=10.0),
        restitution=fields.number("restitution", plain.restitution, low=0.0, high=1.5),
        material=fields.choice("material", MATERIALS, plain.material),
        color=fields.color("color", plain.color),
        size=_two(fields.numbers("size", 2, plain.size, low=0.1)),
        center=_two(fields.numbers("center", 2, plain.center)),
        picture=picture,
        tile=tile,
    )
    fields.done()
    return ground


def _two(values: tuple[float, ...]) -> tuple[float, float]:
    return values[0], values[1]


def _times(fields: JsonFields, day: LightSpec) -> tuple[tuple[str, LightSpec], ...]:
    """The other times of day: each is an object of the light's fields that differ from the day's."""
    return tuple((name, _light(fields.section(name), day)) for name in fields.left)


def _light(fields: JsonFields, plain: LightSpec) -> LightSpec:
    """`plain`: what the fields are that are left out."""
    light = LightSpec(
        sun_direction=fields.vector("sun_direction", plain.sun_direction),
        sun=fields.vector("sun", plain.sun),
        sky=fields.vector("sky", plain.sky),
        bounce=fields.vector("bounce", plain.bounce),
        fog=fields.vector("fog", plain.fog),
        fog_density=fields.number("fog_density", plain.fog_density, low=0.0),
        lamp_position=fields.vector("lamp_position", plain.lamp_position),
        lamp=fields.vector("lamp", plain.lamp),
        lamp_item=fields.text("lamp_item", plain.lamp_item),
        lamp_key=fields.number("lamp_key", plain.lamp_key, low=0.0, high=1.0),
        exposure=fields.number("exposure", plain.exposure, low=0.01),
        softness=fields.number("softness", plain.softness, low=0.1, high=8.0),
        daylight=fields.vector("daylight", plain.daylight),
        outdoors=fields.flag("outdoors", plain.outdoors),
        seamless=fields.flag("seamless", plain.seamless),
        horizon=fields.color("horizon", plain.horizon),
        zenith=fields.color("zenith", plain.zenith),
        cloud=fields.color("cloud", plain.cloud),
        stars=fields.number("stars", plain.stars, low=0.0, high=1.0),
    )
    if light.sun_direction[2] <= 0:
        raise SetError(f"{fields.where}: sun_direction points to the sun, so its z must be above 0")
    fields.done()
    return light


def _photo(fields: JsonFields | None, folder: Path) -> PhotoSpec | None:
    if fields is None:
        return None
    file, behind = fields.text("file"), fields.text("behind", "")
    shown = _beside(fields, folder, file)
    return PhotoSpec(shown, _beside(fields, folder, behind) if behind else None, _view(fields))


def _view(fields: JsonFields) -> ViewSpec:
    plain = ViewSpec()
    view = ViewSpec(
        position=fields.vector("position", plain.position),
        target=fields.vector("target", plain.target),
        field_of_view=math.radians(
            fields.number("field_of_view_degrees", math.degrees(plain.field_of_view), low=5.0, high=150.0)
        ),
        roll=math.radians(fields.number("roll_degrees", 0.0, low=-180.0, high=180.0)),
    )
    fields.done()
    return view
