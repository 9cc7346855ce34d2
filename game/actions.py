"""What a person can do, as data: a name, the keys that do it, the words that explain it.

Keys have Panda3D's names (`space`, `arrow_up`, `f9`, `shift-arrow_up`, ...). A JSON file of
`{"action": "key"}` or `{"action": ["key", "other key"]}` remaps any of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

KEYS_FILE = Path.home() / ".config" / "pratfall" / "keys.json"
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

    @property
    def keys_text(self) -> str:
        """The keys as a person calls them."""
        names = [_spoken(key) for key in self.keys]
        if not self.choice:
            return " or ".join(names)
        if self.keys[0].endswith(_ARROWS[0]):
            return names[0].replace("Up", "Arrows")
        return f"{names[0]} - {names[-1]}" if len(names) > 4 else " ".join(names)


_ARROWS = ("arrow_up", "arrow_down", "arrow_left", "arrow_right")
_HIM, _WORLD, _TIME, _PICTURES = "Him", "World", "Time", "Pictures"

ACTIONS = (
    Action("policy", _HIM, tuple("123456789"), "play that policy of the list", choice=True),
    Action("policy_next", _HIM, ("tab",), "play the next policy"),
    Action("policy_previous", _HIM, ("shift-tab",), "play the policy before"),
    Action("younger", _HIM, ("[",), "a younger age of that skill"),
    Action("older", _HIM, ("]",), "an older age of that skill"),
    Action("restart", _HIM, ("enter",), "start what he does from its beginning"),
    Action("shove", _HIM, _ARROWS, "shove him, as the camera sees it", choice=True),
    Action("shove_hard", _HIM, tuple(f"shift-{a}" for a in _ARROWS), "shove him hard", choice=True),
    Action("throw_ball", _HIM, ("b",), "throw a ball at him"),
    Action("limp", _HIM, ("space",), "go limp while held", held=True),
    Action("reset", _HIM, ("r",), "back on his feet, the balls gone"),
    Action("crowd_more", _HIM, ("m",), "one more of him"),
    Action("crowd_less", _HIM, ("n",), "one less of him"),
    Action("gravity_down", _WORLD, ("-",), "less gravity", repeats=True),
    Action("gravity_up", _WORLD, ("=",), "more gravity", repeats=True),
    Action("gravity_next", _WORLD, ("g",), "next gravity: Moon, Mars, ... sideways"),
    Action("pause", _TIME, ("p",), "pause, and go on"),
    Action("step", _TIME, (".",), "one tick further, paused", repeats=True),
    Action("slower", _TIME, (",",), "half as fast, down to 1/16"),
    Action("faster", _TIME, ("/",), "twice as fast, up to 4"),
    Action("record", _PICTURES, ("f9",), "film into out/, and stop"),
    Action("save_take", _PICTURES, ("f5",), "save the run so far as a take into out/"),
    Action("screenshot", _PICTURES, ("f12",), "save a picture into out/"),
    Action("follow", _PICTURES, ("f",), "the camera follows him, or stays"),
    Action("camera_home", _PICTURES, ("c",), "put the camera back"),
    Action("shapes", _PICTURES, ("v",), "show the collision shapes"),
    Action("help", _PICTURES, ("h", "f1"), "show and hide this help"),
    Action("quit", _PICTURES, ("escape",), "quit"),
)
MOUSE = (("drag", "turn the camera"), ("wheel", "nearer and farther"))


def load_actions(file: Path | None = None) -> tuple[Action, ...]:
    """Returns the actions with the keys of a file; None reads KEYS_FILE where there is one.

    Raises:
        ActionError: the file cannot be read, names an unknown action, or gives one key to two.
    """
    if file is None:
        if not KEYS_FILE.is_file():
            return ACTIONS
        file = KEYS_FILE
    try:
        changes = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ActionError(f"{file}: {error}") from error
    if not isinstance(changes, dict):
        raise ActionError(f'{file}: expected {{"action": "key", ...}}, found {type(changes).__name__}')
    try:
        return remap(changes)
    except ActionError as error:
        raise ActionError(f"{file}: {error}") from error


def remap(changes: dict[str, object]) -> tuple[Action, ...]:
    """Returns the actions with other keys. Raises ActionError."""
    unknown = changes.keys() - {action.name for action in ACTIONS}
    if unknown:
        names = ", ".join(action.name for action in ACTIONS)
        raise ActionError(f"no action is called {', '.join(sorted(unknown))}; there are {names}")
    actions = tuple(
        replace(action, keys=_keys(action, changes[action.name])) if action.name in changes else action
        for action in ACTIONS
    )
    taken: dict[str, str] = {}
    for action in actions:
        for key in action.keys:
            if key in taken:
                raise ActionError(f"the key {key!r} does both {taken[key]} and {action.name}")
            taken[key] = action.name
    return actions


def help_lines(actions: Iterable[Action] = ACTIONS) -> list[tuple[str, str]]:
    """Returns (keys, what they do) for each action and for the mouse."""
    return [*((action.keys_text, action.help) for action in actions), *MOUSE]


def markdown_table(actions: Iterable[Action] = ACTIONS) -> str:
    """Returns the README's table of keys."""
    rows = ["| | key | does | name in keys.json |", "|---|---|---|---|"]
    for group, members in groupby(actions, key=lambda action: action.group):
        for i, action in enumerate(members):
            title = f"**{group}**" if i == 0 else ""
            rows.append(f"| {title} | `{action.keys_text}` | {action.help} | `{action.name}` |")
    rows.extend(f"| {'**Mouse**' if i == 0 else ''} | {name} | {does} | |" for i, (name, does) in enumerate(MOUSE))
    return "\n".join(rows)


def _keys(action: Action, value: object) -> tuple[str, ...]:
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) and key for key in keys):
        raise ActionError(f"{action.name}: expected a key or a list of keys, found {value!r}")
    if action.choice and len(keys) != len(action.keys):
        raise ActionError(f"{action.name}: expected {len(action.keys)} keys, found {len(keys)}")
    return tuple(key.lower() for key in keys)


def _spoken(key: str) -> str:
    *modifiers, last = key.split("-") if key != "-" else ("-",)
    return "+".join([*(m.capitalize() for m in modifiers), last.removeprefix("arrow_").capitalize()])
