"""python -m tools.record TAKE --camera NAME --out FILE.mp4: films a take again, frame by frame, offline."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from game.view.quality import Tier
from tools.command_line import FrameRate, Size, parse

if TYPE_CHECKING:
    from tools.footage.film_take import RecordSettings

LARGEST = 8192
"""pixels along a side"""


@dataclass(frozen=True)
class RecordOptions:
    """The command line of tools.record."""

    take: tyro.conf.Positional[Path]
    """a take: a folder or a .zip"""
    out: Path
    """FILE.mp4; FILE.webp, a loop without sound; or a folder with --format png"""
    camera: str = ""
    """a camera of the game, a shot of the take, or its cuts; by default cuts where it has some, else follow"""
    subject: int = 0
    """the character that the camera looks at, 0 the first"""
    size: Size = (1920, 1080)
    """of a picture, pixels"""
    vertical: bool = False
    """upright: 9:16, the same size turned"""
    fps: FrameRate = 60
    """pictures a second, 1 to 240; 29.97, 23.976 and 59.94 are exact"""
    quality: Tier = "film"
    """how well it is drawn"""
    slow: float = 1.0
    """speed of the take in the film: 0.25 is four times slower"""
    slow_between: tuple[float, float] | None = None
    """s of the take between which alone --slow holds"""
    begin: Annotated[float | None, tyro.conf.arg(name="from")] = None
    """s of the take; where its interesting part begins by default"""
    end: Annotated[float | None, tyro.conf.arg(name="to")] = None
    """s of the take; its end by default"""
    set: str = ""
    """show another set than the take's; its physics stay"""
    time_of_day: str = ""
    """the set's light: day, evening, night; the take's by default"""
    format: Literal["mp4", "png"] = "mp4"
    """a film, or a folder of pictures"""
    passes: str = ""
    """of pictures, by commas: alpha (characters), depth (16 bit, mm), id"""
    loop_quality: int = 78
    """of a .webp, 0..100; below 50 it is small and rough"""
    shutter: float = 0.0
    """degrees of 360 that the shutter is open: 180 blurs what moves as films do, 0 freezes it"""
    aperture: float = 0.0
    """f-number of the lens, as of 35 mm film: 1.4 blurs what is out of focus, 16 hardly, 0 not at all"""
    focus: float | None = None
    """m from the camera to what is sharp; he is, by default"""
    moments: int = 16
    """drawings that make a picture with --shutter or --aperture: each costs as much as a picture without"""
    adapt_exposure: bool = False
    """brighten dark scenes and darken bright ones, a moment late as cameras do"""
    grain: float = 0.0
    """of film, 0..1"""
    mask: str = ""
    """black bars that leave 4:3, 9:16, 1:1, 2.39:1 or 16:9"""
    avatar: str = "own"
    """what he is drawn as: own, or a figure made by tools.cast, or its file"""
    mute: bool = False
    """no sound"""
    voice: bool = True
    """whether he cries out"""
    progress: bool = False
    """print how far it is even where that is no terminal"""
    stems: bool = False
    """write the sound of feet, body, things, voice and room beside the film as well, dry, each into its own .wav"""


def settings_of(options: RecordOptions) -> RecordSettings:
    """What the command line means. Raises RecordError, FigureError."""
    from game.view.figure_folder import find_figure
    from tools.footage.film_take import RecordError, RecordSettings
    from tools.footage.studio import PASSES

    size = (min(options.size), max(options.size)) if options.vertical else options.size
    if not 2 <= min(size) <= max(size) <= LARGEST:
        raise RecordError(f"--size {size[0]}x{size[1]}: expected 2 to {LARGEST} pixels along each side")
    if not 0.01 <= options.slow <= 10.0:
        raise RecordError(f"--slow {options.slow:g}: expected 0.01..10")
    words = [word for word in options.passes.split(",") if word]
    passes = tuple(name for name in PASSES if name in words)
    if len(passes) != len(words):
        raise RecordError(f"--passes {options.passes}: there are {', '.join(PASSES)}")
    from tools.footage.development import RATIOS, FilmFinish
    from tools.footage.lens import Exposure

    exposed = options.shutter > 0.0 or options.aperture > 0.0
    for name, value, low, high in (
        ("shutter", options.shutter, 0.0, 360.0),
        ("grain", options.grain, 0.0, 1.0),
        ("moments", options.moments, 1, 256),
        ("loop-quality", options.loop_quality, 0, 100),
        ("focus", options.focus or 1.0, 0.1, 1000.0),
    ):
        if not low <= value <= high:
            raise RecordError(f"--{name} {value:g}: expected {low:g} to {high:g}")
    if options.aperture and not 0.1 <= options.aperture <= 64.0:
        raise RecordError(f"--aperture {options.aperture:g}: expected 0.1 to 64, or 0 for none")
    if options.mask and options.mask not in RATIOS:
        raise RecordError(f"--mask {options.mask}: there are {', '.join(RATIOS)}")
    if passes and exposed:
        raise RecordError("--passes show one moment through a pinhole: leave --shutter and --aperture away")
    if passes and options.format != "png":
        raise RecordError("--passes need pictures: add --format png")
    if (options.out.suffix.lower() in (".mp4", ".webp")) != (options.format == "mp4"):
        raise RecordError(f"--out {options.out}: expected FILE.mp4, FILE.webp, or a folder with --format png")
    return RecordSettings(
        camera=options.camera,
        size=size,
        fps=options.fps,
        tier=options.quality,
        speed=options.slow,
        begin=options.begin,
        end=options.end,
        passes=passes,
        subject=options.subject,
        set_name=options.set,
        time_of_day=options.time_of_day,
        sound=not options.mute,
        voice=options.voice,
        progress=options.progress,
        stems=options.stems and not options.mute,
        figure=find_figure(options.avatar),
        exposure=Exposure(options.shutter, options.aperture, options.focus, options.moments if exposed else 1),
        adapts=options.adapt_exposure,
        loop_quality=options.loop_quality,
        finish=FilmFinish(options.grain, options.mask),
        slow=options.slow_between,
    )


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(RecordOptions, "tools.record", __doc__, arguments)
    # the physics and the renderer take a second to load: --help does without
    from game.app.compilation import compilation_bar
    from game.app.termination import exit_on_sigterm
    from game.camera.cuts import CutError
    from game.camera.rigs import CameraError
    from game.camera.shot import ShotError
    from game.record.take import Take, TakeError
    from game.scene.json_fields import SetError
    from game.view.figure_parts import FigureError
    from game.view.film import FilmError
    from tools.footage.film_take import RecordError, record
    from tools.footage.studio import StudioError

    exit_on_sigterm()
    try:
        settings = settings_of(options)
        with compilation_bar():
            count = record(Take.load(options.take), options.out, settings)
    except (
        RecordError,
        TakeError,
        CameraError,
        ShotError,
        CutError,
        SetError,
        StudioError,
        FilmError,
        FigureError,
        OSError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {count} pictures, {float(count / settings.fps):.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
