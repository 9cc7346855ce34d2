"""FixedClock: whole ticks out of uneven seconds."""

from __future__ import annotations

import pytest

from game.play.clock import FixedClock


def test_ticks_add_up_whatever_the_frames() -> None:
    clock = FixedClock(30)
    # binary fractions, so that the sum is exact: 2 s in uneven pieces
    assert sum(clock.advance(dt) for dt in (0.0625, 0.03125, 0.09375, 0.0625) * 8) == 60
    assert clock.fraction == 0.0


def test_the_fraction_is_what_is_left() -> None:
    clock = FixedClock(32)
    assert clock.advance(0.046875) == 1  # 1.5 ticks
    assert clock.fraction == 0.5


def test_what_exceeds_the_cap_is_dropped() -> None:
    clock = FixedClock(30, max_ticks=4)
    assert clock.advance(1.0) == 4
    assert clock.advance(0.001) == 0


@pytest.mark.parametrize(("speed", "held"), [(0.001, 1 / 16), (0.5, 0.5), (100.0, 4.0)])
def test_speed_is_held_within_its_bounds(speed: float, held: float) -> None:
    clock = FixedClock(32, max_ticks=1000)
    clock.set_speed(speed)
    assert clock.speed == held
    assert clock.advance(2.0) == int(64 * held)


def test_paused_is_paused() -> None:
    clock = FixedClock(30, paused=True)
    assert clock.advance(10.0) == 0
    assert clock.fraction == 0.0


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="expected positive"):
        FixedClock(0)
