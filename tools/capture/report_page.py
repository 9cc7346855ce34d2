"""The page of a capture for people: a sentence and a picture, what to do, the film; the physics below."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from game.sim.model import CharacterModel
from tools.capture.parts import Part
from tools.capture.pose import Image
from tools.capture.report import badge, check_table, fact_row, plot
from tools.capture.speed import described
from tools.capture.verdict import Capture, per_frame
from tools.clip_clinic.checks import AMBER, GREEN, RED, ClipReport
from tools.clip_clinic.flight import poses_of

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}.v{color:#fff;border-radius:.5em;padding:.05em .6em}"
    "svg{width:100%;height:auto;background:#fafafa;margin:.3em 0 1.2em}h2{margin-top:1.6em}"
    "p.first{font-size:1.25em}img,video{width:100%}"
)
_WORDS = {
    GREEN: "This came out well",
    AMBER: "This came out fairly well",
    RED: "This did not come out well enough to be learned",
}
_QUALITY = 85
"""of the picture's JPEG"""


def sentence(capture: Capture, report: ClipReport) -> str:
    """What came out, in one sentence for somebody who only wants to know whether it is good."""
    clip, pace = capture.made.clip, capture.speed
    start, end = capture.in_video(0), capture.in_video(clip.num_frames - 1)
    speed = f", {described(pace.factor)}" if pace.factor != 1.0 else ""
    speed = speed if pace.known else ", at a speed that is not known"
    where = f"from {start:.1f} to {end:.1f} s of the video"
    words = f"{_WORDS[report.verdict]}: {clip.duration:.1f} s of movement {where}{speed}"
    bad = [check.name for check in report.checks if check.verdict == report.verdict and report.verdict != GREEN]
    return words + (f"; what is {report.verdict}: {', '.join(bad)}." if bad else ".")


def page(
    capture: Capture, report: ClipReport, better: Part | None, facts: dict[str, Any], strip: Image | None, film: Path
) -> str:
    """The HTML page, complete in itself: `strip`, a picture, and `film`, which may be missing, are inside it."""
    advice = [str(cause) for cause in capture.causes]
    if better is not None:
        advice.insert(0, f"a part is better, {better.sentence(capture)}; --auto takes it")
    parts = [
        f"<h1>{html.escape(report.clip)} {badge(report.verdict)}</h1>",
        f'<p class="first">{html.escape(sentence(capture, report))}</p>',
        _picture(strip),
        "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in advice) + "</ul>" if advice else "",
        _video(film),
        *_physics(capture, report, facts),
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(report.clip)}</title>'
        f"<style>{_STYLE}</style>" + "\n".join(part for part in parts if part) + "</html>\n"
    )


def _picture(strip: Image | None) -> str:
    """Moments of the video with the fitted body, above the mannequin's."""
    if strip is None:
        return ""
    done, data = cv2.imencode(".jpg", strip[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        return ""
    encoded = base64.b64encode(np.asarray(data).tobytes()).decode("ascii")
    return f'<img alt="moments of the video above the same of the clip" src="data:image/jpeg;base64,{encoded}">'


def _video(film: Path) -> str:
    """The side-by-side film, inside of the page, so that the page can be sent around."""
    if not film.is_file():
        return ""
    encoded = base64.b64encode(film.read_bytes()).decode("ascii")
    return f'<video src="data:video/mp4;base64,{encoded}" controls loop muted></video>'


def _physics(capture: Capture, report: ClipReport, facts: dict[str, Any]) -> list[str]:
    curves, fps = per_frame(capture), capture.fitted.video_fps
    clip = capture.made.clip
    model = CharacterModel.load(clip.character)
    bodies = (*model.roles.end_effectors, model.roles.head)
    poses = poses_of(clip)
    heights = [(model.body_names[body], poses.pos[:, body, 2]) for body in bodies]
    return [
        "<h2>Checks</h2>",
        check_table(report.checks, capture.in_video),
        "<h2>How sure the readings are</h2>",
        plot([("quality", curves["quality"])], fps, shade=curves["hard"] > 0, unit=""),
        "<h2>The fitted body beside what was seen, cm</h2>",
        plot([("median of the landmarks", curves["beside"])], fps, shade=curves["flying"] > 0, unit="cm"),
        "<h2>Heights in the clip, m</h2>",
        plot([("root", curves["root height"]), *heights], clip.fps, unit="m"),
        "<h2>Facts</h2>",
        "<table>" + "".join(fact_row(k, v) for group in ("video", "fit", "seconds") for k, v in facts[group].items()),
        "</table>",
        "<p>Shaded: frames that needed more than the detector (first plot), flight (second).</p>",
    ]
