"""Sets and props: what ships is sound, and a broken file says what is wrong with it."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.scene.json_fields import SetError
from game.scene.set_file import load_prop, load_set, names
from game.scene.set_spec import ItemSpec, PartSpec, quaternion_of

BOX = {"shape": "box", "size": [1, 1, 1]}


def write(folder: Path, data: Any, name: str = "mine.json") -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return path


def a_set(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"schema": 1, "items": list(items), **fields}


def test_the_living_room_has_what_can_be_fallen_over() -> None:
    items = {item.name: item for item in load_set("living_room").items}
    assert items["sofa"].mass == 0 and items["sofa"].contact_stiffness is not None
    assert 0 < items["lamp"].mass < 3
    assert sum(name.startswith("book ") and item.mass > 0 for name, item in items.items()) >= 10
    assert items["rug"].friction < load_set("living_room").ground.friction


def test_the_park_has_bench_bushes_and_path() -> None:
    names_found = [item.name for item in load_set("park").items]
    assert {"bench", "path"} <= set(names_found)
    assert sum(name.startswith("bush") for name in names_found) >= 5
    assert load_set("park").light.outdoors


@pytest.mark.parametrize("name", ["gym", "living_room", "park"])
def test_nothing_solid_stands_where_a_character_starts(name: str) -> None:
    for item in load_set(name).items:
        for part in item.parts:
            center = np.array(item.position) + np.array(part.position)
            flat = part.shape == "cylinder" and part.size[1] < 0.02  # a rug
            assert flat or math.hypot(center[0], center[1]) > 0.4, item.name


def test_every_prop_loads_and_weighs_something_sensible() -> None:
    expected = {"mattress", "trampoline", "ice_patch", "banana_skin", "wheelie_chair", "cardboard_box", "bin", "ball"}
    assert expected | {"anvil"} <= set(names("props"))
    mass = {name: load_prop(name).mass for name in names("props")}
    assert mass["anvil"] > 30 > mass["wheelie_chair"] > mass["cardboard_box"] > mass["banana_skin"] > 0
    assert load_prop("ice_patch").friction < 0.1 < load_prop("mattress").friction
    assert load_prop("trampoline").restitution > load_prop("ball").restitution > load_prop("anvil").restitution


@pytest.mark.parametrize("kind", ["sets", "props"])
def test_what_moves_has_its_frame_at_its_centre_of_mass(kind: str) -> None:
    items = (
        [load_prop(n) for n in names("props")]
        if kind == "props"
        else [i for n in names("sets") for i in load_set(n).items]
    )
    for item in (i for i in items if i.mass > 0):
        volume = [float(np.prod(p.size)) if p.shape == "box" else _round_volume(p) for p in item.parts]
        middle = np.average([p.position for p in item.parts], axis=0, weights=volume)
        assert np.allclose(middle, 0.0, atol=0.01), item.name


def _round_volume(part: PartSpec) -> float:
    r = part.size[0]
    ball = 4.0 / 3.0 * math.pi * r**3
    return {
        "sphere": ball,
        "cylinder": math.pi * r * r * part.size[-1],
        "capsule": ball + math.pi * r * r * part.size[-1],
    }[part.shape]


def test_a_prop_can_be_placed_anywhere() -> None:
    ball = load_prop("ball").at((1.0, 2.0, 3.0), yaw=math.pi / 2)
    assert ball.position == (1.0, 2.0, 3.0)
    assert ball.quaternion == pytest.approx((0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5)))
    assert ball.mass == load_prop("ball").mass


def test_rotations_are_roll_then_pitch_then_yaw() -> None:
    from game.sim.rotation import rotate

    q = np.array(quaternion_of((math.pi / 2, 0.0, math.pi / 2)))
    assert np.allclose(rotate(q, np.array([0.0, 1.0, 0.0])), [0, 0, 1])  # y rolls up to z, yaw leaves it
    assert np.allclose(rotate(q, np.array([1.0, 0.0, 0.0])), [0, 1, 0])


def test_a_set_of_ones_own(tmp_path: Path) -> None:
    write(tmp_path, {"schema": 1, "name": "brick", "mass": 2, "parts": [BOX]}, "brick.json")
    data = a_set(
        {"prop": "brick", "name": "a", "position": [1, 0, 0]}, {"prop": "ball", "rotation_degrees": [0, 0, 90]}
    )
    spec = load_set(write(tmp_path, data | {"title": "Mine", "ground": {"material": "chalk", "color": "#ff0000"}}))
    assert (spec.name, spec.title, spec.ground.color) == ("mine", "Mine", (1.0, 0.0, 0.0))
    assert [item.name for item in spec.items] == ["a", "ball"]
    assert spec.items[0] == ItemSpec("a", (1.0, 0.0, 0.0), mass=2.0, parts=(PartSpec("box", (1.0, 1.0, 1.0)),))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("{", "line 1"),
        ("[]", "expected an object"),
        ({"items": []}, "'schema' is missing"),
        ({"schema": 7}, "'schema' should be 1, found 7"),
        (a_set(ceiling=1), "no field 'ceiling'; there are ground, items"),
        (a_set(items=3), "'items' should be a list of objects"),
        (a_set({"parts": [BOX]}), "items[0]: 'name' is missing"),
        (a_set({"name": "x"}), "items[0] (x): an item needs parts"),
        (a_set({"name": "x", "mass": 1, "decor": [BOX]}), "without parts nothing can move"),
        (a_set({"name": "x", "mass": -1, "parts": [BOX]}), "'mass' should be between 0 and 2000, found -1"),
        (a_set({"name": "x", "mass": True, "parts": [BOX]}), "'mass' should be a number, found True"),
        (a_set({"name": "x", "mass": float("nan"), "parts": [BOX]}), "NaN is not a JSON number"),
        (a_set({"name": "x", "parts": [{"shape": "cone"}]}), "parts[0]: 'shape' should be one of box, sphere, capsule"),
        (a_set({"name": "x", "parts": [{"shape": "lathe"}]}), "'shape' should be one of box"),
        (a_set({"name": "x", "parts": [BOX | {"size": [1, 2]}]}), "'size' should be a list of 3 numbers, found [1, 2]"),
        (a_set({"name": "x", "parts": [BOX | {"size": [1, 2, 0]}]}), "'size[2]' should be at least 0.001"),
        (a_set({"name": "x", "parts": [BOX | {"color": "red"}]}), "colour \"#rrggbb\", found 'red'"),
        (a_set({"name": "x", "parts": [BOX | {"color": "#gg0000"}]}), 'colour "#rrggbb"'),
        (a_set({"name": "x", "parts": [BOX | {"material": "mud"}]}), "'material' should be one of paint"),
        (a_set({"name": "x", "parts": [BOX | {"colour": "#000000"}]}), "no field 'colour'; there are color, material"),
        (a_set({"name": "x", "decor": [{"shape": "lathe", "profile": [[1, 2]]}]}), "a list of 2 to 1000 [a, b] pairs"),
        (a_set({"name": "x", "parts": [BOX], "contact_stiffness": 9}), "come together or not at all"),
        (a_set({"name": "x", "parts": [BOX]}, {"name": "x", "parts": [BOX]}), "more than one is called 'x'"),
        (a_set(light={"sun_direction": [0, 0, -1]}), "its z must be above 0"),
        (a_set(light={"outdoors": "yes"}), "'outdoors' should be true or false, found 'yes'"),
        (a_set(ground=[]), "'ground' should be an object"),
    ],
)
def test_a_broken_set_says_what_is_wrong(tmp_path: Path, data: Any, said: str) -> None:
    with pytest.raises(SetError) as caught:
        load_set(write(tmp_path, data))
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SetError, match="props has no 'unicorn'; available: anvil"):
        load_set(write(tmp_path, a_set({"prop": "unicorn"})))
    with pytest.raises(SetError, match="no such file"):
        load_set(tmp_path / "none.json")
    with pytest.raises(SetError, match="sets has no 'moon'; available: gym, living_room, park"):
        load_set("moon")
    (tmp_path / "latin.json").write_bytes(b'{"title": "\xe9"}')
    with pytest.raises(SetError, match="not a UTF-8"):
        load_set(tmp_path / "latin.json")
