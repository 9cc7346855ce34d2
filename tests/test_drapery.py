"""Where he bends, and which side is pressed together; hands that close; what is drawn of it."""

from __future__ import annotations

import math

import numpy as np
import panda3d.core as p3d
import pytest
from numpy.typing import NDArray

from game.scene.set_spec import GroundSpec, SetSpec, ViewSpec
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from game.view.avatar import vectors
from game.view.drapery import FOLDS, FULL_BEND, NUM_BENDS, Drapery
from game.view.face import EXPRESSIONS
from game.view.film_camera import FilmCamera
from game.view.fingers import Fingers, finger_turns
from game.view.pick_pipe import Output
from game.view.quality import QUALITIES, Tier
from game.view.stage import Stage
from tests.support.standing import standing

MODEL = CharacterModel.load()
ROLES = MODEL.roles
AHEAD = (0.0, 1.0, 0.0)
"""the axis about which a limb that hangs swings to and fro"""


def straight() -> NDArray[np.float64]:
    return np.tile(rotation.IDENTITY, (MODEL.num_bodies, 1))


def row(part: BodyPart, side: str = "") -> int:
    """Of a joint's bend among those of the shader."""
    return [b for b, p in enumerate(ROLES.part) if p in FOLDS].index(ROLES.find(part, side))


def test_nothing_is_pressed_on_a_straight_body() -> None:
    bends = Drapery(MODEL).bends(straight())
    assert bends.shape == (NUM_BENDS, 4)
    assert np.allclose(bends[:, :3], 0.0)
    assert (bends[:, 3] > 0.0).all()  # all nine joints are used


def test_a_bent_knee_presses_the_cloth_behind_it() -> None:
    turned = straight()
    turned[ROLES.find(BodyPart.SHIN, "left")] = rotation.from_axis_angle(AHEAD, 0.8)
    bends = Drapery(MODEL).bends(turned)
    knee = row(BodyPart.SHIN, "left")
    assert bends[knee, :3] == pytest.approx([-0.8 / FULL_BEND, 0.0, 0.0])
    assert np.allclose(np.delete(bends, knee, axis=0)[:, :3], 0.0)


def test_whoever_bends_forward_presses_his_belly_and_who_turns_twists_his_shirt() -> None:
    turned, drapery = straight(), Drapery(MODEL)
    waist = row(BodyPart.TORSO)
    for b in (ROLES.torso, ROLES.head):
        turned[b] = rotation.from_axis_angle(AHEAD, 0.4)
    assert drapery.bends(turned)[waist, :2] == pytest.approx([0.4 / FULL_BEND, 0.0])
    for b in (ROLES.torso, ROLES.head):
        turned[b] = rotation.from_axis_angle((0.0, 0.0, 1.0), 0.3)
    assert drapery.bends(turned)[waist, :3] == pytest.approx([0.0, 0.0, 0.3])


def test_bends_do_not_depend_on_which_way_he_faces_and_grow_no_deeper_than_full() -> None:
    turned, drapery = straight(), Drapery(MODEL)
    turned[ROLES.find(BodyPart.FOREARM, "right")] = rotation.from_axis_angle(AHEAD, -2.4)
    here = drapery.bends(turned)
    assert here[row(BodyPart.FOREARM, "right"), :2] == pytest.approx([1.0, 0.0])
    whole = rotation.from_rotvec(np.array([0.3, 1.2, -2.0]))
    assert drapery.bends(rotation.multiply(whole, turned)) == pytest.approx(here)


def test_the_place_of_a_point_on_the_straight_body() -> None:
    """A point on the shin, 0.2 m below a knee that is bent in the skin's own pose and twice as large there."""
    shin = ROLES.find(BodyPart.SHIN, "right")
    thigh = ROLES.find(BodyPart.THIGH, "right")
    bind = np.tile(np.eye(4), (MODEL.num_bodies, 1, 1))
    bind[shin, :3, :3] = rotation.to_matrix(rotation.from_axis_angle(AHEAD, math.pi / 2))
    bind[shin, :3, 3] = [1.0, 2.0, 3.0]
    point = np.array([[1.0 - 0.4, 2.0, 3.0]])  # the shin points backwards
    place = Drapery(MODEL).places(
        point, np.array([[shin, 0, 0, 0]]), np.array([[1.0, 0.0, 0.0, 0.0]]), bind, np.arange(MODEL.num_bodies), 2.0
    )
    down = MODEL.body_offset[0] + MODEL.body_offset[thigh] + MODEL.body_offset[shin]
    assert place[0] == pytest.approx([down[0], down[1], down[2] - 0.2])


@pytest.mark.parametrize(("side", "palm"), [("left", -1.0), ("right", 1.0)])
def test_fingers_close_towards_the_palm(side: str, palm: float) -> None:
    down = np.array([0.0, 0.0, -1.0])
    flat, fist = finger_turns(side, 0.0), finger_turns(side, 1.0)
    assert rotation.rotate(flat["fingers"], down)[1] * palm < 0.0
    closed = rotation.rotate(rotation.multiply(fist["fingers"], fist["fingertips"]), down)
    assert rotation.rotate(fist["fingers"], down)[1] * palm > 0.9
    assert closed[2] > 0.8  # the tips point back to the wrist
    thumb = rotation.rotate(fist["thumb"], down)
    assert thumb[0] < -0.5 and thumb[1] * palm > 0.2  # across the palm


def test_hands_close_by_mood_and_elbow_and_lie_flat_on_the_floor() -> None:
    snapshot, fingers = standing(), Fingers(MODEL)
    position, quaternion = snapshot.body_pos[0] + [0.0, 0.0, 0.0], snapshot.body_rot[0].copy()
    calm, effort, fear = (EXPRESSIONS[e].grip for e in ("calm", "effort", "fear"))
    relaxed = fingers.grip("left", position, quaternion, calm)
    assert fear == 0.0 and fingers.grip("left", position, quaternion, fear) == 0.0
    assert 0.1 < relaxed < 0.4 < 0.9 < fingers.grip("left", position, quaternion, effort) <= 1.0
    elbow = rotation.from_axis_angle(AHEAD, -1.5)
    for part in (BodyPart.FOREARM, BodyPart.HAND):
        b = ROLES.find(part, "left")
        quaternion[b] = rotation.multiply(quaternion[b], elbow)
    assert fingers.grip("left", position, quaternion, calm) > relaxed + 0.2
    position[fingers.hand("left"), 2] = 0.05
    assert fingers.grip("left", position, quaternion, effort) == 0.0
    assert fingers.grip("right", position, quaternion, effort) > 0.9


@pytest.mark.usefixtures("shaders")
@pytest.mark.parametrize("tier", ["lite", "std", "film"])
def test_cloth_folds_where_the_trunk_is_bent(output: Output, tier: Tier) -> None:
    """The same pose is drawn with and without its bends: the shirt has more contrast with them."""
    view = ViewSpec(position=(1.2, 0.0, 1.2), target=(0.0, 0.0, 1.1), field_of_view=0.5)
    stage = Stage(
        output.buffer, SetSpec("t", ground=GroundSpec(material="chalk", size=(6.0, 6.0)), view=view), QUALITIES[tier]
    )
    camera = FilmCamera(output.buffer, stage.root, (96, 96))
    camera.follow(stage.camera, stage.lens)
    stage.show(standing(), {}, 0.0)
    node = stage.root.find("**/avatar")
    roughness = []
    for bent in (0.0, 1.0):
        bends = vectors(NUM_BENDS)
        for i in range(NUM_BENDS):
            bends[i] = p3d.LVecBase4f(bent, 0.0, 0.0, 2.0 * bent)
        node.set_shader_input("bend", bends)
        output.engine.render_frame()
        image = camera.frame()[..., :3].astype(float).mean(2)
        shirt = image[30:80, 30:66]
        roughness.append(np.abs(np.diff(shirt, axis=0)).mean())
    camera.close()
    stage.close()
    assert roughness[1] > 1.15 * roughness[0]
