"""Checkpoints: one file, written atomically, read without running pickled code (torch.load(weights_only=True))."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from game.scene.whole_file import written_whole
from game.sim.motion import MotionClip

SCHEMA = 2
RENAMED = {
    "config": {
        "polish_at": "final_stage_at",
        "stray": "tracking_error_limit",
        "drift": "drift_limit",
        "forgive_drift": "ignore_drift",
        "lam": "gae_lambda",
    },
    "counters": {"polished_since": "final_stage_since"},
    "environments": {
        "begun": "start_phase",
        "starts.failure": "starts.end_failure",
        "starts.begun": "starts.start_failure",
    },
}
"""Keys of schema 1 and what they are called since, in the parts of a run's checkpoint"""


class CheckpointError(ValueError):
    """A file is not a checkpoint that this run can resume, or cannot be written."""


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values: to a temporary name, flushed to the disk, then moved into place.

    Raises CheckpointError where that fails; what was at `path` is there still.
    """
    try:
        with written_whole(path) as temporary, temporary.open("wb") as file:
            torch.save({"schema": SCHEMA, **content}, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:  # torch's writer turns the one into the other
        cause = next((e for e in (error, error.__context__) if isinstance(e, OSError)), None)
        reason = (cause.strerror or str(cause)) if cause is not None else _first_line(error)
        raise CheckpointError(f"{path} cannot be written: {reason}") from error


def load(path: Path, needs: Collection[str] = ()) -> dict[str, Any]:
    """Read what `save` wrote, or a file of schema 1. Raises CheckpointError, also where one of `needs` is not in it."""
    if not path.is_file():
        raise CheckpointError(f"no checkpoint at {path}")
    try:
        if not zipfile.is_zipfile(path):
            raise CheckpointError(f"{path.name} cannot be read: it is no checkpoint")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(f"{path.name} cannot be read: {_first_line(error)}") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema not in (1, SCHEMA):
        raise CheckpointError(f"{path.name}: schema {schema!r}, expected 1 or {SCHEMA}")
    if missing := [name for name in needs if name not in content]:
        raise CheckpointError(
            f"{path.name} is no checkpoint of a run: it has no {', '.join(missing)}, only {', '.join(sorted(content))}"
        )
    return _upgraded(content) if schema == 1 else content


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint of schema 1 with today's names."""
    parts = {
        part: {names.get(key, key): value for key, value in content[part].items() if key != "entropy"}
        for part, names in RENAMED.items()
        if part in content
    }
    return content | parts


def clip_to_tensors(clip: MotionClip) -> dict[str, Any]:
    """A clip as plain values, so that a checkpoint needs no other file."""
    plain = {name: getattr(clip, name) for name in ("name", "fps", "loop", "character", "source", "licence")}
    return plain | {name: torch.from_numpy(getattr(clip, name)) for name in ("root_pos", "root_rot", "joint_rot")}


def clip_from_tensors(content: dict[str, Any]) -> MotionClip:
    """What clip_to_tensors gave. Raises ClipError."""
    fields: dict[str, Any] = {k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in content.items()}
    return MotionClip(**fields)
