"""The face of a figure: how much of each of its morphs our own face asks for."""

from __future__ import annotations

from game.view.face import Face

CHANNELS = (
    "blink_left", "blink_right", "eye_wide", "open", "smile", "frown", "wide", "round", "brow_up", "brow_down",
    "brow_worry",
)  # fmt: skip
"""what a figure's morphs can do; the names of the morph targets in its file"""
GAZE_SHARE = 0.6
"""of our own gaze, rad: other figures' eyes lie shallower"""
JAW_ANGLE = 0.28
"""rad that a jaw bone turns where the mouth is open"""

_CALM, _SHUT, _WIDE = 0.36, -0.06, 0.98
"""rad, the upper lid of our face when calm, shut and in fear"""


def channel_weights(face: Face) -> dict[str, float]:
    """Weights 0..1 by channel."""
    lid = face.upper_lid
    blink = _share(_CALM - lid, _CALM - _SHUT)
    return {
        "blink_left": blink,
        "blink_right": blink,
        "eye_wide": _share(lid - _CALM, _WIDE - _CALM),
        "open": face.open * (1.0 - 0.6 * face.round),
        "smile": face.smile,
        "frown": face.frown,
        "wide": 0.8 * face.wide,
        "round": face.round,
        "brow_up": _share(face.brow_lift, 0.085),
        "brow_down": _share(-face.brow_tilt, 0.36),
        "brow_worry": _share(face.brow_tilt, 0.26),
    }


def _share(value: float, whole: float) -> float:
    return min(max(value / whole, 0.0), 1.0)
