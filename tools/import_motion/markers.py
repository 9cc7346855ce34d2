"""Markers: named points over time, as optical and markerless motion capture has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.sim.motion import ClipError
from tools.import_motion.source import listed

Array = NDArray[np.float64]

# What a marker is called, in capitals without separators and side, beside its name in the Plug-in Gait set.
_SIDED = {
    "ASI": "ASIS IAS",
    "PSI": "PSIS IPS",
    "KNE": "KNEE KNEELAT KNEELATERAL LATKNEE LFE FLE LEK LFC",
    "ANK": "ANKLE ANKLELAT ANKLELATERAL LATANKLE LM FAL LMAL",
    "HEE": "HEEL CAL FCC CALC",
    "TOE": "TOETIP TOES MT2 FM2 2MH BIGTOE FOOTINDEX HALLUX TOEEND",
    "SHO": "SHOULDER ACR ACROMION ACROMIUM AC CAJ ACROM",
    "ELB": "ELBOW ELBOWLAT ELBOWLATERAL LATELBOW HLE LEL LELB",
    "WRA": "WRISTRAD WRISTLAT WRISTLATERAL RSP W1 RADWRIST WRISTRADIAL",
    "WRB": "WRISTULN WRISTMED WRISTMEDIAL USP W2 ULNAWRIST WRISTULNAR",
    "WRI": "WRIST",
    "FHD": "FRONTHEAD HEADFRONT",
    "BHD": "BACKHEAD HEADBACK",
    "HIP": "HJC",
}
_CENTRE = {
    "SACR": "SACRUM VSACRAL VSACRUM S2 SACRAL MIDPSIS",
    "C7": "CV7 SPINEC7",
    "CLAV": "JN IJ STERNUM SUPRASTERNALE SJN STERNALNOTCH STERN",
}
_KNOWN = {word: name for name, words in _CENTRE.items() for word in (name, *words.split())} | {
    side + word: side + name for name, words in _SIDED.items() for word in (name, *words.split()) for side in "LR"
}


@dataclass(frozen=True, eq=False)
class Markers:
    """F frames of named points."""

    labels: tuple[str, ...]
    pos: Array
    """(F, len(labels), 3); nan where a marker was not seen"""
    fps: float
    unit: str

    def usual_names(self) -> tuple[str, ...]:
        """The labels, those of common marker sets as the Plug-in Gait set has them: "R.Knee.Lat" is RKNE."""
        found: dict[str, None] = {}
        for label in self.labels:
            name = _KNOWN.get(_bare(label), label)
            # two that mean the same: the first counts
            found[name if name not in found else label] = None
        return tuple(found) if len(found) == len(self.labels) else self.labels


def _bare(label: str) -> str:
    """In capitals, without separators, the side as one letter in front: "right_hip" and "Hip_R" are RHIP."""
    word = re.sub(r"(?i)^(right|left)(?=[ _.A-Z-]|[a-z]{3})", lambda m: m[0][0].upper() + "_", label.rpartition(":")[2])
    if match := re.fullmatch(r"(.+)[ _.-]([LRlr])", word):
        word = match[2] + match[1]
    return re.sub(r"[^A-Z0-9]", "", word.upper())


class SeenMarkers:
    """Markers by name, gaps filled."""

    def __init__(self, name: str, markers: Markers) -> None:
        self._name, self._markers = name, markers
        self._labels = markers.usual_names()
        self._longest = (0, "")
        self._missing: dict[str, None] = {}

    def missing(self, what: str) -> None:
        """Keep for the remarks what is not there, and what is done without it."""
        self._missing[what] = None

    def __call__(self, *choices: str) -> Array:
        """(F, 3) of the first of `choices` that there is; "A+B" is between A and B. Raises ClipError."""
        for choice in choices:
            parts = choice.split("+")
            if all(part in self._labels for part in parts):
                return np.asarray(np.mean([self._filled(part) for part in parts], axis=0))
        raise ClipError(f"{self._name}: no marker {' or '.join(choices)}; there are {listed(self._markers.labels)}")

    def has(self, *labels: str) -> bool:
        """Whether all of them are there."""
        return all(label in self._labels for label in labels)

    def _filled(self, label: str) -> Array:
        pos = self._markers.pos[:, self._labels.index(label)]
        known = np.flatnonzero(np.isfinite(pos).all(axis=-1))
        if 2 * len(known) < len(pos):
            raise ClipError(f"{self._name}: marker {label} is seen in {len(known)} of {len(pos)} frames only")
        gaps = np.diff(np.concatenate([[-1], known, [len(pos)]])) - 1
        self._longest = max(self._longest, (int(gaps.max()), label))
        frames = np.arange(len(pos))
        return np.stack([np.interp(frames, known, pos[known, k]) for k in range(3)], axis=-1)

    def remarks(self) -> Iterator[str]:
        """What was understood and mended, in words."""
        meant = [f"{label} is {name}" for label, name in zip(self._markers.labels, self._labels, strict=True)
                 if label != name]  # fmt: skip
        if meant:
            yield "markers by their usual names: " + listed(tuple(meant), 12)
        frames, label = self._longest
        if frames:
            yield f"filled gaps of up to {frames} frames ({label})"
        yield from (f"no {what}" for what in self._missing)
