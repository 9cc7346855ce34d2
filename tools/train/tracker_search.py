"""python -m tools.train.tracker_search CLIP: a feedback that keeps him along a clip, for `tools.train --tracker FILE`.

Excursions from the motion in the simulation, linear models of them, and their regulator. A clip of 10 s takes some
60,000 control steps.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import tyro
from numpy.typing import NDArray
from torch import Tensor

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import ClipError
from game.sim.state import CharacterState
from tools.command_line import parse
from tools.train import checkpoint
from tools.train.batched_worlds import BatchedWorlds
from tools.train.checkpoint import CheckpointError
from tools.train.config import TrainConfig
from tools.train.linear_models import Excursion, LinearFeedback, fitted, regulator
from tools.train.subject import body_of, clip_of
from tools.train.terminations import contact_bodies, fell
from tools.train.tracker import FOUND, LIMIT, Tracked, Tracker

Array = NDArray[np.float64]

ROUNDS = ((20, 5), (10, 10))
"""of each round the excursions that begin at each tick, and the ticks that they last: longer ones under the feedback
that the round before has found"""
NUM_WORLDS = 4
"""Bullet worlds, with the configuration's characters each"""
POSE, SPEED, TURN = 0.01, 0.2, 0.1
"""rad, rad/s and rad, standard deviations of an excursion's first pose, its velocities and its turns"""
FAR = 0.6
"""m and rad of the root at which an excursion is over"""
CLEAR = 0.01
"""m that an excursion's first pose may reach into the floor"""
ROOT = (8.0, 8.0, 20.0, 6.0, 6.0, 3.0)
"""cost of the root's place, a m2, and turn, a rad2"""
ROOT_SPEED = (0.3, 0.3, 0.3, 0.1, 0.1, 0.1)
JOINT, JOINT_SPEED = 1.0, 0.01
BALANCE, BALANCE_SPEED = 30.0, 3.0
"""cost of the centre of mass's place, a m2, and velocity, a (m/s)2"""
EFFORT = 0.5
"""cost of a rad2 of a turn"""
PLACE = np.array([0, 1, 5])
"""errors that a loop's new anchor takes away: the root's place over the ground and its heading"""


@dataclass(frozen=True)
class TrackerSearchOptions:
    """The command line of tools.train.tracker_search."""

    clip: tyro.conf.Positional[str]
    """name of a clip in models/clips, or a path to one"""
    out: Path
    """where it goes"""
    seed: int = 0
    """of the excursions"""


class TrackerSearch:
    """Searches in its own Worlds; excursions are kept from round to round."""

    def __init__(self, config: TrainConfig, num_worlds: int) -> None:
        """For a configuration's clip and body; its lead, gains and contacts count. Raises ClipError, ModelError."""
        torch.set_num_threads(1)
        self.model, self.clip = body_of(config), clip_of(config).placed()
        model = self.model
        self.tracker = Tracker(model, self.clip, config.lead)
        self.worlds = BatchedWorlds(model, num_worlds, config.characters)
        self.allowed = contact_bodies(config, model)
        self.rng = np.random.default_rng(config.seed)
        self.cost = state_cost(self.tracker, model)
        self.samples = 0
        """control steps so far"""
        self._data: list[Excursion] = []

    @property
    def found(self) -> dict[str, Tensor]:
        """What `read_tracker` reads from a checkpoint."""
        return {name: getattr(self.tracker, name) for name in FOUND}

    def close(self) -> None:
        """Give the Worlds back."""
        self.worlds.close()

    def round(self, each: int, ticks: int) -> Iterator[float]:
        """Excursions with the present feedback, `each` from each tick; then a new one from them and those before.

        Yields the share that is done.
        """
        count = int(np.ceil(each * self.tracker.num_ticks / self.worlds.num_characters))
        begins = self.rng.permutation(np.resize(np.arange(self.tracker.num_ticks), count * self.worlds.num_characters))
        for number, begin in enumerate(np.split(begins, count)):
            self._data += self._excursions(begin, ticks)
            yield (number + 1) / count
        joined = Excursion(*(np.concatenate(parts) for parts in zip(*self._data, strict=True)))
        found = self._regulator(joined)
        self.tracker.gain.copy_(torch.from_numpy(found.gain).flatten(1))
        self.tracker.offset.copy_(torch.from_numpy(found.offset))

    def _regulator(self, data: Excursion) -> LinearFeedback:
        tracker, half = self.tracker, self.tracker.num_errors // 2
        # where nothing else is known, places move on by velocities
        expected = np.eye(tracker.num_errors)
        expected[:half, half:] += tracker.tick * np.eye(half)
        models = fitted(data, tracker.num_ticks, tracker.loop, expected)
        return regulator(models, self.cost, EFFORT, tracker.loop, PLACE)

    def _excursions(self, begin: NDArray[np.int64], ticks: int) -> list[Excursion]:
        """So many steps of all characters (N,), each from a tick of the motion."""
        worlds, tracker, n = self.worlds, self.tracker, self.worlds.num_characters
        time: Array = begin.astype(np.float64) * tracker.tick
        worlds.reset(np.arange(n), self._beginnings(time).moved(worlds.places))
        noise = self.rng.normal(0.0, TURN, (n, tracker.num_turns))
        going, found = np.ones(n, bool), []
        errors = self._errors(time)
        with torch.inference_mode():
            for _ in range(ticks):
                noise = 0.6 * noise + self.rng.normal(0.0, 0.8 * TURN, noise.shape)
                when = torch.from_numpy(time).float()
                turns = (tracker.turns(errors, when) + torch.from_numpy(noise).float()).clamp(-LIMIT, LIMIT)
                worlds.step(tracker.target(turns, when).double().numpy())
                self.samples += n
                after = self._errors(time + 1.0 / self.model.control_hz)
                going &= ~fell(worlds.floor_contacts(), self.allowed) & ~worlds.faults()
                going &= (torch.isfinite(after).all(1) & (after[:, :6].abs().amax(1) < FAR)).numpy()
                # over a loop's seam there is a new anchor
                row = tracker.rows(when)[0].numpy()
                keep = going & (row + 1 < tracker.num_ticks) if tracker.loop else going
                step = (errors.double().numpy(), turns.double().numpy(), after.double().numpy())
                found.append(Excursion(row[keep], *(part[keep] for part in step)))
                errors, time = after, time + 1.0 / self.model.control_hz
        return found

    def _errors(self, time: Array) -> Tensor:
        state = self.worlds.state.moved(-self.worlds.places)
        tracked = Tracked(*(torch.from_numpy(getattr(state, name)).float() for name in Tracked._fields))
        return self.tracker.errors(tracked, torch.from_numpy(time).float())

    def _beginnings(self, time: Array) -> CharacterState:
        """States of batch (N,) a little off the motion, not deeper in the floor than CLEAR."""
        state, rng = self.clip.sample(np.minimum(time, self.clip.duration * (1.0 - 1e-9))), self.rng
        free = self.tracker.spread.numpy().any(axis=0).reshape(-1, 3)
        joint_rot = rotation.multiply(
            state.joint_rot, rotation.from_rotvec(rng.normal(0.0, POSE, state.joint_vel.shape) * free)
        )
        root_rot = rotation.multiply(rotation.from_rotvec(rng.normal(0.0, POSE, state.root_pos.shape)), state.root_rot)
        poses = kinematics.body_poses(self.model, state.root_pos, root_rot, joint_rot)
        sunk = np.maximum(0.0, -kinematics.lowest_point(self.model, poses) - CLEAR)
        return replace(
            state,
            root_pos=state.root_pos + sunk[:, None] * [0.0, 0.0, 1.0],
            root_rot=root_rot,
            joint_rot=joint_rot,
            root_vel=state.root_vel + rng.normal(0.0, 0.3 * SPEED, state.root_vel.shape),
            root_ang_vel=state.root_ang_vel + rng.normal(0.0, 0.5 * SPEED, state.root_vel.shape),
            joint_vel=state.joint_vel + rng.normal(0.0, SPEED, state.joint_vel.shape) * free,
        )


def state_cost(tracker: Tracker, model: CharacterModel) -> Array:
    """(N, X, X): the cost of a tick's errors, those of the centre of mass among them."""
    half = tracker.num_errors // 2
    place = np.concatenate([ROOT, np.full(half - 6, JOINT)])
    speed = np.concatenate([ROOT_SPEED, np.full(half - 6, JOINT_SPEED)])
    cost = np.tile(np.diag(np.concatenate([place, speed])), (tracker.num_ticks, 1, 1))
    moved = _moved_com(tracker, model)
    square = np.einsum("tki,tkj->tij", moved, moved)
    cost[:, :half, :half] += BALANCE * square
    cost[:, half:, half:] += BALANCE_SPEED * square
    return cost


def _moved_com(tracker: Tracker, model: CharacterModel) -> Array:
    """(N, 3, X / 2) m: how the centre of mass moves with each error of place and turn, by differences."""
    half, small = tracker.num_errors // 2, 1e-3
    rows = tracker.motion[:-1].double().numpy()
    root_pos, root_rot = rows[:, :3], rotation.normalize(rows[:, 3:7])
    joint_rot = rotation.normalize(rows[:, 7 : 7 + 4 * model.num_joints].reshape(len(rows), -1, 4))

    def com(turn: Array, joints: Array) -> Array:
        turned = rotation.multiply(np.broadcast_to(rotation.from_rotvec(turn), root_rot.shape), root_rot)
        bent = rotation.multiply(joint_rot, np.broadcast_to(rotation.from_rotvec(joints), joint_rot.shape))
        return kinematics.center_of_mass(model, kinematics.body_poses(model, root_pos, turned, bent))

    still, spread = np.zeros(3), tracker.spread.double().numpy()
    middle = com(still, np.zeros((model.num_joints, 3)))
    moved = np.zeros((len(rows), 3, half))
    moved[:, :, :3] = np.eye(3)
    for k in range(3):
        moved[:, :, 3 + k] = (com(small * np.eye(3)[k], np.zeros((model.num_joints, 3))) - middle) / small
    for k in range(half - 6):
        moved[:, :, 6 + k] = (com(still, small * spread[k].reshape(-1, 3)) - middle) / small
    return moved


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(TrackerSearchOptions, "tools.train.tracker_search", __doc__, arguments)
    try:
        search = TrackerSearch(TrainConfig(options.clip, seed=options.seed), NUM_WORLDS)
        for each, ticks in ROUNDS:
            for _ in search.round(each, ticks):
                pass
            print(f"{search.samples:,} control steps")
        checkpoint.save(options.out, search.found)
    except (ClipError, CheckpointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: give it to tools.train {options.clip} --tracker {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
