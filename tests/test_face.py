"""The avatar's face: expressions, lids, gaze, blinks; and what makes him feel so."""

from itertools import pairwise
from typing import cast

import numpy as np
import pytest

from game.sim.contact import FLOOR, Contact
from game.sim.model import CharacterModel
from game.sim.rotation import rotate
from game.sim.snapshot import PropPoses, Snapshot
from game.sim.state import CharacterState
from game.view.expression import AIRBORNE_SECONDS, DAZED_SECONDS, PAIN_SECONDS, ExpressionJudge
from game.view.face import EXPRESSIONS, GAZE_LIMIT, Expression, Face, FaceActor, joint_turns

FORWARD = np.array([1.0, 0.0, 0.0])
FAR_AWAY = np.array([100.0, 0.0, 1.5])


def looks(face: Face, joint: str) -> np.ndarray:
    """(3,) where a joint turns what points forward, in the head's frame."""
    return rotate(joint_turns(face)[joint], FORWARD)


def test_a_raised_lid_opens_and_a_lowered_one_shuts() -> None:
    assert looks(Face(upper_lid=0.5), "left_upper_lid")[2] > 0.4
    assert looks(Face(upper_lid=-0.1), "left_upper_lid")[2] < 0.0
    assert looks(Face(lower_lid=0.5), "right_lower_lid")[2] < -0.4


def test_eyes_turn_together_unless_he_is_dazed() -> None:
    both = Face(gaze_yaw=0.3, gaze_pitch=0.2)
    assert np.allclose(looks(both, "left_eye"), looks(both, "right_eye"))
    assert looks(both, "left_eye")[1] > 0.2 and looks(both, "left_eye")[2] > 0.15
    dazed = EXPRESSIONS["dazed"]
    assert looks(dazed, "left_eye")[1] < 0 < looks(dazed, "right_eye")[1]  # both inward


def test_a_frown_tilts_the_brows_mirrored() -> None:
    outward = {"left": np.array([0.0, 1.0, 0.0]), "right": np.array([0.0, -1.0, 0.0])}
    for side, out in outward.items():
        assert rotate(joint_turns(Face(brow_tilt=-0.3))[f"{side}_brow"], out)[2] > 0.1  # outer ends rise: cross
        assert rotate(joint_turns(Face(brow_tilt=0.3))[f"{side}_brow"], out)[2] < -0.1
    assert looks(Face(brow_lift=0.1), "left_brow")[2] > 0.05


def test_moods_differ_as_they_should() -> None:
    calm, fear, pain = EXPRESSIONS["calm"], EXPRESSIONS["fear"], EXPRESSIONS["pain"]
    assert fear.upper_lid > calm.upper_lid > pain.upper_lid
    assert pain.upper_lid - -pain.lower_lid < 0.05  # eyes squeezed shut
    assert fear.open > 0.3 and calm.open == 0.0 and pain.wide > 0.5


def test_pain_comes_at_once_and_calm_takes_its_time() -> None:
    actor = FaceActor()
    hurt = actor.update("pain", (0.0, 0.0), 0.1)
    assert hurt.wide > 0.95
    calmer = actor.update("calm", (0.0, 0.0), 0.1)
    assert 0.5 < calmer.wide < 0.9


def test_he_blinks_now_and_then() -> None:
    actor = FaceActor(seed=3)
    shut = [actor.update("calm", (0.0, 0.0), 1 / 60).upper_lid < 0.1 for _ in range(60 * 20)]
    blinks = sum(after and not before for before, after in pairwise(shut))
    assert 4 <= blinks <= 15
    assert sum(shut) < 0.1 * len(shut)


def test_the_same_seed_plays_the_same_face() -> None:
    faces = [[a.update("dazed", (0.1, 0.0), 1 / 30) for _ in range(90)] for a in (FaceActor(5), FaceActor(5))]
    assert faces[0] == faces[1]


def test_his_gaze_is_limited() -> None:
    actor = FaceActor()
    for _ in range(60):
        face = actor.update("calm", (3.0, -3.0), 1 / 30)
    assert (face.gaze_yaw, face.gaze_pitch) == pytest.approx((GAZE_LIMIT[0], -GAZE_LIMIT[1]), abs=1e-3)


def test_between_two_faces() -> None:
    half = EXPRESSIONS["calm"].towards(Face(open=1.0), 0.5)
    assert half.open == 0.5
    assert half.morph("open") == 0.5
    with pytest.raises(AttributeError):
        half.morph("ears")


# ---------------------------------------------------------------- what he feels
def snapshot(tick: int, contacts: tuple[Contact, ...] = (), torque: float = 0.0, speed: float = 0.0) -> Snapshot:
    model = CharacterModel.load()
    still = np.zeros((1, model.num_bodies, 3))
    turn = np.tile([0.0, 0.0, 0.0, 1.0], (1, model.num_bodies, 1))
    at = still + np.array([0.0, 0.0, 1.5])
    return Snapshot(
        tick, model, cast(CharacterState, None), at, turn, still + np.array([speed, 0.0, 0.0]), still,
        np.ones((1, model.num_joints)), np.full((1, model.num_joints), torque), contacts, np.zeros(1, bool),
        PropPoses((), np.zeros((0, 3)), np.zeros((0, 4))), np.array([0.0, 0.0, -9.8]),
    )  # fmt: skip


def touch(body: str, peak: float) -> Contact:
    index = CharacterModel.load().body(body)
    return Contact(0, index, "floor", FLOOR, -1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), peak / 30, peak)


STANDING = (touch("left_foot", 300.0),)


def expression_after(judge: ExpressionJudge, now: Snapshot, seconds: float) -> Expression:
    return judge.update(now, 0, FAR_AWAY, seconds)[0]


def test_standing_is_calm_flying_is_fear() -> None:
    judge = ExpressionJudge()
    assert expression_after(judge, snapshot(1, STANDING), 0.03) == "calm"
    assert expression_after(judge, snapshot(2), 0.5 * AIRBORNE_SECONDS) == "calm"
    assert expression_after(judge, snapshot(3), AIRBORNE_SECONDS) == "fear"
    assert expression_after(judge, snapshot(4, STANDING), 0.03) == "calm"


def test_a_hit_on_the_head_hurts_and_then_dazes() -> None:
    judge = ExpressionJudge()
    assert expression_after(judge, snapshot(1, (touch("head", 3000.0),)), 0.03) == "pain"
    assert expression_after(judge, snapshot(2, STANDING), PAIN_SECONDS) == "dazed"
    assert expression_after(judge, snapshot(3, STANDING), DAZED_SECONDS) == "calm"


def test_a_hard_landing_on_the_feet_does_not_hurt() -> None:
    assert expression_after(ExpressionJudge(), snapshot(1, (touch("left_foot", 5000.0),)), 0.03) == "calm"


def test_the_same_tick_hurts_once() -> None:
    judge = ExpressionJudge()
    hit = snapshot(1, (touch("head", 3000.0),))
    expression_after(judge, hit, 0.0)
    assert expression_after(judge, hit, PAIN_SECONDS + 0.01) == "dazed"


def test_great_torque_is_effort() -> None:
    assert expression_after(ExpressionJudge(), snapshot(1, STANDING, torque=0.9), 0.03) == "effort"


def test_he_looks_where_he_goes_and_else_at_the_camera() -> None:
    judge = ExpressionJudge()
    _, (yaw, pitch) = judge.update(snapshot(1, STANDING), 0, np.array([1.0, 1.0, 1.5]), 0.03)
    assert (yaw, pitch) == pytest.approx((np.pi / 4, 0.0))
    _, (yaw, pitch) = judge.update(snapshot(2, STANDING, speed=2.0), 0, np.array([1.0, 1.0, 1.5]), 0.03)
    assert (yaw, pitch) == pytest.approx((0.0, 0.0))
    judge.update(snapshot(3), 0, FAR_AWAY, 1.0)
    _, (yaw, pitch) = judge.update(snapshot(4, speed=2.0), 0, FAR_AWAY, 0.03)
    assert pitch < -0.5  # in the air: down, to where he will land


def test_he_does_not_look_through_the_back_of_his_head() -> None:
    behind = np.array([-3.0, 0.1, 1.5])
    assert ExpressionJudge().update(snapshot(1, STANDING), 0, behind, 0.03)[1] == (0.0, 0.0)
