"""Real rendering without a display: what stands left, right, above is filmed there."""

import numpy as np
import panda3d.core as p3d
import pytest

from game.view.film_camera import FilmCamera
from game.view.pick_pipe import Output


def scene_with_card() -> p3d.NodePath:
    """A red card in the upper left quarter of a view along +y."""
    scene = p3d.NodePath("scene")
    maker = p3d.CardMaker("card")
    maker.set_frame(-2, 0, 0, 2)
    maker.set_color(1, 0, 0, 1)
    scene.attach_new_node(maker.generate()).set_y(2)
    return scene


def test_an_output_names_its_driver(output: Output) -> None:
    assert output.module in ("p3headlessgl", "pandagl", "p3tinydisplay")
    assert output.driver


@pytest.mark.parametrize("size", [(96, 64), (64, 96)])
def test_the_picture_is_the_right_way_up(output: Output, size: tuple[int, int]) -> None:
    output.buffer.clear_color = p3d.LColor(0, 0, 1, 1)
    camera = FilmCamera(output.buffer, scene_with_card(), size)
    output.engine.render_frame()
    frame = camera.frame()
    camera.close()
    width, height = size
    assert frame.shape == (height, width, 4)
    assert frame[5, 5, :3].tolist() == [0, 0, 255]
    for row, column in ((5, -5), (-5, 5), (-5, -5)):
        assert frame[row, column, :3].tolist() == [255, 0, 0]


def test_it_follows_another_camera(output: Output) -> None:
    scene = scene_with_card()
    film = FilmCamera(output.buffer, scene, (96, 64))
    lens = p3d.PerspectiveLens()
    lens.min_fov = 20
    moved = scene.attach_new_node("moved")
    moved.set_pos(-1, 0, 1)
    other = moved.attach_new_node(p3d.Camera("other", lens))
    film.follow(other, lens)
    output.engine.render_frame()
    assert np.ptp(film.frame()[..., :3].reshape(-1, 3), axis=0).tolist() == [0, 0, 0]  # the card fills it
    assert film.lens.fov.y == pytest.approx(20)
    film.active = False
    assert not film.active
    film.close()
