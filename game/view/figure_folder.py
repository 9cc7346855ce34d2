"""FigureFolder: the figures of a person: files that were dropped there, and what tools.cast has made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from game.scene.paths import user_dir
from game.sim.model import CharacterModel
from game.view.figure import is_cast, licence_of
from game.view.figure_parts import FigureError

ENDINGS = (".glb", ".vrm", ".gltf")
OWN = "own"
"""the name of the avatar that comes with the game"""


@dataclass(frozen=True)
class FigureCard:
    """What the panel shows of a figure."""

    name: str
    path: Path
    picture: Path | None = None
    """a PNG"""
    licence: str = ""
    """what the figure's file says of it, a line each"""
    trouble: str = ""
    """why it cannot be drawn"""


class FigureFolder:
    """Raw files lie in `folder`, figures that can be drawn in its folder `cast`. Neither need exist."""

    def __init__(self, folder: Path | None = None) -> None:
        """By default the folder `figures` beside the user's settings."""
        self.folder = folder or user_dir() / "figures"
        self._cards: dict[Path, tuple[int, FigureCard]] = {}

    @property
    def ready(self) -> Path:
        """The folder of figures that can be drawn."""
        return self.folder / "cast"

    def cards(self) -> list[FigureCard]:
        """The figures that can be drawn, by name. Only files that are new or have changed are read."""
        known: dict[Path, tuple[int, FigureCard]] = {}
        for path in _files(self.ready, (".glb",)):
            stamp = _stamp(path)
            before = self._cards.get(path)
            known[path] = before if before is not None and before[0] == stamp else (stamp, _card(path))
        self._cards = known
        return [card for _, card in known.values()]

    def waiting(self) -> list[Path]:
        """Raw files that nothing has been made of since they came or changed."""
        return [p for p in _files(self.folder, ENDINGS) if _stamp(p) > _stamp(self.target(figure_name(p.stem)))]

    def target(self, name: str) -> Path:
        """The file of a figure, whether it is there or not."""
        return self.ready / f"{name}.glb"

    def path(self, avatar: str) -> Path:
        """The file of an avatar given by its name, or by the path of a figure. Raises FigureError."""
        given = Path(avatar)
        if given.suffix.lower() in ENDINGS:
            if not given.is_file():
                raise FigureError(f"there is no file {given}")
            return given
        path = self.target(avatar)
        if figure_name(avatar) != avatar or not path.is_file():
            names = ", ".join([OWN, *(p.stem for p in _files(self.ready, (".glb",)))])
            raise FigureError(
                f"no figure is called {avatar!r}; there are {names}. python -m tools.cast FILE makes one of a file"
            )
        return path


def figure_name(words: str) -> str:
    """A figure's name made of any words, such as a file's name: in letters that every file system takes."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", words).strip("_")[:40]
    return name if name and name != OWN else "figure"


def find_figure(
    avatar: str | None, folder: FigureFolder | None = None, model: CharacterModel | None = None
) -> Path | None:
    """The file of an avatar; for our own one that of the body, if it has a figure, else None. Raises FigureError."""
    if not avatar or avatar == OWN:
        return None if model is None else model.figure
    return (folder or FigureFolder()).path(avatar)


def is_figure(path: Path) -> bool:
    """Whether a file has been cast. Raises FigureError for one that cannot be read."""
    return path.suffix.lower() == ".glb" and is_cast(path)


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in endings and not p.name.startswith(".")]
    except OSError:
        return []  # there is no such folder, or it cannot be read
    return sorted(p for p in found if p.is_file())


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _card(path: Path) -> FigureCard:
    picture = path.with_suffix(".png")
    try:
        lines = [f"{word}: {text}" for word, text in licence_of(path).items()]
    except FigureError as error:
        return FigureCard(path.stem, path, trouble=str(error))
    words = "\n".join(lines) or "its file names no licence: ask whoever made it"
    return FigureCard(path.stem, path, picture if picture.is_file() else None, words)
