"""The orbit camera's numbers, and that Panda3D sees what they say."""

import math

import numpy as np
import panda3d.core as p3d
import pytest

from game.camera.orbit_camera import LEASH, OrbitCamera
from game.scene.set_spec import ViewSpec
from game.view.camera_node import make_lens, place


def test_directions_are_the_viewers() -> None:
    camera = OrbitCamera(yaw=-math.pi / 2, pitch=0.0)  # from -y, looking along +y
    assert camera.forward == pytest.approx([0, 1, 0], abs=1e-12)
    assert camera.right == pytest.approx([1, 0, 0], abs=1e-12)
    assert camera.eye == pytest.approx([0, -camera.distance, 0.95])


def test_panda_looks_along_forward_with_right_on_the_right() -> None:
    camera = OrbitCamera(yaw=0.7, pitch=0.3)
    root = p3d.NodePath("root")
    node = root.attach_new_node("camera")
    place(camera.pose, node)
    assert tuple(root.get_relative_vector(node, p3d.Vec3.right())) == pytest.approx(camera.right, abs=1e-5)
    ahead = np.array(root.get_relative_vector(node, p3d.Vec3.forward()))
    assert ahead @ camera.forward > 0.9
    assert ahead[2] < 0
    lens = p3d.PerspectiveLens()
    make_lens(lens)
    on_screen = p3d.Point2()
    assert lens.project(node.get_relative_point(root, p3d.Point3(*camera.target)), on_screen)
    assert tuple(on_screen) == pytest.approx((0, 0), abs=1e-5)


def test_dragging_right_turns_the_scene_right() -> None:
    """What was in front of the target moves with the mouse, as if it were held."""
    camera = OrbitCamera(yaw=-math.pi / 2, pitch=0.0)
    near_point = np.array([0.0, -1.0, 0.95])
    camera.drag(0.1, 0.0)
    assert (near_point - camera.target) @ camera.right > 0


def test_it_stays_above_the_floor_and_within_bounds() -> None:
    camera = OrbitCamera()
    camera.drag(0.0, 10.0)
    assert camera.eye[2] > 0
    camera.drag(0.0, -10.0)
    assert camera.pitch < math.pi / 2
    camera.zoom(100)
    assert camera.distance == 0.8
    camera.zoom(-100)
    assert camera.distance == 25.0


def test_following_does_not_depend_on_the_frame_rate() -> None:
    fast, slow, still = OrbitCamera(), OrbitCamera(), OrbitCamera(follows=False)
    focus = np.array([3.0, 1.0, 0.9])
    for _ in range(10):
        fast.update(focus, 0.01)
    slow.update(focus, 0.1)
    still.update(focus, 0.1)
    assert fast.target == pytest.approx(slow.target)
    assert 0 < slow.target[0] < 3.0
    assert still.target[0] == 0
    slow.update(np.full(3, np.nan), 0.1)
    assert np.isfinite(slow.target).all()


def test_a_sets_view() -> None:
    view = ViewSpec(position=(3.5, -2.4, 1.5), target=(0.2, 0.1, 0.9))
    camera = OrbitCamera.of(view)
    assert camera.eye == pytest.approx(view.position)
    assert camera.target == pytest.approx(view.target)


def test_standing_it_turns_where_it_is_up_to_its_leash() -> None:
    camera = OrbitCamera.of(ViewSpec(position=(3.0, -3.0, 1.5), target=(0.0, 0.0, 0.9)))
    camera.update(np.array([-1.0, 1.0, 0.9]), 10.0)
    assert camera.eye == pytest.approx([3.0, -3.0, 1.5])
    assert camera.target[:2] == pytest.approx([-1.0, 1.0])
    camera.update(np.array([-20.0, 1.0, 0.9]), 10.0)
    assert np.linalg.norm(camera.eye - camera.target) == pytest.approx(LEASH)
    assert camera.eye[0] < -10
