"""Checkpoints: one file, written atomically, read without pickle's powers (torch.load(weights_only=True))."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from game.sim.motion import MotionClip

SCHEMA = 1


class CheckpointError(ValueError):
    """A file is not a checkpoint that this run can resume."""


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values: to a temporary name, flushed to the disk, then moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        torch.save({"schema": SCHEMA, **content}, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote. Raises CheckpointError."""
    if not path.is_file():
        raise CheckpointError(f"no checkpoint at {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise CheckpointError(f"{path.name}: not a checkpoint of schema {SCHEMA}")
    return content


def clip_to_tensors(clip: MotionClip) -> dict[str, Any]:
    """A clip as plain values, so that a checkpoint needs no other file."""
    plain = {name: getattr(clip, name) for name in ("name", "fps", "loop", "character", "source", "licence")}
    return plain | {name: torch.from_numpy(getattr(clip, name)) for name in ("root_pos", "root_rot", "joint_rot")}


def clip_from_tensors(content: dict[str, Any]) -> MotionClip:
    """What clip_to_tensors gave. Raises ClipError."""
    fields: dict[str, Any] = {k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in content.items()}
    return MotionClip(**fields)
