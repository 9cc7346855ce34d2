"""The real window on a private display, driven by real key presses as a person would."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import panda3d.core as p3d
import pytest

from game.__main__ import NO_WINDOW
from game.app.window import TITLE
from game.camera.shot import shots_of
from game.play.events import Drag, Event, Grab, Gravity, Play, Push, Release, Reset, Strength
from game.record.playback import verify
from game.record.take import Take
from game.scene.paths import policies_dir
from game.session.opening import PERFORMER

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
SECOND_SKILL = "3" if (policies_dir() / f"{PERFORMER}.onnx").is_file() else "2"
"""the number key of captured_backflip: a performer stands first in the list"""


def wait_for(what: str, ready: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < until, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.1)


class Window:
    """A running game and its keyboard."""

    def __init__(self, display: str, out: Path, *arguments: str) -> None:
        self.out = out
        self.environment = {**os.environ, "DISPLAY": display}
        plain = ("--set", "none", "--quality", "lite", "--policy", "backflip", "--out", str(out))
        command = [sys.executable, "-m", "game", *plain, *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(["xdotool", *arguments], env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.xdotool("key", key)
            time.sleep(0.15)

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.out.glob(pattern))


@pytest.fixture
def window(display: str, tmp_path: Path) -> Iterator[Window]:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is missing: sudo apt-get install xdotool")
    window = Window(display, tmp_path)
    yield window
    window.process.kill()
    window.process.wait()


def started(window: Window) -> None:
    """Waits until the window no longer says that it loads, and puts the pointer into it: keys go there."""

    def ready() -> bool:
        assert window.process.poll() is None, "the game has ended"
        search = ["xdotool", "search", "--name", f"^{TITLE}$"]
        return subprocess.run(search, env=window.environment, capture_output=True, check=False).returncode == 0

    wait_for("the window", ready)
    window.xdotool("mousemove", "400", "300")


def saved_take(window: Window) -> Take:
    """Saves what has happened so far; on a slow machine some keys may not have been heard yet."""
    before = len(window.files("take_*.zip"))
    window.press("F5")
    wait_for("a take", lambda: len(window.files("take_*.zip")) > before)
    return Take.load(window.files("take_*.zip")[-1])


def events_of(take: Take) -> list[Event]:
    return [timed.event for timed in take.events]


def num_pictures(window: Window) -> int:
    """In the film that is being made."""
    films = window.files("film_*.mp4")
    if not films:
        return 0
    try:
        with av.open(str(films[0])) as read:
            return sum(1 for _ in read.decode(video=0))
    except av.InvalidDataError:  # before its first fragment
        return 0


def test_a_person_plays(window: Window) -> None:
    """Swaps, shoves, changes gravity, goes limp, films, saves and quits; the take tells what happened."""
    started(window)
    window.press("y", "y")  # who falls stays down
    window.press("F12", "F9", SECOND_SKILL, "shift+Right", "g")
    window.xdotool("keydown", "space")
    time.sleep(0.3)
    window.xdotool("keyup", "space")
    wait_for("ten pictures, while it films", lambda: num_pictures(window) >= 10)
    wait_for("a take with all that", lambda: Strength(1.0) in events_of(saved_take(window)))
    window.press("Escape")
    assert window.process.wait(PATIENCE) == 0

    take = Take.load(window.files("take_*.zip")[-1])
    first, swap, push, gravity, limp, strong = events_of(take)
    assert isinstance(first, Play) and first.place
    assert isinstance(swap, Play) and swap.policy == "captured_backflip" and not swap.place
    assert isinstance(push, Push) and sum(v * v for v in push.force) ** 0.5 == pytest.approx(750.0)
    assert isinstance(gravity, Gravity) and gravity.vector == (0.0, 0.0, -1.62)
    assert isinstance(limp, Strength) and limp.value == 0.0
    assert isinstance(strong, Strength) and strong.value == 1.0
    assert verify(take) is None

    (path,) = window.files("film_*.mp4")
    assert b"moof" not in path.read_bytes()  # quitting ended it properly
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert len(film.streams.audio) == 1
        assert (stream.width, stream.height, stream.frames >= 10) == (1280, 720, True)
    picture = p3d.PNMImage(p3d.Filename.from_os_specific(str(window.files("picture_*.png")[0])))
    assert len({tuple(picture.get_xel(x, 360)) for x in range(0, 1280, 16)}) > 5  # not one flat colour


def test_a_person_pulls_him_and_looks_again(window: Window) -> None:
    """He stands in the middle of the picture; pulled up by the mouse, he rises. A replay holds the run."""
    started(window)
    window.press("p", "r")

    def happened(kind: type[Event]) -> bool:
        """Whether there is such an event; if not, a tick later. A slow machine hears of keys and mouse late."""
        if any(isinstance(event, kind) for event in events_of(saved_take(window))):
            return True
        window.press("period")
        return False

    wait_for("the reset", lambda: happened(Reset))
    window.xdotool("mousemove", "640", "360", "mousedown", "1")
    wait_for("the grab", lambda: happened(Grab))
    window.xdotool("mousemove", "640", "120")
    wait_for("the drag", lambda: happened(Drag))
    window.press(*["period"] * 12)
    window.xdotool("mouseup", "1")
    wait_for("the release", lambda: happened(Release))
    take = saved_take(window)
    (grab,) = (e for e in events_of(take) if isinstance(e, Grab))
    assert grab.body in ("pelvis", "torso", "right_thigh", "left_thigh")
    drags = [e.target[2] for e in events_of(take) if isinstance(e, Drag)]  # more as the camera follows him up
    assert max(drags) > grab.target[2] + 0.4
    heights = [row[1][0][2] for row in take.trace]
    grabbed = next(timed.tick for timed in take.events if timed.event == grab)
    assert max(heights[grabbed:]) > heights[grabbed] + 0.15
    assert verify(take) is None

    window.press("i", "shift+Prior", "k", "shift+Next", "k", "period", "F6")
    wait_for("a take with a shot", lambda: Take.load(window.files("take_*.zip")[-1]).extra)
    kept = Take.load(window.files("take_*.zip")[-1])
    assert kept.num_ticks == take.num_ticks  # it waited meanwhile
    assert len(shots_of(kept.extra)["marked"].keyframes) == 2
    window.press("i", "period")
    wait_for("one tick more", lambda: saved_take(window).num_ticks == take.num_ticks + 1)
    window.press("Escape")
    assert window.process.wait(PATIENCE) == 0


@pytest.fixture
def french(display: str) -> Iterator[str]:
    """The display, with a French keyboard."""
    if shutil.which("setxkbmap") is None:
        pytest.skip("setxkbmap is missing: sudo apt-get install x11-xkb-utils")
    environment = {**os.environ, "DISPLAY": display}
    subprocess.run(["setxkbmap", "fr"], env=environment, check=True)
    yield display
    subprocess.run(["setxkbmap", "us"], env=environment, check=True)


KEYCODES = {
    "2": "11", "3": "12", "9": "18", "[": "34", "]": "35", ";": "47", "'": "48", ".": "60", "p": "33", "z": "52",
    "f8": "74",
    "shift-w": "shift+25", "shift-a": "shift+38",
}  # fmt: skip
"""What the X server calls the keys at these places of a US keyboard; xdotool knows only what is printed on others."""


def test_a_french_keyboard_works_by_position(french: str, tmp_path: Path) -> None:
    """Digits, which need Shift there, brackets, of which one is a dead key, and a file that names keys in both ways."""
    keys = tmp_path / "keys.json"
    shove = ["raw-shift-w", "raw-shift-s", "raw-shift-a", "raw-shift-d"]
    keys.write_text(json.dumps({"shove": shove, "reset": "w", "limp": "f8"}))
    window = Window(french, tmp_path, "--keys", str(keys))
    try:
        started(window)
        window.press(KEYCODES["p"])
        for key in ("[", "]", SECOND_SKILL, "9", ";", "'", "shift-w", "shift-a", "f8", "z"):
            window.press(KEYCODES[key])

        def happened() -> bool:
            """Whether the last has been heard of; if not, a tick later."""
            window.press(KEYCODES["."])
            return any(isinstance(event, Reset) for event in events_of(saved_take(window)))

        wait_for("the reset", happened)
        events = events_of(Take.load(window.files("take_*.zip")[-1]))
    finally:
        window.process.kill()
        window.process.wait()
    plays = [event.policy for event in events if isinstance(event, Play)]
    assert plays[:4] == ["backflip", "backflip_age_7", "backflip", "captured_backflip"]
    assert len(plays) == 5 and plays[4] not in plays[:4]
    strengths = [event.value for event in events if isinstance(event, Strength)]
    assert strengths == [0.75, 1.25, 0.0, 1.0]  # paused, weaker and stronger are both of 1
    ahead, left = (event.force for event in events if isinstance(event, Push))
    assert ahead[0] * left[0] + ahead[1] * left[1] == pytest.approx(0.0, abs=1.0)
    assert ahead[0] * left[1] - ahead[1] * left[0] > 0.0  # a quarter turn to the left


@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":4242"}])
def test_without_a_display_it_says_so(tmp_path: Path, display: dict[str, str]) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"} | display
    command = [sys.executable, "-m", "game", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == NO_WINDOW
    assert "no display for a window was found" in done.stderr
    assert "--headless" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--policy", "yoga"], "no policy 'yoga'"),
        (["--set", "moon_base"], "moon_base"),
        (["--keys", "nowhere.json"], "nowhere.json"),
    ],
)
def test_what_does_not_exist_is_refused(display: str, arguments: list[str], message: str) -> None:
    environment = {**os.environ, "DISPLAY": display}
    command = [sys.executable, "-m", "game", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
