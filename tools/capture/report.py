"""The report of a capture as JSON for programs, and the tables and plots of its page."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.capture.landmark_skeleton import GROUPS
from tools.capture.parts import Part
from tools.capture.verdict import Capture
from tools.clip_clinic.checks import Check, ClipReport

Array = NDArray[np.float64]

_COLOURS = {"green": "#2e8b57", "amber": "#d9920a", "red": "#c0392b"}
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 900, 190, 52, 24


def as_dict(
    capture: Capture, report: ClipReport, better: Part | None, people: int, seconds: dict[str, float]
) -> dict[str, Any]:
    """Everything that a program may want to know."""
    found, fitted, made = capture.scan, capture.fitted, capture.made
    first, end = capture.chosen.span
    return {
        **report.as_dict(),
        "causes": [asdict(cause) for cause in capture.causes],
        "better": None if better is None else better.sentence(capture),
        "video": {
            "file": found.section.path.name,
            "size": list(found.size),
            "fps": round(found.fps, 3),
            "frames": len(found.times),
            "from": round(float(found.used_times[first]), 3),
            "to": round(float(found.used_times[end - 1]), 3),
            "cuts": [round(t, 3) for t in found.cuts],
            "duplicates": found.num_duplicates(first, end),
            "camera_moves": round(capture.camera.extent(first, end), 4),
            "camera_travels": capture.camera.travels,
            "people": people,
        },
        "fit": {
            "focal_px": round(capture.focal, 1),
            "tilt_deg": round(float(np.degrees(fitted.tilt)), 2),
            "gravity": round(fitted.gravity, 3),
            "slow_motion": round(made.slow_motion, 4),
            "speed_known": capture.speed.known,
            "speed": capture.speed.reason,
            "flight_frames": int(fitted.flying.sum()),
            "bones": {name: round(float(s), 4) for name, s in zip(GROUPS, fitted.scale, strict=True)},
            "hard_frames": int(capture.chosen.hard.sum()),
        },
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }


def fact_row(name: str, value: object) -> str:
    return f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>"


def badge(verdict: str) -> str:
    return f'<span class="v" style="background:{_COLOURS[verdict]}">{verdict}</span>'


def check_table(checks: Sequence[Check], in_video: Callable[[int], float]) -> str:
    """An HTML table; `in_video`: s of the video that a frame of the clip shows."""
    rows = ["<tr><th>check<th>value<th>green up to<th>red above<th>verdict<th>note</tr>"]
    for check in checks:
        where = f"at {in_video(check.frame):.2f} s " if check.frame >= 0 and check.value > 0 else ""
        rows.append(
            f'<tr><td>{html.escape(check.name)}<td class="n">{check.value:.3g} {html.escape(check.unit)}'
            f'<td class="n">{check.good:g}<td class="n">{check.bad:g}<td>{badge(check.verdict)}'
            f"<td>{html.escape(where + check.note)}</tr>"
        )
    return "<table>" + "".join(rows) + "</table>"


def plot(curves: Sequence[tuple[str, Array]], fps: float, *, unit: str, shade: NDArray[np.bool_] | None = None) -> str:
    """An SVG of curves (F,) over seconds, NaN left out; `shade` (F,) is marked behind them."""
    values = np.concatenate([values[np.isfinite(values)] for _, values in curves])
    low, high = min(0.0, float(values.min())), float(values.max()) * 1.05 or 1.0
    count = max(len(values) for _, values in curves)

    def x(frame: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 8) * frame / max(count - 1, 1)

    def y(value: float) -> float:
        return 8 + (_HEIGHT - _BOTTOM - 8) * (high - value) / (high - low)

    marks = []
    if shade is not None:
        width, tall = x(1) - x(0), _HEIGHT - _BOTTOM - 8
        marks += [
            f'<rect x="{x(f) - width / 2:.1f}" y="8" width="{width:.1f}" height="{tall}" fill="#cfe3f5"/>'
            for f in np.flatnonzero(shade).tolist()
        ]
    for value in np.linspace(low, high, 5):
        marks.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        marks.append(f'<text x="4" y="{y(value) + 4:.1f}" font-size="11">{value:.2f} {unit}</text>')
    for second in np.arange(0.0, (count - 1) / fps + 1e-6, 0.5):
        marks.append(f'<text x="{x(second * fps):.1f}" y="{_HEIGHT - 6}" font-size="11">{second:g} s</text>')
    palette = ("#c0392b", "#2266aa", "#66aadd", "#2e8b57", "#88cc99", "#8e44ad")
    for k, (name, line) in enumerate(curves):
        points = " ".join(f"{x(f):.1f},{y(v):.1f}" for f, v in enumerate(line) if np.isfinite(v))
        marks.append(f'<polyline points="{points}" fill="none" stroke="{palette[k % 6]}" stroke-width="1.6"/>')
        marks.append(
            f'<text x="{_LEFT + 10 + 130 * k}" y="20" font-size="12" fill="{palette[k % 6]}">{html.escape(name)}</text>'
        )
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" xmlns="http://www.w3.org/2000/svg">{"".join(marks)}</svg>'
