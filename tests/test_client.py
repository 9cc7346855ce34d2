"""Bullet's C API as declared here, and calls of C functions from compiled code."""

from __future__ import annotations

import _ctypes
import ctypes
import sys
from pathlib import Path
from typing import Any

import pytest
from numba import njit, types

from game.scene.set_spec import ItemSpec, PartSpec
from game.sim.bullet import open_world
from game.sim.bullet.c_api import LINK, POINT, BulletError, address, load
from game.sim.bullet.c_call import c_call
from game.sim.model import CharacterModel


def test_another_library_is_refused_by_what_it_lacks() -> None:
    with pytest.raises(BulletError, match=r"has no b3ConnectPhysicsDirect; expected the library of pybullet 3\.2\.7"):
        load(Path(_ctypes.__file__))


def test_no_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BulletError, match="cannot be loaded"):
        load(tmp_path / "none.so")


def offsets(structure: Any, *names: str) -> list[int]:
    return [structure.fields[name][1] for name in names]


def test_structures_lie_as_c_lays_them() -> None:
    # five ints and a gap, then doubles
    assert offsets(POINT, "body", "link", "on_a", "normal", "force") == [4, 12, 24, 72, 104]
    assert POINT.itemsize == 24 + 19 * 8
    assert offsets(LINK, "com_pos", "pos", "com_vel") == [0, 14 * 8, 21 * 8]
    assert LINK.itemsize == 33 * 8


def test_compiled_code_calls_c() -> None:
    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    scale = c_call(types.float64, types.float64, types.int32)
    eightfold: Any = njit(lambda where, value: scale(where, value, 3))
    assert eightfold(address(library.ldexp), 1.5) == 12.0


def test_any_number_of_pairs_may_touch() -> None:
    with open_world(CharacterModel.load()) as world:
        for k in range(150):
            item = ItemSpec("box", position=(float(k), 0.0, 0.1), mass=2.0, parts=(PartSpec("box", (0.2, 0.2, 0.2)),))
            world.spawn(item)
        for _ in range(30):
            world.step(world.state.joint_rot)
    assert {contact.body for contact in world.contacts} == set(range(150))
    # m g for a tick
    assert [contact.impulse for contact in world.contacts] == pytest.approx([2.0 * 9.8 / 30.0] * 150, rel=0.02)


def test_a_closed_world_says_so() -> None:
    world = open_world(CharacterModel.load())
    world.close()
    world.close()
    with pytest.raises(BulletError, match="this world has been closed"):
        world.step(world.state.joint_rot)
    with pytest.raises(BulletError, match="this world has been closed"):
        world.set_gravity((0.0, 0.0, 0.0))
