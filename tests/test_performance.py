"""Performers: policies that follow references: what they are shown, what events do, and takes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from game.play import events as ev
from game.play.clip_library import ClipLibrary
from game.play.events import EventError
from game.play.performance import STANDING, Performance, is_up, lying
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.record.take import Take
from game.scene.paths import policies_dir
from game.sim import kinematics, rotation
from tests.support.small_policy import (
    LOOKAHEAD,
    MODEL,
    graph,
    puppet_graph,
    puppet_spec,
    spec,
    with_card,
)

HZ = MODEL.control_hz


def puppet() -> Policy:
    return Policy(with_card(puppet_graph(), puppet_spec()), MODEL)


@pytest.fixture
def runtime() -> Runtime:
    library = PolicyLibrary(MODEL, folders=[])
    library.add("performer", puppet())
    library.add("keep", Policy(with_card(graph(), spec()), MODEL))
    return Runtime(library)


def performance(runtime: Runtime) -> Performance:
    found = runtime.agents[0].performance
    assert found is not None
    return found


def test_a_performers_file_loads() -> None:
    policy = puppet()
    assert policy.spec.lookahead == LOOKAHEAD
    assert policy.spec == puppet_spec()


def test_schema_and_lookahead_belong_together() -> None:
    text = puppet_spec().to_json()
    with pytest.raises(PolicyError, match="metadata of schema 1 with a lookahead"):
        Policy(with_card(puppet_graph(), text.replace('"schema": 2', '"schema": 1')), MODEL)
    with pytest.raises(PolicyError, match="metadata schema 3, expected 1 or 2"):
        Policy(with_card(puppet_graph(), text.replace('"schema": 2', '"schema": 3')), MODEL)


def test_a_graph_must_take_as_many_poses_as_its_card_says() -> None:
    with pytest.raises(PolicyError, match=r"has shape .* expected .*3, 12, 4"):
        Policy(with_card(puppet_graph(ahead=4), puppet_spec()), MODEL)
    with pytest.raises(PolicyError, match="lookahead"):
        Policy(with_card(puppet_graph(), puppet_spec(lookahead=(0.0, 1.0, -1.0))), MODEL)


def test_a_file_of_schema_1_knows_no_reference_inputs() -> None:
    with pytest.raises(PolicyError, match="'reference_ahead_joint_rot' is unknown"):
        Policy(with_card(puppet_graph(), spec()), MODEL)


def test_he_begins_standing_and_is_shown_where_he_stands(runtime: Runtime) -> None:
    runtime.tick([ev.Play("performer", place=True)])
    assert performance(runtime).doing == STANDING
    ghosts = runtime.snapshot.ghosts
    assert ghosts is not None
    standing = kinematics.standing_state(MODEL)
    bodies = kinematics.body_poses(MODEL, standing.root_pos, standing.root_rot, standing.joint_rot)
    np.testing.assert_allclose(ghosts.poses.pos[0], bodies.pos, atol=0.04)  # he breathes


def test_the_puppet_aims_at_the_clip_a_tick_ahead(runtime: Runtime) -> None:
    runtime.tick([ev.Play("performer", place=True), ev.Perform("walk")])
    for _ in range(19):
        runtime.tick()
    clip = runtime.clips.get("walk")
    expected = clip.clip.sample(20 / HZ).joint_rot
    inputs = runtime.controllers._bindings[runtime.agents[0].policy].inputs  # type: ignore[index]
    shown = inputs["reference_ahead_joint_rot"][0, 1].astype(float)
    assert np.max(rotation.angle_between(rotation.normalize(shown), expected)) < 1e-3


def test_a_clip_with_an_end_is_followed_by_standing(runtime: Runtime) -> None:
    runtime.tick([ev.Play("performer", place=True), ev.Perform("shrug")])
    assert performance(runtime).doing == "shrug"
    for _ in range(int(runtime.clips.get("shrug").duration * HZ) + 2):
        runtime.tick()
    assert performance(runtime).doing == STANDING


def test_a_loop_ends_after_its_cycles(runtime: Runtime) -> None:
    runtime.tick([ev.Play("performer", place=True), ev.Perform("jump", cycles=1)])
    for _ in range(int(runtime.clips.get("jump").duration * HZ) + 2):
        runtime.tick()
    assert performance(runtime).doing == STANDING


def test_the_stick_ends_a_loop_that_would_go_on(runtime: Runtime) -> None:
    runtime.tick([ev.Play("performer", place=True), ev.Perform("jump")])
    runtime.tick([ev.Steer((0.9, 0.0))])
    assert performance(runtime).doing == STANDING
    np.testing.assert_array_equal(performance(runtime).steering, [0.9, 0.0])


def test_perform_brings_the_performer_with_it(runtime: Runtime) -> None:
    runtime.tick([ev.Play("keep", place=True)])
    runtime.tick([ev.Perform("bow")])
    assert runtime.agents[0].policy is runtime.library.get("performer")
    assert runtime.policies.keys() == {"keep", "performer"}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (ev.Perform("fly"), "no clip 'fly'; there are backflip"),
        (ev.Perform("../../etc"), "no clip"),
        (ev.Perform("jump", cycles=0), "0 cycles, expected 1 or more"),
        (ev.Perform("jump", policy="keep"), "policy 'keep' has its own clip"),
        (ev.Steer((1.0, 0.0)), "nobody to steer"),
        (ev.Steer((float("nan"), 0.0)), "expected finite numbers"),
    ],
)
def test_what_makes_no_sense_is_refused(runtime: Runtime, event: ev.Event, message: str) -> None:
    runtime.tick([ev.Play("keep", place=True)])
    snapshot = runtime.tick([event])
    assert len(snapshot.messages) == 1
    assert message in snapshot.messages[0]
    with pytest.raises(EventError):
        runtime.tick([event], strict=True)


def test_how_he_lies() -> None:
    for pitch, way in ((-1.5, "faceup"), (1.5, "facedown")):
        state = kinematics.standing_state(MODEL)
        root = rotation.from_rotvec(np.array([0.0, pitch, 0.0]))
        bodies = kinematics.body_poses(MODEL, np.array([0.0, 0.0, 0.15]), root, state.joint_rot)
        assert lying(MODEL, bodies) == way


def test_who_stands_is_up() -> None:
    state = kinematics.standing_state(MODEL)
    assert is_up(state, float(state.root_pos[2]))
    assert not is_up(state.moved(np.array([0.0, 0.0, -0.5])), float(state.root_pos[2]))


def test_a_take_keeps_the_clips_and_repeats(runtime: Runtime, tmp_path: Path) -> None:
    runtime.tick([ev.Play("performer", place=True)])
    runtime.tick([ev.Steer((0.9, 0.3))])
    for _ in range(20):
        runtime.tick()
    runtime.tick([ev.Perform("bow", cycles=None)])
    for _ in range(20):
        runtime.tick()
    take = Take.of(runtime)
    assert take.clips.keys() == {"walk", "run_mended", "idle", "bow"}
    for name in ("take.zip", "take"):
        take.save(tmp_path / name)
        loaded = Take.load(tmp_path / name)
        assert loaded.clips == take.clips
        again = loaded.runtime()
        for tick in range(loaded.num_ticks):
            again.tick([timed.event for timed in loaded.events if timed.tick == tick], strict=True)
        assert loaded.divergence(again.trace) is None


@pytest.mark.parametrize("skill", ["crawl", "roll", "cartwheel"])
def test_a_performer_may_touch_the_floor_with_all_that_the_specialist_may(skill: str) -> None:
    policy = Policy.load(policies_dir() / f"{skill}.onnx", MODEL)
    assert policy.spec.clip is not None
    assert not (ClipLibrary(MODEL).harmful(policy.spec.clip.name) & ~policy.harmful).any()


def test_who_stays_on_his_feet_may_touch_the_floor_with_nothing_else() -> None:
    assert np.flatnonzero(~ClipLibrary(MODEL).harmful("walk")).tolist() == sorted(MODEL.feet)


def test_who_is_steered_while_another_policy_drives_him_walks_on_by_it_afterwards(runtime: Runtime) -> None:
    runtime.tick([ev.Play("performer", place=True)])
    runtime.tick([ev.Play("keep")])
    runtime.tick([ev.Steer((0.5, 0.2))], strict=True)
    runtime.tick([ev.Play("performer")])
    np.testing.assert_array_equal(performance(runtime).steering, [0.5, 0.2])
    runtime.tick([ev.Play("keep")])
    runtime.tick([ev.Steer((0.0, 0.0))])
    runtime.tick([ev.Play("performer")])
    assert not performance(runtime).steering.any()
