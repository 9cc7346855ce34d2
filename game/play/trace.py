"""Trace: what happened in a run, tick by tick, to hold a replay against; its memory stays flat over hours."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Sequence
from typing import IO, overload

import numpy as np
from numpy.typing import NDArray

TraceRow = tuple[str, list[list[float]]]
"""of a tick: a hash of the root and joint states, 16 letters, and the root positions (N, 3), m"""

DIGEST = 8
"""bytes of a hash"""
SPILL_BYTES = 1 << 20
"""that are held in memory; what is older lies in a temporary file"""


class Trace(Sequence[TraceRow]):
    """Rows can be appended and read. Beyond SPILL_BYTES a tick takes 8 bytes of memory."""

    def __init__(self) -> None:
        self._ends = array("Q")
        """where each row ends, in bytes since the first"""
        self._file: IO[bytes] | None = None
        self._spills = True
        self._spilled = 0
        """bytes that lie in the file"""
        self._tail = bytearray()
        """and those that follow"""

    def add(self, digest: bytes, root_pos: NDArray[np.float64]) -> None:
        """Add a tick: a hash of DIGEST bytes, and root positions (N, 3), m."""
        self._tail += digest
        self._tail += np.ascontiguousarray(root_pos, np.float64).tobytes()
        self._ends.append(self._spilled + len(self._tail))
        if self._spills and len(self._tail) >= SPILL_BYTES:
            self._spill()

    def frozen(self) -> TraceRows:
        """The rows so far; those that are added later are not among them. Another thread may read it."""
        return TraceRows(self, len(self._ends))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> TraceRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[TraceRow]: ...
    def __getitem__(self, index: int | slice) -> TraceRow | list[TraceRow]:
        if isinstance(index, slice):
            return [self._row(tick) for tick in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"tick {index} of {len(self)}")
        return self._row(index % len(self))

    def _row(self, tick: int) -> TraceRow:
        begin, end = self._ends[tick - 1] if tick else 0, self._ends[tick]
        row = self._bytes(begin, end)
        return row[:DIGEST].hex(), np.frombuffer(row, np.float64, offset=DIGEST).reshape(-1, 3).tolist()

    def _bytes(self, begin: int, end: int) -> bytes:
        while True:
            spilled = self._spilled
            if end <= spilled and self._file is not None:
                return os.pread(self._file.fileno(), end - begin, begin)
            row = bytes(self._tail[begin - spilled : end - spilled])
            if spilled == self._spilled:  # no other thread has spilled meanwhile
                return row

    def _spill(self) -> None:
        """Move the tail into the file. Where there is no room for it, it stays in memory from now on."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the trace
            self._file.seek(self._spilled)
            self._file.write(self._tail)
            self._file.flush()
        except OSError:
            self._spills = False
            return
        self._spilled, self._tail = self._spilled + len(self._tail), bytearray()

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


class TraceRows(Sequence[TraceRow]):
    """The first rows of a Trace."""

    def __init__(self, trace: Trace, count: int) -> None:
        self._trace, self._count = trace, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> TraceRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[TraceRow]: ...
    def __getitem__(self, index: int | slice) -> TraceRow | list[TraceRow]:
        if isinstance(index, slice):
            return [self._trace[tick] for tick in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(f"tick {index} of {self._count}")
        return self._trace[index % self._count]
