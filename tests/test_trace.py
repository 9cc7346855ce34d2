"""The trace keeps every bit, and its memory stays flat."""

import tempfile
import tracemalloc

import numpy as np
import pytest

from game.play import trace as module
from game.play.trace import Trace

RNG = np.random.default_rng(0)


def test_rows_come_back_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that lie in the file, and of crowds that change."""
    monkeypatch.setattr(module, "SPILL_BYTES", 200)
    trace, rows = Trace(), []
    for tick in range(100):
        pos = RNG.normal(size=(1 + tick % 3, 3))
        trace.add(tick.to_bytes(8, "big"), pos)
        rows.append((f"{tick:016x}", pos.tolist()))
    assert list(trace) == rows
    assert trace[-1:] == rows[-1:]
    assert trace[3] == rows[3]
    frozen = trace.frozen()
    trace.add(bytes(8), np.zeros((1, 3)))
    assert list(frozen) == rows
    assert frozen[-1] == rows[-1]
    assert len(trace) == 101
    with pytest.raises(IndexError):
        frozen[100]


def test_it_goes_on_in_memory_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    monkeypatch.setattr(module, "SPILL_BYTES", 200)
    trace = Trace()
    for tick in range(100):
        trace.add(tick.to_bytes(8, "big"), np.ones((1, 3)))
    assert [digest for digest, _ in trace] == [f"{tick:016x}" for tick in range(100)]


def test_an_hour_takes_two_megabytes() -> None:
    """108,000 ticks of a crowd of 64."""
    trace, pos = Trace(), np.zeros((64, 3))
    tracemalloc.start()
    for _ in range(108_000):
        trace.add(bytes(8), pos)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 4 << 20
    assert len(trace) == 108_000
