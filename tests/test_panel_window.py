"""The panel in the real window, on a private display, by a real mouse and keyboard."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from game.play.events import Play, Strength
from game.record.take import Take
from game.scene.paths import policies_dir
from game.session.opening import PERFORMER
from tests.test_window import Window, saved_take, started, wait_for

FIRST_POLICY = PERFORMER if (policies_dir() / f"{PERFORMER}.onnx").is_file() else "backflip"
LAST_POLICY = "deepmimic_walk_com"
Spot = tuple[int, int]
"""px in a window of 1280x720, as the panel is designed for it"""
BODY = (106, 70)
FIRST_CARD, STRENGTH_LOW = (150, 145), (196, 170)
PICTURE = (800, 400)


class Panel(Window):
    """A game whose panel is clicked."""

    def click(self, spot: Spot) -> None:
        """Slowly enough for a machine that draws a frame a second."""
        self.xdotool("mousemove", *(str(v) for v in spot))
        time.sleep(0.3)
        for action in ("mousedown", "mouseup"):
            self.xdotool(action, "1")
            time.sleep(0.3)

    def until(self, what: str, spots: list[Spot], happened: Callable[[Take], bool]) -> Take:
        """Clicks one spot after the other, again and again, until a saved take tells that it happened."""
        takes: list[Take] = []

        def seen() -> bool:
            for spot in spots:
                self.click(spot)
            self.xdotool("mousemove", *(str(v) for v in PICTURE))
            takes.append(saved_take(self))
            return happened(takes[-1])

        wait_for(what, seen)
        return takes[-1]


@pytest.fixture
def window(display: str, tmp_path: Path) -> Iterator[Panel]:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is missing: sudo apt-get install xdotool")
    window = Panel(display, tmp_path, "--policy", LAST_POLICY)
    yield window
    window.process.kill()
    window.process.wait()


def strengths(take: Take) -> list[Strength]:
    return [timed.event for timed in take.events if isinstance(timed.event, Strength)]


@pytest.mark.timeout(300)  # of which a busy machine needs most until the window stands
def test_a_person_uses_the_panel(window: Panel) -> None:
    """Plays a policy by its card, weakens him by the slider; hidden, it takes no clicks."""
    started(window)
    window.press("y", "y")  # who falls stays down: getting up changes strengths, too
    plays = window.until("the policy", [FIRST_CARD], lambda take: any(
        isinstance(timed.event, Play) and timed.event.policy == FIRST_POLICY for timed in take.events))  # fmt: skip
    assert isinstance(plays.events[0].event, Play) and plays.events[0].event.policy == LAST_POLICY
    weak = window.until("a weaker him", [BODY, STRENGTH_LOW], lambda take: bool(strengths(take)))
    assert {event.part for event in strengths(weak)} == {"all"}
    assert all(0.0 <= event.value < 0.5 for event in strengths(weak))

    window.press("F2")
    time.sleep(1.0)
    before = len(strengths(saved_take(window)))
    window.click(STRENGTH_LOW)
    after = saved_take(window)
    assert len(strengths(after)) == before
