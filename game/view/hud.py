"""Hud: the text over the picture: status, messages, help. Its size is proportional to the window's."""

from __future__ import annotations

import importlib.util
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import panda3d.core as p3d

TEXT = p3d.LColor(1.0, 1.0, 1.0, 1.0)
DIM = p3d.LColor(0.80, 0.86, 0.92, 1.0)
CARD = p3d.LColor(0.05, 0.06, 0.08, 0.62)
RED = p3d.LColor(1.0, 0.30, 0.25, 1.0)
FILL = p3d.LColor(0.95, 0.45, 0.30, 1.0)
SIZE = 0.043
"""height of a line; the window's height is 2"""
HELP_SIZE = 0.72 * SIZE
MARGIN = 0.04
WRAP = 46
PIXELS_PER_UNIT = 64
BAR = (1.1, 0.022)
"""width and height of the bar that shows how far something is"""
MAX_MESSAGES = 4
MESSAGE_SECONDS = 5.0


class Hud:
    """Status at the top left, messages at the bottom left, help at both edges.

    Args:
        corners: nodes at the window's corners, as ShowBase has them: top left, top right, bottom left.
    """

    def __init__(self, top_left: p3d.NodePath, top_right: p3d.NodePath, bottom_left: p3d.NodePath) -> None:
        self._font = font()
        self._status = self._text("status", top_left, MARGIN, -MARGIN - SIZE)
        self._record = self._text("record", top_right, -MARGIN, -MARGIN - SIZE)
        self._record.node().set_align(p3d.TextNode.A_right)
        self._record.node().set_text_color(RED)
        self._bar = _card(top_left, CARD, *BAR)
        self._bar_fill = _card(self._bar, FILL, 1.0, 1.0)
        self._bar.hide()
        self._messages = self._text("messages", bottom_left, MARGIN, MARGIN)
        self._help = top_right.attach_new_node("help")
        self._help.set_pos(-MARGIN, 0, -MARGIN - 3.5 * SIZE)
        self._recent: deque[tuple[float, str]] = deque(maxlen=MAX_MESSAGES)
        self._messages_bottom = MARGIN
        self.help_visible = False
        self._help.hide()
        self._help_left = top_left.attach_new_node("help")
        self._help_left.set_pos(MARGIN, 0, -MARGIN - 5.0 * SIZE)
        self._help_left.hide()

    @property
    def lines(self) -> list[str]:
        """All that is on screen now, for tests and logs."""
        texts = (self._status, self._record, self._messages)
        return [line for text in texts for line in text.node().get_text().splitlines() if line]

    def show(self, lines: Sequence[str], recording: str = "", progress: float | None = None) -> None:
        """Shows the status lines, how long the film is, and below the lines a bar of `progress`, 0..1, or none."""
        _set(self._status, "\n".join(lines))
        if progress is None:
            self._bar.hide()
        else:
            self._bar.show()
            self._bar.set_pos(MARGIN, 0, -MARGIN - SIZE * (self._status.node().get_num_rows() + 0.7) - BAR[1])
            self._bar_fill.set_sx(max(min(progress, 1.0), 1e-3))  # a scale of 0 has no inverse
        _set(self._record, f"REC {recording}" if recording else "")

    def say(self, words: str, now: float) -> None:
        """Shows a message for some seconds; `now` is any clock in seconds."""
        if self._recent and self._recent[-1][1] == words:
            self._recent.pop()
        self._recent.append((now + MESSAGE_SECONDS, words))
        self.update(now)

    def raise_messages(self, raised: bool) -> None:
        """Moves the messages up, to make room for the replay's bar below them."""
        self._messages_bottom = 4.0 * MARGIN if raised else MARGIN

    def update(self, now: float) -> None:
        """Removes messages whose time is over."""
        while self._recent and self._recent[0][0] <= now:
            self._recent.popleft()
        lines = [words for _, words in self._recent]
        _set(self._messages, "\n".join(lines))
        self._messages.set_z(self._messages_bottom + 0.01 + SIZE * (max(1, self._messages.node().get_num_rows()) - 1))

    def set_help(self, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        """Sets the help: groups of (title, rows of (key, what it does)).

        They stand at both edges of the window, so that the middle of the picture is free.
        """
        sizes = [len(rows) + 2 for _, rows in groups]
        half, first = sum(sizes) / 2, 0
        while first < len(groups) and sum(sizes[: first + 1]) <= half + sizes[first] / 2:
            first += 1
        for help_node, part, at_right in ((self._help_left, groups[:first], False), (self._help, groups[first:], True)):
            help_node.children.detach()
            if part:
                self._fill_help(help_node, part, at_right=at_right)

    def _fill_help(
        self, help_node: p3d.NodePath, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]], *, at_right: bool
    ) -> None:
        keys, words, titles = [], [], []
        for title, rows in groups:
            keys += ["", *(key for key, _ in rows), ""]
            words += ["", *(does for _, does in rows), ""]
            titles += [title, *("" for _ in rows), ""]
        columns = [self._text("help", help_node, 0.0, 0.0, "\n".join(c).rstrip("\n")) for c in (titles, keys, words)]
        for column, color in zip(columns, (FILL, DIM, TEXT), strict=True):
            column.set_scale(HELP_SIZE)
            column.node().set_text_color(color)
            column.node().set_wordwrap(0.0)
        key_width, word_width = (HELP_SIZE * column.node().get_width() for column in columns[1:])
        width = key_width + HELP_SIZE + word_width
        left = -width if at_right else 0.0
        columns[0].set_x(left)
        columns[1].set_x(left)
        columns[2].set_x(left + key_width + HELP_SIZE)
        edge = 0.5 * HELP_SIZE
        bottom = HELP_SIZE * min(column.node().get_bottom() for column in columns)
        maker = p3d.CardMaker("card")
        maker.set_frame(left - edge, left + width + edge, bottom - edge, HELP_SIZE + edge)
        card = help_node.attach_new_node(maker.generate(), -1)
        card.set_color(CARD)
        card.set_transparency(p3d.TransparencyAttrib.M_alpha)

    def toggle_help(self) -> None:
        """Shows or hides the help."""
        self.help_visible = not self.help_visible
        for node in (self._help, self._help_left):
            (node.show if self.help_visible else node.hide)()

    def _text(self, name: str, parent: p3d.NodePath, x: float, z: float, words: str = "") -> p3d.NodePath[p3d.TextNode]:
        node = p3d.TextNode(name)
        node.set_font(self._font)
        node.set_text_color(TEXT)
        node.set_wordwrap(WRAP)
        node.set_text(words)
        path: p3d.NodePath[p3d.TextNode] = parent.attach_new_node(node)
        path.set_scale(SIZE)
        path.set_pos(x, 0, z)
        return path


def font_file() -> p3d.Filename:
    """Roboto, which imgui-bundle contains; `find_spec` finds the package without importing it."""
    spec = importlib.util.find_spec("imgui_bundle")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("imgui-bundle is missing: install this package with its dependencies")
    file = Path(spec.submodule_search_locations[0]) / "assets" / "fonts" / "Roboto" / "Roboto-Regular.ttf"
    return p3d.Filename.from_os_specific(str(file))


def font() -> p3d.TextFont:
    """The font at the window's resolution."""
    font = p3d.DynamicTextFont(font_file())
    font.set_pixels_per_unit(PIXELS_PER_UNIT)
    font.set_page_size(512, 512)
    return font


def _card(parent: p3d.NodePath, color: p3d.LColor, width: float, height: float) -> p3d.NodePath:
    """A rectangle whose lower left corner is its origin."""
    maker = p3d.CardMaker("card")
    maker.set_frame(0.0, 1.0, 0.0, 1.0)
    card = parent.attach_new_node(maker.generate())
    card.set_scale(width, 1.0, height)
    card.set_color(color)
    card.set_transparency(p3d.TransparencyAttrib.M_alpha)
    return card


def _set(path: p3d.NodePath[p3d.TextNode], text: str) -> None:
    """Sets a text and the dark card behind it."""
    node = path.node()
    if node.get_text() == text:
        return
    node.set_text(text)
    if text:
        node.set_card_color(CARD)
        node.set_card_as_margin(0.5, 0.5, 0.3, 0.3)
        node.set_card_decal(True)
    else:
        node.clear_card()
