"""Checkpoints: one file, written atomically, read without pickle's powers (torch.load(weights_only=True))."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

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
