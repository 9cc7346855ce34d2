"""StepFields: the values of one step of a script: sliders, choices, switches, and the JSON of an event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from imgui_bundle import imgui

from game.camera.rigs import NAMES
from game.session.script_step import CameraCut, Do, PutProp, ScriptError, Skill, Step, Walk, step_from_json
from game.view.panel import widgets as w
from game.view.panel.look import DIM, RED, SMALL, Look
from game.view.panel.panel_data import PanelModel
from game.view.panel.policies import spoken

REACH = 5.0
"""m from the middle of a set that a slider goes"""
PLACES = ("a place", "a direction")
FROM = ("from him", "in the room")


class Range(NamedTuple):
    """Of a number that a slider sets."""

    label: str
    low: float
    high: float
    step: float
    unit: str


RANGES: dict[tuple[str, str], Range] = {
    ("wait", "seconds"): Range("how long", 0.0, 10.0, 0.1, "s"),
    ("walk", "direction"): Range("direction", -180.0, 180.0, 5.0, "°"),
    ("walk", "seconds"): Range("how long", 0.0, 15.0, 0.1, "s"),
    ("turn", "direction"): Range("direction", -180.0, 180.0, 5.0, "°"),
    ("skill", "cycles"): Range("times", 1.0, 10.0, 1.0, ""),
    ("push", "force"): Range("force", 0.0, 1500.0, 10.0, "N"),
    ("push", "direction"): Range("from behind, turned by", -180.0, 180.0, 5.0, "°"),
    ("push", "seconds"): Range("how long", 0.05, 1.0, 0.05, "s"),
    ("prop", "ahead"): Range("ahead of him", -REACH, REACH, 0.1, "m"),
    ("prop", "aside"): Range("to his left", -REACH, REACH, 0.1, "m"),
    ("prop", "height"): Range("above the floor", 0.0, 4.0, 0.1, "m"),
}
"""Sliders by kind of step and field. Values beyond these are kept until the slider is moved."""


class StepFields:
    """Draws what there is to edit of a step, and returns the step as it was edited."""

    def __init__(self) -> None:
        self._written: str | None = None
        """an event's JSON while somebody types"""
        self._wrong = ""
        """what is wrong with it"""

    def draw(self, look: Look, model: PanelModel, step: Step) -> tuple[Step, str]:
        """Returns the step, edited or not, and the name of the field that was edited; empty where none was."""
        match step:
            case Walk():
                return self._walk(look, step)
            case Skill():
                name = _choice(look, "skill", model.skill_names, step.name)
                return (replace(step, name=name), "") if name else self._sliders(look, step, "cycles")
            case CameraCut():
                name = _choice(look, "cut", NAMES, step.name)
                return (replace(step, name=name) if name else step), ""
            case PutProp():
                return self._prop(look, model, step)
            case Do():
                return self._event(look, step), "event"
            case _:
                return self._sliders(look, step, *(field for kind, field in RANGES if kind == step.kind))

    def _sliders(self, look: Look, step: Step, *fields: str) -> tuple[Step, str]:
        edited, part = step, ""
        for field in fields:
            found, now = RANGES[step.kind, field], getattr(step, field)
            shown = f"{now:g} {found.unit}".strip()
            moved = w.slider(look, f"step.{field}", found.label, float(now), found.low, found.high,
                             value_text=shown, step=found.step)  # fmt: skip
            if moved is not None:
                edited, part = replace(edited, **{field: type(now)(round(moved, 3))}), field
        return edited, part

    def _walk(self, look: Look, step: Walk) -> tuple[Step, str]:
        there = step.to is not None
        choice = w.chips(look, "walk.to", PLACES, PLACES[not there], even=True)
        if choice is not None and (choice == PLACES[0]) != there:
            return replace(step, to=None if there else (0.0, 0.0)), ""
        run = w.switch(look, "walk.run", "run", step.run)
        if run is not None:
            return replace(step, run=run), ""
        if step.to is not None:
            to = _place(look, step.to)
            return replace(step, to=to), "to"
        return self._sliders(look, step, "direction", "seconds")

    def _prop(self, look: Look, model: PanelModel, step: PutProp) -> tuple[Step, str]:
        name = _choice(look, "prop", model.prop_names, step.name)
        there = step.at is not None
        choice = w.chips(look, "prop.at", FROM, FROM[there], even=True)
        if name or (choice is not None and (choice == FROM[1]) != there):
            at = step.at if name else None if there else (0.0, 0.0)
            return replace(step, name=name or step.name, at=at), ""
        if step.at is not None:
            at = _place(look, step.at)
            if at != step.at:
                return replace(step, at=at), "at"
            return self._sliders(look, step, "height")
        return self._sliders(look, step, "ahead", "aside", "height")

    def _event(self, look: Look, step: Do) -> Step:
        """A field for the JSON: Enter has it read, and what is wrong is said below."""
        w.text(look, "Any event as JSON, see docs/scripts.md. Enter keeps it.", SMALL, DIM)
        text = json.dumps(step.event) if self._written is None else self._written
        imgui.set_next_item_width(imgui.get_content_region_avail().x)
        imgui.push_font(*look.font(SMALL))
        flags = imgui.InputTextFlags_.enter_returns_true.value | imgui.InputTextFlags_.auto_select_all.value
        entered, text = imgui.input_text("##event", text, flags)
        imgui.pop_font()
        if imgui.is_item_active() or entered:
            self._written = text
        if entered:
            try:
                made = step_from_json({"do": step.kind, "event": json.loads(text)}, "event")
            except (ScriptError, ValueError) as error:
                self._wrong = str(error)
            else:
                self.forget()
                return made
        if self._wrong:
            w.text(look, self._wrong, SMALL, RED)
        return step

    def forget(self) -> None:
        """Another step is edited: what was typed and not kept is gone."""
        self._written, self._wrong = None, ""


def _choice(look: Look, name: str, names: Sequence[str], chosen: str) -> str | None:
    """Chips for names; the one that was clicked unless it is chosen already."""
    by_words = {spoken(each): each for each in names}
    if chosen and chosen not in names:
        by_words = {spoken(chosen): chosen} | by_words
    clicked = w.chips(look, name, tuple(by_words), spoken(chosen))
    return by_words[clicked] if clicked is not None and by_words[clicked] != chosen else None


def _place(look: Look, place: tuple[float, float]) -> tuple[float, float]:
    """Sliders for x and y, m."""
    found = list(place)
    for i, (axis, label) in enumerate((("x", "to the right (x)"), ("y", "away (y)"))):
        moved = w.slider(look, f"step.{axis}", label, place[i], -REACH, REACH,
                         value_text=f"{place[i]:g} m", step=0.05)  # fmt: skip
        found[i] = place[i] if moved is None else round(moved, 3)
    return found[0], found[1]
