"""Times of day: the same set in another light, by name, drawn and in takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from game.scene.json_fields import SetError
from game.scene.set_file import load_set, names
from game.scene.set_spec import DAY, LightSpec, SetSpec
from game.session.opening import BARE
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view.dust import color_of
from game.view.film_camera import FilmCamera
from game.view.lamp import LAMP_OFF, lamp_glow
from game.view.pick_pipe import Output
from game.view.quality import QUALITIES
from game.view.soles import NOWHERE, soles
from game.view.stage import Stage
from tests.support import standing as support

SIZE = (96, 54)


pytestmark = pytest.mark.usefixtures("shaders")


@pytest.fixture
def standing() -> Snapshot:
    return support.standing()


def picture(output: Output, spec: SetSpec, snapshot: Snapshot | None = None) -> np.ndarray:
    """(height, width, 3) RGB as the set's own view shows it."""
    stage = Stage(output.buffer, spec, QUALITIES["lite"])
    camera = FilmCamera(output.buffer, stage.root, SIZE)
    camera.follow(stage.camera, stage.lens)
    if snapshot is not None:
        stage.show(snapshot, {}, 0.0)
    output.engine.render_frame()
    image = camera.frame()[..., 2::-1].astype(float)
    camera.close()
    stage.close()
    return image


@pytest.mark.parametrize("name", names("sets"))
def test_every_set_has_three_times_of_day_that_differ_in_light_alone(name: str) -> None:
    day = load_set(name)
    assert day.time_of_day == DAY and len(day.times_of_day) >= 3
    for time in day.times_of_day[1:]:
        other = load_set(f"{name}@{time}")
        assert other == day.at_time(time)
        assert other.name == f"{name}@{time}" and other.base_name == name and other.time_of_day == time
        assert other.light != day.light and other.items == day.items and other.ground == day.ground
        assert other.at_time(DAY).light == day.light and other.at_time(DAY).name == name
        assert set(other.times_of_day) == set(day.times_of_day)


def test_a_time_keeps_the_fields_that_it_does_not_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    card = {"schema": 1, "light": {"exposure": 0.5, "sun": [1, 1, 1]}, "times": {"dusk": {"sun": [1, 0.4, 0.1]}}}
    file.write_text(json.dumps(card), "utf-8")
    assert load_set(f"{file}@dusk").light == LightSpec(exposure=0.5, sun=(1.0, 0.4, 0.1))
    with pytest.raises(SetError, match="mine: no time of day is called 'noon'; there are day, dusk"):
        load_set(f"{file}@noon")
    card["times"]["dusk"]["sunn"] = 1  # type: ignore[index]
    file.write_text(json.dumps(card), "utf-8")
    with pytest.raises(SetError, match=r"mine.json: times: dusk: there is no field 'sunn'"):
        load_set(file)
    named = tmp_path / "my@room.json"
    named.write_text('{"schema": 1}', "utf-8")
    with pytest.raises(SetError, match="rename the file"):
        load_set(named)


def test_nights_are_darker_and_evenings_warmer(output: Output) -> None:
    for name in ("living_room", "park"):
        day, evening, night = (picture(output, load_set(name).at_time(time)) for time in (DAY, "evening", "night"))
        assert night.mean() < 0.65 * day.mean()
        warmth = [image[..., 0].mean() / image[..., 2].mean() for image in (day, evening)]
        assert warmth[1] > 1.15 * warmth[0]


def test_the_lamp_lights_the_room_at_night(output: Output) -> None:
    """The wall above the lamp is the brightest of the room, and warm; by day it is not."""
    night = load_set("living_room").at_time("night")
    lit = picture(output, night)
    column, row = int(0.41 * SIZE[0]), int(0.38 * SIZE[1])
    above = lit[row - 2 : row + 2, column - 2 : column + 2].mean((0, 1))
    assert above.mean() > 1.6 * lit.mean() and above[0] > 1.1 * above[2]


def test_no_set_is_a_studio_without_an_edge(output: Output) -> None:
    image = picture(output, BARE)
    assert image.min() > 120  # nothing black anywhere
    beside = image[:, 4].mean(1)  # down one column: floor, horizon and backdrop without a line
    assert np.abs(np.diff(beside)).max() < 22


def test_soles_are_where_the_feet_stand(standing: Snapshot) -> None:
    model = CharacterModel.load()
    position, rotation = standing.body_pos[0].copy(), standing.body_rot[0].copy()
    foot = model.feet[0]
    position[foot], rotation[foot] = (1.0, 2.0, 0.05), (0.0, 0.0, 0.0, 1.0)
    # the foot's box: edges 0.177, 0.09, 0.055 about (0.045, 0, -0.0225)
    np.testing.assert_allclose(soles(model, position, rotation)[0], [1.045, 2.0, 0.0, 0.0885], atol=1e-9)
    np.testing.assert_allclose(soles(model, position, rotation)[1], [1.0, 0.0, 0.045, 1.0], atol=1e-9)
    rotation[foot] = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # it points along y
    np.testing.assert_allclose(soles(model, position, rotation)[:2, :2], [[1.0, 2.045], [0.0, 1.0]], atol=1e-9)
    assert NOWHERE[1, 3] == 0.0  # where nobody stands nothing is dark


def test_dust_is_never_brighter_than_what_it_lies_on() -> None:
    for name in names("sets"):
        spec = load_set(name)
        for time in spec.times_of_day:
            light = spec.at_time(time).light
            assert color_of(light).max() < 0.75
        assert color_of(spec.at_time("night").light).mean() < 0.6 * color_of(spec.light).mean()


def test_a_lamp_glows_as_it_shines() -> None:
    assert lamp_glow(LightSpec()) == (LAMP_OFF, LAMP_OFF, LAMP_OFF)
    assert lamp_glow(LightSpec(lamp=(2.0, 1.0, 0.5))) == (1.0, 1.0, 1.0)
    r, g, b = lamp_glow(LightSpec(lamp=(2.0, 1.0, 0.5), lamp_key=1.0))
    assert (r, g, b) == pytest.approx((2.2, 1.65, 1.375))
