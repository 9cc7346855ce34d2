"""The collision shapes, drawn: each body where the snapshot says, seen in a real picture."""

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest

from game.scene.set_spec import ItemSpec, PartSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.world import World
from game.view.film_camera import FilmCamera
from game.view.pick_pipe import Output
from game.view.shapes import ShapesView

BALL = ItemSpec("ball", (1.0, 0.0, 1.0), mass=1.0, parts=(PartSpec("sphere", (0.3,), color=(1.0, 0.0, 0.0)),))


@pytest.fixture
def world() -> World:
    world = open_world(CharacterModel.load())
    world.add_character()
    return world


def test_bodies_stand_where_the_snapshot_says(world: World) -> None:
    scene = p3d.NodePath("scene")
    view = ShapesView(scene, world.model)
    snapshot = world.snapshot()
    turned = snapshot.body_rot.copy()
    turned[0, 4] = (0.0, np.sin(0.3), 0.0, np.cos(0.3))
    view.show(replace(snapshot, body_rot=turned), {})
    shin = scene.find("**/right_shin")
    assert tuple(shin.get_pos()) == pytest.approx(snapshot.body_pos[0, 4], abs=1e-6)
    assert tuple(shin.get_quat()) == pytest.approx((np.cos(0.3), 0, np.sin(0.3), 0), abs=1e-6)
    bounds = scene.find("**/right_foot").get_tight_bounds(scene)
    assert bounds is not None
    assert bounds[0].z == pytest.approx(0.0, abs=1e-3)  # soles on the floor


def test_characters_and_props_come_and_go(world: World) -> None:
    scene = p3d.NodePath("scene")
    view = ShapesView(scene, world.model)
    world.add_character((1.0, 0.0))
    ball = world.spawn(BALL)
    view.show(world.snapshot(), {ball: BALL})
    assert len(scene.find_all_matches("**/pelvis")) == 2
    assert tuple(scene.find("**/ball").get_pos()) == pytest.approx((1, 0, 1))
    world.remove_character()
    world.remove_prop(ball)
    view.show(world.snapshot(), {})
    assert len(scene.find_all_matches("**/pelvis")) == 1
    assert scene.find("**/ball").is_empty()
    view.close()
    assert scene.find("**/shapes").is_empty()


def test_a_red_ball_is_seen(world: World, output: Output) -> None:
    scene = p3d.NodePath("scene")
    view = ShapesView(scene, world.model)
    ball = world.spawn(BALL)
    view.show(world.snapshot(), {ball: BALL})
    camera = FilmCamera(output.buffer, scene, (96, 64))
    camera.node.set_pos(1, -3, 1)
    output.engine.render_frame()
    blue, green, red = camera.frame()[32, 48, :3].tolist()
    assert red > 100
    assert max(blue, green) < 60
    camera.close()
