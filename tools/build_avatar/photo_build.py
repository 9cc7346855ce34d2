"""From a photograph to a figure: who is in it, how he is built, what he wears."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from game.scene.json_fields import SetError
from game.scene.paths import user_characters_dir
from game.sim.model import FIGURE, HUMANOID, CharacterModel, read_model
from game.view.figure_folder import FigureFolder, figure_name
from tools.build_avatar.build_options import BuildOptions
from tools.build_avatar.measure import Measured, measure
from tools.build_avatar.options import AvatarConfig
from tools.build_avatar.person_figure import write_person
from tools.build_avatar.photo_person import PhotoError, PhotoPerson, find_person
from tools.build_avatar.physical_body import body_height, size_for, write_body
from tools.build_avatar.picture_colors import Seen, hex_of_rgb, look_at
from tools.build_avatar.portrait import Portrait, read_portrait
from tools.build_avatar.proportions import Proportions
from tools.capture.pose import BlazePose
from tools.room.photograph import read_photograph

LICENCE = {"authors": "made by python -m tools.build_avatar of the owner's photograph", "licence": "the owner's"}


@dataclass(frozen=True)
class BuiltFigure:
    """What came of a photograph."""

    path: Path
    name: str
    lines: tuple[str, ...]
    """what was measured, and what could not be"""


def build_from_photo(options: BuildOptions, progress: Callable[[str], None] = lambda _: None) -> BuiltFigure:
    """Write the figure. Raises PhotoError, and SetError for a picture that cannot be read or a colour that is none."""
    photo = options.photo or options.portrait
    if options.name == AvatarConfig.name and photo is None:
        raise PhotoError("what is it called? add --name ME")
    name = figure_name(options.name if options.name != AvatarConfig.name or photo is None else photo.stem)
    if name == HUMANOID:
        raise PhotoError(f"{name} is the body that comes with the game; give another --name")
    proportions, seen, portrait, lines = Proportions(), Seen({}, (), ()), None, []
    if photo is not None:
        progress("measuring")
        network = BlazePose()
        with _named(photo):
            person = find_person(read_photograph(photo).picture, network)
        measured, seen = measure(person), look_at(person)
        proportions = measured.proportions
        if options.portrait is not None:
            with _named(options.portrait):
                portrait, seen = _with_portrait(options.portrait, seen, network)
        lines = _lines(person, measured, seen)
    given = options.given()
    config = replace(AvatarConfig(), **{k: v for k, v in seen.found.items() if k not in given}, **given)  # type: ignore[arg-type]
    if options.physical:
        path = _physical(options, name, config, proportions, portrait, progress)
        lines += _weighed(name, path)
        return BuiltFigure(path, name, tuple(lines))
    folder = options.out if options.out != AvatarConfig.out else FigureFolder().ready
    path = folder / f"{name}.glb"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_person(config, proportions, path, name, LICENCE, progress, portrait)
    except OSError as error:
        raise SetError(f"{folder} cannot be written: {error.strerror or error}") from error
    return BuiltFigure(path, name, tuple(lines))


def _physical(
    options: BuildOptions, name: str, config: AvatarConfig, proportions: Proportions, portrait: Portrait | None,
    progress: Callable[[str], None],
) -> Path:  # fmt: skip
    """Write the body and its figure; returns the figure's file."""
    folder = options.out if options.out != AvatarConfig.out else user_characters_dir()
    try:
        size = size_for(proportions, options.tall, CharacterModel.load())
        made = write_body(name, proportions, size, folder)
        write_person(config, proportions, made / FIGURE, name, LICENCE, progress, portrait, size)
    except OSError as error:
        raise SetError(f"{folder} cannot be written: {error.strerror or error}") from error
    return made / FIGURE


def _weighed(name: str, figure: Path) -> list[str]:
    body, usual = read_model(figure.parent / f"{name}.json"), CharacterModel.load()
    return [
        f"a body of {body_height(body):.2f} m and {body.mass.sum():.1f} kg "
        f"(the usual one: {body_height(usual):.2f} m, {usual.mass.sum():.1f} kg)",
        "policies that were trained for another body are refused for it: python -m tools.train walk "
        f"--character {name}, or tools.learn",
    ]


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Inside, what a photograph lacks is said with its name."""
    try:
        yield
    except PhotoError as error:
        raise PhotoError(f"{path.name}: {error}") from error


def _with_portrait(path: Path, seen: Seen, network: BlazePose) -> tuple[Portrait, Seen]:
    """The face, and what is seen with its colours, which are nearer than those of the whole person's photograph."""
    picture = read_photograph(path).picture
    portrait = read_portrait(picture, network)
    near = look_at(find_person(picture, network)).found
    found = seen.found | {key: near[key] for key in ("hair", "style") if key in near}
    found |= {"skin": hex_of_rgb(portrait.skin), "iris": hex_of_rgb(portrait.iris)}
    measured = tuple(dict.fromkeys((*seen.measured, *(("hair",) if "hair" in found else ()), "skin", "iris")))
    missing = tuple(m for m in seen.missing if not m.startswith(("skin", "hair")))
    return portrait, Seen(found, measured, missing)


def _lines(person: PhotoPerson, measured: Measured, seen: Seen) -> list[str]:
    p = measured.proportions
    lines = []
    if person.others:
        lines.append(f"the largest of {person.others + 1} people is measured")
    if measured.measured:
        ratios = ", ".join(f"{n} {getattr(p, n.replace(' ', '_')):.2f}" for n in measured.measured)
        lines.append(f"measured, relative to the usual body: {ratios}")
    if seen.measured:
        lines.append(f"from the picture: {', '.join(_shown(key, seen) for key in seen.measured)}")
    for word in (*measured.missing, *seen.missing):
        lines.append(f"not measured: {word}")
    return lines


def _shown(word: str, seen: Seen) -> str:
    key = {"sleeves": "sleeve", "trouser legs": "trouser_leg"}.get(word, word)
    value = seen.found[key]
    return f"{word} {value}" if isinstance(value, str) else f"{word} {100.0 * value:.0f} cm"
