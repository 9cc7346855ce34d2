"""Somebody who stands, and whether a camera sees him."""

import math
from dataclasses import replace
from functools import cache

import numpy as np

from game.camera.camera_pose import CameraPose
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot


@cache
def standing() -> Snapshot:
    with open_world(CharacterModel.load()) as world:
        world.add_character()
        return world.snapshot()


def moved(x: float, y: float, z: float = 0.0, tick: int = 0) -> Snapshot:
    """He stands so many metres away from where he stood."""
    way, here = np.array([x, y, z]), standing()
    state = replace(here.state, root_pos=here.state.root_pos + way)
    return replace(here, state=state, body_pos=here.body_pos + way, tick=tick)


def off_axis(pose: CameraPose, point: np.ndarray) -> float:
    """rad between the line of sight and a point."""
    way = point - pose.position
    return math.acos(min(1.0, float(way @ pose.forward) / float(np.linalg.norm(way))))
