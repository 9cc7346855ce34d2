"""Where files lie: the data beside the package in a clone or inside it once installed, and the user's settings."""

from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_config_path

_PACKAGE = Path(__file__).resolve().parents[1]


def models_dir() -> Path:
    """Returns the folder of bodies, sets, props and clips."""
    return _data_dir("models")


def policies_dir() -> Path:
    """Returns the folder of the policies that ship with the game."""
    return _data_dir("policies")


def user_dir() -> Path:
    """Returns the user's own folder for settings; on Linux ~/.config/pratfall. It need not exist."""
    return user_config_path("pratfall", appauthor=False)


def user_policies_dir() -> Path:
    """Returns the user's own folder of policies, where tools.learn puts what he has learned. It need not exist."""
    return user_dir() / "policies"


def user_characters_dir() -> Path:
    """Returns the user's own folder of bodies, where tools.build_avatar --physical puts them. It need not exist."""
    return user_dir() / "characters"


def all_policies_dirs(further: Iterable[Path] = ()) -> list[Path]:
    """Returns the folders that the game looks into: its own, the user's where there is one, and further ones."""
    own = user_policies_dir()
    return [policies_dir(), *([own] if own.is_dir() else []), *further]


def _data_dir(name: str) -> Path:
    """Raises FileNotFoundError when neither place has the folder."""
    candidates = (_PACKAGE / name, _PACKAGE.parent / name)
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the game's {name} are missing: looked for {' and '.join(map(str, candidates))}; "
        "run from a clone or install the package again"
    )
