"""Films a take again, frame by frame, offline: into an MP4, a WebP loop, or a folder of pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from game.camera.cuts import CUTS
from game.play.events import Crowd
from game.record.take import Take
from game.scene.set_file import load_set
from game.scene.set_spec import SetSpec
from game.session.opening import BARE, NO_SET
from game.sim.model import CharacterModel
from game.sound.track import CEILING, HZ
from game.view.film import FilmWriter
from game.view.quality import quality
from tools.footage.development import PLAIN, FilmFinish
from tools.footage.frames import FilmFrame, frames
from tools.footage.lens import AT_ONCE, Exposure
from tools.footage.png import write_png
from tools.footage.studio import Pass, Studio
from tools.footage.timing import Timing, slowed, steady
from tools.footage.wav import write_wav
from tools.footage.webp import LoopWriter

CRF, PRESET = 16, "medium"
"""x264's: larger and slower than live, and better"""


class RecordError(ValueError):
    """No film can be made with these settings; the message says why."""


@dataclass(frozen=True)
class RecordSettings:
    """How a take is filmed."""

    camera: str = ""
    """see game.camera.rigs.camera; by default the take's cuts if it has some, else `follow`"""
    size: tuple[int, int] = (1920, 1080)
    fps: int | Fraction = 60
    """pictures a second"""
    tier: str = "film"
    speed: float = 1.0
    """of the take in the film: 0.25 is slow motion"""
    begin: float | None = None
    """s, of the take; by default where its interesting part begins"""
    end: float | None = None
    """s, of the take; by default its end"""
    passes: tuple[Pass, ...] = ()
    """pictures only: what is written beside them"""
    subject: int = 0
    """the character that the camera looks at"""
    set_name: str = ""
    """another set than the take's"""
    time_of_day: str = ""
    """another time of day than the take's"""
    sound: bool = True
    voice: bool = True
    """whether he cries out"""
    stems: bool = False
    """whether the sound of each kind of source is written beside the film, dry"""
    figure: Path | None = None
    """what he is drawn as; None: our own avatar"""
    progress: bool = False
    """whether a bar is printed even where that is no terminal"""
    exposure: Exposure = AT_ONCE
    """shutter and aperture"""
    loop_quality: int = 78
    """of a .webp, 0..100"""
    adapts: bool = False
    """whether the brightness follows the scene's"""
    finish: FilmFinish = PLAIN
    """grain and mask"""
    slow: tuple[float, float] | None = None
    """s of the take between which alone `speed` holds, with a ramp before and after"""


def record(take: Take, out: Path, settings: RecordSettings = RecordSettings()) -> int:
    """Films a take; returns the number of pictures.

    Args:
        take: it is run again, in a fresh world.
        out: an .mp4; a .webp, a loop without sound; or a folder, for pictures.
        settings: how.

    Raises:
        RecordError, CameraError, ShotError, CutError, SetError, StudioError, TakeError, FilmError, OSError.
    """
    _check_subject(take, settings.subject)
    spec = set_of(take, settings.set_name)
    spec = spec.at_time(settings.time_of_day) if settings.time_of_day else spec
    timing = _timing(take, settings)
    camera = settings.camera or (CUTS if take.extra.get(CUTS) else "follow")
    shown = frames(take, spec, timing, settings.fps, camera, subject=settings.subject, voice=settings.voice,
                   stems=settings.stems, exposure=settings.exposure)  # fmt: skip
    if settings.stems:
        shown = with_stems(shown, out)
    tier = quality(settings.tier)
    count = timing.num_frames(settings.fps)
    model = CharacterModel.load(take.character)
    figure = settings.figure or model.figure
    with Studio(spec, settings.size, tier, settings.passes, figure, settings.exposure,
                adapts=settings.adapts, model=model) as studio:  # fmt: skip
        progress = tqdm(shown, total=count, desc=out.name, unit="frame",
                        disable=False if settings.progress else None)  # fmt: skip
        if out.suffix.lower() == ".mp4":
            with FilmWriter(out, settings.size, settings.fps, crf=CRF, preset=PRESET,
                            sound_hz=HZ if settings.sound else None) as film:  # fmt: skip
                for number, frame in enumerate(progress):
                    film.write(settings.finish.apply(studio.draw(frame), number))
                    if settings.sound:
                        film.write_sound(frame.sound)
        elif out.suffix.lower() == ".webp":
            with LoopWriter(out, settings.size, settings.fps, quality=settings.loop_quality) as loop:
                for number, frame in enumerate(progress):
                    loop.write(settings.finish.apply(studio.draw(frame), number))
        else:
            _write_pictures(progress, studio, out, settings)
    return count


def _write_pictures(shown: tqdm[FilmFrame], studio: Studio, out: Path, settings: RecordSettings) -> None:
    """picture_00000.png ..., each pass likewise, sound.wav, and ids.json: what is which colour."""
    out.mkdir(parents=True, exist_ok=True)
    sound = []
    for number, frame in enumerate(shown):
        picture = settings.finish.apply(studio.draw(frame), number)[:, :, 2::-1]
        sound.append(frame.sound)
        extra = studio.passes()
        if "alpha" in extra:
            # the colours are not multiplied by it
            picture = np.dstack([picture, extra.pop("alpha").astype(np.uint8)])
        write_png(out / f"picture_{number:05}.png", np.ascontiguousarray(picture))
        for name, pixels in extra.items():
            write_png(out / f"{name}_{number:05}.png", pixels)
    if "id" in settings.passes:
        (out / "ids.json").write_text(json.dumps(studio.things(), indent=1), encoding="utf-8")
    if settings.sound:
        write_wav(out / "sound.wav", np.concatenate(sound))


def with_stems(shown: Iterator[FilmFrame], out: Path) -> Iterator[FilmFrame]:
    """The frames; when they are over, their stems are beside the film: FILM.feet.wav, FILM.body.wav, ...

    The film's sound is limited, stems are not: where one of them would clip, all are lowered alike, and still add up.
    """
    kept: dict[str, list[NDArray[np.float32]]] = {}
    for frame in shown:
        for name, samples in frame.stems.items():
            kept.setdefault(name, []).append(samples)
        yield frame
    stems = {name: np.concatenate(blocks) for name, blocks in kept.items()}
    peak = max((float(np.abs(samples).max(initial=0.0)) for samples in stems.values()), default=0.0)
    for name, samples in stems.items():
        write_wav(out.with_name(f"{out.stem}.{name}.wav"), samples * np.float32(min(1.0, CEILING / max(peak, 1e-9))))


def set_of(take: Take, name: str = "") -> SetSpec:
    """The set that a take is shown in; the bare floor where it has none. Raises SetError."""
    chosen = name or take.set_name
    return BARE if chosen in ("", NO_SET) else load_set(chosen)


def _check_subject(take: Take, subject: int) -> None:
    """Raises RecordError where a take has no such character at any time."""
    most = max([1, *(timed.event.count for timed in take.events if isinstance(timed.event, Crowd))])
    if not 0 <= subject < most:
        there = "one character, 0" if most == 1 else f"{most} characters, 0 to {most - 1}"
        raise RecordError(f"--subject {subject}: the take has {there}")


def _timing(take: Take, settings: RecordSettings) -> Timing:
    hz = CharacterModel.load(take.character).control_hz
    last = take.num_ticks / hz
    begin = take.first_tick / hz if settings.begin is None else settings.begin
    end = last if settings.end is None else settings.end
    if not 0.0 <= begin < end <= last + 1e-9:
        raise RecordError(f"from {begin:g} to {end:g} s: the take is {last:g} s long")
    if settings.slow is None:
        return steady(begin, end, settings.speed)
    try:
        return slowed(begin, end, *settings.slow, settings.speed)
    except ValueError as error:
        raise RecordError(str(error)) from error
