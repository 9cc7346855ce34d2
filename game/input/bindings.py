"""Every action of the player as data: its name, the keys that do it, the words that explain it.

Keys have Panda3D's names (`space`, `arrow_up`, `f9`, `shift-arrow_up`, ...) and are meant by position: `q` is the key
that prints Q on a US keyboard, whatever it prints on this one. A JSON file of `{"action": "key"}` or
`{"action": ["key", "other key"]}` remaps any of them: there `q` is the key that prints Q on this keyboard, `raw-q` the
one at that position; `pad-face_a` is a gamepad's button.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from game.input.keyboard_layout import NAMED, US, KeyboardLayout
from game.scene.json_text import JsonError, read_object
from game.scene.paths import user_dir
from game.scene.refusal import refused_as

KEYS_FILE = user_dir() / "keys.json"
"""Read when it is there and no other is named."""


class ActionError(ValueError):
    """A file of keys is wrong; says where."""


@dataclass(frozen=True)
class Action:
    """One thing to do."""

    name: str
    group: str
    keys: tuple[str, ...]
    help: str
    choice: bool = False
    """Each key means another one of a row (policies, directions); else they all mean the same."""
    held: bool = False
    """Letting the key go ends it."""
    repeats: bool = False
    """It goes on while the key is held, as typed letters do."""
    pad: tuple[str, ...] = ()
    """A gamepad's buttons for the same, by Panda3D's names; with `choice` one for each."""
    layout: KeyboardLayout = US
    """What is printed on the keys."""

    @property
    def keys_text(self) -> str:
        """The keys as a person calls them."""
        names = [_spoken(key, self.layout) for key in self.keys]
        if not self.choice:
            return " or ".join(names)
        if self.keys[0].endswith(_ARROWS[0]):
            return names[0].replace("Up", "Arrows")
        return f"{names[0]} - {names[-1]}" if len(names) > 4 else " ".join(names)

    @property
    def pad_text(self) -> str:
        """The gamepad's buttons as a person calls them."""
        if self.pad == _CROSS:
            return "cross"
        return " or ".join(_PAD_NAMES.get(button, button) for button in self.pad)


_ARROWS = ("arrow_up", "arrow_down", "arrow_left", "arrow_right")
_CROSS = ("dpad_up", "dpad_down", "dpad_left", "dpad_right")
_PAD_NAMES = {
    "face_a": "A", "face_b": "B", "face_x": "X", "face_y": "Y", "lshoulder": "LB", "rshoulder": "RB",
    "lstick": "left stick pressed", "rstick": "right stick pressed",
}  # fmt: skip
PAD = "pad-"
"""before the name of a gamepad's button, in a file of keys"""
RAW = "raw"
"""before the position of a key, in a file of keys: `raw-q`, `raw-shift-q`"""
MODIFIERS = ("shift", "control", "alt", "meta")
_HIM, _WORLD, _TIME, _PICTURES = "Him", "World", "Time", "Pictures"

ACTIONS = (
    Action("policy", _HIM, tuple("123456789"), "play that policy; a performer does its skill once", choice=True),
    Action("policy_next", _HIM, ("tab",), "play the next policy", pad=("rshoulder",)),
    Action("policy_previous", _HIM, ("shift-tab",), "play the previous policy", pad=("lshoulder",)),
    Action("younger", _HIM, ("[",), "a younger age of that skill"),
    Action("older", _HIM, ("]",), "an older age of that skill"),
    Action("restart", _HIM, ("enter",), "start what he does from its beginning", pad=("face_x",)),
    Action("walk", _HIM, ("w", "s", "a", "d"), "walk, as the camera looks", choice=True, held=True),
    Action("run", _HIM, ("shift",), "run while held", held=True),
    Action("shove", _HIM, _ARROWS, "shove him, as the camera sees it", choice=True, pad=_CROSS),
    Action("shove_hard", _HIM, tuple(f"shift-{a}" for a in _ARROWS), "shove him hard", choice=True),
    Action("throw_ball", _HIM, ("b",), "throw a ball where the mouse points", pad=("face_b",)),
    Action("ball_next", _HIM, ("shift-b",), "next ball: medicine ball, football, tennis ball"),
    Action("throw_speed", _HIM, ("control-b",), "throw gently, hard, very hard"),
    Action("anvil", _HIM, ("0",), "aim an anvil; let go to drop it on him", held=True),
    Action("limp", _HIM, ("space",), "go limp while held", held=True, pad=("face_a",)),
    Action("weaker", _HIM, (";",), "weaker by a quarter"),
    Action("stronger", _HIM, ("'",), "stronger by a quarter"),
    Action("nerves", _HIM, ("j",), "next nerves: tired, drunk, jelly, stage fright"),
    Action("reset", _HIM, ("r",), "stand him up, tidy the room, clear the balls", pad=("face_y",)),
    Action("crowd_more", _HIM, ("m",), "one more of him"),
    Action("crowd_less", _HIM, ("n",), "one less of him"),
    Action("gravity_down", _WORLD, ("-",), "less gravity", repeats=True),
    Action("gravity_up", _WORLD, ("=",), "more gravity", repeats=True),
    Action("gravity_next", _WORLD, ("g",), "next gravity: Moon, Mars, ... sideways"),
    Action("prop_next", _WORLD, ("l",), "choose a thing to place with a click"),
    Action("prop_previous", _WORLD, ("shift-l",), "the previous thing, or none"),
    Action("prop_undo", _WORLD, ("backspace",), "take away what was placed last"),
    Action("props_clear", _WORLD, ("shift-backspace",), "take away all that was placed"),
    Action("pause", _TIME, ("p",), "pause, and go on", pad=("start",)),
    Action("step", _TIME, (".",), "one tick forward, when paused", repeats=True),
    Action("slower", _TIME, (",",), "half as fast, down to 1/16"),
    Action("faster", _TIME, ("/",), "twice as fast, up to 4"),
    Action("after_fall", _TIME, ("y",), "after a fall he gets up, is put back, or stays"),
    Action("replay", _TIME, ("i",), "replay the last 15 s, and back to the game", pad=("back",)),
    Action("scrub", _TIME, ("page_up", "page_down"), "in a replay: a tick back or forward", choice=True, repeats=True),
    Action(
        "leap", _TIME, ("shift-page_up", "shift-page_down"), "half a second back or forward", choice=True, repeats=True
    ),
    Action("mark", _TIME, ("k",), "in a replay: the camera is here now"),
    Action("marks_clear", _TIME, ("shift-k",), "forget the camera's marks"),
    Action("camera_next", _PICTURES, ("c",), "next camera: follow, side, hand-held, ...", pad=("rstick",)),
    Action("camera_previous", _PICTURES, ("shift-c",), "the previous camera"),
    Action("camera_home", _PICTURES, ("home",), "put the camera back", pad=("lstick",)),
    Action("follow", _PICTURES, ("f",), "the camera follows him, or stays"),
    Action("record", _PICTURES, ("f9",), "film into out/, and stop"),
    Action("save_last", _PICTURES, ("f6",), "save the last 15 s as a take into out/"),
    Action("save_take", _PICTURES, ("f5",), "save the run so far as a take into out/"),
    Action("screenshot", _PICTURES, ("f12",), "save a picture into out/"),
    Action("set_next", _PICTURES, ("t",), "another set; restarts the run"),
    Action("ghost", _PICTURES, ("e",), "show what he imitates"),
    Action("shapes", _PICTURES, ("v",), "show the collision shapes"),
    Action("quality", _PICTURES, ("q",), "draw lite, std or film"),
    Action("mute", _PICTURES, ("o",), "sound off or on"),
    Action("voice", _PICTURES, ("shift-o",), "his voice off or on"),
    Action("fullscreen", _PICTURES, ("f11",), "full screen on or off"),
    Action("panel", _PICTURES, ("f2", "`"), "show or hide the panel"),
    Action("help", _PICTURES, ("h", "f1"), "show or hide this help"),
    Action("quit", _PICTURES, ("escape",), "quit"),
)
MOUSE = (
    ("drag on him or a thing", "pull it"),
    ("drag, right drag", "turn the camera"),
    ("wheel", "nearer and farther; turn what is to be placed"),
    ("click", "place the thing that was chosen"),
)
STICKS = (
    ("left stick", "walk; pushed all the way he runs"),
    ("right trigger and left stick", "push him"),
    ("right stick", "turn the camera"),
    ("left trigger and right stick", "nearer and farther"),
)

RENAMED = {"auto_retry": "after_fall"}
"""actions whose name in keys.json was another one"""


def load_actions(file: Path | None = None, layout: KeyboardLayout = US) -> tuple[Action, ...]:
    """Returns the actions with the keys of a file; None reads KEYS_FILE where there is one.

    Raises:
        ActionError: the file cannot be read, names an unknown action or key, or gives one key to two.
    """
    if file is None:
        if not KEYS_FILE.is_file():
            return remap({}, layout)
        file = KEYS_FILE
    with refused_as(ActionError, str(file)):
        try:
            changes = read_object(file)
        except JsonError as error:
            raise ActionError(f"in {file.parent}: {error}") from error
        try:
            return remap(changes, layout)
        except ActionError as error:
            raise ActionError(f"{file}: {error}") from error


def remap(changes: dict[str, object], layout: KeyboardLayout = US) -> tuple[Action, ...]:
    """Returns the actions with other keys, on a keyboard of that layout. Raises ActionError."""
    changes = {RENAMED.get(name, name): keys for name, keys in changes.items()}
    unknown = changes.keys() - {action.name for action in ACTIONS}
    if unknown:
        names = ", ".join(action.name for action in ACTIONS)
        raise ActionError(f"no action is called {', '.join(sorted(unknown))}; there are {names}")
    actions = tuple(
        _with_keys(action, _keys(action, changes[action.name], layout)) if action.name in changes else action
        for action in (replace(action, layout=layout) for action in ACTIONS)
    )
    used: dict[str, str] = {}
    for action in actions:
        for key in (*action.keys, *(PAD + button for button in action.pad)):
            if key in used:
                raise ActionError(f"the key {key!r} does both {used[key]} and {action.name}")
            used[key] = action.name
    return actions


def help_groups(actions: Iterable[Action] = ACTIONS) -> list[tuple[str, list[tuple[str, str]]]]:
    """Returns the groups of actions, and the mouse: (title, rows of (keys, what they do))."""
    grouped = groupby(actions, key=lambda action: action.group)
    groups = [(title, [(action.keys_text, action.help) for action in members]) for title, members in grouped]
    return [*groups, ("Mouse", list(MOUSE))]


def markdown_table(actions: Iterable[Action] = ACTIONS) -> str:
    """Returns the README's table of keys."""
    rows = ["| | key | gamepad | does | name in keys.json |", "|---|---|---|---|---|"]
    for group, members in groupby(actions, key=lambda action: action.group):
        for i, action in enumerate(members):
            title = f"**{group}**" if i == 0 else ""
            rows.append(f"| {title} | `{action.keys_text}` | {action.pad_text} | {action.help} | `{action.name}` |")
    rows.extend(f"| {'**Mouse**' if i == 0 else ''} | {name} | | {does} | |" for i, (name, does) in enumerate(MOUSE))
    rows.extend(f"| {'**Pad**' if i == 0 else ''} | | {name} | {does} | |" for i, (name, does) in enumerate(STICKS))
    return "\n".join(rows)


def chord(modifiers: Collection[str], key: str) -> str:
    """One name for a key and the modifiers held with it, which stand in the order of MODIFIERS."""
    return "-".join([*(name for name in MODIFIERS if name in modifiers), key])


def _keys(action: Action, value: object, layout: KeyboardLayout) -> tuple[str, ...]:
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) and key for key in keys):
        raise ActionError(f"{action.name}: expected a key or a list of keys, found {value!r}")
    return tuple(key if key.startswith(PAD) else _position(action, key, layout) for key in map(str.lower, keys))


def _position(action: Action, key: str, layout: KeyboardLayout) -> str:
    """A key of a file, `shift-q` or `raw-shift-q`, by position."""
    prefixes, name = _split(key)
    by_position = RAW in prefixes
    position = name if name in MODIFIERS else (US if by_position else layout).position(name)
    if position is None:
        hint = "" if by_position else f"; {RAW}-q is the key at the place of a US keyboard's Q"
        raise ActionError(
            f"{action.name}: no key of this keyboard prints {name!r} without Shift or is called so{hint}; others are "
            f"{', '.join(NAMED)}"
        )
    return chord(prefixes, position)


def _split(key: str) -> tuple[list[str], str]:
    """The parts of `shift-control-q` before the key, and the key, which may be `-` itself."""
    prefixes: list[str] = []
    while (parts := key.partition("-"))[0] in (*MODIFIERS, RAW) and parts[2]:
        prefixes.append(parts[0])
        key = parts[2]
    return prefixes, key


def _with_keys(action: Action, named: tuple[str, ...]) -> Action:
    """The action with other keys, or buttons, or both: what is not named stays."""
    keys = tuple(key for key in named if not key.startswith(PAD)) or action.keys
    pad = tuple(key.removeprefix(PAD) for key in named if key.startswith(PAD)) or action.pad
    for count, what in ((len(keys), "keys"), (len(pad), "buttons")):
        if action.choice and count not in (0, len(action.keys)):
            raise ActionError(f"{action.name}: expected {len(action.keys)} {what}, found {count}")
    return replace(action, keys=keys, pad=pad)


_SPOKEN = {"`": "Backquote"}


def _spoken(key: str, layout: KeyboardLayout) -> str:
    modifiers, last = _split(key)
    label = last.capitalize() if last in MODIFIERS else layout.label(last)
    name = _SPOKEN.get(label, label) or last.removeprefix("arrow_").replace("_", " ").capitalize()
    return "+".join([*(m.capitalize() for m in modifiers), name])
