"""ScriptDesk: the script that a player edits, with undo, and the files that scripts are opened from and saved in."""

from __future__ import annotations

from pathlib import Path

from game.scene.paths import models_dir
from game.session.script import Script
from game.session.script_step import ScriptError

MOST_UNDONE = 200
FIRST = "first_stunt"
"""of models/scripts, open at the beginning"""
FORBIDDEN = '<>:"/\\|?*'
"""in names of files, on any system"""


class ScriptDesk:
    """Nothing that was edited is lost: opening another script can be undone, too.

    Args:
        out: the folder that scripts are saved in.
        shipped: the folder of those that come with the game; by default models/scripts.
    """

    def __init__(self, out: Path, shipped: Path | None = None) -> None:
        self._out = out
        self._shipped = models_dir() / "scripts" if shipped is None else shipped
        self._past: list[tuple[Script, str]] = []
        self._part = ""
        self._known: dict[Path, tuple[int, bool]] = {}
        self.script, self.name = Script(), ""
        """what is edited, and the name of its file; empty where it has none yet"""
        first = self._shipped / f"{FIRST}.json"
        if first.is_file():
            self.open(first)
            self._past = []

    def edit(self, script: Script, *, name: str | None = None, part: str = "") -> None:
        """Puts another script in place of the present one.

        Args:
            script: the other one.
            name: its name, if it is another one.
            part: what of it was edited; edits of one part in a row, as by a slider, are undone at once.
        """
        if script == self.script:
            return
        if not part or part != self._part:
            self._past = [*self._past, (self.script, self.name)][-MOST_UNDONE:]
        self.script, self.name, self._part = script, self.name if name is None else name, part

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to be taken back."""
        return bool(self._past)

    def undo(self) -> None:
        """Takes the last edit back."""
        if self._past:
            (self.script, self.name), self._part = self._past.pop(), ""

    @property
    def files(self) -> list[Path]:
        """Scripts that can be opened: first the shipped ones, then the player's own. Other files are left out."""
        return [path for folder in (self._shipped, self._out) for path in self._scripts_in(folder)]

    def _scripts_in(self, folder: Path) -> list[Path]:
        found = []
        for path in sorted(folder.glob("*.json")):
            try:
                stamp = path.stat().st_mtime_ns
            except OSError:
                continue  # gone since it was listed
            if self._known.get(path, (0, False))[0] != stamp:
                self._known[path] = (stamp, _is_script(path))
            if self._known[path][1]:
                found.append(path)
        return found

    def open(self, path: Path) -> str:
        """Reads a script; what was edited stays where it cannot be read. Returns a message for the screen."""
        try:
            script = Script.load(path)
        except ScriptError as error:
            return str(error)
        self.edit(script, name=path.stem)
        return f"script: {path.stem}"

    def save(self, name: str) -> str:
        """Writes the script into the out folder, over one of the same name. Returns a message for the screen."""
        clean = "".join("_" if letter in FORBIDDEN or ord(letter) < 32 else letter for letter in name)
        clean = clean.strip(" .").removesuffix(".json")
        if not clean:
            return f"{name!r} is no name for a file"
        path = self._out / f"{clean}.json"
        try:
            self.script.save(path)
        except OSError as error:
            return f"the script cannot be saved: {error}"
        self.name = clean
        return f"saved {path}"


def _is_script(path: Path) -> bool:
    try:
        Script.load(path)
    except ScriptError:
        return False
    return True
