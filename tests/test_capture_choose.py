"""Who is followed, and which reading of a frame is believed."""

from dataclasses import replace

import numpy as np
import pytest

from tools.capture.choose import best_way, swapped
from tools.capture.crossings import changes, meetings, untangle
from tools.capture.looks import difference, look
from tools.capture.people import Person, covers, merged, tiles
from tools.capture.pose import Reading, Square

TIMES = np.arange(12) / 30.0


def reading(x: float, *, quality: float = 0.9, size: float = 100.0) -> Reading:
    """A person of 100 px at x, the left limbs nearer to the camera."""
    random = np.random.default_rng(3)
    shape = random.uniform(-0.5, 0.5, (33, 2)) * size
    world = random.uniform(-0.5, 0.5, (33, 3))
    square = Square(x, 200.0, 1.2 * size, 0.0)
    return Reading(shape + np.array([x, 200.0]), world, np.ones(33), quality, square, square)


def test_a_sure_outlier_is_skipped_for_an_unsure_reading_in_place() -> None:
    candidates = [[reading(100.0 + 2 * k)] for k in range(12)]
    candidates[5] = [reading(300.0, quality=0.95), reading(110.0, quality=0.5)]
    way = best_way(candidates, 100.0, TIMES)
    assert [r is not None and round(r.square.x) for r in way] == [100 + 2 * k for k in range(12)]


def test_a_frame_of_nonsense_is_left_out() -> None:
    candidates = [[reading(100.0 + 2 * k)] for k in range(12)]
    turned = reading(400.0, quality=0.3)
    candidates[6] = [replace(turned, world=-turned.world)]
    way = best_way(candidates, 100.0, TIMES)
    assert way[6] is None
    assert all(r is not None for k, r in enumerate(way) if k != 6)


def test_left_and_right_are_put_back() -> None:
    readings = [reading(100.0 + 2 * k) for k in range(12)]
    wrong = [swapped(r) if k in (4, 5, 6) else r for k, r in enumerate(readings)]
    way = best_way([[r, swapped(r)] for r in wrong], 100.0, TIMES)
    for chosen, true in zip(way, readings, strict=True):
        assert chosen is not None
        assert chosen.xy == pytest.approx(true.xy)


def test_nobody_anywhere_gives_no_way() -> None:
    assert best_way([[], [], []], 100.0, TIMES) == [None, None, None]


def test_who_moves_is_more_prominent() -> None:
    still = Person({k: reading(100.0) for k in range(12)})
    moving = Person({k: reading(100.0 + 10.0 * k) for k in range(12)})
    assert still.speed(TIMES) == 0.0
    assert moving.speed(TIMES) == pytest.approx(10.0 * 30.0 / moving.height)
    assert moving.prominence(TIMES) > 2.0 * still.prominence(TIMES)


def test_an_acrobat_leaves_the_upright_and_a_walker_does_not() -> None:
    def turned(k: int) -> Reading:
        # once round in twelve frames, the shoulders first straight above the hips
        xy = np.full((33, 2), 100.0)
        xy[11:13] += 40.0 * np.array([np.sin(k * np.pi / 6.0), -np.cos(k * np.pi / 6.0)])
        return replace(reading(100.0), xy=xy)

    upright = np.full((33, 2), 100.0)
    upright[11:13, 1] -= 40.0
    walker = Person({k: replace(reading(0.0, size=200.0), xy=upright + 10.0 * k) for k in range(12)})
    acrobat = Person({k: turned(k) for k in range(12)})
    assert walker.tumble() == 0.0
    # of the angles 0, 30, 30, 60, 60, .. 150, 150, 180 the 90th percentile
    assert acrobat.tumble() == pytest.approx(np.radians(150.0))


def test_tiles_cover_the_picture() -> None:
    covered = np.zeros((72, 128), bool)
    for tile in tiles(128, 72):
        half = tile.size / 2
        assert half - 1e-6 <= tile.x <= 128 - half + 1e-6
        if tile.size < 72:
            covered[round(tile.y - half) : round(tile.y + half), round(tile.x - half) : round(tile.x + half)] = True
    assert covered.all()


def test_squares_that_differ_by_a_turn_differ() -> None:
    square = Square(50.0, 50.0, 20.0, 0.1)
    assert covers(square, replace(square, x=51.0, angle=0.1 + 2.0 * np.pi))
    assert not covers(square, replace(square, angle=1.5))
    assert not covers(square, replace(square, size=40.0))


def test_pieces_of_one_person_are_joined() -> None:
    first = Person({k: reading(100.0 + 2 * k) for k in range(6)})
    second = Person({k: reading(100.0 + 2 * k, quality=0.5) for k in range(4, 12)})
    later = Person({k: reading(100.0 + 2 * k) for k in range(15, 20)})
    somebody = Person({k: reading(400.0) for k in range(12)})
    people = merged([first, second, later, somebody])
    assert sorted(len(p.readings) for p in people) == [12, 17]
    one = max(people, key=lambda p: len(p.readings))
    assert one.readings[4].quality == 0.9


def dressed(x: float, colour: tuple[float, float, float]) -> Reading:
    """A person of 100 px at x in clothes of one colour, (L / 2, a, b)."""
    return replace(reading(x), look=np.array([*colour, *colour]))


RED_SHIRT, BLUE_SHIRT = (60.0, 190.0, 160.0), (40.0, 130.0, 70.0)


def test_clothes_are_seen_and_told_apart() -> None:
    image = np.full((400, 400, 3), 90, np.uint8)
    person = reading(200.0)
    red, blue = image.copy(), image.copy()
    red[:], blue[:] = (200, 30, 30), (30, 40, 200)
    assert difference(look(red, person), look(red, person)) == 0.0
    assert difference(look(red, person), look(blue, person)) > 1.0
    assert difference(look(red, person), look((0.85 * red).astype(np.uint8), person)) < 1.0
    assert difference(None, look(red, person)) == 0.0


def test_who_was_confused_in_a_crossing_is_put_back() -> None:
    # they walk towards each other, 10 px a frame; after they meet at frame 20 each was taken for the other
    right = {k: dressed(100.0 + 10 * k, RED_SHIRT) for k in range(40)}
    left = {k: dressed(500.0 - 10 * k, BLUE_SHIRT) for k in range(40)}
    a = Person({k: right[k] if k <= 20 else left[k] for k in range(40)})
    b = Person({k: left[k] if k <= 20 else right[k] for k in range(40)})
    assert [(first <= 20 <= last) for first, last in meetings(a, b)] == [True]
    assert changes(a) == [21]
    assert untangle([a, b]) == []
    assert all(a.readings[k] is right[k] and b.readings[k] is left[k] for k in range(40))
    assert changes(a) == []


def test_people_who_look_alike_are_left_as_they_are_with_a_word() -> None:
    a = Person({k: dressed(100.0 + 10 * k, RED_SHIRT) for k in range(40)})
    b = Person({k: dressed(500.0 - 10 * k, RED_SHIRT) for k in range(40)})
    before = dict(a.readings)
    ((frame, why),) = untangle([a, b])
    assert 20 <= frame < 26
    assert "look alike" in why
    assert a.readings == before


def test_who_comes_back_in_the_same_clothes_is_the_same() -> None:
    def seen(first: int, end: int, colour: tuple[float, float, float]) -> Person:
        return Person({k: dressed(100.0 + 3 * k, colour) for k in range(first, end)})

    assert len(merged([seen(0, 12, RED_SHIRT), seen(32, 44, RED_SHIRT)])) == 1  # hidden for 20 frames
    assert len(merged([seen(0, 12, RED_SHIRT), seen(32, 44, BLUE_SHIRT)])) == 2
    # somebody else who comes right after him is somebody else, too
    assert len(merged([seen(0, 12, RED_SHIRT), seen(16, 28, RED_SHIRT)])) == 1
    assert len(merged([seen(0, 12, RED_SHIRT), seen(16, 28, BLUE_SHIRT)])) == 2


def test_trunk_and_thighs_that_are_exchanged_are_nobody_else() -> None:
    clothes = np.array([*RED_SHIRT, *BLUE_SHIRT])
    person = Person({k: replace(reading(100.0), look=np.roll(clothes, 3 * (k >= 20))) for k in range(40)})
    assert changes(person) == []
