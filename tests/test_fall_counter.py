"""Falls and flips, counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from game.play.fall_counter import PROP_TICKS, RECOVERED_TICKS, FallCounter, TickTouches, lateral_rates, touches_of
from game.sim import rotation
from game.sim.contact import FLOOR, Contact

ON_FEET = TickTouches(foot=True, anything=True)
IN_AIR = TickTouches()
HURT = TickTouches(floor=True, anything=True)
LYING = TickTouches(prop=True, anything=True)
DT = 1.0 / 30.0


def add(counter: FallCounter, touches: TickTouches, ticks: int, turns: float = 0.0) -> int:
    """So many ticks alike, with so many turns altogether; how often he fell in them."""
    rate = turns * 2.0 * math.pi / (ticks * DT)
    return sum(counter.add(touches, rate, DT) for _ in range(ticks))


def test_a_fall_counts_once_until_he_is_up_again() -> None:
    counter = FallCounter()
    assert add(counter, ON_FEET, 5) == 0
    assert add(counter, HURT, 20) == 1
    assert add(counter, ON_FEET, RECOVERED_TICKS - 1) == 0
    assert add(counter, HURT, 1) == 0  # he was not up yet
    assert add(counter, ON_FEET, RECOVERED_TICKS) == 0
    assert add(counter, HURT, 1) == 1
    assert counter.down
    counter.stand_up()
    assert add(counter, HURT, 1) == 1
    assert counter.falls == 3


def test_lying_on_a_prop_is_a_fall_and_a_ball_in_the_face_is_none() -> None:
    counter = FallCounter()
    assert add(counter, LYING, PROP_TICKS - 1) == 0
    assert add(counter, IN_AIR, 1) == 0
    assert add(counter, LYING._replace(foot=True), 2 * PROP_TICKS) == 0  # he leans on it
    assert add(counter, LYING, PROP_TICKS) == 1


@pytest.mark.parametrize(("turns", "flips"), [(1.0, 1), (-1.0, 1), (0.9, 1), (0.88, 0), (2.0, 1)])
def test_a_flip_counts_once_a_foot_is_down(turns: float, flips: int) -> None:
    """0.7 rad are 0.11 of a turn: 0.9 turns are enough, 0.88 are not. Of two turns at once one counts."""
    counter = FallCounter()
    add(counter, IN_AIR, 15, turns)
    assert (counter.flips, counter.aloft) == (0, 15)
    add(counter, ON_FEET, 1)
    assert (counter.flips, counter.aloft) == (flips, 0)
    assert counter.turned == pytest.approx(2.0 * math.pi * (turns - math.copysign(flips, turns)))
    assert counter.tumbles == pytest.approx(max(0.0, abs(turns) - flips))


def test_turns_on_the_floor_are_tumbles_and_no_flips() -> None:
    counter = FallCounter()
    add(counter, HURT, 30, 2.0)
    add(counter, ON_FEET, 1)
    assert counter.flips == 0
    assert counter.tumbles == pytest.approx(2.0)


def test_touches_by_hand() -> None:
    """Body 0 is a foot, 1 may touch, 2 must not. Two characters; a third thing is a prop on the floor."""
    harmful = [np.array([False, False, True]), np.array([False, True, True])]

    def touch(character: int, body: int, kind: str, up: float = 1.0) -> Contact:
        return Contact(character, body, kind, FLOOR, -1, (0.0, 0.0, 0.0), (math.sqrt(1 - up * up), 0.0, up), 1.0, 1.0)

    contacts = [touch(0, 1, "floor"), touch(1, 1, "floor"), touch(-1, 0, "floor"), touch(0, 2, "self")]
    assert touches_of(contacts, harmful, (0,)) == [TickTouches(anything=True), HURT]
    contacts = [touch(0, 2, "prop", 0.4), touch(1, 2, "prop", 0.6), touch(1, 0, "prop")]
    assert touches_of(contacts, harmful, (0,)) == [TickTouches(anything=True), LYING._replace(foot=True)]
    assert touches_of([], harmful, (0,)) == [IN_AIR, IN_AIR]


def test_the_lateral_rate_is_that_of_the_roots_own_axis() -> None:
    turn = rotation.from_rotvec(np.array([[0.3, -0.4, 1.1], [0.0, 0.0, 0.5 * math.pi]]))
    ang_vel = np.array([[1.0, 2.0, -3.0], [-5.0, 0.0, 0.0]])  # he faces +y: his left is -x
    rates = lateral_rates(turn, ang_vel)
    assert rates[0] == pytest.approx(rotation.rotate_inverse(turn[0], ang_vel[0])[1])
    assert rates[1] == pytest.approx(5.0)
