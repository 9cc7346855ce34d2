"""The yardstick itself: rewards by hand, and a whole run at toy size."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from game.policy.anchor import ORIGIN, Anchor
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.policy.policy_spec import METADATA_KEY, PolicySpec
from game.scene.paths import policies_dir
from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from tools.evaluate import __main__ as command
from tools.evaluate import episodes
from tools.evaluate.imitated_clip import TOLERANCE, imitated_clip
from tools.evaluate.measured_skill import skills_of
from tools.policy_file import rewrite_card

MODEL = CharacterModel.load()
WALK = MotionClip.load("walk")
BACKFLIP_CLIP = MotionClip.load("backflip")
BACKFLIP = policies_dir() / "deepmimic_backflip.onnx"


def earned(state: CharacterState, anchors: list[Anchor], time: np.ndarray) -> np.ndarray:
    poses = body_poses(MODEL, state.root_pos, state.root_rot, state.joint_rot)
    return episodes.Reward(MODEL, WALK)(state, poses, anchors, time)


def test_the_reference_itself_earns_one_wherever_it_is_anchored() -> None:
    time = np.array([0.1, 0.9])
    anchors = [ORIGIN, Anchor(3.0, -2.0, 1.2)]
    states = [anchor.place(WALK.placed().sample(t)) for anchor, t in zip(anchors, time, strict=True)]
    state = CharacterState.stack(states)
    np.testing.assert_allclose(earned(state, anchors, time), 1.0, atol=2e-4)


def test_a_root_a_metre_away_loses_the_centre_of_mass_term_alone() -> None:
    time = np.array([0.3])
    state = WALK.placed().sample(time).moved(np.array([[1.0, 0.0, 0.0]]))
    # 0.65 + 0.1 + 0.15 + 0.1 exp(-10)
    np.testing.assert_allclose(earned(state, [ORIGIN], time), 0.9 + 0.1 * np.exp(-10.0), atol=2e-4)


def test_spinning_faster_costs_the_velocity_term() -> None:
    time = np.array([0.3])
    state = WALK.placed().sample(time).nudged(np.zeros(3), np.array([0.0, 0.0, 2.0]))
    # the root has weight 1 of 1 + .5 + .3 + 2 (.5 + .3 + .2 + .3 + .2) = 4.8
    np.testing.assert_allclose(earned(state, [ORIGIN], time), 0.9 + 0.1 * np.exp(-0.1 * 4.0 / 4.8), atol=2e-4)


def test_the_command_prints_json_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(BACKFLIP), "--episodes", "2", "--seconds", "2"]) == 0
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert scores["episodes"] == 2 and "disturbed_survival" not in scores
    assert scores["survival_phase0"] == 1.0
    assert scores["flips_per_episode_phase0"] == 1.0
    assert 0.4 < scores["normalized_return_phase0"] < 1.0


def test_disturbed_episodes_are_harder_and_the_same_again() -> None:
    library = PolicyLibrary(MODEL, [])
    library.add("backflip", Policy.load(BACKFLIP, MODEL))
    (skill,) = skills_of(library, "backflip")
    plain = episodes.run(library, skill, [episodes.Episode(0.0)] * 3, 1.5)
    rough = [episodes.run(library, skill, [episodes.Episode(0.0)] * 3, 1.5, disturbed=True) for _ in range(2)]
    library.close()
    np.testing.assert_array_equal(rough[0].returns, rough[1].returns)
    # undisturbed, from one phase, all are alike; each disturbed one has its own world
    assert np.ptp(plain.returns) < 1e-3 and len(set(rough[0].returns)) == 3
    assert rough[0].returns.mean() < plain.returns.mean()


def test_disturbed_scores_are_extra(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(BACKFLIP), "--episodes", "1", "--seconds", "0.5", "--disturbed"]) == 0
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(scores)[-2:] == ["disturbed_survival", "disturbed_return"]
    assert 0.0 < scores["disturbed_return"] < 1.0


def test_a_broken_policy_is_an_error_not_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.onnx").write_bytes(b"")
    assert command.main([str(tmp_path / "x.onnx")]) == 1
    assert "the file is empty" in capsys.readouterr().err


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A policy whose clip, as its card says, is no clip of ours."""
    path = Path(shutil.copy(BACKFLIP, tmp_path / "own.onnx"))
    spec = Policy.load(path, MODEL).spec
    assert spec.clip is not None
    rewrite_card(path, replace(spec, clip=replace(spec.clip, name="salto")))
    return path


def test_a_clip_that_is_not_ours_is_what_the_policy_shows(own: Path) -> None:
    shown, clip = imitated_clip(Policy.load(own, MODEL)), BACKFLIP_CLIP.placed()
    assert (shown.name, shown.loop) == ("salto", True)
    assert shown.duration == pytest.approx(clip.duration, abs=0.01)
    time = np.linspace(0.0, clip.duration, 20)[:-1]
    found, expected = shown.placed().sample(time), clip.sample(time)
    np.testing.assert_allclose(found.root_pos, expected.root_pos, atol=0.01)
    assert rotation.angle_between(found.joint_rot, expected.joint_rot).max() < 0.05


def test_such_a_policy_is_measured(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    returns = []
    for path in (own, BACKFLIP):
        assert command.main([str(path), "--episodes", "1", "--seconds", "0.5"]) == 0
        returns.append(json.loads(capsys.readouterr().out.splitlines()[-1])["normalized_return_phase0"])
    assert returns[0] == pytest.approx(returns[1], abs=0.01) and returns[0] > 0.4


def test_a_clip_of_ours_with_another_length_is_not_taken_for_the_policys(own: Path) -> None:
    policy = Policy.load(own, MODEL)
    assert policy.spec.clip is not None
    policy.spec = replace(policy.spec, clip=replace(policy.spec.clip, name="walk"))
    assert imitated_clip(policy).duration == pytest.approx(BACKFLIP_CLIP.duration, abs=0.01)


def test_every_policy_of_ours_imitates_a_clip_of_ours() -> None:
    for path in policies_dir().glob("*.onnx"):
        model = onnx.load(path)
        spec = PolicySpec.from_json(next(e.value for e in model.metadata_props if e.key == METADATA_KEY))
        if spec.clip is not None:
            clip = MotionClip.load(spec.clip.name)
            assert abs(clip.duration - spec.clip.duration) < TOLERANCE and clip.loop == spec.clip.loop, path.name
