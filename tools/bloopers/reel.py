"""Reel: the best falls in one film, in slow motion around the impact, and a contact sheet of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from game.record.take import Take
from game.scene.set_spec import SetSpec
from game.sim.model import CharacterModel
from game.sound.track import HZ
from game.view.film import FilmWriter
from game.view.quality import quality
from tools.bloopers.cards import Cards
from tools.bloopers.score import Measures
from tools.footage.frames import frames
from tools.footage.png import write_png
from tools.footage.studio import Studio
from tools.footage.timing import Timing, slowed, steady

Picture = NDArray[np.uint8]
Samples = NDArray[np.float32]

BEFORE, AFTER = 1.9, 1.7
"""s of the take around the impact"""
SLOW, SLOW_BEFORE, SLOW_AFTER, RAMP = 0.25, 0.14, 0.22, 0.12
"""speed of the slow motion; s of the take before and after the impact; s of the take over which the speed changes"""
CARD_SECONDS, END_SECONDS = 1.4, 1.8
FADE = 0.008
"""s over which a cut's sound fades out"""
CAMERAS = ("side", "handheld", "follow", "handheld")
SHEET_TIMES = (-0.75, -0.35, 0.0, 0.3, 0.9)
"""s from the impact, of the pictures on the contact sheet"""
SHEET_WIDTH = 320


@dataclass(frozen=True, eq=False)
class Cut:
    """One fall in the film."""

    take: Take
    measures: Measures
    title: str
    lines: tuple[str, ...]
    camera: str


@dataclass(frozen=True)
class Style:
    """How it is filmed."""

    size: tuple[int, int] = (1280, 720)
    fps: int | Fraction = 30
    tier: str = "std"
    figure: Path | None = None
    """what he is drawn as; None: our own avatar"""
    crf: int = 20
    preset: str = "medium"


def timing_of(cut: Cut) -> Timing:
    """From BEFORE the impact to AFTER it, slow around it."""
    hz = CharacterModel.load(cut.take.character).control_hz
    last, impact = cut.take.num_ticks / hz, cut.measures.moment / hz
    begin, end = max(1.0 / hz, impact - BEFORE), min(last, impact + AFTER)
    slow_begin, slow_end = max(impact - SLOW_BEFORE, begin + RAMP), min(impact + SLOW_AFTER, end - RAMP)
    if slow_end - slow_begin < 0.05 or cut.measures.moment == 0:
        return steady(begin, end)
    return slowed(begin, end, slow_begin, slow_end, SLOW, RAMP)


def make(cuts: Sequence[Cut], spec: SetSpec, out: Path, sheet: Path, style: Style, ending: str) -> float:
    """Films cuts one after another; returns the film's length in seconds.

    Args:
        cuts: in the order of the film.
        spec: their set.
        out: the film, an .mp4.
        sheet: the contact sheet, a .png: a row for every cut, its card and then SHEET_TIMES.
        style: of both.
        ending: text of the last card; empty for none.

    Raises:
        StudioError, FilmError, TakeError, OSError.
    """
    rows: list[list[Picture]] = []
    with (
        Cards(style.size) as cards,
        Studio(spec, style.size, quality(style.tier), figure=style.figure) as studio,
        FilmWriter(out, style.size, style.fps, crf=style.crf, preset=style.preset, sound_hz=HZ) as film,
    ):
        progress = tqdm(total=_num_pictures(cuts, style.fps), desc=out.name, unit="frame", disable=None)
        for cut in cuts:
            card = cards.draw(cut.title, cut.lines)
            _hold(film, card, CARD_SECONDS, style.fps)
            studio.clear()
            rows.append([_small(card), *_film_cut(cut, spec, studio, film, style, progress.update)])
        if ending:
            _hold(film, cards.draw(ending), END_SECONDS, style.fps)
        progress.close()
        length = film.seconds
    write_png(sheet, _grid(rows))
    return length


def _num_pictures(cuts: Sequence[Cut], fps: int | Fraction) -> int:
    return sum(timing_of(cut).num_frames(fps) for cut in cuts)


def _film_cut(cut: Cut, spec: SetSpec, studio: Studio, film: FilmWriter, style: Style,
              advance: Callable[[], object]) -> list[Picture]:  # fmt: skip
    """Films one cut; returns the contact sheet's small pictures of it."""
    timing = timing_of(cut)
    impact = cut.measures.moment / CharacterModel.load(cut.take.character).control_hz
    wanted = [min(max(impact + t, timing.begin), timing.end) for t in SHEET_TIMES]
    count = timing.num_frames(style.fps)
    at = [min(count - 1, round(timing.film_time(t) * float(style.fps))) for t in wanted]
    kept: dict[int, Picture] = {}
    sound: list[Samples] = []
    seed = cut.measures.moment
    for number, frame in enumerate(frames(cut.take, spec, timing, style.fps, cut.camera, seed=seed)):
        picture = studio.draw(frame)
        film.write(picture)
        sound.append(frame.sound)
        if number in at:
            kept[number] = _small(picture)
        advance()
    film.write_sound(_fitted(np.concatenate(sound), count, style.fps))
    return [kept[number] for number in at]


def _fitted(sound: Samples, num_frames: int, fps: int | Fraction) -> Samples:
    """Sound (num_samples, 2) cut or padded to the length of so many pictures, and faded out."""
    length = round(num_frames * HZ / fps)
    fitted = np.zeros((length, 2), np.float32)
    fitted[: len(sound)] = sound[:length]
    fade = round(FADE * HZ)
    fitted[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return fitted


def _hold(film: FilmWriter, picture: Picture, seconds: float, fps: int | Fraction) -> None:
    """Shows a still picture in silence."""
    count = round(seconds * float(fps))
    for _ in range(count):
        film.write(picture)
    film.write_sound(np.zeros((round(count * HZ / fps), 2), np.float32))


def _small(picture: Picture) -> Picture:
    """(height, width, 3) RGB of a (height, width, 4) BGRA picture, averaged down to about SHEET_WIDTH."""
    step = max(1, picture.shape[1] // SHEET_WIDTH)
    height, width = picture.shape[0] // step, picture.shape[1] // step
    blocks = picture[: height * step, : width * step, 2::-1].reshape(height, step, width, step, 3)
    return np.asarray(blocks.mean(axis=(1, 3)).round(), np.uint8)


def _grid(rows: Sequence[Sequence[Picture]]) -> Picture:
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
