"""One capture: everything that `python -m tools.capture` does once it knows what is wanted."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import torch

from game.scene.paths import models_dir
from game.view.film import FilmError
from game.view.pick_pipe import OutputError
from tools.capture import CaptureError, report, side_by_side
from tools.capture.capture_options import CaptureOptions
from tools.capture.chain import bar, chain
from tools.capture.parts import Part, best_part, only
from tools.capture.report_page import page
from tools.capture.verdict import Capture, judge, summary
from tools.clip_clinic.checks import GREEN, RED, ClipReport
from tools.clip_clinic.text_report import table

RED_CODE = 2


def run(options: CaptureOptions, path: Path, scratch: Path) -> int:
    """Everything is made in `scratch` and moved into place at the end; returns the exit code. Raises CaptureError."""
    torch.set_num_threads(1)  # the tensors are small: more threads only wait for each other
    name = _name(options, path)
    capture, facts, seconds = chain(options, path, name)
    capture, verdict, better = _judged(capture, auto=options.auto)
    products = _made(scratch / "products")
    film = products / f"{name}.mp4"
    strip = None
    if not options.no_film:
        with bar("drawing", capture.chosen.span[1] - capture.chosen.span[0], seconds) as each:
            try:
                strip = side_by_side.film(capture, film, each)
            except (FilmError, OutputError) as error:
                raise CaptureError(f"the film cannot be drawn: {error}; --no-film leaves it out") from error
    all_facts = report.as_dict(capture, verdict, better, facts, seconds)
    (products / f"{name}.report.json").write_text(json.dumps(all_facts, indent=1) + "\n", "utf-8")
    (products / f"{name}.html").write_text(page(capture, verdict, better, all_facts, strip, film), "utf-8")
    keep = verdict.verdict != RED or options.force
    made = replace(
        capture.made.clip.placed(), notes={"capture": {k: all_facts[k] for k in ("verdict", "video", "fit")}}
    )
    made.save(products / f"{name}.json")
    folder = _made(options.report or Path("out") / "capture" / name)
    for product in sorted(products.iterdir()):
        if product.name != f"{name}.json":
            shutil.move(product, folder / product.name)
    print(table([verdict]))
    for cause in capture.causes:
        print(f"cause: {cause}")
    if better is not None:
        print(f"better: {better.sentence(capture)}, or --auto")
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


def _judged(capture: Capture, *, auto: bool) -> tuple[Capture, ClipReport, Part | None]:
    """The verdict, and a part with a better one if there is any; with `auto` the capture becomes that part."""
    verdict = judge(capture)
    better = None if verdict.verdict == GREEN else best_part(capture, verdict)
    if not auto or better is None:
        return capture, verdict, better
    print(f"note: --auto takes the part that is {better.sentence(capture)}")
    part = only(capture, better)
    return part, judge(part), None


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
