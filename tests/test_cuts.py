"""Cuts from camera to camera: what takes keep of them, and the camera that they make."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.camera.camera_rig import CameraRig
from game.camera.cuts import CUTS, CutError, CutPoint, Cuts, cuts_of
from game.camera.keyframes import Keyframes
from game.camera.rigs import NAMES, CameraError, CutCamera, camera
from game.scene.set_spec import LightSpec, SetSpec, ViewSpec
from tests.support.standing import moved

VIEW = ViewSpec((1.7, -3.9, 1.45), (0.1, 0.35, 0.92), math.radians(56))
FIELD = SetSpec("field", view=VIEW, light=LightSpec(outdoors=True))
EXTRA = {CUTS: [[0, "tripod"], [5, "ceiling"]]}


def test_a_cut_is_seen_from_its_tick_on() -> None:
    cuts = Cuts([CutPoint(0, "side"), CutPoint(5, "orbit")])
    assert [cuts.at(tick) for tick in (0, 1, 5, 6, 900)] == [None, (0, "side"), (0, "side"), (5, "orbit"), (5, "orbit")]


def test_takes_keep_them() -> None:
    cuts = Cuts()
    assert cuts.extra() == {}
    for tick, name in ((0, "side"), (7, "orbit"), (7, "eyes")):
        cuts.add(tick, name)
    assert cuts.extra() == {"cuts": [[0, "side"], [7, "eyes"]]}
    assert list(cuts_of(cuts.extra(), NAMES)) == list(cuts)
    assert not len(cuts_of({}, NAMES))


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ({}, "expected a list of at most 10000 cuts, found dict"),
        ([["0", "side"]], r"cut 1 is \['0', 'side'\], expected \[tick from 0"),
        ([[0, "side"], [-1, "side"]], "cut 2 is"),
        ([[True, "side"]], "cut 1 is"),
        ([[0, "drone"]], "cut 1: no camera is called 'drone'; there are tripod, free"),
        ([[0, "cuts"]], "no camera is called 'cuts'"),
        ([[4, "side"], [4, "orbit"]], "cut 2 at tick 4 follows one at tick 4, expected ascending"),
    ],
)
def test_broken_cuts_are_refused(cards: Any, message: str) -> None:
    with pytest.raises(CutError, match=message):
        camera(CUTS, FIELD, extra={CUTS: cards})


@given(st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda x: st.lists(x, max_size=4)))
def test_any_json_is_cuts_or_refused(cards: Any) -> None:
    with contextlib.suppress(CutError):
        cuts_of({CUTS: cards}, NAMES)


def test_each_cut_begins_another_camera() -> None:
    """Tripod, then ceiling: exactly what these show by themselves."""
    look = camera(CUTS, FIELD, extra=EXTRA)
    assert isinstance(look, CutCamera)
    tripod, ceiling = camera("tripod", FIELD), camera("ceiling", FIELD)
    new = []
    for tick in range(1, 10):
        snapshot = moved(0.1 * tick, 0.0, tick=tick)
        pose = look.update(snapshot, 1 / 30)
        alone = tripod.update(snapshot, 1 / 30) if tick <= 5 else ceiling.update(snapshot, 0.0 if tick == 6 else 1 / 30)
        assert pose.position == pytest.approx(alone.position)
        assert pose.rotation == pytest.approx(alone.rotation)
        new += [tick] if look.has_cut else []
    assert new == [1, 6]


def test_back_in_time_the_earlier_camera_looks_again() -> None:
    look = camera(CUTS, FIELD, extra=EXTRA)
    look.update(moved(0.0, 0.0, tick=8), 1 / 30)
    there = camera("tripod", FIELD).update(moved(0.0, 0.0), 0.0)
    assert look.update(moved(0.0, 0.0, tick=2), 1 / 30).position == pytest.approx(there.position)


def test_before_the_first_cut_the_free_camera_looks() -> None:
    look = camera(CUTS, FIELD, extra={CUTS: [[5, "ceiling"]]})
    snapshot = moved(0.0, 0.0, tick=5)
    free = camera("free", FIELD).update(snapshot, 0.0)
    assert look.update(snapshot, 0.0).position == pytest.approx(free.position)


def test_a_take_without_cuts_has_no_such_camera() -> None:
    with pytest.raises(CameraError, match="'cuts'; there are tripod"):
        camera(CUTS, FIELD)
    with pytest.raises(CameraError, match=r"eyes, cuts$"):
        camera("drone", FIELD, extra=EXTRA)


def test_in_the_window_cuts_are_a_camera_as_soon_as_there_are_some() -> None:
    cuts = Cuts()
    rig = CameraRig(FIELD, Keyframes(), cuts)
    assert CUTS not in rig.names
    cuts.add(0, "ceiling")
    assert rig.names[-1] == CUTS
    assert rig.choose(CUTS) == "camera: as the script cuts"
    first = replace(moved(0.0, 0.0, tick=1))
    assert rig.update(first, 0, 1 / 60, 0.0).forward == pytest.approx([0.0, 0.0, -1.0], abs=1e-9)
    cuts.add(3, "free")
    pose = rig.update(moved(0.0, 0.0, tick=4), 0, 1 / 60, 0.1)
    assert np.linalg.norm(pose.position - np.array(VIEW.position)) < 0.5
    rig.drag(0.2, 0.0)
    assert rig.name == "free"  # the mouse is stronger than a script
