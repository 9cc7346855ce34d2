"""The words over the picture: what is said is seen, for a while."""

import panda3d.core as p3d
import pytest

from game.input.bindings import help_lines
from game.view.hud import MAX_MESSAGES, MESSAGE_SECONDS, Hud


@pytest.fixture
def hud() -> Hud:
    return Hud(p3d.NodePath("top left"), p3d.NodePath("top right"), p3d.NodePath("bottom left"))


def test_status_and_recording(hud: Hud) -> None:
    hud.show(["backflip", "gravity 9.8"], "0:12")
    assert hud.lines == ["backflip", "gravity 9.8", "REC 0:12"]
    hud.show(["walk"])
    assert hud.lines == ["walk"]


def test_a_bar_shows_how_far_it_is() -> None:
    corner = p3d.NodePath("top left")
    hud = Hud(corner, p3d.NodePath("b"), p3d.NodePath("c"))
    bar, fill = corner.find("card"), corner.find("card/card")
    assert bar.is_hidden()
    for progress, width in ((0.25, 0.25), (1.5, 1.0)):
        hud.show(["loading"], progress=progress)
        assert not bar.is_hidden()
        assert fill.get_sx() == pytest.approx(width)
        bounds, text = bar.get_tight_bounds(corner), corner.find("status").get_tight_bounds(corner)
        assert bounds is not None and text is not None
        assert bounds[1].z < text[0].z  # below the words
    hud.show(["walk"])
    assert bar.is_hidden()


def test_messages_go_after_their_time(hud: Hud) -> None:
    hud.say("refused: a.onnx", 0.0)
    hud.say("reset", 3.0)
    assert hud.lines == ["refused: a.onnx", "reset"]
    hud.update(MESSAGE_SECONDS)
    assert hud.lines == ["reset"]
    hud.update(3.0 + MESSAGE_SECONDS)
    assert hud.lines == []


def test_the_same_again_is_said_once_and_longer(hud: Hud) -> None:
    hud.say("paused", 0.0)
    hud.say("paused", 3.0)
    assert hud.lines == ["paused"]
    hud.update(MESSAGE_SECONDS)
    assert hud.lines == ["paused"]


def test_old_messages_make_room(hud: Hud) -> None:
    for i in range(MAX_MESSAGES + 2):
        hud.say(f"message {i}", 0.0)
    assert hud.lines == [f"message {i}" for i in range(2, MAX_MESSAGES + 2)]


def test_help_comes_and_hides() -> None:
    corner = p3d.NodePath("top right")
    hud = Hud(p3d.NodePath("a"), corner, p3d.NodePath("b"))
    hud.set_help(help_lines())
    assert corner.find("help").is_hidden()
    hud.toggle_help()
    assert not corner.find("help").is_hidden()
    words = [
        n.get_text() for path in corner.find_all_matches("**/+TextNode") if isinstance(n := path.node(), p3d.TextNode)
    ]
    assert any("throw a ball" in text for text in words)
    bounds = corner.find("help").get_tight_bounds(corner)
    assert bounds is not None
    low, high = bounds
    assert high.x <= 0.0
    assert low.z > -1.9  # the window is 2 high
    hud.toggle_help()
    assert corner.find("help").is_hidden()
