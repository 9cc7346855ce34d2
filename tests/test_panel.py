"""The panel without a window: imgui draws into nothing, and the pointer is moved by the test."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from imgui_bundle import imgui

from game.play.events import Crowd, Friction, Gravity, Nerves, Strength
from game.play.nerves import PRESETS
from game.view.panel import body_map
from game.view.panel.body_map import BodyMap, limb_of, next_part, piece_at
from game.view.panel.floor_section import grip
from game.view.panel.gravity_section import MAX_SHOWN, pulled
from game.view.panel.look import CORAL, MAX_SCALE, MIN_SCALE, Look, mix, scale_of, u32
from game.view.panel.panel import Panel
from game.view.panel.panel_data import PolicyCard
from game.view.panel.policies import Family, Policies, age_words, count_words, facts, families, spoken
from game.view.panel.surroundings import WAYS, Props
from game.view.panel.takes import Takes
from game.view.panel.transport import speed_words
from tests.support.fake_panel_model import MODEL, FakeModel, backflips

Spot = tuple[float, float]
JOINTS, LIMBS, PIECES = MODEL.joint_names, MODEL.roles.limbs, MODEL.roles.figure


class Screen:
    """A panel, and somebody's pointer and keyboard."""

    def __init__(self, size: tuple[float, float] = (1280.0, 720.0)) -> None:
        io = imgui.get_io()
        io.set_ini_filename("")
        io.backend_flags |= imgui.BackendFlags_.renderer_has_textures.value
        io.display_size = imgui.ImVec2(*size)
        io.delta_time = 1 / 30
        self.model = FakeModel()
        self.panel = Panel(Look(), self.model)
        self.at: dict[str, tuple[Spot, Spot]] = {}
        self.frame()
        self.frame()

    def frame(self) -> None:
        """Draws once, and notes where every widget is."""
        self.at.clear()
        button, field = imgui.invisible_button, imgui.input_text

        def note(name: str) -> None:
            low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
            self.at[name.removeprefix("##")] = ((low.x, low.y), (high.x, high.y))

        def noting(name: str, size: imgui.ImVec2) -> bool:
            clicked = button(name, size)
            note(name)
            return clicked

        def noting_field(name: str, text: str, flags: int) -> tuple[bool, str]:
            found = field(name, text, flags)
            note(name)
            return found

        with patch.object(imgui, "invisible_button", noting), patch.object(imgui, "input_text", noting_field):
            imgui.new_frame()
            self.panel.draw()
            imgui.render()

    def point(self, name: str, across: float = 0.5, down: float = 0.5) -> None:
        """Moves the pointer onto a widget."""
        (left, top), (right, bottom) = self.at[name]
        imgui.get_io().add_mouse_pos_event(left + across * (right - left), top + down * (bottom - top))
        self.frame()

    def click(self, name: str, across: float = 0.5, down: float = 0.5) -> None:
        """Clicks a widget and waits for so long that the next click is no double one."""
        self.point(name, across, down)
        for pressed in (True, False):
            imgui.get_io().add_mouse_button_event(0, pressed)
            self.frame()
        for _ in range(12):
            self.frame()

    def write(self, words: str, *keys: imgui.Key) -> None:
        for letter in words:
            imgui.get_io().add_input_character(ord(letter))
        self.frame()
        for key in keys:
            for pressed in (True, False):
                imgui.get_io().add_key_event(key, pressed)
                self.frame()

    def section(self, kind: type) -> object:
        return next(s for _, sections in self.panel.pages.values() for s in sections if isinstance(s, kind))


@pytest.fixture
def screen() -> Iterator[Screen]:
    context = imgui.create_context()
    yield Screen()
    imgui.destroy_context(context)


def test_every_page_draws_and_fits_any_window() -> None:
    for size in ((1280.0, 720.0), (3840.0, 2160.0), (640.0, 480.0), (1000.0, 2000.0)):
        context = imgui.create_context()
        screen = Screen(size)
        for page in screen.panel.pages:
            screen.click(f"page.{page}")
            assert screen.panel.page == page
            rights = {name: high[0] for name, (_, high) in screen.at.items()}
            assert max(rights.values()) <= screen.panel.width, (size, page, max(rights, key=lambda n: rights[n]))
        assert screen.panel.width < size[0] / 2
        imgui.destroy_context(context)


def test_scale() -> None:
    assert scale_of(1280, 720) == 1.0
    assert scale_of(3840, 2160) == 3.0
    assert scale_of(3840, 720) == 1.0
    assert scale_of(10, 10) == MIN_SCALE
    assert scale_of(1e6, 1e6) == MAX_SCALE


def test_colors() -> None:
    assert u32((1, 2, 3), 1.0) == 0xFF030201
    assert mix((0, 0, 0), (100, 200, 50), 0.5) == (50, 100, 25)
    assert mix((0, 0, 0), CORAL, 7.0) == CORAL


# -------------------------------------------------------------------- him
def test_a_click_on_a_card_plays_the_policy(screen: Screen) -> None:
    screen.click("policy.deepmimic_walk", across=0.4)
    assert screen.model.policy == "deepmimic_walk"
    assert screen.model.calls == [("play", "deepmimic_walk")]
    screen.click("policy.deepmimic_walk", across=0.4)  # it plays already
    assert len(screen.model.calls) == 1


def test_what_comes_after_a_fall(screen: Screen) -> None:
    screen.click("after_fall.Next attempt")
    assert screen.model.after_fall == "retry"
    assert "limp_seconds" not in screen.at  # nobody waits to get up
    screen.click("after_fall.He gets up")
    screen.click("limp_seconds", across=0.99)
    assert screen.model.after_fall == "get_up"
    assert screen.model.limp_seconds > 4.5


def test_the_age_slider_goes_through_the_family(screen: Screen) -> None:
    screen.click("age", across=0.01)
    assert screen.model.policy == "backflip_0"
    screen.click("age", across=0.99)
    assert screen.model.policy == "backflip_4"
    screen.click("age", across=0.5)
    assert screen.model.policy == "backflip_2"


def test_a_refused_policy_plays_nothing(screen: Screen) -> None:
    screen.click("refused.somebodys")
    assert screen.model.calls == []


def test_families_keep_the_numbers_of_the_keys() -> None:
    cards = [
        PolicyCard("a"),
        PolicyCard("old", family="f", age=1.0),
        PolicyCard("z"),
        PolicyCard("young", family="f", age=0.0),
    ]
    found = families(cards)
    assert [family.name for family in found] == ["a", "f", "z"]
    assert [card.name for card in found[1].members] == ["young", "old"]
    assert [family.number for family in found] == [1, 2, 3]
    assert found[1].shown("young").name == "young"
    assert found[1].shown("z").name == "old"


def test_what_a_card_tells() -> None:
    card = FakeModel().policies[4]
    assert dict(facts(card)) == {
        "stays up": "100 % over 20 s", "flips": "8.5 in 20 s", "like the clip": "51 %", "withstands": "189 / 193 N",
    }  # fmt: skip
    assert facts(PolicyCard("bare", scores={"survival": "n/a", "seconds": True})) == []
    assert dict(facts(PolicyCard("x", training={"samples": 2_500_000}))) == {"practised": "2.5 M steps"}


def test_words() -> None:
    assert spoken("deepmimic_walk-com") == "Deepmimic walk com"
    assert spoken("") == ""
    assert [age_words(card, i, 5) for i, card in enumerate(backflips())] == [
        "newborn, 0 %", "toddler, 25 %", "child, 50 %", "teenager, 75 %", "grown up, 100 %",
    ]  # fmt: skip
    assert age_words(PolicyCard("x"), 1, 3) == "2 of 3"
    assert [speed_words(s) for s in (1.0, 0.25, 2.0)] == ["normal speed", "1/4", "2x"]
    assert [grip(mu) for mu in (0.0, 0.5, 0.9, 5.0)] == ["wet ice", "socks", "parquet", "glue"]


# -------------------------------------------------------------------- body
def test_the_figure_has_every_joint_once() -> None:
    assert sorted(piece.joint for piece in PIECES) == sorted(JOINTS)
    for piece in PIECES:
        middle = ((piece.a[0] + piece.b[0]) / 2, (piece.a[1] + piece.b[1]) / 2)
        assert piece_at(PIECES, middle) is piece
        assert max(math.hypot(*middle), *middle) < 1.0
    assert piece_at(PIECES, (0.3, 0.1)) is None


def test_his_right_is_on_our_left() -> None:
    assert {piece.joint.split("_")[0] for piece in PIECES if piece.a[0] < 0} == {"right"}


def test_a_second_click_chooses_the_joint() -> None:
    assert next_part(LIMBS, "all", "left_knee") == "left_leg"
    assert next_part(LIMBS, "left_leg", "left_knee") == "left_knee"
    assert next_part(LIMBS, "left_knee", "left_knee") == "left_leg"
    assert next_part(LIMBS, "right_arm", "left_knee") == "left_leg"
    assert {limb_of(LIMBS, joint) for joint in JOINTS} == set(LIMBS)


def test_a_limb_is_clicked_and_weakened(screen: Screen) -> None:
    screen.click("page.Body")
    knee = next(piece for piece in PIECES if piece.joint == "left_knee")
    unit = body_map.HEIGHT - 18
    across = 0.5 + knee.a[0] * unit / body_map.WIDTH
    down = (9 + (knee.a[1] + knee.b[1]) / 2 * unit) / body_map.HEIGHT
    screen.click("figure", across, down)
    chosen = screen.section(BodyMap)
    assert isinstance(chosen, BodyMap) and chosen.part == "left_leg"
    screen.click("limp")
    assert screen.model.posted == [Strength(0.0, "left_leg")]
    limp = [j for j, s in zip(JOINTS, screen.model.settings.strength, strict=True) if s == 0.0]
    assert limp == ["left_hip", "left_knee", "left_ankle"]
    screen.click("figure", across, down)
    screen.click("strength", across=0.99)
    assert screen.model.posted[-1] == Strength(2.0, "left_knee")
    screen.click("figure", 0.03, 0.03)
    assert chosen.part == "all"
    screen.click("all.learned")
    assert set(screen.model.settings.strength) == {1.0}


def test_strength_is_everybodys(screen: Screen) -> None:
    screen.model.post(Crowd(3))
    screen.click("page.Body")
    screen.click("all.limp")
    assert screen.model.posted[1:] == [Strength(0.0, "all", i) for i in range(3)]


def test_a_double_click_takes_the_usual_value(screen: Screen) -> None:
    screen.model.post(Strength(0.3))
    screen.click("page.Body")
    screen.point("strength", 0.1)
    for pressed in (True, False, True, False):
        imgui.get_io().add_mouse_button_event(0, pressed)
        screen.frame()
    assert set(screen.model.settings.strength) == {1.0}


@pytest.mark.parametrize("name", PRESETS)
def test_nerves(screen: Screen, name: str) -> None:
    screen.model.post(Nerves(delay=9))
    screen.click("page.Body")
    screen.click(f"nerves.{name}")
    assert screen.model.settings.nerves == PRESETS[name].nerves
    assert set(screen.model.settings.strength) == {PRESETS[name].strength}


def test_nerves_sliders(screen: Screen) -> None:
    screen.click("page.Body")
    screen.click("delay", across=0.5)
    screen.click("sense", across=0.99)
    screen.click("act", across=0.99)
    assert screen.model.settings.nerves == Nerves(5, 0.6, 0.6)


# -------------------------------------------------------------------- world
def test_gravity(screen: Screen) -> None:
    screen.click("page.World")
    screen.click("gravity.Moon")
    assert screen.model.posted == [Gravity((0.0, 0.0, -1.62))]
    screen.click("dial", across=0.98, down=0.5)
    assert screen.model.settings.gravity == pytest.approx((MAX_SHOWN * 0.96, 0.0, 0.0), abs=0.2)
    screen.click("to his left", across=0.99)
    assert screen.model.settings.gravity[1] == pytest.approx(MAX_SHOWN)


def test_the_dial_snaps_and_ends_at_its_rim() -> None:
    assert pulled(0.01, 0.4, 3.0) == pytest.approx((0.0, 3.0, -0.4 * MAX_SHOWN), abs=0.05)
    x, y, z = pulled(3.0, -3.0, 0.0)
    assert math.hypot(x, z) == pytest.approx(MAX_SHOWN, abs=0.1) and x > 0 and z > 0 and y == 0
    assert math.copysign(1.0, pulled(0.0, 0.0, 0.0)[2]) == 1.0


def test_floor_and_crowd(screen: Screen) -> None:
    screen.click("page.World")
    screen.click("friction", across=0.01)
    screen.click("crowd", across=0.99)
    assert screen.model.posted == [Friction(0.0), Crowd(64)]


def test_set_and_props(screen: Screen) -> None:
    screen.click("page.World")
    screen.click("set.Park")
    assert screen.model.set_name == "park"
    chosen = []
    for _ in range(2):
        screen.click("prop.anvil")
        chosen.append(screen.model.placing)
    assert chosen == ["anvil", None]
    screen.click(WAYS[1])
    props = screen.section(Props)
    assert isinstance(props, Props) and props.way == WAYS[1]
    screen.click("prop.anvil")
    assert screen.model.placing is None and screen.model.calls == [("drop", "anvil")]
    screen.click("clear")
    assert screen.model.num_placed == 0 and "clear" not in screen.at


# -------------------------------------------------------------------- pictures and takes
def test_pictures(screen: Screen) -> None:
    screen.click("page.Film")
    screen.click("camera.Side")
    screen.click("quality.lite")
    screen.click("mute")
    for name in ("record", "screenshot", "save_last", "save_take"):
        screen.click(name)
    model = screen.model
    assert (model.camera, model.quality, model.switches["mute"]) == ("side", "lite", True)
    assert [asked[1] for asked in model.calls] == ["record", "screenshot", "save_last", "save_take"]


def test_switches_that_there_are(screen: Screen) -> None:
    screen.click("ghost")
    assert screen.model.switches["ghost"]
    screen.model.switches = {}
    screen.frame()
    assert "ghost" not in screen.at


def test_trouble_at_once(screen: Screen) -> None:
    screen.click("throw_ball")
    screen.click("shove_hard")
    assert [asked[1] for asked in screen.model.calls] == ["throw_ball", "shove_hard"]


def test_a_take_is_used(screen: Screen) -> None:
    screen.click("page.Film")
    screen.click("take.take_1.zip", across=0.3)
    for action in ("open", "replay", "film"):
        screen.click(f"take.{action}")
    assert screen.model.calls == [(action, Path("out/take_1.zip")) for action in ("open", "replay", "film")]


def test_a_take_is_renamed(screen: Screen) -> None:
    screen.click("page.Film")
    screen.click("take.take_1.zip", across=0.3)
    screen.click("take.rename")
    assert imgui.get_io().want_text_input
    screen.write("First flip", imgui.Key.enter)
    assert [take.title for take in screen.model.takes] == ["Take 0", "First flip", "Take 2"]
    screen.frame()
    assert not imgui.get_io().want_text_input


def test_escape_keeps_the_title(screen: Screen) -> None:
    screen.click("page.Film")
    screen.click("take.take_1.zip", across=0.3)
    screen.click("take.rename")
    screen.write("Nonsense", imgui.Key.escape)
    screen.frame()
    takes = screen.section(Takes)
    assert isinstance(takes, Takes) and takes.renaming is None
    assert screen.model.takes[1].title == "Take 1"


def test_deleting_wants_a_second_click(screen: Screen) -> None:
    screen.click("page.Film")
    screen.click("take.take_1.zip", across=0.3)
    screen.click("take.delete")
    assert len(screen.model.takes) == 3
    screen.click("delete.no")
    screen.click("take.delete")
    screen.click("delete.yes")
    assert [take.title for take in screen.model.takes] == ["Take 0", "Take 2"]


# -------------------------------------------------------------------- time
def test_transport(screen: Screen) -> None:
    for name in ("pause", "step", "restart", "reset", "replay"):
        screen.click(name)
    assert [asked[1] for asked in screen.model.calls] == ["pause", "step", "restart", "reset", "replay"]
    screen.click("speed", across=0.01)
    assert screen.model.speed == 1 / 16
    screen.model.replaying = True
    screen.frame()
    screen.click("mark")
    assert screen.model.calls[-1] == ("act", "mark", 0)


def test_it_has_no_keyboard_unless_somebody_types(screen: Screen) -> None:
    screen.click("page.Body")
    screen.point("strength")
    imgui.get_io().add_mouse_button_event(0, True)
    screen.frame()
    assert imgui.get_io().want_capture_mouse
    assert not imgui.get_io().want_text_input
    imgui.get_io().add_mouse_button_event(0, False)
    imgui.get_io().add_mouse_pos_event(900, 300)
    screen.frame()
    screen.frame()
    assert not imgui.get_io().want_capture_mouse


def test_a_card_that_fails_is_left_out_and_the_rest_is_drawn(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails in the middle, with boxes and ids of imgui still open; twice, as every frame would."""
    drawn: list[str] = []
    head, first = Policies._head, families(screen.model.policies)[0].name

    def failing(self: Policies, look: Look, family: Family, card: PolicyCard, *rest: Any) -> None:
        if family.name == first:
            imgui.begin_child("##open")
            imgui.push_id("open")
            raise ValueError(f"survival of {card.name} is nan")
        drawn.append(family.name)
        head(self, look, family, card, *rest)

    monkeypatch.setattr(Policies, "_head", failing)
    for _ in range(3):
        screen.frame()
    assert len(drawn) >= 3 * 2
    section = screen.section(Policies)
    assert isinstance(section, Policies)
    [reason] = section._guard.failed.values()
    assert reason.startswith("survival of ")
    monkeypatch.undo()
    for page in screen.panel.pages:
        screen.panel.page = page
        screen.frame()


def test_how_many_there_are_leaves_out_the_refused() -> None:
    cards = [PolicyCard("a"), PolicyCard("b", trouble="no"), PolicyCard("c")]
    assert count_words(cards) == "2 policies, 1 refused"
    assert count_words(cards[:1]) == "1 policy"
