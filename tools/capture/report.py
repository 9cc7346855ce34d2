"""The report of a capture: JSON for programs, one self-contained HTML page for people."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from tools.capture.landmark_skeleton import GROUPS
from tools.capture.verdict import Capture, per_frame, summary
from tools.clip_clinic.checks import Check, ClipReport
from tools.clip_clinic.flight import poses_of

Array = NDArray[np.float64]

_COLOURS = {"green": "#2e8b57", "amber": "#d9920a", "red": "#c0392b"}
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}.v{color:#fff;border-radius:.5em;padding:.05em .6em}"
    "svg{width:100%;height:auto;background:#fafafa;margin:.3em 0 1.2em}h2{margin-top:1.6em}"
)
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 900, 190, 52, 24


def as_dict(capture: Capture, report: ClipReport, people: int, seconds: dict[str, float]) -> dict[str, Any]:
    """Everything that a program may want to know."""
    found, fitted, made = capture.scan, capture.fitted, capture.made
    first, end = capture.chosen.span
    return {
        **report.as_dict(),
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


def page(capture: Capture, report: ClipReport, facts: dict[str, Any], video: Path) -> str:
    """The HTML page; `video`: the side-by-side film beside it."""
    curves, fps = per_frame(capture), capture.seen.fps
    poses = poses_of(capture.made.clip)
    model = CharacterModel.load(capture.made.clip.character)
    bodies = (*model.roles.end_effectors, model.roles.head)
    heights = [(model.body_names[body], poses.pos[:, body, 2]) for body in bodies]
    parts = [
        f"<h1>{html.escape(report.clip)} {_badge(report.verdict)}</h1>",
        f"<p>{html.escape(summary(report))}</p>",
        f'<video src="{html.escape(video.name)}" controls loop muted style="width:100%"></video>',
        "<h2>Checks</h2>",
        _table(report.checks),
        "<h2>How sure the readings are</h2>",
        plot([("quality", curves["quality"])], fps, shade=curves["hard"] > 0, unit=""),
        "<h2>The fitted body beside what was seen, cm</h2>",
        plot([("median of the landmarks", curves["beside"])], fps, shade=curves["flying"] > 0, unit="cm"),
        "<h2>Heights in the clip, m</h2>",
        plot([("root", curves["root height"]), *heights], capture.made.clip.fps, unit="m"),
        "<h2>Facts</h2>",
        "<table>" + "".join(_fact(k, v) for group in ("video", "fit", "seconds") for k, v in facts[group].items()),
        "</table>",
        "<p>Shaded: frames that needed more than the detector (first plot), flight (second).</p>",
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(report.clip)}</title>'
        f"<style>{_STYLE}</style>" + "\n".join(parts) + "</html>\n"
    )


def _fact(name: str, value: object) -> str:
    return f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>"


def _badge(verdict: str) -> str:
    return f'<span class="v" style="background:{_COLOURS[verdict]}">{verdict}</span>'


def _table(checks: Sequence[Check]) -> str:
    rows = ["<tr><th>check<th>value<th>green up to<th>red above<th>verdict<th>note</tr>"]
    for check in checks:
        where = f"frame {check.frame} " if check.frame >= 0 and check.value > 0 else ""
        rows.append(
            f'<tr><td>{html.escape(check.name)}<td class="n">{check.value:.3g} {html.escape(check.unit)}'
            f'<td class="n">{check.good:g}<td class="n">{check.bad:g}<td>{_badge(check.verdict)}'
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
