"""The chain from a video to everything that is known of it: who, how they move, the clip."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from tools.capture import CaptureError, clip, fit, people, scan, speed
from tools.capture.camera_path import CameraPath
from tools.capture.camera_travel import follow_camera
from tools.capture.capture_options import CaptureOptions
from tools.capture.causes import find_causes
from tools.capture.choose import Chosen, choose, person_path
from tools.capture.crossings import changes, untangle
from tools.capture.first_guess import Observations
from tools.capture.fitted import Fitted
from tools.capture.jumps import stretches
from tools.capture.observe import focal_length, observe
from tools.capture.orientation import upright_turn
from tools.capture.pose import BlazePose
from tools.capture.settle import ITERATIONS
from tools.capture.speed import Speed
from tools.capture.verdict import Capture
from tools.capture.video import MIN_FRAMES, open_section

_PERSON_IN_PICTURE = "person {n}{mark}: {height} px tall, in {count} of {total} frames, x {x} y {y}"


def chain(options: CaptureOptions, path: Path, name: str) -> tuple[Capture, int, dict[str, float]]:
    """The chain from video to clip; also how many people there are, and how long each part took."""
    seconds: dict[str, float] = {}
    section = open_section(path, options.start, options.end, options.turn)
    pose = BlazePose()
    with bar("looking", None, seconds) as each:
        found = scan.scan_video(section, each)
        turn, sure = upright_turn([image for _, image in found.samples], pose) if options.turn is None else (0, True)
        if turn and not sure:
            print(f"note: the video may lie on its side: --turn {turn} turns it")
        elif turn:
            found = scan.scan_video(replace(section, turn=turn), each)
            print(f"note: the video lies: it is turned by {turn} degrees clockwise; --turn 0 leaves it as it is")
    for warning in _warnings(found):
        print(f"note: {warning}")
    with bar("people", len(found.used), seconds) as each:
        crowd = people.follow(found, pose, each)
    doubts = untangle(crowd)
    chosen_person = people.choose(crowd, found, options.person, options.at)
    changed = [(k, "he looks like somebody else from here on") for k in changes(crowd[chosen_person])]
    if len(crowd) > 1:
        _print_people(crowd, chosen_person, found)
    with bar("hard frames", None, seconds) as each:
        chosen = choose(found, crowd[chosen_person], pose, each)
    focal = focal_length(found.size, None if options.fov is None else math.radians(options.fov))
    with bar("camera", None, seconds) as each:
        camera = follow_camera(found, focal, [person_path(person, len(found.used)) for person in crowd])
    chosen = _longest_stretch(found, chosen, focal, camera, crowd[chosen_person].height)
    seen = observe(found, chosen, focal, camera)
    fitted, pace = _fitted(seen, options.slow_motion, seconds)
    with bar("settling", ITERATIONS, seconds) as each:
        made = clip.make(
            fitted,
            name,
            source=f"captured from {options.source or options.url or path.name}",
            licence=options.licence,
            each=each,
        )
    causes = find_causes(found, chosen, [*doubts, *changed])
    return Capture(found, chosen, camera, seen, focal, fitted, made, pace, causes), len(crowd), seconds


def _fitted(seen: Observations, slow_motion: float | None, seconds: dict[str, float]) -> tuple[Fitted, Speed]:
    """Fit at the speed that is given, or that the first of two fits finds."""
    config = fit.FitConfig()
    with bar("fitting", config.iterations, seconds) as each:
        if slow_motion is not None:
            return fit.fit(seen.at_speed(slow_motion), config, each, known=True), speed.given(slow_motion)
        fitted = fit.fit(seen, config, each)
    found = speed.measured(fitted)
    if found.factor == 1.0:
        return fitted, found
    with bar("in real time", config.iterations, seconds) as each:
        return fit.fit(seen.at_speed(found.factor), config, each, known=True), found


def _longest_stretch(found: scan.Scan, chosen: Chosen, focal: float, camera: CameraPath, height: float) -> Chosen:
    """Without what lies beyond jumps of the body."""
    parts = stretches(found, chosen, focal, camera, height)
    if len(parts) == 1:
        return chosen
    times = found.used_times
    best = max(parts, key=lambda part: part[1] - part[0])
    places = ", ".join(f"{times[first]:.2f}" for first, _ in parts[1:])
    used = f"{times[best[0]]:.2f} to {times[best[1] - 1]:.2f} s"
    print(f"note: the body jumps at {places} s, as after a cut; {used} is taken, --start and --end choose another part")
    kept = chosen.within(*best)
    if sum(reading is not None for reading in kept.readings) < MIN_FRAMES:
        raise CaptureError(
            f"{found.section.path.name}: the body jumps at {places} s; no part is long enough to be used"
        )
    return kept


def _warnings(found: scan.Scan) -> Iterator[str]:
    if found.cuts:
        shot = found.used_times
        places = ", ".join(f"{t:.2f}" for t in found.cuts)
        yield f"the video cuts at {places} s; the longest shot, {shot[0]:.2f} to {shot[-1]:.2f} s, is taken"
    if repeated := found.num_duplicates():
        yield f"{repeated} frames repeat the one before and are left out"


def _print_people(crowd: list[people.Person], chosen: int, found: scan.Scan) -> None:
    for n, person in enumerate(crowd):
        first = person.readings[min(person.readings)]
        x, y = first.xy.mean(axis=0) / found.scale
        mark = " (chosen)" if n == chosen else ""
        height, count = round(person.height / found.scale), len(person.readings)
        print(_PERSON_IN_PICTURE.format(n=n + 1, mark=mark, height=height, count=count, total=len(found.used),
                                        x=round(x), y=round(y)))  # fmt: skip


@contextmanager
def bar(name: str, total: int | None, seconds: dict[str, float]) -> Iterator[Callable[[], object]]:
    """A progress bar on stderr where that is a terminal; notes how long it took."""
    began = time.monotonic()
    with tqdm(total=total, desc=f"{name:<12}", unit="", leave=False, disable=None) as bar:
        yield bar.update
    seconds[name] = time.monotonic() - began
