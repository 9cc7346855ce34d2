"""python -m tools.record TAKE --camera NAME --out FILE.mp4: films a take again, frame by frame, offline."""

from __future__ import annotations

import argparse
import json
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from game.camera.rigs import NAMES, CameraError
from game.camera.shot import ShotError
from game.record.take import Take, TakeError
from game.scene.json_fields import SetError
from game.scene.set_file import load_set
from game.scene.set_spec import SetSpec
from game.session.opening import BARE, NO_SET
from game.sim.model import CharacterModel
from game.sound.track import HZ
from game.view.film import FilmError, FilmWriter
from game.view.quality import Tier, quality
from tools.footage.frames import FilmFrame, frames
from tools.footage.png import write_png
from tools.footage.studio import PASSES, Pass, Studio, StudioError
from tools.footage.timing import Timing, slowed, steady
from tools.footage.webp import LoopWriter

MAX_FPS = 240
LARGEST = 8192
"""pixels along a side"""
CRF, PRESET = 16, "medium"
"""x264's: larger and slower than live, and better"""


class RecordError(ValueError):
    """What was asked for makes no film; says why."""


@dataclass(frozen=True)
class RecordSettings:
    """How a take is filmed."""

    camera: str = "follow"
    size: tuple[int, int] = (1920, 1080)
    fps: int = 60
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
    sound: bool = True
    slow: tuple[float, float] | None = None
    """s of the take between which alone `speed` holds, with a ramp before and after"""


def record(take: Take, out: Path, settings: RecordSettings = RecordSettings()) -> int:
    """Films a take; returns the number of pictures.

    Args:
        take: it is run again, in a fresh world.
        out: an .mp4; a .webp, a loop without sound; or a folder, for pictures.
        settings: how.

    Raises:
        RecordError, CameraError, ShotError, SetError, StudioError, TakeError, FilmError, OSError.
    """
    spec = set_of(take, settings.set_name)
    timing = _timing(take, settings)
    shown = frames(take, spec, timing, settings.fps, settings.camera, subject=settings.subject)
    tier = quality(settings.tier)
    count = timing.num_frames(settings.fps)
    with Studio(spec, settings.size, tier, settings.passes) as studio:
        progress = tqdm(shown, total=count, desc=out.name, unit="frame", disable=None)
        if out.suffix.lower() == ".mp4":
            with FilmWriter(out, settings.size, settings.fps, crf=CRF, preset=PRESET,
                            sound_hz=HZ if settings.sound else None) as film:  # fmt: skip
                for frame in progress:
                    film.write(studio.draw(frame))
                    if settings.sound:
                        film.write_sound(frame.sound)
        elif out.suffix.lower() == ".webp":
            with LoopWriter(out, settings.size, settings.fps) as loop:
                for frame in progress:
                    loop.write(studio.draw(frame))
        else:
            _write_pictures(progress, studio, out, settings)
    return count


def _write_pictures(shown: tqdm[FilmFrame], studio: Studio, out: Path, settings: RecordSettings) -> None:
    """picture_00000.png ..., each pass likewise, sound.wav, and ids.json: what is which colour."""
    out.mkdir(parents=True, exist_ok=True)
    sound = []
    for number, frame in enumerate(shown):
        picture = studio.draw(frame)[:, :, 2::-1]
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
        _write_wav(out / "sound.wav", np.concatenate(sound))


def _write_wav(path: Path, sound: NDArray[np.float32]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(HZ)
        file.writeframes((sound * 32767.0).astype("<i2").tobytes())


def set_of(take: Take, name: str = "") -> SetSpec:
    """The set that a take is shown in; the bare floor where it has none. Raises SetError."""
    chosen = name or take.set_name
    return BARE if chosen in ("", NO_SET) else load_set(chosen)


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


def parser() -> argparse.ArgumentParser:
    """The command line."""
    plain = RecordSettings()
    top = argparse.ArgumentParser(prog="python -m tools.record", description=__doc__)
    top.add_argument("take", type=Path, help="a take: a folder or a .zip")
    top.add_argument(
        "--out",
        type=Path,
        required=True,
        help="FILE.mp4; FILE.webp, a loop without sound; or a folder with --format png",
    )
    top.add_argument(
        "--camera", default=plain.camera, help=f"{', '.join(NAMES)}, or a shot of the take (default: follow)"
    )
    top.add_argument("--subject", type=int, default=0, help="the character that it looks at (default: 0)")
    top.add_argument("--size", default="1920x1080", help="WIDTHxHEIGHT (default: 1920x1080)")
    top.add_argument("--vertical", action="store_true", help="upright: 9:16, the same size turned")
    top.add_argument("--fps", type=int, default=plain.fps, help="pictures a second, any number (default: 60)")
    top.add_argument("--quality", default=plain.tier, choices=get_args(Tier), help="(default: film)")
    top.add_argument("--slow", type=float, default=1.0, metavar="SPEED", help="0.25 is four times slower")
    top.add_argument(
        "--slow-between", type=float, nargs=2, metavar="S", help="seconds of the take; --slow holds for them alone"
    )
    top.add_argument("--from", type=float, dest="begin", metavar="S", help="seconds of the take")
    top.add_argument("--to", type=float, dest="end", metavar="S", help="seconds of the take")
    top.add_argument("--set", default="", metavar="NAME", help="show another set than the take's; its physics stay")
    top.add_argument("--format", choices=("mp4", "png"), default="mp4")
    top.add_argument("--passes", default="", help="of pictures, by commas: alpha (characters), depth (16 bit, mm), id")
    top.add_argument("--mute", action="store_true", help="no sound")
    return top


def settings_of(told: argparse.Namespace) -> RecordSettings:
    """What the command line asks for. Raises RecordError."""
    width, _, height = told.size.partition("x")
    if not (width.isdigit() and height.isdigit() and 2 <= min(int(width), int(height)) <= LARGEST):
        raise RecordError(f"--size {told.size}: expected WIDTHxHEIGHT such as 1920x1080, at most {LARGEST}")
    size = (int(width), int(height))
    if told.vertical:
        size = (min(size), max(size))
    if not 1 <= told.fps <= MAX_FPS:
        raise RecordError(f"--fps {told.fps}: expected 1..{MAX_FPS}")
    if not 0.01 <= told.slow <= 10.0:
        raise RecordError(f"--slow {told.slow:g}: expected 0.01..10")
    words = [word for word in told.passes.split(",") if word]
    passes = tuple(name for name in PASSES if name in words)
    if len(passes) != len(words):
        raise RecordError(f"--passes {told.passes}: there are {', '.join(PASSES)}")
    if passes and told.format != "png":
        raise RecordError("--passes are pictures: say --format png, too")
    if (told.out.suffix.lower() in (".mp4", ".webp")) != (told.format == "mp4"):
        raise RecordError(f"--out {told.out}: expected FILE.mp4, FILE.webp, or a folder with --format png")
    slow = None if told.slow_between is None else (told.slow_between[0], told.slow_between[1])
    return RecordSettings(told.camera, size, told.fps, told.quality, told.slow, told.begin, told.end, passes,
                          told.subject,
                    told.set, not told.mute, slow)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    told = parser().parse_args(arguments)
    try:
        settings = settings_of(told)
        count = record(Take.load(told.take), told.out, settings)
    except (RecordError, TakeError, CameraError, ShotError, SetError, StudioError, FilmError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{told.out}: {count} pictures, {count / settings.fps:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
