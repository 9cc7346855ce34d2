"""Timing: which moment of a take is shown at which time of a film; slow motion is made by it alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import numpy as np

RAMP_STEPS = 6
"""pieces of constant speed that make a change of speed"""


@dataclass(frozen=True)
class TimePiece:
    """A part of a take that is shown at a constant speed."""

    begin: float
    """s, of the take"""
    end: float
    """s, of the take"""
    speed: float
    """1 is real time, 0.25 four times slower"""

    @property
    def length(self) -> float:
        """s, of the film."""
        return (self.end - self.begin) / self.speed


class Timing:
    """Pieces that follow one another without a gap."""

    def __init__(self, pieces: Sequence[TimePiece]) -> None:
        """Raises ValueError if there are none, a piece is empty, or one does not begin where the last one ended."""
        if not pieces:
            raise ValueError("no pieces, expected at least one")
        for i, piece in enumerate(pieces):
            if not (piece.end > piece.begin and piece.speed > 0.0):
                raise ValueError(f"{piece}: expected an end after its begin, and a speed over 0")
            if i and abs(piece.begin - pieces[i - 1].end) > 1e-9:
                raise ValueError(f"{piece} begins elsewhere than at {pieces[i - 1].end} s, where the last one ended")
        self.pieces = tuple(pieces)
        self._film = [0.0, *accumulate(piece.length for piece in pieces)]
        self._take = [pieces[0].begin, *(piece.end for piece in pieces)]

    @property
    def duration(self) -> float:
        """s, of the film."""
        return self._film[-1]

    @property
    def begin(self) -> float:
        """s, of the take."""
        return self._take[0]

    @property
    def end(self) -> float:
        """s, of the take."""
        return self._take[-1]

    def num_frames(self, fps: float | Fraction) -> int:
        """Pictures in the film; the last one shows a moment before the end."""
        return max(1, int(np.ceil(self.duration * float(fps) - 1e-6)))

    def take_time(self, film_time: float) -> float:
        """The time of the take, s, shown at a time of the film, s; outside of it with the nearest piece's speed."""
        piece = self._piece(self._film, film_time)
        return self._take[piece] + (film_time - self._film[piece]) * self.pieces[piece].speed

    def film_time(self, take_time: float) -> float:
        """The time of the film, s, at which a time of the take, s, is shown."""
        piece = self._piece(self._take, take_time)
        return self._film[piece] + (take_time - self._take[piece]) / self.pieces[piece].speed

    def _piece(self, bounds: Sequence[float], time: float) -> int:
        return min(max(bisect_right(bounds, time) - 1, 0), len(self.pieces) - 1)


def steady(begin: float, end: float, speed: float = 1.0) -> Timing:
    """One speed throughout. Raises ValueError."""
    return Timing([TimePiece(begin, end, speed)])


def slowed(begin: float, end: float, slow_begin: float, slow_end: float, speed: float, ramp: float = 0.12) -> Timing:
    """Real time from `begin` to `end`, but `speed` from `slow_begin` to `slow_end`, all s of the take.

    The speed changes over `ramp` s of the take before and after. Raises ValueError if that does not fit in.
    """
    first, last = slow_begin - ramp, slow_end + ramp
    if not (begin - 1e-9 <= first <= last <= end + 1e-9 and slow_begin < slow_end):
        raise ValueError(f"slow from {slow_begin} to {slow_end} s, ramp {ramp} s, expected within {begin} to {end} s")
    # steps of equal size in the logarithm of the speed look even
    between = [speed ** ((k + 0.5) / RAMP_STEPS) for k in range(RAMP_STEPS)]
    into = np.linspace(max(first, begin), slow_begin, RAMP_STEPS + 1).tolist()
    out = np.linspace(slow_end, min(last, end), RAMP_STEPS + 1).tolist()
    pieces = [
        TimePiece(begin, into[0], 1.0),
        *(TimePiece(a, b, v) for a, b, v in zip(into, into[1:], between, strict=False)),
        TimePiece(slow_begin, slow_end, speed),
        *(TimePiece(a, b, v) for a, b, v in zip(out, out[1:], reversed(between), strict=False)),
        TimePiece(out[-1], end, 1.0),
    ]
    return Timing([piece for piece in pieces if piece.end > piece.begin])
