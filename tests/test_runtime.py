"""The Runtime: events in, snapshots out, and who drives whom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from game.play import events as ev
from game.play.events import EventError
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.scene.set_file import load_prop
from game.sim import rotation
from tests.support.small_policy import MODEL, write


@pytest.fixture(scope="module")
def library() -> PolicyLibrary:
    return PolicyLibrary(MODEL)


@pytest.fixture
def runtime(library: PolicyLibrary) -> Runtime:
    return Runtime(library)


def go(runtime: Runtime, ticks: int, *events: ev.Event) -> None:
    runtime.tick(events)
    for _ in range(ticks - 1):
        runtime.tick()


def test_the_published_backflip_lands_again_and_again(runtime: Runtime) -> None:
    go(runtime, 180, ev.Play("deepmimic_backflip", place=True))
    assert runtime.agents[0].counter.flips == 3
    assert runtime.agents[0].counter.falls == 0
    assert runtime.snapshot.tick == 180
    assert runtime.snapshot.time == 6.0


def test_the_ghost_is_the_reference_where_he_stands(runtime: Runtime) -> None:
    go(runtime, 1, ev.Play("deepmimic_walk", place=True))
    assert runtime.snapshot.ghosts is not None
    ghost = runtime.snapshot.ghosts.poses.pos
    # the ghost shows the clip at the start of the tick; the body has moved one tick on
    assert np.abs(ghost[0] - runtime.snapshot.body_pos[0]).max() < 0.12


def test_a_swap_takes_effect_at_the_next_tick_without_a_pause(runtime: Runtime) -> None:
    go(runtime, 20, ev.Play("deepmimic_backflip", place=True))
    in_flight = runtime.world.state.root_pos[0].copy()
    before = runtime.agents[0].policy
    runtime.tick([ev.Play("deepmimic_walk")])
    assert runtime.snapshot.tick == 21
    assert runtime.agents[0].policy is not before
    assert runtime.agents[0].start_tick == 20
    # nobody is moved by a swap: he flies on
    assert np.linalg.norm(runtime.world.state.root_pos[0] - in_flight) < 0.3


def test_the_controller_takes_on_the_policys_gains(tmp_path: Path) -> None:
    soft = MODEL.with_gains(0.5, 0.25)
    gains = {key: getattr(soft, key).tolist() for key in ("kp", "kd", "torque_limit")}
    write(tmp_path / "soft.onnx", gains=gains)
    runtime = Runtime(PolicyLibrary(MODEL, [tmp_path]))
    runtime.tick([ev.Play("soft"), ev.Crowd(2)])
    np.testing.assert_array_equal(runtime.world.kp, np.tile(0.5 * MODEL.kp, (2, 1)))
    np.testing.assert_array_equal(runtime.world.kd, np.tile(0.25 * MODEL.kd, (2, 1)))
    runtime.tick([ev.Play(None)])
    np.testing.assert_array_equal(runtime.world.kp[0], MODEL.kp)
    np.testing.assert_array_equal(runtime.world.kp[1], soft.kp)


def test_letting_go_holds_the_default_pose(runtime: Runtime) -> None:
    go(runtime, 30, ev.Play(None))
    assert rotation.angle_between(runtime.world.state.joint_rot[0], rotation.IDENTITY).max() < 0.2


def test_a_limp_fall_is_counted_once_until_he_is_up_again(runtime: Runtime) -> None:
    go(runtime, 60, ev.Strength(0.0))
    assert runtime.agents[0].counter.falls == 1
    go(runtime, 30, ev.Reset(), ev.Strength(1.0))
    assert not runtime.agents[0].counter.down
    assert runtime.agents[0].counter.falls == 1


def test_strength_acts_on_the_named_limb(runtime: Runtime) -> None:
    runtime.tick([ev.Strength(0.25, "left_arm")])
    weak = {MODEL.joint_names[j] for j in np.flatnonzero(runtime.world.strength[0] < 1.0)}
    assert weak == {"left_shoulder", "left_elbow"}


def test_a_crowd_comes_with_policies_and_phases_of_its_own(runtime: Runtime) -> None:
    go(runtime, 2, ev.Play("deepmimic_walk", place=True), ev.Crowd(5))
    assert runtime.snapshot.num_characters == 5
    assert len({p.offset for p in runtime.agents}) == 5
    roots = runtime.world.state.root_pos[:, :2]
    gaps = np.linalg.norm(roots[:, None] - roots[None], axis=-1) + 9.0 * np.eye(5)
    assert gaps.min() > 1.2
    runtime.tick([ev.Crowd(2), ev.Play("deepmimic_jump", character=1)])
    assert [p.policy.spec.skill for p in runtime.agents if p.policy] == ["walk", "jump"]


def test_hands_hold_drag_and_let_go(runtime: Runtime) -> None:
    go(runtime, 45, ev.Grab((0.0, 0.0, 2.4), body="head"))
    assert runtime.world.state.root_pos[0, 2] > 1.0
    go(runtime, 45, ev.Drag((1.0, 0.0, 2.4)))
    assert runtime.world.state.root_pos[0, 0] > 0.6
    runtime.tick([ev.Release()])
    assert not runtime.world.forces


def test_nerves_delay_what_is_done(library: PolicyLibrary) -> None:
    calm, slow = Runtime(library), Runtime(library)
    go(calm, 1, ev.Play("deepmimic_walk", place=True))
    go(slow, 1, ev.Play("deepmimic_walk", place=True), ev.Nerves(delay=3))
    targets = []
    for _ in range(6):
        calm.tick()
        slow.tick()
        targets.append((calm.world.state.joint_rot.copy(), slow.world.state.joint_rot.copy()))
    assert any(np.abs(a - b).max() > 0.01 for a, b in targets)
    assert len(slow.agents[0].delayed) == 3


def test_nonsense_is_refused_and_changes_nothing(runtime: Runtime) -> None:
    bad: list[ev.Event] = [
        ev.Play("moonwalk"),
        ev.Push((1.0, 0.0, 0.0), "tail"),
        ev.Push((float("nan"), 0.0, 0.0)),
        ev.Gravity((0.0, 0.0, 1e9)),
        ev.Strength(-1.0),
        ev.Strength(1.0, "tail"),
        ev.Crowd(1000),
        ev.Reset(7),
        ev.Remove(3),
        ev.Grab((0.0, 0.0, 1.0), prop=2),
        ev.Friction(-1.0),
        ev.Nerves(delay=-1),
    ]
    snapshot = runtime.tick(bad)
    assert len(snapshot.messages) == len(bad)
    assert runtime.log == []
    with pytest.raises(EventError, match="tick 1: no policy 'moonwalk'; there are"):
        runtime.tick([bad[0]], strict=True)


def test_a_policy_that_goes_mad_is_stopped_and_said(tmp_path: Path) -> None:
    from onnx import helper, numpy_helper

    from tests.support.small_policy import graph, spec, with_card

    model = graph()  # joint_rot / (time < 0.1): fine at first, infinite later
    model.graph.node[0].CopyFrom(helper.make_node("Div", ["joint_rot", "alive"], ["joint_target"]))
    time = helper.make_tensor_value_info("time", 1, ["batch"])
    model.graph.input.append(time)
    model.graph.initializer.append(numpy_helper.from_array(np.array(1.5, np.float32), "limit"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 2], np.int64), "axes"))
    nodes = [
        helper.make_node("Less", ["time", "limit"], ["early"]),
        helper.make_node("Cast", ["early"], ["one"], to=1),
        helper.make_node("Unsqueeze", ["one", "axes"], ["alive"]),
    ]
    for k, node in enumerate(nodes):
        model.graph.node.insert(k, node)
    (tmp_path / "mad.onnx").write_bytes(with_card(model, spec()))
    runtime = Runtime(PolicyLibrary(MODEL, [tmp_path]))
    runtime.tick([ev.Play("mad")])
    messages = [m for _ in range(60) for m in runtime.tick().messages]
    assert any("not finite; it was stopped" in m for m in messages)
    assert runtime.agents[0].policy is None
    assert np.isfinite(runtime.world.state.root_pos).all()


def test_a_reloaded_policy_of_the_same_name_is_kept_beside_the_old_one(tmp_path: Path) -> None:
    write(tmp_path / "keep.onnx")
    library = PolicyLibrary(MODEL, [tmp_path])
    runtime = Runtime(library)
    runtime.tick([ev.Play("keep")])
    write(tmp_path / "keep.onnx", skill="new")
    renewed = PolicyLibrary(MODEL, [tmp_path])
    runtime.library = renewed
    runtime.tick([ev.Play("keep")])
    played = [t.event.policy for t in runtime.log if isinstance(t.event, ev.Play)]
    assert len(runtime.policies) == 2
    assert set(played) == set(runtime.policies)


def test_props_come_and_hit(runtime: Runtime) -> None:
    anvil = load_prop("anvil").at((0.0, 0.0, 2.2))
    hits = []
    runtime.tick([ev.Spawn(anvil)])
    for _ in range(20):
        hits += [c for c in runtime.tick().contacts if c.kind == "prop"]
    assert runtime.snapshot.props.ids == (0,)
    assert hits[0].other == 0
    assert MODEL.body_names[hits[0].body] == "head"
    assert hits[0].impulse > 10.0
