"""TRC files: points over time as text with tabs, of OpenSim, Pose2Sim, FreeMoCap, Cortex.

OpenSim, "Marker (.trc) Files". The third line has the rates, the fourth the names, from the sixth on come the numbers:
frame, time, then x, y, z of every marker, blank or nan where it was not seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from game.sim.motion import ClipError
from tools.import_motion.markers import Markers
from tools.import_motion.source import MAX_BYTES, MAX_JOINTS, check_size


def read(path: Path) -> tuple[Markers, tuple[str, ...]]:
    """The markers and what was odd, in words. Raises ClipError."""
    if path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = [line.rstrip("\r\n") for line in file]
    head = next((k for k, line in enumerate(lines[:20]) if line.lower().startswith("frame#")), -1)
    if not lines or not lines[0].startswith("PathFileType") or head < 2:
        raise ClipError(f"{path.name}: not a TRC file (expected PathFileType ... and a line that starts with Frame#)")
    labels = tuple(word.strip() for word in lines[head].split("\t")[2:] if word.strip())
    if not 1 <= len(labels) <= MAX_JOINTS:
        raise ClipError(f"{path.name}: {len(labels)} markers, expected 1 to {MAX_JOINTS}")
    card = dict(zip(lines[head - 2].split(), lines[head - 1].split(), strict=False))
    rows, times = _rows(path.name, lines[head + 2 :], len(labels))
    said = []
    fps = _number(card.get("DataRate", "0"))
    if not fps > 0.0:
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        fps = 1.0 / step if step > 1e-4 else 30.0
        said.append(f"its rate is 0: {fps:g} a second by the times of its frames")
    if not 1.0 <= fps <= 2000.0:
        raise ClipError(f"{path.name}: {fps:g} frames a second, expected 1 to 2000")
    return Markers(labels, rows, fps, card.get("Units", "mm").lower()), tuple(said)


def _rows(name: str, lines: list[str], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (F, count, 3), nan where unseen, and times (F,)."""
    rows, times = [], []
    for line in lines:
        words = line.split("\t")
        if not line.strip():
            continue
        values = [_number(word) for word in words[1 : 2 + 3 * count]]
        values += [float("nan")] * (1 + 3 * count - len(values))
        times.append(values[0])
        rows.append(values[1:])
        if len(rows) % 1000 == 0:
            check_size(name, count, len(rows))
    check_size(name, count, len(rows))
    pos = np.array(rows).reshape(len(rows), count, 3)
    # unseen points are zeros in some files
    pos[(pos == 0.0).all(axis=-1) | (np.abs(pos) > 1e9).any(axis=-1)] = np.nan
    return pos, np.array(times)


def _number(word: str) -> float:
    """nan for what is none."""
    try:
        return float(word.strip().replace(",", "."))
    except ValueError:
        return float("nan")
