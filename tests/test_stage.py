"""The stage, really rendered, in small buffers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest
from numpy.typing import NDArray

from game.scene.set_file import load_set
from game.scene.set_spec import GroundSpec, ItemSpec, LightSpec, PartSpec, SetSpec, ViewSpec
from game.sim import rotation
from game.sim.contact import FLOOR, Contact
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.snapshot import Ghosts, PropPoses, Snapshot
from game.view.avatar import Avatar, AvatarLook, dual_quaternions, pose_of, skin_path
from game.view.face import Face
from game.view.film_camera import FilmCamera
from game.view.pick_pipe import Output, in_software
from game.view.quality import QUALITIES, Tier
from game.view.skin import Skin, SkinError
from game.view.stage import Stage
from tests.support import standing as support

SIZE = (96, 72)
CHALK = GroundSpec(material="chalk", color=(0.8, 0.8, 0.8), size=(6.0, 6.0))
ABOVE = ViewSpec(position=(0.0, -0.01, 6.0), target=(0.0, 0.0, 0.0), field_of_view=0.8)
FRONT = ViewSpec(position=(4.0, 0.0, 1.0), target=(0.0, 0.0, 0.9), field_of_view=0.6)
LOW_SUN = LightSpec(sun_direction=(-1.0, 0.0, 1.0))
POLE = ItemSpec("pole", parts=(PartSpec("box", (0.3, 0.3, 1.4), (0.0, 0.0, 0.7), color=(0.9, 0.1, 0.1)),))
Image = NDArray[np.int64]


pytestmark = pytest.mark.usefixtures("shaders")


@pytest.fixture
def standing() -> Snapshot:
    return support.standing()


@contextmanager
def staged(output: Output, spec: SetSpec, tier: Tier = "lite") -> Iterator[tuple[Stage, FilmCamera]]:
    stage = Stage(output.buffer, spec, QUALITIES[tier])
    camera = FilmCamera(output.buffer, stage.root, SIZE)
    camera.follow(stage.camera, stage.lens)
    yield stage, camera
    camera.close()
    stage.close()


def shot(output: Output, camera: FilmCamera) -> Image:
    """(height, width, 3) RGB"""
    output.engine.render_frame()
    return camera.frame()[..., 2::-1].astype(np.int64)


def nobody(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, body_pos=snapshot.body_pos[:0], body_rot=snapshot.body_rot[:0])


def seen_above_the_floor(image: Image, before: Image) -> NDArray[np.bool_]:
    """(height, width) what has changed, without the shadows on the ground."""
    changed = np.abs(image - before).sum(2) > 40
    changed[int(0.7 * SIZE[1]) :] = False
    return np.asarray(changed)


def difference(a: Image, b: Image) -> float:
    return float(np.abs(a - b).mean())


@pytest.mark.parametrize("name", ["gym", "living_room", "park"])
def test_the_sets_that_ship_are_drawn(output: Output, name: str) -> None:
    with staged(output, load_set(name)) as (_, camera):
        image = shot(output, camera)
        assert image.std() > 25  # not one colour
        assert 60 < image.mean() < 220  # neither in the dark nor burnt out


@pytest.mark.parametrize("tier", ["lite", "std", "film"])
def test_the_sun_throws_shadows_away_from_itself(output: Output, tier: Tier, standing: Snapshot) -> None:
    with staged(output, SetSpec("t", ground=CHALK, light=LOW_SUN, view=ABOVE, items=(POLE,)), tier) as (stage, camera):
        stage.show(nobody(standing), {}, 0.0)
        image = shot(output, camera).sum(2)
        middle, pixels = SIZE[0] // 2, SIZE[1] / (2 * 6.0 * np.tan(0.8 / 2))
        away = int(middle + 1.1 * pixels)  # 1.1 m along +x: the sun stands towards -x, as high as it is far
        assert image[SIZE[1] // 2, away] < 0.85 * image[SIZE[1] // 2, 2 * middle - away]


def test_software_renderers_do_not_filter_anisotropically(output: Output) -> None:
    """Mesa's llvmpipe may walk through thousands of millions of texels for one pixel then."""
    with staged(output, SetSpec("t", ground=CHALK), "film") as (stage, _):
        software = in_software(output.driver)
        assert stage.quality.anisotropy == (1 if software else QUALITIES["film"].anisotropy)
        stage.set_quality(QUALITIES["std"])
        assert stage.quality.anisotropy == (1 if software else QUALITIES["std"].anisotropy)
        assert in_software("llvmpipe (LLVM 15.0.6, 256 bits)") and not in_software("NVIDIA GeForce RTX 4070/PCIe/SSE2")


def test_an_avatar_is_seen_where_his_body_is(output: Output, standing: Snapshot) -> None:
    with staged(output, SetSpec("t", ground=CHALK, view=FRONT)) as (stage, camera):
        stage.show(nobody(standing), {}, 0.0)
        empty = shot(output, camera)
        stage.show(standing, {}, 0.0)
        there = seen_above_the_floor(shot(output, camera), empty)
        assert 0.04 < there.mean() < 0.4
        assert abs(np.argwhere(there)[:, 1].mean() - SIZE[0] / 2) < 4
        stage.show(replace(standing, body_pos=standing.body_pos + np.array([0.0, 0.5, 0.0])), {}, 0.0)
        moved = seen_above_the_floor(shot(output, camera), empty)
        assert np.argwhere(moved)[:, 1].mean() > np.argwhere(there)[:, 1].mean() + 8  # his left is our right
        stage.show(nobody(standing), {}, 0.0)
        assert difference(shot(output, camera), empty) < 0.1


def test_skinning_moves_the_arm_with_its_link(output: Output, standing: Snapshot) -> None:
    with staged(output, SetSpec("t", ground=CHALK, view=FRONT)) as (stage, camera):
        stage.show(standing, {}, 0.0)
        down = shot(output, camera)
        turned = standing.body_rot.copy()
        raised = standing.body_pos.copy()
        shoulder = standing.body_pos[0, standing.model.body("left_upper_arm")]
        for name in ("left_upper_arm", "left_forearm", "left_hand"):
            i = standing.model.body(name)
            turned[0, i] = [np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]  # out to the side
            x, y, z = standing.body_pos[0, i] - shoulder
            raised[0, i] = shoulder + np.array([x, -z, y])
        stage.show(replace(standing, body_pos=raised, body_rot=turned), {}, 0.0)
        changed = seen_above_the_floor(shot(output, camera), down)
        rows, columns = np.argwhere(changed).T
        assert columns.max() > SIZE[0] // 2 + 15  # a hand where there was none
        assert columns.min() > SIZE[0] // 2 - 12 and rows.max() < 46  # the rest stayed


def test_water_is_drawn_after_the_ground_that_shines_through_it(output: Output, standing: Snapshot) -> None:
    """Both may be drawn late; in the wrong order the water would lie on black."""
    puddle = PartSpec("box", (3.0, 3.0, 0.01), (0.0, 0.0, 0.004), color=(0.0, 0.0, 0.0), material="water")
    flat = ItemSpec("water", parts=(puddle,), shadow=False)
    with staged(output, SetSpec("t", ground=CHALK, view=ABOVE, items=(flat,))) as (stage, camera):
        stage.show(nobody(standing), {}, 0.0)
        assert {n.get_bin_name() for n in stage.root.find_all_matches("**/water/*")} == {"transparent"}
        middle = shot(output, camera)[SIZE[1] // 2 - 5 : SIZE[1] // 2 + 5, SIZE[0] // 2 - 5 : SIZE[0] // 2 + 5]
        assert middle.mean() > 60


def test_props_are_drawn_where_they_are_and_taken_away(output: Output, standing: Snapshot) -> None:
    spec = SetSpec("t", ground=CHALK, view=FRONT, items=(POLE,))
    with staged(output, spec) as (stage, camera):
        home = nobody(standing)
        stage.show(home, {}, 0.0)
        static = shot(output, camera)
        moved = PropPoses((5,), np.array([[0.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 0.0, 1.0]]))
        stage.show(replace(home, props=moved), {5: POLE}, 0.0)
        image = shot(output, camera)
        red = (image[..., 0] > 1.6 * image[..., 1]) & (image[..., 0] > 80)
        assert red.any() and np.argwhere(red)[:, 1].mean() > SIZE[0] / 2 + 10  # only the moved one is there
        stage.show(home, {}, 0.0)
        assert difference(shot(output, camera), static) < 0.1


def test_quality_can_be_changed_while_it_runs(output: Output, standing: Snapshot) -> None:
    with staged(output, SetSpec("t", ground=CHALK, view=FRONT, items=(POLE,))) as (stage, camera):
        stage.show(standing, {}, 0.0)
        before = shot(output, camera)
        buffers = output.engine.get_num_windows()
        tiers: tuple[Tier, ...] = ("film", "std", "lite")
        for tier in tiers:
            stage.set_quality(QUALITIES[tier])
            assert difference(shot(output, camera), before) < 25
            assert output.engine.get_num_windows() == buffers
        assert difference(shot(output, camera), before) < 1


def test_a_ghost_is_seen_through_and_only_when_wanted(output: Output, standing: Snapshot) -> None:
    beside = BodyPoses(standing.body_pos + np.array([0.0, 0.8, 0.0]), standing.body_rot)
    ghost = replace(standing, ghosts=Ghosts(lambda: beside))
    with staged(output, SetSpec("t", ground=CHALK, view=FRONT)) as (stage, camera):
        stage.show(standing, {}, 0.0)
        alone = shot(output, camera)
        stage.show(ghost, {}, 0.0)
        assert difference(shot(output, camera), alone) < 0.1
        stage.show_ghost = True
        stage.show(ghost, {}, 0.0)
        seen = shot(output, camera)
        there = np.abs(seen - alone).sum(2) > 8
        assert 0.02 < there.mean() < 0.3
        nowhere = BodyPoses(np.full_like(beside.pos, np.nan), beside.rot)
        unknown = replace(ghost, ghosts=Ghosts(lambda: nowhere))
        stage.show(unknown, {}, 0.0)
        assert difference(shot(output, camera), alone) < 0.1


@pytest.mark.parametrize("level", ["high", "mid", "low"])
def test_every_level_has_a_mouth_that_can_be_seen(output: Output, standing: Snapshot, level: str) -> None:
    head = standing.body_pos[0, standing.model.body("head")]
    front = ViewSpec(
        (float(head[0]) + 1.0, 0.0, float(head[2]) + 0.14), (float(head[0]), 0.0, float(head[2]) + 0.14), 0.2
    )
    lit = LightSpec(sun_direction=(1.0, 0.0, 0.5))
    with staged(output, SetSpec("t", ground=CHALK, view=front, light=lit)) as (stage, camera):
        avatar = Avatar(stage.root.find("world"), standing.model, AvatarLook(), level, QUALITIES["std"])
        avatar.pose(standing.body_pos[0], standing.body_rot[0], Face())
        shut = shot(output, camera)
        avatar.pose(standing.body_pos[0], standing.body_rot[0], Face(open=1.0))
        changed = np.argwhere(np.abs(shot(output, camera) - shut).sum(2) > 60)
        assert 15 < len(changed) < 600
        assert abs(changed[:, 1].mean() - SIZE[0] / 2) < 3


def test_a_hard_hit_raises_dust_that_settles(output: Output, standing: Snapshot) -> None:
    hit = Contact(0, 1, "floor", FLOOR, -1, (0.5, 0.0, 0.05), (0.0, 0.0, 1.0), 100.0, 4000.0)
    with staged(output, SetSpec("t", ground=CHALK, view=FRONT)) as (stage, camera):
        stage.show(nobody(standing), {}, 0.0)
        clean = shot(output, camera)
        stage.show(replace(nobody(standing), contacts=(hit,)), {}, 0.1)
        stage.show(replace(nobody(standing), contacts=()), {}, 0.1)
        assert (np.abs(shot(output, camera) - clean).sum(2) > 3).sum() > 8
        stage.show(nobody(standing), {}, 2.0)
        assert difference(shot(output, camera), clean) < 0.05


def test_closing_gives_every_buffer_back(output: Output) -> None:
    before = output.engine.get_num_windows()
    with staged(output, SetSpec("t", ground=CHALK)):
        assert output.engine.get_num_windows() > before
    assert output.engine.get_num_windows() == before


def test_a_crowd_is_dressed_in_turn(output: Output, standing: Snapshot) -> None:
    three = replace(
        standing,
        body_pos=standing.body_pos + np.array([[[0.0, -0.9, 0.0]], [[0.0, 0.0, 0.0]], [[0.0, 0.9, 0.0]]]),
        body_rot=np.repeat(standing.body_rot, 3, 0), body_vel=np.repeat(standing.body_vel, 3, 0),
        torque=np.repeat(standing.torque, 3, 0),
    )  # fmt: skip
    looks = tuple(AvatarLook(colors={"shirt": c, "stripe": c}) for c in ("#ff0000", "#00ff00"))
    stage = Stage(output.buffer, SetSpec("t", ground=CHALK, view=FRONT), QUALITIES["lite"], looks=looks)
    camera = FilmCamera(output.buffer, stage.root, SIZE)
    camera.follow(stage.camera, stage.lens)
    stage.show(three, {}, 0.0)
    red, green, _ = np.moveaxis(shot(output, camera), -1, 0)
    columns = np.argwhere(red > 2 * green + 40)[:, 1], np.argwhere(green > 2 * red + 40)[:, 1]
    camera.close()
    stage.close()
    assert columns[0].min() < 40 and columns[0].max() > 56  # the first and the third
    assert 36 < columns[1].mean() < 60


# ---------------------------------------------------------------- avatars
def test_an_avatar_needs_a_joint_for_every_link() -> None:
    model = CharacterModel.load()
    with pytest.raises(SkinError, match="avatar has no joint for tail; it has pelvis, torso"):
        Avatar(p3d.NodePath("x"), replace(model, body_names=("pelvis", "tail")), AvatarLook(), "low", QUALITIES["lite"])
    with pytest.raises(SkinError, match="no avatar at"):
        Avatar(p3d.NodePath("x"), model, AvatarLook(model="nobody"), "low", QUALITIES["lite"])


def test_dual_quaternions_carry_the_bind_pose_to_the_links() -> None:
    skin = Skin.load(skin_path("avatar", "low"))
    bind_pos, bind_quat = pose_of(skin.bind)
    real, dual = dual_quaternions(bind_pos, bind_quat, bind_pos, bind_quat)
    assert np.allclose(np.abs(real[:, 3]), 1.0) and np.allclose(dual, 0.0, atol=1e-9)  # nothing moves
    pos = bind_pos + np.array([0.0, 0.0, 2.0])
    quat = np.tile([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)], (len(pos), 1))
    real, dual = dual_quaternions(pos, quat, bind_pos, bind_quat)
    for k in range(len(pos)):  # as surface.vert moves a vertex that sits at the joint
        r, w, d = real[k, :3], real[k, 3], dual[k]
        p = bind_pos[k] + 2 * np.cross(r, np.cross(r, bind_pos[k]) + w * bind_pos[k])
        assert np.allclose(p + 2 * (w * d[:3] - d[3] * r + np.cross(r, d[:3])), pos[k])


def test_the_matrices_and_the_quaternions_agree() -> None:
    skin = Skin.load(skin_path("avatar", "low"))
    pos, quat = pose_of(skin.bind)
    assert np.allclose(rotation.to_matrix(quat), skin.bind[:, :3, :3], atol=1e-5)
    assert np.allclose(pos, skin.bind[:, :3, 3])
