"""Joining: a motion begun from where he is now, its beginning bent so that it goes on from his pose and velocity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.performer.motion_table import QUARTERS, Floats, columns, derived, moving_state, state_of

Array = NDArray[np.float64]
FASTEST = 6.0
"""rad/s and m/s, of the differences in velocity that are followed"""


def twist(rot: Array, reference: Array) -> Array:
    """(...) the turn about z, rad, that brings references (..., 4) nearest to rotations (..., 4)."""
    turn = rotation.multiply(rot, rotation.conjugate(reference))
    return np.asarray(2.0 * np.arctan2(turn[..., 2], turn[..., 3]))


def met(state: CharacterState, row: Floats, model: CharacterModel) -> CharacterState:
    """A state (no batch), turned about z and moved over the ground to where a row (width,) has the root."""
    there = state_of(row[None], model)
    here = state[None].moved(-state.root_pos * np.array([1.0, 1.0, 0.0]))
    here = here.moved(np.zeros(3), -twist(here.root_rot, there.root_rot))
    return here.moved(there.root_pos * np.array([1.0, 1.0, 0.0]))[0]


def joined(rows: Floats, state: CharacterState, model: CharacterModel, seconds: float) -> Floats:
    """Rows (R, width), four a tick, that begin in a state and are the motion's own after `seconds`.

    The offset of pose and velocity runs out along a cubic; over the ground it is carried on: who comes running does
    not stop at once, and nobody is pulled back.
    """
    cols, hz = columns(model), QUARTERS * model.control_hz
    count = min(len(rows), int(np.ceil(seconds * hz)) + 2)
    part = (np.arange(count) / (seconds * hz)).clip(0.0, 1.0)
    keep, lead = 1.0 - part**2 * (3.0 - 2.0 * part), seconds * part * (1.0 - part) ** 2
    own = state_of(rows[:count], model)
    first = own[0]

    def offset(place: Array, speed: Array) -> Array:
        speed = np.clip(speed, -FASTEST, FASTEST)
        return np.multiply.outer(keep, place) + np.multiply.outer(lead, speed)

    joint = offset(rotation.difference(first.joint_rot, state.joint_rot), state.joint_vel - first.joint_vel)
    root = offset(
        rotation.to_rotvec(rotation.multiply(state.root_rot, rotation.conjugate(first.root_rot))),
        state.root_ang_vel - first.root_ang_vel,
    )
    way = state.root_vel - first.root_vel
    shift = offset(state.root_pos - first.root_pos, way)
    # over the ground: the integral of a velocity that runs out smoothly
    carried = seconds * (part - part**3 + 0.5 * part**4)
    shift[:, :2] = np.multiply.outer(carried, np.clip(way[:2], -FASTEST, FASTEST))
    pos = own.root_pos + shift
    rot = rotation.multiply(rotation.from_rotvec(root), own.root_rot)
    joints = rotation.multiply(own.joint_rot, rotation.from_rotvec(joint))
    result = rows.copy()
    end = shift[-1] * np.array([1.0, 1.0, 0.0])
    result[count:, cols.root_pos] += end
    result[count:, cols.com] += end
    result[count:, cols.body_pos] += np.tile(end, model.num_bodies)
    origin = rows[:count, cols.origin].astype(np.float64)
    result[count:, cols.origin.start : cols.origin.start + 2] += end[:2]
    origin[:, :2] += shift[:, :2]
    bent = moving_state(pos, rot, joints, hz)
    bent = replace(bent, root_vel=np.concatenate([state.root_vel[None], bent.root_vel[1:]]))
    result[:count] = derived(model, bent, rows[:count, cols.cycle].astype(np.float64), origin)
    return result
