"""One capture: everything that `python -m tools.capture` does once it knows what is wanted."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from game.scene.paths import models_dir
from game.view.film import FilmError
from game.view.pick_pipe import OutputError
from tools.capture import CaptureError, clip, fit, people, report, scan, side_by_side
from tools.capture.capture_options import CaptureOptions
from tools.capture.choose import choose
from tools.capture.observe import focal_length, observe
from tools.capture.pose import BlazePose
from tools.capture.settle import ITERATIONS
from tools.capture.verdict import Capture, judge, summary
from tools.capture.video import open_section
from tools.clip_clinic.checks import RED
from tools.clip_clinic.text_report import table

RED_CODE = 2
_PERSON_IN_PICTURE = "person {n}{mark}: {height} px tall, in {count} of {total} frames, x {x} y {y}"


def run(options: CaptureOptions, path: Path, scratch: Path) -> int:
    """Everything is made in `scratch` and moved into place at the end; returns the exit code. Raises CaptureError."""
    torch.set_num_threads(1)  # the tensors are small: more threads only wait for each other
    name = _name(options, path)
    capture, facts, seconds = chain(options, path, name)
    verdict = judge(capture)
    products = _made(scratch / "products")
    film = products / f"{name}.mp4"
    if not options.no_film:
        with _bar("drawing", capture.chosen.span[1] - capture.chosen.span[0], seconds) as each:
            try:
                side_by_side.film(capture, film, each)
            except (FilmError, OutputError) as error:
                raise CaptureError(f"the film cannot be drawn: {error}; --no-film leaves it out") from error
    all_facts = report.as_dict(capture, verdict, facts, seconds)
    (products / f"{name}.report.json").write_text(json.dumps(all_facts, indent=1) + "\n", "utf-8")
    (products / f"{name}.html").write_text(report.page(capture, verdict, all_facts, film), "utf-8")
    keep = verdict.verdict != RED or options.force
    made = replace(capture.made.clip, notes={"capture": {k: all_facts[k] for k in ("verdict", "video", "fit")}})
    made.save(products / f"{name}.json")
    folder = _made(options.report or Path("out") / "capture" / name)
    for product in sorted(products.iterdir()):
        if product.name != f"{name}.json":
            shutil.move(product, folder / product.name)
    print(table([verdict]))
    print(f"report and film: {folder}")
    if not keep:
        print(f"capture: {summary(verdict)}; no clip was written, --force writes it all the same", file=sys.stderr)
        return RED_CODE
    target = _target(options, name)
    _made(target.parent)
    part = target.with_name(target.name + ".part")
    shutil.move(products / f"{name}.json", part)
    part.replace(target)
    print(f"clip: {target}, {made.num_frames} frames, {made.duration:.2f} s, verdict {summary(verdict)}")
    return 0


def chain(options: CaptureOptions, path: Path, name: str) -> tuple[Capture, int, dict[str, float]]:
    """The chain from video to clip; also how many people there are, and how long each part took."""
    seconds: dict[str, float] = {}
    section = open_section(path, options.start, options.end, options.turn)
    pose = BlazePose()
    with _bar("looking", None, seconds) as each:
        found = scan.scan_video(section, each)
    for warning in _warnings(found):
        print(f"note: {warning}")
    with _bar("people", len(found.used), seconds) as each:
        crowd = people.follow(found, pose, each)
    chosen_person = people.choose(crowd, found, options.person, options.at)
    if len(crowd) > 1:
        _print_people(crowd, chosen_person, found)
    with _bar("hard frames", None, seconds) as each:
        chosen = choose(found, crowd[chosen_person], pose, each)
    focal = focal_length(found.size, None if options.fov is None else math.radians(options.fov))
    seen = observe(found, chosen, focal)
    config = fit.FitConfig()
    with _bar("fitting", config.iterations, seconds) as each:
        fitted = fit.fit(seen, config, each)
    with _bar("settling", ITERATIONS, seconds) as each:
        made = clip.make(
            fitted,
            name,
            source=f"captured from {options.source or options.url or path.name}",
            licence=options.licence,
            slow_motion=options.slow_motion,
            each=each,
        )
    return Capture(found, chosen, seen, focal, fitted, made), len(crowd), seconds


def _warnings(found: scan.Scan) -> Iterator[str]:
    if found.cuts:
        shot = found.used_times
        places = ", ".join(f"{t:.2f}" for t in found.cuts)
        yield f"the video cuts at {places} s; the longest shot, {shot[0]:.2f} to {shot[-1]:.2f} s, is taken"
    if found.camera_path > 0.02:
        yield f"the camera moves, by {found.camera_path:.0%} of the picture's width; a standing camera captures better"
    if found.num_duplicates:
        yield f"{found.num_duplicates} frames repeat the one before and are left out"


def _print_people(crowd: list[people.Person], chosen: int, found: scan.Scan) -> None:
    for n, person in enumerate(crowd):
        first = person.readings[min(person.readings)]
        x, y = first.xy.mean(axis=0) / found.scale
        mark = " (chosen)" if n == chosen else ""
        height, count = round(person.height / found.scale), len(person.readings)
        print(_PERSON_IN_PICTURE.format(n=n + 1, mark=mark, height=height, count=count, total=len(found.used),
                                        x=round(x), y=round(y)))  # fmt: skip


def _name(options: CaptureOptions, path: Path) -> str:
    raw = options.out.name.removesuffix(".json") if options.out else path.stem
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in raw) or "clip"


def _target(options: CaptureOptions, name: str) -> Path:
    if options.out is None:
        return models_dir() / "clips" / f"{name}.json"
    out = options.out
    return out if out.suffix == ".json" else out.with_name(out.name + ".json")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _bar(name: str, total: int | None, seconds: dict[str, float]) -> Iterator[Callable[[], object]]:
    """A progress bar on stderr where that is a terminal; notes how long it took."""
    began = time.monotonic()
    with tqdm(total=total, desc=f"{name:<12}", unit="", leave=False, disable=None) as bar:
        yield bar.update
    seconds[name] = time.monotonic() - began
