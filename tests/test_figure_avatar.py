"""Figures from elsewhere, really drawn, in small buffers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from game.scene.set_spec import GroundSpec, LightSpec, SetSpec, ViewSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view.avatar import AvatarLook
from game.view.figure_avatar import load_figure
from game.view.figure_parts import FigureError
from game.view.film_camera import FilmCamera
from game.view.pick_pipe import Output
from game.view.quality import QUALITIES, Tier
from game.view.stage import Stage, looks_with
from tests.support.box_figure import BoxFigure, png
from tools.cast.casting import cast

SIZE = (96, 128)
VIEW = ViewSpec(position=(3.2, 0.0, 1.0), target=(0.0, 0.0, 0.95), field_of_view=0.62)
SPEC = SetSpec("t", ground=GroundSpec(material="chalk", color=(0.1, 0.1, 0.9), size=(60.0, 60.0)), view=VIEW)
Image = NDArray[np.int64]
RED = png(np.tile(np.array([200, 30, 30, 255], np.uint8), (4, 4, 1)))


@pytest.fixture(scope="module")
def standing() -> Snapshot:
    with open_world(CharacterModel.load()) as world:
        world.add_character()
        return world.snapshot()


def figure(tmp_path: Path, box: BoxFigure, name: str = "box") -> Path:
    source = box.save(tmp_path / f"{name}_raw.glb")
    cast(source, tmp_path / f"{name}.glb", name)
    return tmp_path / f"{name}.glb"


@contextmanager
def staged(output: Output, path: Path | None, tier: Tier = "lite", spec: SetSpec = SPEC) -> Iterator[tuple[Stage, Any]]:
    if not output.has_shaders:
        pytest.skip(f"{output.driver} runs no shaders")
    stage = Stage(output.buffer, spec, QUALITIES[tier], looks=looks_with(path))
    camera = FilmCamera(output.buffer, stage.root, SIZE)
    camera.follow(stage.camera, stage.lens)

    def shot() -> Image:
        output.engine.render_frame()
        return camera.frame()[..., 2::-1].astype(np.int64)

    yield stage, shot
    camera.close()
    stage.close()


def red(image: Image) -> NDArray[np.bool_]:
    return np.asarray((image[..., 0] > 1.6 * image[..., 1]) & (image[..., 0] > image[..., 2] + 30))


@pytest.mark.parametrize("tier", ["lite", "std", "film"])
def test_a_figure_is_drawn_with_its_picture_where_the_body_is(
    output: Output, tmp_path: Path, standing: Snapshot, tier: Tier
) -> None:
    with staged(output, figure(tmp_path, BoxFigure(picture=RED)), tier) as (stage, shot):
        stage.show(standing, {}, 0.0)
        seen = red(shot())
        assert 0.03 < seen.mean() < 0.3
        rows, columns = np.nonzero(seen)
        assert abs(columns.mean() - SIZE[0] / 2) < 5
        # the view is 2 tan(0.31) 3.2 m high about 0.95 m; his top is at 1.73 m, his soles on the floor
        metre = SIZE[1] / (2 * np.tan(0.62 / 2) * 3.2) * SIZE[0] / SIZE[1]
        assert rows.max() == pytest.approx(SIZE[1] / 2 + 0.95 * metre, abs=6)
        assert rows.min() == pytest.approx(SIZE[1] / 2 - 0.78 * metre, abs=8)
        stage.show(replace(standing, body_pos=standing.body_pos + np.array([0.0, 0.4, 0.0])), {}, 0.0)
        assert np.nonzero(red(shot()))[1].mean() > columns.mean() + 6  # his left is our right


def test_cut_outs_have_holes_and_blended_ones_are_seen_through(
    output: Output, tmp_path: Path, standing: Snapshot
) -> None:
    half = np.tile(np.array([200, 30, 30, 255], np.uint8), (8, 8, 1))
    half[:, :4, 3] = 60
    shares = {}
    for mode in ("OPAQUE", "MASK", "BLEND"):
        box = BoxFigure(picture=png(half), material={"alphaMode": mode, "alphaCutoff": 0.5})
        with staged(output, figure(tmp_path, box, mode)) as (stage, shot):
            stage.show(standing, {}, 0.0)
            shares[mode] = float(red(shot()).mean())
    assert shares["MASK"] < 0.85 * shares["OPAQUE"]
    assert shares["BLEND"] < 0.95 * shares["OPAQUE"]


def test_unlit_and_toon_figures_keep_their_colours_in_the_dark(
    output: Output, tmp_path: Path, standing: Snapshot
) -> None:
    """Painted pictures look as they were painted: a dim room takes less than half of their light."""
    dim = replace(SPEC, light=LightSpec(sun=(0.02, 0.02, 0.02), sky=(0.05, 0.05, 0.05), bounce=(0.02, 0.02, 0.02)))
    toon = {"VRMC_materials_mtoon": {"specVersion": "1.0", "shadeColorFactor": [0.6, 0.5, 0.5]}}
    levels = {}
    for name, extensions in (("lit", {}), ("unlit", {"KHR_materials_unlit": {}}), ("toon", toon)):
        box = BoxFigure(picture=RED, material={"extensions": extensions} if extensions else {})
        with staged(output, figure(tmp_path, box, name), spec=dim) as (stage, shot):
            stage.show(standing, {}, 0.0)
            image = shot()
            levels[name] = float(image[..., 0].max())
    assert levels["lit"] < 120 < levels["toon"]
    assert levels["unlit"] == pytest.approx(200, abs=25)


def test_a_blink_moves_the_face(output: Output, tmp_path: Path, standing: Snapshot) -> None:
    box = BoxFigure(picture=RED, morphs=("eyeBlinkLeft", "browInnerUp"))
    with staged(output, figure(tmp_path, box)) as (stage, shot):
        stage.show(standing, {}, 0.0)
        calm = red(shot())
        flying = replace(standing, contacts=())  # he is afraid in the air: his brows go up
        for _ in range(12):
            stage.show(flying, {}, 0.1)
        afraid = red(shot())
        assert np.nonzero(afraid)[0].min() < np.nonzero(calm)[0].min()  # the morph moves the head up, by glTF's y


def test_a_figure_that_breaks_is_replaced_by_our_own(output: Output, tmp_path: Path, standing: Snapshot) -> None:
    path = figure(tmp_path, BoxFigure(picture=RED))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x89PNG")
    data[at + 30 : at + 60] = bytes(30)
    path.write_bytes(data)
    with staged(output, path) as (stage, shot):
        stage.show(standing, {}, 0.0)
        assert "picture 0 cannot be read" in stage.figure_trouble
        assert shot().std() > 10
    with pytest.raises(FigureError, match="no figure"):
        load_figure(tmp_path / "gone.glb")


def test_only_the_first_of_a_crowd_is_the_figure(tmp_path: Path) -> None:
    looks = looks_with(tmp_path / "me.glb")
    assert looks[0].figure == tmp_path / "me.glb"
    assert all(look.figure is None for look in looks[1:])
    assert looks_with(None)[0] == AvatarLook()
