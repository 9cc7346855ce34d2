"""The words over the picture: what is said is seen, for a while."""

import panda3d.core as p3d
import pytest

from game.input.bindings import help_groups
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


def test_help_comes_at_both_edges_in_groups_and_hides() -> None:
    corners = p3d.NodePath("top left"), p3d.NodePath("top right")
    hud = Hud(*corners, p3d.NodePath("b"))
    hud.set_help(help_groups())
    assert all(corner.find("help").is_hidden() for corner in corners)
    hud.toggle_help()
    found = []
    for corner, side in zip(corners, (1.0, -1.0), strict=True):
        assert not corner.find("help").is_hidden()
        nodes = [path.node() for path in corner.find_all_matches("**/help/**/+TextNode")]
        found += [node.get_text() for node in nodes if isinstance(node, p3d.TextNode)]
        bounds = corner.find("help").get_tight_bounds(corner)
        assert bounds is not None
        low, high = bounds
        assert low.z > -1.9  # the window is 2 high
        inner = high.x if side > 0.0 else -low.x
        assert 0.3 < inner < 1.35  # of 1.78 from the edge of a 16:9 window to its middle, where he is
    words = "\n".join(found)
    assert all(title in words for title in ("Him", "World", "Time", "Pictures", "Mouse"))
    assert "throw a ball" in words
    hud.toggle_help()
    assert all(corner.find("help").is_hidden() for corner in corners)
