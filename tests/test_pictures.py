"""A user's own pictures on floors and things."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from game.scene.json_fields import SetError
from game.scene.set_file import load_set
from game.scene.set_spec import SetSpec
from game.view import patterns
from game.view.film_camera import FilmCamera
from game.view.pick_pipe import configure, open_offscreen
from game.view.quality import QUALITIES
from game.view.set_view import drawn
from game.view.stage import Stage
from tools.footage.png import write_png

SIZE = (120, 90)
VIEW = {"position": [0, -0.01, 4], "target": [0, 0, 0], "field_of_view_degrees": 60}


def room(folder: Path, **ground: object) -> SetSpec:
    """A floor with a picture: red on the left half, blue on the right, twice as wide as it is high."""
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:, :32, 0], picture[:, 32:, 2] = 220, 220
    write_png(folder / "halves.png", picture)
    box = {"shape": "box", "size": [1, 2, 1], "picture": "halves.png", "tile": 0.5}
    file = folder / "mine.json"
    items = [{"name": "box", "position": [9, 9, 0.5], "parts": [box]}]
    floor = {"size": [4, 4], "material": "chalk", "picture": "halves.png", **ground}
    card = {"schema": 1, "view": VIEW, "ground": floor, "items": items}
    file.write_text(json.dumps(card), "utf-8")
    return load_set(file)


def seen(spec: SetSpec) -> np.ndarray:
    """(height, width, 3) RGB"""
    configure()
    output = open_offscreen()
    if not output.has_shaders:
        pytest.skip(f"{output.driver} runs no shaders: install libegl1 and libgl1-mesa-dri")
    stage = Stage(output.buffer, spec, QUALITIES["lite"])
    camera = FilmCamera(output.buffer, stage.root, SIZE)
    camera.follow(stage.camera, stage.lens)
    output.engine.render_frame()
    image = camera.frame()[..., 2::-1].astype(int)
    camera.close()
    stage.close()
    return image


def test_a_picture_lies_once_over_the_floor(tmp_path: Path) -> None:
    middle = seen(room(tmp_path))[45]
    red, blue = (middle[:, c] > middle[:, 2 - c] + 40 for c in (0, 2))
    assert red[30:58].all() and blue[62:90].all()


def test_a_picture_repeats_every_tile(tmp_path: Path) -> None:
    middle = seen(room(tmp_path, tile=1.0))[45]
    redder = (middle[:, 0] > middle[:, 2])[28:92]  # the floor's 4 m are about 78 px
    assert 5 <= np.abs(np.diff(redder.astype(int))).sum() <= 8


def test_a_tile_keeps_the_picture_s_proportions(tmp_path: Path) -> None:
    spec = room(tmp_path)
    part = spec.items[0].parts[0]
    assert part.picture is not None and patterns.picture_shape(part.picture) == 0.5
    uv = drawn(part, 1.0).uv
    # 0.5 m wide, so 0.25 m high: the side of 2 m by 1 m shows 4 by 4, the one of 1 m by 1 m 2 by 4, the top 2 by 8
    assert np.ptp(uv, axis=0) == pytest.approx([4.0, 8.0], abs=0.2)


def test_pictures_that_cannot_be_read_are_refused_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(SetError, match=r"mine.json: ground: gone.png: the picture cannot be read"):
        room(tmp_path, picture="gone.png")
    with pytest.raises(SetError, match="should be the name of a picture beside the set"):
        room(tmp_path, picture="../halves.png")
    (tmp_path / "text.png").write_text("no picture", "utf-8")
    with pytest.raises(SetError, match="neither a JPEG nor a PNG"):
        room(tmp_path, picture="text.png")
