"""What tools.evaluate measures of a whole person, in the game itself: rules by hand, and runs at toy size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from game.play.events import Push
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.scene.paths import models_dir, policies_dir
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tests.support.small_policy import puppet_graph, puppet_spec, with_card
from tools.evaluate import __main__ as command
from tools.evaluate.chain_score import chain_scores, chains_of
from tools.evaluate.clip_distance import distance, nearest
from tools.evaluate.clip_score import means_over, share_of_specialist
from tools.evaluate.episodes import Episode, run
from tools.evaluate.getup_score import getup_scores
from tools.evaluate.lineup import APART, Lineup
from tools.evaluate.measured_skill import skills_of
from tools.evaluate.riser import Riser
from tools.evaluate.stand_score import stand_scores
from tools.evaluate.steer_score import STILL, SteeredRun, commands, errors, steer_scores
from tools.evaluate.unseen_clips import body_errors, unseen_scores

MODEL = CharacterModel.load()
HZ = MODEL.control_hz
REPERTOIRE = {"walk": "walk", "kick": "kick", "crawl": "crawl_mended", "getup": "getup_faceup_mended"}
SPECIALISTS = ("walk", "run", "getup_faceup", "getup_facedown")


@pytest.fixture(scope="module")
def library() -> Iterator[PolicyLibrary]:
    """A puppet, which falls soon, and some specialists."""
    library = PolicyLibrary(MODEL, [])
    library.add("puppet", Policy(with_card(puppet_graph(), puppet_spec(repertoire=REPERTOIRE)), MODEL))
    for name in SPECIALISTS:
        library.add(name, Policy.load(policies_dir() / f"{name}.onnx", MODEL))
    yield library
    library.close()


def test_a_performers_skills_are_its_repertoire_and_upright_is_who_begins_on_his_feet(library: PolicyLibrary) -> None:
    skills = skills_of(library, "puppet")
    assert {skill.name: skill.upright for skill in skills} == {
        "walk": True, "kick": True, "crawl": False, "getup": False,
    }  # fmt: skip
    assert all(skill.performed for skill in skills)
    (walk,) = skills_of(library, "walk")
    assert walk.clip == "walk" and not walk.performed
    library.add("blank", Policy(with_card(puppet_graph(), puppet_spec()), MODEL))
    with pytest.raises(PolicyError, match="blank: its card's repertoire is empty"):
        skills_of(library, "blank")


def test_a_lineup_stands_far_apart_in_its_skills_poses(library: PolicyLibrary) -> None:
    walk, kick = skills_of(library, "puppet")[:2]
    with Lineup(library, 3) as lineup:
        lineup.start([(walk, 0.5), (kick, 0.5), (walk, 0.0)])
        pos, joints = lineup.runtime.world.state.root_pos, lineup.runtime.world.state.joint_rot
        np.testing.assert_allclose(np.diff(pos[:, 1]), APART, atol=1.0)
        # a tick after the start everybody is still where the clip has him
        np.testing.assert_allclose(body_errors(lineup), 0.0, atol=0.03)
        assert np.abs(joints[0] - joints[1]).max() > 0.2 and np.abs(joints[0] - joints[2]).max() > 0.2


def test_a_limp_specialist_gets_up_and_is_up_only_after_two_seconds(library: PolicyLibrary) -> None:
    with Lineup(library, 1) as lineup:
        lineup.start([(skills_of(library, "walk")[0], 0.0)])
        lineup.tick([Push((-900.0, 0.0, 0.0))])
        riser = Riser(lineup.runtime, 0, specialist=True)
        for _ in range(45):
            lineup.tick(riser.events())
        assert not lineup.runtime.world.strength[0].any()
        assert lineup.runtime.world.state.root_pos[0, 2] < 0.4
        while riser.up is None:
            lineup.tick(riser.events())
        assert lineup.runtime.world.strength[0].all()
        assert riser.up and 2.0 < riser.seconds <= 10.0
        assert lineup.runtime.world.state.root_pos[0, 2] > 0.7


def test_falls_are_counted_and_the_same_again(library: PolicyLibrary) -> None:
    skills = [skill for skill in skills_of(library, "puppet") if skill.upright]
    first = getup_scores(library, skills, 1, seed=1)
    assert first == getup_scores(library, skills, 1, seed=1)
    assert first["getup_falls"] == 1
    # nobody gets up by copying what he is shown
    assert first["getup_success"] == 0.0 and first["getup_mean_seconds"] is None


def test_chains_are_all_ordered_pairs_at_three_moments(library: PolicyLibrary) -> None:
    skills = skills_of(library, "puppet")
    found = {(chain.first.name, chain.second.name, chain.moment) for chain in chains_of(library, skills)}
    assert found == {(a, b, m) for a, b in (("walk", "kick"), ("kick", "walk")) for m in (37, 52, 66)}
    of_walk = chains_of(library, skills_of(library, "walk"))
    assert {(chain.first.name, chain.second.name) for chain in of_walk} == {("walk", "run")}
    with pytest.raises(PolicyError, match="no chain of upright skills; it knows getup_faceup"):
        chains_of(library, skills_of(library, "getup_faceup"))


def test_a_puppet_falls_in_every_chain(library: PolicyLibrary) -> None:
    scores = chain_scores(library, chains_of(library, skills_of(library, "puppet"))[:1])
    assert scores["chains"] == 1
    assert scores["chain_success"] == scores["chain_success_with_getup"] == 0.0
    assert scores["chain_success_into"] == {"kick": 0.0}


def test_errors_of_a_walk_by_hand() -> None:
    ticks = 4 * HZ
    command = np.tile([2.0, 0.0], (ticks, 1))
    # 1.5 m/s, 90 degrees to the left of where the stick points
    place = np.arange(ticks)[:, None] / HZ * np.array([0.0, 1.5])
    since = np.arange(ticks)
    heading, speed = errors(SteeredRun(command, place, since, 0), HZ)
    # from 2.5 s after the stick has moved
    assert len(heading) == len(speed) == round(1.5 * HZ)
    np.testing.assert_allclose(heading, 0.5 * np.pi)
    np.testing.assert_allclose(speed, 0.5)
    # let go: the speed alone counts; on the floor: nothing
    heading, speed = errors(SteeredRun(0.0 * command, place, since, 0), HZ)
    assert not len(heading)
    np.testing.assert_allclose(speed, 1.5)
    assert not len(errors(SteeredRun(command, place, 0 * since - 1, 0), HZ)[1])


def test_who_does_not_move_has_no_direction() -> None:
    ticks = 4 * HZ
    place = np.arange(ticks)[:, None] / HZ * np.array([0.5 * STILL, 0.0])
    heading, _ = errors(SteeredRun(np.tile([1.0, 0.0], (ticks, 1)), place, np.arange(ticks), 0), HZ)
    np.testing.assert_allclose(heading, 0.5 * np.pi)


def test_the_stick_is_held_for_seconds_within_the_runs_pace() -> None:
    stick = commands(np.random.default_rng(3), 60 * HZ, HZ, 3.0)
    speed = np.hypot(*stick.T)
    assert ((speed == 0.0) | ((speed >= 0.5) & (speed <= 3.0))).all() and len(set(speed)) > 5
    moved = np.flatnonzero(np.any(np.diff(stick, axis=0) != 0.0, axis=1))
    assert np.diff(moved).min() >= 3 * HZ


def test_a_puppet_falls_when_it_is_steered(library: PolicyLibrary) -> None:
    scores = steer_scores(library, "puppet", 3.0, 2, seed=0)
    assert scores["steer_falls_per_minute"] > 10.0
    assert scores["steer_runs"] == 2


def test_what_needs_a_performer_says_so(library: PolicyLibrary) -> None:
    expected = r"walk has its own clip; .* is for a performer"
    with pytest.raises(PolicyError, match=expected):
        steer_scores(library, "walk", 1.0, 1, 0)
    with pytest.raises(PolicyError, match=expected):
        stand_scores(library, "walk", 0)
    with pytest.raises(PolicyError, match=expected):
        unseen_scores(library, "walk", [Path("x.json")], 0)


def test_a_motion_is_as_far_from_itself_as_nothing_wherever_it_heads() -> None:
    walk, run_clip = MotionClip.load("walk"), MotionClip.load("run_mended")
    assert distance(walk, walk, MODEL) < 1e-6
    c, s = np.cos(0.5), np.sin(0.5)
    turned = MotionClip(
        "turned", walk.fps, False, walk.root_pos @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]]),
        rotation.multiply(rotation.from_heading(0.5), walk.root_rot), walk.joint_rot,
    )  # fmt: skip
    assert distance(turned, walk, MODEL) < 0.02
    assert nearest(turned, {"run": run_clip, "walk": walk}, MODEL)[0] == "walk"
    # lying is another thing than standing
    lying = distance(MotionClip.load("getup_faceup"), walk, MODEL)
    assert lying > 1.2 * distance(run_clip, walk, MODEL) > 0.0


def test_a_clip_that_nobody_can_follow_is_lost(library: PolicyLibrary) -> None:
    path = models_dir() / "clips" / "backflip.json"
    scores = unseen_scores(library, "puppet", [path], seed=0)
    row = scores["clips"]["backflip"]
    assert scores["clip_success"] == row["success"] == 0.0
    assert 0.1 < row["mean_seconds"] < 2.0 and row["body_error"] < 0.5
    assert row["nearest"] in REPERTOIRE.values() and row["distance"] > 0.0


def test_a_performers_episodes_earn_until_it_falls(library: PolicyLibrary) -> None:
    skills = {skill.name: skill for skill in skills_of(library, "puppet")}
    result = run(library, skills["walk"], [Episode(0.0), Episode(0.5)], 3.0)
    assert not result.survived.any() and (result.seconds > 0.1).all()
    # the first tenth of a second is nearly the clip itself
    assert (result.returns > 0.5 * result.seconds / 3.0).all() and (result.returns < 1.0).all()
    # no touch of the floor is a fall in getting up; but who lies at the end has not survived
    result = run(library, skills["getup"], [Episode(0.8)], 1.5)
    assert not result.survived.any()


def test_means_and_shares(library: PolicyLibrary) -> None:
    rows = [{"survival": 1.0, "x": 1.0}, {"survival": 0.5, "x": 2.0, "return_share": 1.0}]
    assert means_over(rows) == {"survival": 0.75, "x": 1.5}
    walk, kick = skills_of(library, "puppet")[:2]
    card = library.get("walk").spec.scores["normalized_return"]
    assert share_of_specialist(walk, {"normalized_return": 0.5 * card}) == {"return_share": 0.5}
    assert share_of_specialist(kick, {"normalized_return": 0.5}) == {}


def test_the_command_measures_a_performer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "performer.onnx"
    path.write_bytes(with_card(puppet_graph(), puppet_spec(repertoire={"walk": "walk", "kick": "kick"})))
    short = ["--episodes", "1", "--seconds", "0.2", "--steer", "0.5", "--runs", "1"]
    assert command.main([str(path), *short, "--write"]) == 0
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(scores["skills"]) == {"walk", "kick"} and scores["clip"] is None
    assert scores["survival"] == scores["skills"]["walk"]["survival"] == 1.0
    assert scores["skills"]["walk"]["return_share"] > 0.5
    assert scores["steer_falls_per_minute"] == 0.0
    assert Policy.load(path, MODEL).spec.scores == scores


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--getup", "-1"], "--getup -1: expected 0 or more"),
        (["--disturbed", "--episodes", "0"], "--disturbed with --episodes 0"),
        (["--runs", "0"], "0 runs"),
    ],
)
def test_nonsense_is_refused(flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["policies/walk.onnx", *flags]) == 1
    assert said in capsys.readouterr().err
