"""Policies: a card for each skill, with its scores and a slider through its ages (stages of training)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from imgui_bundle import imgui

from game.view.panel import widgets as w
from game.view.panel.guard import Guard
from game.view.panel.look import CORAL, DIM, INK, MUSTARD, RED, SMALL, TEAL, TINY, WHITE, Look, mix, u32
from game.view.panel.panel_data import PanelModel, PolicyCard

Vec2 = imgui.ImVec2

TITLES = {"getup_facedown": "get up, face down", "getup_faceup": "get up, face up", "spinkick": "spin kick"}
"""names of files that run words together, as people write them"""


class Family(NamedTuple):
    """The policies of one skill, least trained first. A policy without a family is a family of its own."""

    name: str
    members: tuple[PolicyCard, ...]
    number: int
    """number key of its last member, from 1"""

    def shown(self, playing: str | None) -> PolicyCard:
        """The member that is playing, else the one that is trained most."""
        return next((card for card in self.members if card.name == playing), self.members[-1])


def families(cards: Iterable[PolicyCard]) -> list[Family]:
    """Groups policies by family, in the order of each family's first policy."""
    numbered = list(enumerate(cards, 1))
    order: dict[str, int] = {}
    for number, card in numbered:
        order.setdefault(card.family or card.name, number)
    by_family = sorted(numbered, key=lambda pair: (order[pair[1].family or pair[1].name], _age(pair[1])))
    found = []
    for name, pairs in groupby(by_family, key=lambda pair: pair[1].family or pair[1].name):
        members = list(pairs)
        found.append(Family(name, tuple(card for _, card in members), members[-1][0]))
    return found


def _age(card: PolicyCard) -> float:
    return 1.0 if card.age is None else card.age


def spoken(name: str) -> str:
    """A name as words: `deepmimic_walk` is "Deepmimic walk"."""
    for run_together, apart in TITLES.items():
        name = name.replace(run_together, apart)
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def age_words(card: PolicyCard, place: int, count: int) -> str:
    """The age of a member of a family in words."""
    if card.age is None:
        return f"{place + 1} of {count}"
    stages = ("newborn", "toddler", "child", "teenager", "grown up")
    return f"{stages[min(int(card.age * len(stages)), len(stages) - 1)]}, {100 * card.age:.0f} %"


def count_words(cards: Iterable[PolicyCard]) -> str:
    """Number of policies and of refused files, in words."""
    refused = [bool(card.trouble) for card in cards]
    count = refused.count(False)
    words = f"{count} polic{'y' if count == 1 else 'ies'}"
    return f"{words}, {sum(refused)} refused" if any(refused) else words


def facts(card: PolicyCard) -> list[tuple[str, str]]:
    """Scores and training as (name, value) in words; those that the policy's file holds."""
    scores, lines = card.scores, []
    seconds = _number(scores, "seconds")
    if (survival := _number(scores, "survival")) is not None:
        over = f" over {seconds:.0f} s" if seconds else ""
        lines.append(("stays up", f"{100 * survival:.0f} %{over}"))
    if flips := _number(scores, "flips_per_episode"):
        lines.append(("flips", f"{flips:.1f} in {seconds:.0f} s" if seconds else f"{flips:.1f}"))
    if (likeness := _number(scores, "normalized_return")) is not None:
        lines.append(("like the clip", f"{100 * likeness:.0f} %"))
    pushes = [p for key in ("max_push_forward_n", "max_push_side_n") if (p := _number(scores, key)) is not None]
    if pushes:
        lines.append(("withstands", f"{' / '.join(f'{p:.0f}' for p in pushes)} N"))
    if samples := _number(card.training, "samples"):
        lines.append(("practised", f"{samples / 1e6:.1f} M steps"))
    return lines


def _number(values: object, key: str) -> float | None:
    value = values.get(key) if hasattr(values, "get") else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class Policies:
    """The list of cards."""

    def __init__(self) -> None:
        self._guard = Guard()

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the cards; a click plays the policy."""
        cards, playing = model.policies, model.policy
        w.heading(look, "What he has learned", count_words(cards))
        if model.doing:
            w.text(look, f"Now: {model.doing}", SMALL, DIM)
        if not cards:
            w.text(look, "There is no policy yet. Put an .onnx file into policies/ and it appears here.", SMALL, DIM)
        for family in families(cards):
            self._guard.draw(look, family.name, partial(self._family, look, model, family, playing))

    def _family(self, look: Look, model: PanelModel, family: Family, playing: str | None) -> None:
        card = family.shown(playing)
        chosen = card.name == playing
        if card.trouble:
            self._refused(look, card)
            return
        lines = facts(card) if chosen else []
        aged = len(family.members) > 1
        height = 42 + (18 * ((len(lines) + 1) // 2) + 6 if chosen else 0)
        clicked, at, room = w.card(look, f"policy.{family.name}", look.px(height + (38 if aged else 0)), chosen)
        if clicked and not chosen:
            model.play(card.name)
        self._head(look, family, card, at, room, chosen)
        y = at.y + look.px(44)
        if chosen:
            y = self._facts(look, lines, Vec2(at.x, y), room)
        if aged:
            self._ages(look, model, family, card, Vec2(at.x + look.px(13), at.y + look.px(height - 2)), room)

    def _head(self, look: Look, family: Family, card: PolicyCard, at: Vec2, room: float, chosen: bool) -> None:
        """Draws number, name and how often he stays on his feet."""
        draw, middle = imgui.get_window_draw_list(), Vec2(at.x + look.px(22), at.y + look.px(21))
        draw.add_circle_filled(middle, look.px(12), u32(CORAL if chosen else mix(TEAL, WHITE, 0.15)))
        number = str(family.number) if family.number <= 9 else "·"
        x = middle.x - w.width_of(look, number, SMALL, "bold") / 2
        w.write(look, Vec2(x, middle.y - look.px(7.5)), number, SMALL, WHITE, "bold")
        left, right = at.x + look.px(43), at.x + room - look.px(12)
        survival = _number(card.scores, "survival")
        meter = look.px(64) if survival is not None else 0.0
        title = spoken(card.skill or card.name)
        name = w.fitted(look, title, right - meter - left - look.px(8), 15.0, "bold")
        w.write(look, Vec2(left, at.y + look.px(5)), name, 15.0, INK, "bold")
        if spoken(card.name) != title:  # one title is enough
            below = w.fitted(look, spoken(card.name), right - meter - left - look.px(8), TINY)
            w.write(look, Vec2(left, at.y + look.px(23.5)), below, TINY, DIM)
        if survival is not None:
            share = f"{100 * survival:.0f} %"
            w.write(look, Vec2(right - w.width_of(look, share, TINY), at.y + look.px(9)), share, TINY, DIM)
            color = mix(mix(RED, MUSTARD, 2 * survival), TEAL, 2 * survival - 1)
            w.bar(look, Vec2(right - meter, at.y + look.px(26)), meter, survival, color)

    def _facts(self, look: Look, lines: Sequence[tuple[str, str]], at: Vec2, room: float) -> float:
        """Draws the scores in two columns; returns the y below them."""
        column = (room - look.px(26)) / 2
        for i, (what, much) in enumerate(lines):
            x, y = at.x + look.px(13) + (i % 2) * column, at.y + look.px(18 * (i // 2))
            w.write(look, Vec2(x, y), what, TINY, DIM)
            start = x + w.width_of(look, what, TINY) + look.px(5)
            w.write(look, Vec2(start, y), w.fitted(look, much, x + column - start, TINY, "bold"), TINY, INK, "bold")
        return at.y + look.px(18 * ((len(lines) + 1) // 2))

    def _ages(self, look: Look, model: PanelModel, family: Family, card: PolicyCard, at: Vec2, room: float) -> None:
        """Draws the slider through a family on its card."""
        after, last = imgui.get_cursor_screen_pos(), len(family.members) - 1
        place = family.members.index(card)
        imgui.set_cursor_screen_pos(at)
        imgui.push_clip_rect(at, Vec2(at.x + room, at.y + look.px(60)), True)
        w.inset(f"##ages.{family.name}", Vec2(room - look.px(26), look.px(36)))
        value_text = age_words(card, place, last + 1)
        moved = w.slider(look, "age", "age", place, 0, last, value_text=value_text, step=1.0, color=TEAL)
        imgui.end_child()
        imgui.pop_clip_rect()
        imgui.set_cursor_screen_pos(after)
        imgui.dummy(Vec2(0.0, 0.0))
        if moved is not None:
            model.play(family.members[round(moved)].name)

    def _refused(self, look: Look, card: PolicyCard) -> None:
        """Draws a refused file with the reason, in full while the mouse is over it."""
        _, at, room = w.card(look, f"refused.{card.name}", look.px(42))
        width = room - look.px(26)
        title = w.fitted(look, spoken(card.name), width, 14.0, "bold")
        w.write(look, Vec2(at.x + look.px(13), at.y + look.px(5)), title, 14.0, DIM, "bold")
        reason = w.fitted(look, card.trouble, width, TINY)
        w.write(look, Vec2(at.x + look.px(13), at.y + look.px(23)), reason, TINY, RED)
        w.tip(look, card.trouble)
