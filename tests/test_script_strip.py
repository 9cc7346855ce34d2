"""The strip of a script in the panel: every kind of step is added, edited, moved and deleted by clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from imgui_bundle import imgui

from game.session.script import Script
from game.session.script_desk import ScriptDesk
from game.session.script_step import CameraCut, Do, PutProp, Shove, Skill, Step, Wait, Walk
from game.view.panel.script_strip import KINDS, ScriptStrip
from tests.test_panel import Screen


@pytest.fixture
def screen() -> Iterator[Screen]:
    context = imgui.create_context()
    found = Screen()
    found.click("page.Script")
    yield found
    imgui.destroy_context(context)


def steps(screen: Screen) -> tuple[Step, ...]:
    return screen.model.script_desk.script.steps


def test_every_kind_of_step_has_a_card() -> None:
    assert KINDS.keys() == Step.KINDS.keys()


def test_play_stop_and_play_from_a_step(screen: Screen) -> None:
    screen.click("script.play")
    screen.click("script.stop")
    assert screen.model.script_step is None
    screen.click("step.1")
    screen.click("step.play")
    assert screen.model.calls == [("play script", 0), ("play script", 1)]


def test_steps_are_moved_deleted_and_come_back(screen: Screen) -> None:
    a, b, c = steps(screen)
    screen.click("step.0")
    screen.click("step.right")
    assert steps(screen) == (b, a, c)
    screen.click("step.right")
    screen.click("step.right")  # is the last already
    assert steps(screen) == (b, c, a)
    screen.click("step.left")
    screen.click("step.delete")
    assert steps(screen) == (b, c)
    for _ in range(4):
        screen.click("script.undo")
    assert steps(screen) == (a, b, c)


@pytest.mark.parametrize("kind", Step.KINDS)
def test_every_kind_is_added_after_the_chosen_one(screen: Screen, kind: str) -> None:
    a, b, c = steps(screen)
    screen.click("step.0")
    screen.click("script.add")
    screen.click(f"add.{kind}")
    assert steps(screen) == (a, Step.KINDS[kind](), b, c)
    screen.frame()


@pytest.mark.parametrize(
    ("before", "widget", "after"),
    [
        (Wait(2.0), "step.seconds", Wait(10.0)),
        (Walk(to=(1.0, 0.5)), "step.x", Walk(to=(5.0, 0.5))),
        (Walk(to=(1.0, 0.5)), "walk.run", Walk(to=(1.0, 0.5), run=True)),
        (Walk(to=(1.0, 0.5)), "walk.to.a direction", Walk()),
        (Walk(), "step.direction", Walk(direction=180.0)),
        (Walk(), "walk.to.a place", Walk(to=(0.0, 0.0))),
        (Shove(), "step.force", Shove(force=1500.0)),
        (Skill("bow"), "skill.Walk", Skill("walk")),
        (Skill("bow"), "step.cycles", Skill("bow", cycles=10)),
        (CameraCut("side"), "cut.Orbit", CameraCut("orbit")),
        (PutProp("ball"), "prop.Anvil", PutProp("anvil")),
        (PutProp("ball"), "step.height", PutProp("ball", height=4.0)),
        (PutProp("ball"), "prop.at.in the room", PutProp("ball", at=(0.0, 0.0))),
    ],
)
def test_values_are_edited(screen: Screen, before: Step, widget: str, after: Step) -> None:
    screen.model.script_desk.edit(Script((before,)))
    screen.frame()
    screen.click("step.0")
    screen.click(widget, across=0.995)
    assert steps(screen) == (after,)
    assert type(steps(screen)[0]) is type(before)


def test_an_event_is_written_as_json(screen: Screen) -> None:
    """What makes no sense is said, and the step stays as it was."""
    usual = Do()
    screen.model.script_desk.edit(Script((usual,)))
    screen.frame()
    strip = screen.panel.pages["Script"][1][0]
    assert isinstance(strip, ScriptStrip)
    screen.click("step.0")
    for text, wrong in (('{"type": "sneeze"}', "there are play"), ("{", "Expecting")):
        screen.click("event")
        screen.write(text, imgui.Key.enter)
        assert wrong in strip._fields._wrong
        assert steps(screen) == (usual,)
    screen.click("event")
    screen.write('{"type": "crowd", "count": 3}', imgui.Key.enter)
    assert steps(screen) == (Do({"type": "crowd", "count": 3}),)
    assert strip._fields._wrong == ""


def test_scripts_are_saved_and_opened(screen: Screen, tmp_path: Path) -> None:
    desk = screen.model.script_desk = ScriptDesk(tmp_path, shipped=tmp_path / "none")
    desk.edit(Script((Wait(1.0),)), name="mine")
    screen.click("script.save")
    screen.write("a/b", imgui.Key.enter)
    assert screen.model.said == [f"saved {tmp_path / 'a_b.json'}"]
    desk.edit(Script())
    screen.click("script.open")
    screen.click("script.file.a_b.json")
    assert desk.script == Script((Wait(1.0),))
    assert desk.name == "a_b"


# -------------------------------------------------------------------- the desk
def test_a_drag_of_a_slider_is_one_edit(tmp_path: Path) -> None:
    desk = ScriptDesk(tmp_path, shipped=tmp_path)
    for part, seconds in (("", 1.0), ("0.seconds", 2.0), ("0.seconds", 3.0), ("0.seconds", 4.0)):
        desk.edit(Script((Wait(seconds),)), part=part)
    desk.undo()
    assert desk.script == Script((Wait(1.0),))
    desk.undo()
    assert desk.script == Script()
    assert not desk.can_undo


def test_only_scripts_are_listed_and_broken_ones_change_nothing(tmp_path: Path) -> None:
    desk = ScriptDesk(tmp_path / "out", shipped=tmp_path)
    assert desk.files == []
    Script((Wait(1.0),)).save(tmp_path / "b.json")
    Script((Wait(1.0),)).save(tmp_path / "out" / "a.json")
    (tmp_path / "keys.json").write_text('{"jump": "x"}')
    assert desk.files == [tmp_path / "b.json", tmp_path / "out" / "a.json"]
    desk.open(tmp_path / "b.json")
    assert "jump is unknown" in desk.open(tmp_path / "keys.json")
    assert "cannot be read" in desk.open(tmp_path / "gone.json")
    assert desk.script == Script((Wait(1.0),))
    assert desk.save(" . ") == "' . ' is no name for a file"
