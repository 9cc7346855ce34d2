"""ScriptStrip: a script as a strip of film: a card for each step; play, add, move, delete, edit, open, save."""

from __future__ import annotations

from pathlib import Path

from imgui_bundle import imgui

from game.session.script import Script
from game.session.script_step import ScriptError, Step
from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.look import BLUSH, CARD, CORAL, DIM, INK, PAPER, SMALL, TEAL, TINY, WHITE, Look, mix, u32
from game.view.panel.panel_data import PanelModel
from game.view.panel.policies import spoken
from game.view.panel.step_fields import StepFields

Vec2 = imgui.ImVec2

KINDS = {"walk": (icons.WALK, "Walk"), "turn": (icons.TURN, "Turn"), "skill": (icons.STAR, "Skill"),
         "push": (icons.SHOVE, "Push"), "prop": (icons.BOX, "Prop"), "wait": (icons.CLOCK, "Wait"),
         "camera": (icons.VIDEO, "Camera"), "event": (icons.BOLT, "Event")}  # fmt: skip
"""icon and name of every kind of step"""
CARD_WIDTH, CARD_HEIGHT, GAP, EDGE, BAR = 84.0, 62.0, 5.0, 12.0, 10.0
"""px as designed; EDGE is the part of the film with the holes, BAR the scroll bar below"""
ANYWHERE = "Where he is"


class ScriptStrip:
    """The strip, and below it what is edited: a step, or which file."""

    def __init__(self) -> None:
        self.chosen: int | None = None
        """index of the step that is edited"""
        self.mode = ""
        """`add`, `open` or `save` while one of these is done instead"""
        self._name = ""
        self._focus = False
        self._shown: int | None = None
        """the step that was scrolled to last"""
        self._fields = StepFields()

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws it all."""
        desk = model.script_desk
        count = len(desk.script.steps)
        if self.chosen is not None and self.chosen >= count:
            self._choose(count - 1 if count else None)
        w.heading(look, "Script", desk.name or "not saved yet")
        self._buttons(look, model)
        self._strip(look, model)
        if self.mode == "open":
            self._open(look, model)
        elif self.mode == "save":
            self._save(look, model)
        elif self.mode == "add" or not count:
            self._add(look, model)
        elif self.chosen is not None:
            self._step(look, model, self.chosen)
        else:
            self._set(look, model)

    def _choose(self, index: int | None) -> None:
        self.chosen, self.mode = index, ""
        self._fields.forget()

    def _toggle(self, mode: str) -> None:
        self.mode = "" if self.mode == mode else mode
        self._focus = self.mode == "save"

    # ---------------------------------------------------------------- what is done with all of it
    def _buttons(self, look: Look, model: PanelModel) -> None:
        desk, gap = model.script_desk, look.px(5)
        if model.script_step is None:
            if w.button(look, "script.play", icons.PLAY, "Play", warm=True, hint="restarts the run in its set"):
                model.play_script(0)
        elif w.button(look, "script.stop", icons.STOP, "Stop", warm=True, hint="he goes on with what he does"):
            model.stop_script()
        for mode, icon, hint in (
            ("add", icons.ADD, "add a step"),
            ("open", icons.OPEN, "open another script"),
            ("save", icons.SAVE, "save it"),
        ):
            imgui.same_line(0.0, gap)
            if w.button(look, f"script.{mode}", icon, hint=hint, warm=self.mode == mode):
                self._toggle(mode)
                self._name = desk.name
        if desk.can_undo:
            imgui.same_line(0.0, gap)
            if w.button(look, "script.undo", icons.UNDO, hint="take the last change back"):
                desk.undo()
                self._fields.forget()

    # ---------------------------------------------------------------- the strip
    def _strip(self, look: Look, model: PanelModel) -> None:
        """The film, which is moved by the wheel and by the bar below it."""
        steps, now = model.script_desk.script.steps, model.script_step
        if not steps:
            w.text(look, "No steps yet. The first one:", SMALL, DIM)
            return
        edge, gap, wide = look.px(EDGE), look.px(GAP), look.px(CARD_WIDTH)
        tall = 2 * edge + look.px(CARD_HEIGHT)
        flags = imgui.WindowFlags_.horizontal_scrollbar.value | imgui.WindowFlags_.no_scroll_with_mouse.value
        imgui.begin_child("##strip", Vec2(0.0, tall + look.px(BAR)), 0, flags)
        if imgui.is_window_hovered() and (wheel := imgui.get_io().mouse_wheel):
            imgui.set_scroll_x(imgui.get_scroll_x() - wheel * wide)
        if now != self._shown:
            self._shown = now
            if now is not None:
                imgui.set_scroll_x(max(0.0, now * (wide + gap) - wide))
        at, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        length = gap + len(steps) * (wide + gap)
        _film(look, at, Vec2(max(length, room), tall))
        for index, step in enumerate(steps):
            imgui.set_cursor_screen_pos(Vec2(at.x + gap + index * (wide + gap), at.y + edge))
            if _card(look, index, step, chosen=index == self.chosen, plays=index == now):
                self._choose(None if index == self.chosen and not self.mode else index)
        imgui.set_cursor_screen_pos(at)
        imgui.dummy(Vec2(length, tall))
        imgui.end_child()

    # ---------------------------------------------------------------- one step
    def _step(self, look: Look, model: PanelModel, index: int) -> None:
        desk = model.script_desk
        script, gap = desk.script, look.px(5)
        step = script.steps[index]
        w.heading(look, f"{index + 1}. {KINDS[step.kind][1]}", step.label)
        if w.button(look, "step.play", icons.PLAY, "From here", hint="plays on from this step, where he is"):
            model.play_script(index)
        last = len(script.steps) - 1
        for name, icon, hint, to in (
            ("left", icons.LEFT, "earlier", max(index - 1, 0)),
            ("right", icons.RIGHT, "later", min(index + 1, last)),
        ):
            imgui.same_line(0.0, gap)
            if w.button(look, f"step.{name}", icon, hint=hint):
                desk.edit(script.with_moved(index, to))
                self._choose(to)
                return
        imgui.same_line(0.0, gap)
        if w.button(look, "step.delete", icons.DELETE, hint="delete this step"):
            desk.edit(script.without(index))
            return
        edited, part = self._fields.draw(look, model, step)
        if edited != step:
            desk.edit(script.with_step(index, edited), part=f"{index}.{part}" if part else "")

    def _add(self, look: Look, model: PanelModel) -> None:
        """A button for every kind; the new step comes after the chosen one, or at the end."""
        script = model.script_desk.script
        index = len(script.steps) if self.chosen is None else self.chosen + 1
        if script.steps:
            w.heading(look, "Add a step", f"after {index}")
        gap = look.px(5)
        width = (imgui.get_content_region_avail().x - gap) / 2
        for i, (kind, (icon, words)) in enumerate(KINDS.items()):
            if i % 2:
                imgui.same_line(0.0, gap)
            if w.button(look, f"add.{kind}", icon, words, width=width):
                self._insert(model, script, index, Step.KINDS[kind]())
                return

    def _insert(self, model: PanelModel, script: Script, index: int, step: Step) -> None:
        try:
            model.script_desk.edit(script.inserted(index, step))
        except ScriptError as error:
            model.say(str(error))
        else:
            self._choose(index)

    # ---------------------------------------------------------------- files and the set
    def _open(self, look: Look, model: PanelModel) -> None:
        w.heading(look, "Open")
        files = model.script_desk.files
        if not files:
            w.text(look, "No script is saved yet.", SMALL, DIM)
        for path in files:
            clicked, at, room = w.card(look, f"script.file.{path.name}", look.px(30))
            title = w.fitted(look, spoken(path.stem), room - look.px(26), 14.0, "bold")
            w.write(look, Vec2(at.x + look.px(13), at.y + look.px(6)), title, 14.0, INK, "bold")
            if clicked:
                self._opened(model, path)

    def _opened(self, model: PanelModel, path: Path) -> None:
        model.say(model.script_desk.open(path))
        self._choose(None)

    def _save(self, look: Look, model: PanelModel) -> None:
        """A field for the name: Enter saves."""
        w.heading(look, "Save as", "Enter saves")
        imgui.set_next_item_width(imgui.get_content_region_avail().x)
        if self._focus:
            imgui.set_keyboard_focus_here()
            self._focus = False
        flags = imgui.InputTextFlags_.enter_returns_true.value | imgui.InputTextFlags_.auto_select_all.value
        entered, self._name = imgui.input_text("##script.name", self._name, flags)
        if entered and self._name.strip():
            model.say(model.script_desk.save(self._name.strip()))
            self.mode = ""

    def _set(self, look: Look, model: PanelModel) -> None:
        """Where it is played."""
        desk = model.script_desk
        w.heading(look, "Plays in", f"{len(desk.script.steps)} steps")
        names = {ANYWHERE: "", **{spoken(name): name for name in model.set_names}}
        now = next((words for words, name in names.items() if name == desk.script.set_name), None)
        choice = w.chips(look, "script.set", tuple(names), now)
        if choice is not None:
            desk.edit(Script(desk.script.steps, names[choice]))
        w.text(look, "A click on a card edits that step.", SMALL, DIM)


def _film(look: Look, at: Vec2, size: Vec2) -> None:
    """Dark film with holes along both edges."""
    draw, edge = imgui.get_window_draw_list(), look.px(EDGE)
    draw.add_rect_filled(at, Vec2(at.x + size.x, at.y + size.y), u32(INK), look.px(6))
    hole, pitch = Vec2(look.px(7), look.px(5)), look.px(14)
    for i in range(int(size.x / pitch)):
        x = at.x + (i + 0.5) * pitch - hole.x / 2
        for middle in (at.y + edge / 2, at.y + size.y - edge / 2):
            a, b = Vec2(x, middle - hole.y / 2), Vec2(x + hole.x, middle + hole.y / 2)
            draw.add_rect_filled(a, b, u32(PAPER, 0.85), look.px(1.5))


def _card(look: Look, index: int, step: Step, *, chosen: bool, plays: bool) -> bool:
    """One picture of the film; true when clicked."""
    size, at = Vec2(look.px(CARD_WIDTH), look.px(CARD_HEIGHT)), imgui.get_cursor_screen_pos()
    clicked = bool(imgui.invisible_button(f"##step.{index}", size))
    draw, end = imgui.get_window_draw_list(), Vec2(at.x + size.x, at.y + size.y)
    body = TEAL if plays else BLUSH if chosen else mix(CARD, PAPER, 1.0 if imgui.is_item_hovered() else 0.0)
    draw.add_rect_filled(at, end, u32(body), look.px(5))
    if chosen:
        draw.add_rect(at, end, u32(CORAL), look.px(5), 0, look.px(2))
    icon, kind = KINDS[step.kind]
    left, width = at.x + look.px(7), size.x - look.px(12)
    strong, weak = (WHITE, WHITE) if plays else (INK, DIM)
    w.write(look, Vec2(left, at.y + look.px(5)), icon, 16.0, WHITE if plays else CORAL)
    number = str(index + 1)
    w.write(look, Vec2(end.x - look.px(6) - w.width_of(look, number, TINY), at.y + look.px(4)), number, TINY, weak)
    w.write(look, Vec2(left, at.y + look.px(25)), w.fitted(look, kind, width, SMALL, "bold"), SMALL, strong, "bold")
    label = step.label.removeprefix(f"{step.kind} ").removeprefix(f"{step.kind}: ")
    w.write(look, Vec2(left, at.y + look.px(42)), w.fitted(look, label, width, TINY), TINY, weak)
    w.tip(look, step.label)
    return clicked
