"""Stage 1, the source: a video is captured, a motion file imported, a clip taken as it is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from game.scene.paths import models_dir
from game.sim.motion import ClipError, MotionClip
from tools.import_motion.read import read
from tools.import_motion.readers import ENDINGS
from tools.learn import LearnError
from tools.learn.journal import Result
from tools.learn.task import Task

SHORTEST = 0.4
"""s, of a motion that can be learned"""


def fingerprint(given: str) -> Result:
    """What a source is: its name and its bytes' sum. Raises LearnError where there is none."""
    path = path_of(given)
    try:
        with path.open("rb") as file:
            return {"given": given, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        known = ", ".join(sorted(p.stem for p in (models_dir() / "clips").glob("*.json")))
        raise LearnError(f"{given}: {reason}; give a video, a motion file, or one of the clips {known}") from error


def path_of(given: str) -> Path:
    """The file of a source, which may be a clip's name."""
    path = Path(given)
    named = models_dir() / "clips" / f"{given}.json"
    return named if not path.exists() and not path.suffix and named.is_file() else path


def bring(task: Task) -> Result:
    """Make the clip of whatever was given. Raises LearnError, ClipError."""
    path = path_of(task.options.source)
    remarks: tuple[str, ...] = ()
    if path.suffix.lower() not in ENDINGS:
        kind = "captured"
        _capture(task, path)
        clip = MotionClip.load(task.shown)
    elif (found := _own_clip(path)) is not None:
        kind, clip = "a clip", found
    else:
        kind, imported = "imported", read(path)
        clip, remarks = imported.clip, imported.remarks
        if imported.fidelity is not None and imported.fidelity.verdict != "green":
            remarks += (f"compared with its source the clip is {imported.fidelity.verdict}",)
    if clip.duration < SHORTEST:
        raise LearnError(f"{task.options.source}: {clip.duration:.2f} s of motion, expected {SHORTEST:g} s or more")
    replace(clip, name=task.name).save(task.shown)
    said = f"{kind}, {clip.duration:.2f} s"
    return {"said": said, "kind": kind, "seconds": clip.duration, "loop": clip.loop, "remarks": list(remarks)}


def _own_clip(path: Path) -> MotionClip | None:
    """A clip of our schema; nothing where it is another format's file. Raises ClipError for a broken clip of ours."""
    if path.suffix.lower() != ".json":
        return None
    try:
        return MotionClip.load(path.absolute())
    except ClipError as error:
        # DeepMimic's files end in .json, too
        if "not a clip of schema" in str(error):
            return None
        raise


def _capture(task: Task, video: Path) -> None:
    """Capture a video, of it what is good. Raises LearnError; tools.capture has said why."""
    from tools.capture.__main__ import main

    status = main([str(video), "--auto", "--out", str(task.shown), "--report", str(task.folder / "capture")])
    if status == 130:
        raise KeyboardInterrupt
    if status:
        raise LearnError(
            f"{video.name}: no clip came of it; what could be done is said above and in {task.folder}/capture"
        )
