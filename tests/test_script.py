"""Scripts: the file's form, and what the runner has happen when."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.scene.paths import models_dir, policies_dir
from game.scene.set_file import load_prop, load_set, names
from game.session.attempts import AfterFall
from game.session.follow_up import FollowUp
from game.session.opening import PERFORMER
from game.session.recovery import Plan
from game.session.script import Script
from game.session.script_runner import SETTLE, ScriptRunner, opening_policy
from game.session.script_step import CameraCut, Do, PutProp, ScriptError, Shove, Skill, Step, Turn, Wait, Walk
from tests.support.small_policy import MODEL, puppet_graph, puppet_spec, with_card

HZ = MODEL.control_hz
STEPS = (
    Wait(0.5),
    CameraCut("handheld"),
    Walk(to=(1.5, -0.5), run=True),
    Walk(direction=90.0, seconds=2.0),
    Turn(180.0),
    Skill("bow"),
    Skill("jump", cycles=2),
    Shove(300.0, direction=90.0),
    PutProp("ball", at=(1.0, 2.0)),
    Do({"type": "gravity", "vector": [0.0, 0.0, -5.0]}),
)


@pytest.fixture
def runtime() -> Runtime:
    library = PolicyLibrary(MODEL, folders=[])
    library.add(PERFORMER, Policy(with_card(puppet_graph(), puppet_spec(repertoire={"leap": "jump"})), MODEL))
    return Runtime(library)


def play(runtime: Runtime, runner: ScriptRunner, ticks: int) -> list[tuple[int, ev.Event]]:
    """Runs the script; which event came before which tick."""
    happened = []
    for _ in range(ticks):
        tick = runtime.tick_count
        events = runner.events()
        runtime.tick(events, strict=True)
        happened += [(tick, event) for event in events]
    return happened


def test_a_script_survives_its_file(tmp_path: Path) -> None:
    script = Script(STEPS, "living_room")
    file = tmp_path / "stunt.json"
    file.write_text(json.dumps(script.to_json()))
    assert Script.load(file) == script
    assert {type(step) for step in STEPS} == set(Step.KINDS.values())


def test_what_is_as_usual_is_left_out() -> None:
    assert Script((Walk(to=(1.0, 2.0)),)).to_json()["steps"] == [{"do": "walk", "to": (1.0, 2.0)}]


def test_editing_makes_another_script() -> None:
    a, b, c = Wait(1.0), Turn(), Skill("bow")
    script = Script((a, b), "park")
    assert script.inserted(1, c) == Script((a, c, b), "park")
    assert script.without(0) == Script((b,), "park")
    assert script.with_step(1, c) == Script((a, c), "park")
    assert Script((a, b, c)).with_moved(0, 2) == Script((b, c, a))
    assert script == Script((a, b), "park")
    with pytest.raises(ScriptError, match="1000 steps, no more"):
        Script((a,) * 1000).inserted(0, b)


def test_saving_is_loading_backwards(tmp_path: Path) -> None:
    Script(STEPS, "park").save(tmp_path / "new" / "a.json")
    assert Script.load(tmp_path / "new" / "a.json") == Script(STEPS, "park")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.json"]
    assert Script.parse(json.dumps(Script(tuple(kind() for kind in Step.KINDS.values())).to_json()), "usual").steps


def test_pushes_and_props_are_as_he_looks(runtime: Runtime) -> None:
    """He looks along x: 90 degrees is to his left, along y."""
    steps = (Shove(300.0, direction=90.0, seconds=0.1), PutProp("ball", ahead=1.0, aside=0.5, height=2.0))
    push, spawn = ScriptRunner(Script(steps), runtime).events()
    assert isinstance(push, ev.Push)
    assert push.force == pytest.approx((0.0, 300.0, 0.0), abs=1e-9)
    assert push.seconds == 0.1
    assert isinstance(spawn, ev.Spawn)
    item = load_prop("ball")
    assert spawn.item.position == pytest.approx((1.0, 0.5, item.position[2] + 2.0))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "expected an object"),
        ('{"steps": 3}', "expected a list of steps"),
        ('{"stps": []}', "stps is unknown; there are set, steps"),
        ('{"steps": [{"do": "fly"}]}', "step 1: do 'fly'; there are wait, walk"),
        ('{"steps": [{"do": "wait"}, 7]}', "step 2: a JSON int, expected an object"),
        ('{"steps": [{"do": "wait", "seconds": -1}]}', "seconds -1.0, expected 0..3600"),
        ('{"steps": [{"do": "wait", "minutes": 1}]}', "extra fields found"),
        ('{"steps": [{"do": "push", "force": 1e9}]}', "force 1000000000.0, expected 0..100000"),
        ('{"steps": [{"do": "prop", "name": "piano"}]}', "no prop is called 'piano'; there are anvil"),
        ('{"steps": [{"do": "prop", "height": -1}]}', "height -1.0, expected 0..100"),
        ('{"steps": [{"do": "skill", "name": "bow", "cycles": 0}]}', "cycles 0, expected 1..1000"),
        ('{"steps": [{"do": "event", "event": {"type": "sneeze"}}]}', "'sneeze'; there are play"),
        ('{"steps": [{"do": "camera", "name": "drone"}]}', "no camera is called 'drone'; there are tripod"),
        ('{"steps": [{"do": "walk", "to": [1e9, 0]}]}', "to 1000000000.0, expected -1000..1000"),
    ],
)
def test_a_wrong_script_is_refused(content: str, message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        Script.parse(content, "stunt.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=4)
            | st.dictionaries(st.sampled_from(["do", "steps", "set", "to", "wait", "event"]), x, max_size=4)
        ),
    )
)
def test_any_json_is_a_script_or_refused(content: Any) -> None:
    with contextlib.suppress(ScriptError):
        Script.parse(json.dumps(content), "any")


def test_waits_cameras_and_events_come_in_order(runtime: Runtime) -> None:
    push = Do({"type": "push", "force": [100.0, 0.0, 0.0]})
    runner = ScriptRunner(Script((CameraCut("side"), Wait(0.2), push, CameraCut("orbit"), Wait(0.1))), runtime)
    happened = play(runtime, runner, 12)
    assert happened == [(6, push.made())]
    assert runner.finished
    assert runner.cuts.extra() == {"cuts": [[0, "side"], [6, "orbit"]]}


def test_a_walk_is_steered_and_halted(runtime: Runtime) -> None:
    runner = ScriptRunner(Script((Walk(direction=90.0, seconds=0.3),)), runtime)
    happened = play(runtime, runner, 12)
    walk = runtime.clips.gait.paces[0]
    assert [tick for tick, _ in happened] == [0, 0, 9]
    assert happened[0][1] == ev.Play(PERFORMER)
    steer = happened[1][1]
    assert isinstance(steer, ev.Steer)
    assert steer.velocity == pytest.approx((0.0, walk), abs=1e-9)
    assert happened[2][1] == ev.Steer((0.0, 0.0))
    assert not runner.finished
    assert runner._until == 9 + round(SETTLE * HZ)


def test_a_skill_is_performed_by_its_clip_and_ends_standing(runtime: Runtime) -> None:
    runner = ScriptRunner(Script((Skill("leap"),)), runtime)
    happened = play(runtime, runner, 3)
    assert [event for _, event in happened] == [ev.Play(PERFORMER), ev.Perform("jump", cycles=1)]
    performance = runtime.agents[0].performance
    assert performance is not None
    assert performance.doing == "jump"
    performance.walk(runtime.world.state[0])
    runtime.tick(runner.events())
    assert runner.finished


def test_without_a_performer_the_specialist_does_it() -> None:
    library = PolicyLibrary(MODEL)
    if PERFORMER in library.names:
        pytest.skip("there is a performer")
    runtime = Runtime(library)
    runtime.tick([ev.Play("walk", place=True)])
    runner = ScriptRunner(Script((Skill("walk"),)), runtime)
    happened = play(runtime, runner, int(1.2666 * HZ) + 2)
    assert happened == [(1, ev.Play("walk"))]
    assert runner.finished


def test_without_a_performer_he_walks_straight_and_the_rest_is_left_out() -> None:
    library = PolicyLibrary(MODEL)
    if PERFORMER in library.names:
        pytest.skip("there is a performer")
    runtime = Runtime(library)
    script = Script((Turn(90.0), Walk(to=(1.0, 0.0)), Skill("yoga"), CameraCut("side")))
    assert opening_policy(script, library) == "walk"
    runner = ScriptRunner(script, runtime)
    ticks = math.ceil(HZ / runtime.clips.gait.paces[0])
    happened = play(runtime, runner, ticks + 2)
    assert happened == [(0, ev.Play("walk"))]
    assert list(runner.cuts) == [(ticks, "side")]
    assert runner.messages() == [
        "step 1, turn to 90 deg, is left out: only a performer turns",
        "step 3, yoga, is left out: nobody has learned 'yoga'",
    ]
    assert runner.messages() == []


def test_a_specialist_does_what_it_does_better_and_hands_him_back(runtime: Runtime) -> None:
    """The puppet does not know a cartwheel, so the specialist does it for one cycle; the script waits for that."""
    runtime.library.add("cartwheel", Policy((policies_dir() / "cartwheel.onnx").read_bytes(), MODEL))
    runtime.tick([ev.Play(PERFORMER)])
    follow_up = FollowUp(AfterFall.STAY)
    runner = ScriptRunner(Script((Skill("cartwheel"), Wait(9.0))), runtime, follow_up=follow_up)
    happened: list[ev.Event] = []
    waiting: list[ev.Event] = []
    while not runner.step and runtime.tick_count < 300:
        events = [*waiting, *runner.events()]
        runtime.tick(events, strict=True)
        happened += events
        runtime.agents[0].counter.down = False  # a puppet falls
        waiting = follow_up.skills.events(runtime)
    assert [event.policy for event in happened if isinstance(event, ev.Play)] == ["cartwheel", PERFORMER]
    clip = runtime.policies["cartwheel"].spec.clip
    assert clip is not None
    assert clip.duration * HZ <= runtime.tick_count <= clip.duration * HZ + 4


def test_who_has_fallen_gets_up_before_the_next_step(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    follow_up, plans = FollowUp(), dict[int, Plan]()
    monkeypatch.setattr(follow_up.recovery, "plan_of", plans.get)
    runner = ScriptRunner(Script((Wait(5.0), CameraCut("side"))), runtime, follow_up=follow_up)
    play(runtime, runner, 3)
    plans[0] = Plan(PERFORMER)
    play(runtime, runner, 5)
    assert (runner.step, list(runner.cuts)) == (0, [])
    plans.clear()
    play(runtime, runner, 1)
    assert runner.finished
    assert list(runner.cuts) == [(8, "side")]


def test_it_can_begin_with_any_step(runtime: Runtime) -> None:
    runner = ScriptRunner(Script((Wait(9.0), CameraCut("side"))), runtime, first=1)
    runner.events()
    assert runner.finished


def test_a_place_behind_him_is_steered_to(runtime: Runtime) -> None:
    runner = ScriptRunner(Script((Walk(to=(-2.0, 0.0)),)), runtime)
    _, steer = runner.events()
    assert isinstance(steer, ev.Steer)
    assert math.atan2(steer.velocity[1], steer.velocity[0]) == pytest.approx(math.pi, abs=1e-6)


@pytest.mark.parametrize("path", sorted((models_dir() / "scripts").glob("*.json")), ids=lambda path: str(path.stem))
def test_scripts_that_ship_name_sets_and_motions_that_there_are(path: Path, runtime: Runtime) -> None:
    script = Script.load(path)
    assert load_set(script.set_name).base_name in names("sets")
    motions = {*runtime.clips.names, *(file.stem for file in policies_dir().glob("*.onnx"))}
    assert {step.name for step in script.steps if isinstance(step, Skill)} <= motions
