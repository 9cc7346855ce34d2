"""Sampling: finds one path through a clip before any policy is learned (SAMCON, Liu et al. 2010).

The clip is cut into windows of two ticks. In each, many constant corrections of the joint targets are tried from the
states that did best so far, and the best outcomes go on. A few rounds, each around the best path of the last, give
corrections and states that obey physics: the policy learns on top of the corrections and starts from the states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from game.sim import kinematics, rotation
from game.sim.floor_contacts import allowed_contacts
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from tools.train import clip_states, distributed
from tools.train.batched_worlds import BatchedWorlds
from tools.train.config import TrainConfig
from tools.train.reflection import AXIAL
from tools.train.rewards import joint_weights
from tools.train.terminations import fell

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
WINDOW = 2
"""ticks that a correction lasts"""
SETTLE = 0.6
"""s for which the search goes on after the end of a clip that does not loop: the path has to end in a stand"""
LIMIT = 2.5
"""rad, largest correction"""
EFFORT = 0.02
"""cost of a rad2 of correction"""
TOUCH = 15.0
"""cost of a body on the floor that the clip keeps off it"""
CLEAR = 0.06
"""m of air that a body other than the feet should keep below it where the clip does"""
HOPELESS = 1e3
"""cost of a state from which the search does not go on"""
CHILDREN = 6
"""most states of one parent that go on: keeps the population diverse"""


@dataclass(frozen=True)
class SampledPath:
    """A path through the clip. W windows."""

    correction: Array
    """(W, J, 3) rad, rotation vectors in the joints' frames"""
    states: Array
    """(W + 1, width) rows at the windows' bounds, the clip's start at the origin"""
    cost: Array
    """(W,) per tick"""


@dataclass(frozen=True)
class Search:
    """How far a search has come."""

    rounds: int
    """that are done"""
    best: SampledPath
    mean: Array
    """(W, J, 3) rad, the corrections around which the next round tries others"""


class Sampler:
    """Searches with the worlds of all ranks; every rank draws the same numbers and holds the same population."""

    def __init__(
        self, clip: MotionClip, model: CharacterModel, batched_worlds: BatchedWorlds, config: TrainConfig
    ) -> None:
        self.clip, self.model, self.batched_worlds = clip.placed(), model, batched_worlds
        self.lead, self.size = config.lead, config.sampling_size
        seconds = clip.duration + (0.0 if clip.loop else SETTLE)
        self.num_windows = int(np.ceil(seconds * model.control_hz / WINDOW))
        batch = batched_worlds.num_characters * distributed.world_size()
        self.samples = int(np.ceil(config.sampling_candidates / batch)) * batch
        self.elite = self.samples // 8
        self.seed = config.seed
        self.rng: np.random.Generator
        """of the present round"""
        self.weights = joint_weights(model)
        self.asymmetry = 0.35 if symmetric(clip, model) else 1.0
        self.ends = list(model.roles.end_effectors)
        low = kinematics.lowest_points(model, self._kinematics(np.arange(0.0, clip.duration, 1 / 60))[1]).min(0)
        self.allowed = allowed_contacts(clip, model)
        self.floor = np.minimum(low, CLEAR)
        """(B,) height under which a body should not come: the clip's own lowest, CLEAR at most"""

    def search(
        self, num_rounds: int, earlier: Search | None = None, each_window: Callable[[int, int], None] | None = None
    ) -> Iterator[Search]:
        """Go on from an earlier search, or from nothing, until `num_rounds` are done; yields after each.

        `each_window` is called with the round and the window that is done, both from 0; what it raises ends the search.
        """
        mean = np.zeros((self.num_windows, self.model.num_joints, 3)) if earlier is None else earlier.mean
        best = None if earlier is None else earlier.best
        for number in range(0 if earlier is None else earlier.rounds, num_rounds):
            self.rng = np.random.default_rng((self.seed, number))
            paths = self._round(mean, self.size * max(0.85**number, 0.16), number, each_window)
            if best is None or paths[0].cost.sum() < best.cost.sum():
                best = paths[0]
            half = np.mean([p.correction for p in paths[: max(1, len(paths) // 2)]], axis=0)
            mean = paths[0].correction if number == 0 else 0.3 * mean + 0.7 * half
            yield Search(number + 1, best, mean)

    def spent(self, num_rounds: int) -> int:
        """Control steps in so many rounds."""
        return num_rounds * self.samples * WINDOW * self.num_windows

    # ---------------------------------------------------------------- a round
    def _round(
        self, mean: Array, size: float, number: int, each_window: Callable[[int, int], None] | None
    ) -> list[SampledPath]:
        """One pass through the clip; returns its best paths, the best first."""
        elite, n = self.elite, self.samples
        start = clip_states.pack(self.clip.sample(np.zeros(elite)))
        start[:, 2] += 0.002
        states, filtered, total = start, np.zeros(elite), np.zeros(elite)
        history: list[tuple[Ints, Array, Array, Array]] = []
        for window in range(self.num_windows):
            parent = np.repeat(np.arange(elite), n // elite)
            tried = mean[window] + self._noise(n, size)
            if number == 0 and window:
                # half of them go on as their parents did: corrections are smooth in time
                smooth = self.rng.random(n) < 0.5
                noise = tried - mean[window]
                tried[smooth] = 0.5 * history[-1][1][parent[smooth]] + noise[smooth]
            tried[:: n // elite] = mean[window]
            tried = np.clip(tried, -LIMIT, LIMIT)
            reached, cost = self._try(states[parent], tried, window)
            cost = cost + EFFORT * (tried**2).sum((1, 2))
            chosen = _select(0.75 * filtered[parent] + cost, parent, elite)
            history.append((parent[chosen], tried[chosen], cost[chosen], reached[chosen]))
            filtered = (0.75 * filtered[parent] + cost)[chosen]
            total = total[parent[chosen]] + cost[chosen]
            states = reached[chosen]
            if each_window is not None:
                each_window(number, window)
        order = np.argsort(total)[: max(4, elite // 8)]
        return [self._trace(history, start[0], int(k)) for k in order]

    def _trace(self, history: list[tuple[Ints, Array, Array, Array]], start: Array, last: int) -> SampledPath:
        correction, cost, states = [], [], []
        for parent, tried, costs, reached in reversed(history):
            correction.append(tried[last])
            cost.append(costs[last])
            states.append(reached[last])
            last = int(parent[last])
        return SampledPath(np.array(correction[::-1]), np.array([start, *states[::-1]]), np.array(cost[::-1]))

    def _noise(self, count: int, size: float) -> Array:
        """(count, J, 3) normal corrections; nearly mirror-symmetric for symmetric clips; hinges about y alone."""
        model, a = self.model, self.asymmetry
        noise = self.rng.normal(size=(count, model.num_joints, 3))
        for j, k in enumerate(model.roles.opposite_joint):
            if j < k and a < 1.0:
                both, one = noise[:, j].copy(), a * noise[:, k]
                noise[:, j], noise[:, k] = both + one, both * AXIAL + one
            elif j == k:
                noise[:, j] *= np.array([a, 1.0, a]) * (0.5 if j == model.neck else 1.0)
        noise[:, self.model.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
        return size * noise

    def _try(self, states: Array, tried: Array, window: int) -> tuple[Array, Array]:
        """Run a window from states (n, width) with corrections (n, J, 3), shared among the ranks."""
        batch, size = self.batched_worlds, self.batched_worlds.num_characters
        reached, costs = np.empty_like(states), np.empty(len(states))
        all_characters = np.arange(size)
        for base in range(0, len(states), size * distributed.world_size()):
            first = base + distributed.rank() * size
            mine = slice(first, first + size)
            batch.reset(all_characters, clip_states.unpack(states[mine], self.model.num_joints).moved(batch.places))
            cost = np.zeros(size)
            turn = rotation.from_rotvec(tried[mine])
            for tick in range(window * WINDOW, (window + 1) * WINDOW):
                ahead = self.clip.sample((tick + self.lead) / self.model.control_hz).joint_rot
                batch.step(rotation.multiply(np.broadcast_to(ahead, turn.shape), turn))
                cost += self._cost((tick + 1) / self.model.control_hz) / WINDOW
            shared = np.concatenate([clip_states.pack(batch.state.moved(-batch.places)), cost[:, None]], axis=1)
            gathered = distributed.gather(torch.from_numpy(shared)).flatten(0, 1).numpy()
            span = slice(base, base + len(gathered))
            reached[span], costs[span] = gathered[:, :-1], gathered[:, -1]
        return reached, costs

    # ---------------------------------------------------------------- cost
    def _kinematics(self, time: Array) -> tuple[CharacterState, kinematics.BodyPoses, Array]:
        """The clip at times (M,): state, bodies, velocity (M, 3) of the centre of mass."""
        state = self.clip.sample(time)
        poses = kinematics.body_poses(self.model, state.root_pos, state.root_rot, state.joint_rot)
        speeds = kinematics.body_velocities(self.model, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
        return state, poses, self._com_vel(poses, speeds)

    def _com_vel(self, poses: kinematics.BodyPoses, speeds: kinematics.BodyVelocities) -> Array:
        vel = speeds.vel + np.cross(speeds.ang_vel, rotation.rotate(poses.rot, self.model.com))
        return np.asarray(np.einsum("tbk,b->tk", vel, self.model.mass / self.model.mass.sum()))

    def _cost(self, time: float) -> Array:
        """(N,) of the characters' states against the clip at one time: pose, root, centre of mass, ends, floor."""
        batch, model = self.batched_worlds, self.model
        reference, theirs, their_vel = self._kinematics(np.array([time]))
        state = batch.state.moved(-batch.places)
        poses = kinematics.BodyPoses(batch.body_pos - batch.places[:, None], batch.body_rot)
        worlds = batch.worlds
        speeds = kinematics.BodyVelocities(
            np.concatenate([w.body_velocities.vel for w in worlds]),
            np.concatenate([w.body_velocities.ang_vel for w in worlds]),
        )
        pose = rotation.angle_between(state.joint_rot, reference.joint_rot) ** 2 @ self.weights[1:]
        turn = rotation.angle_between(state.root_rot, reference.root_rot) ** 2
        spin = ((state.root_ang_vel - reference.root_ang_vel) ** 2).sum(-1)
        com = kinematics.center_of_mass(model, poses) - kinematics.center_of_mass(model, theirs)
        com_vel = self._com_vel(poses, speeds) - their_vel
        ends = ((poses.pos[:, self.ends] - theirs.pos[:, self.ends]) ** 2).sum(-1).mean(-1)
        deep = np.minimum(kinematics.lowest_points(model, poses) - self.floor, 0.0)
        deep[:, list(model.feet)] = 0.0
        cost = (
            2.0 * pose + 2.0 * turn + 0.03 * spin + (com**2) @ np.array([10.0, 10.0, 40.0])
            + 0.6 * (com_vel**2).sum(-1) + 2.0 * ends + 600.0 * (deep**2).sum(-1)
        )  # fmt: skip
        cost += TOUCH * fell(batch.floor_contacts(), self.allowed)
        cost = np.where(np.isfinite(cost) & ~batch.faults(), cost, HOPELESS)
        return np.asarray(np.minimum(cost, HOPELESS))


def symmetric(clip: MotionClip, model: CharacterModel, limit: float = 0.35) -> bool:
    """Whether left and right do nearly the same all the time: mean angle of mirrored joints under limit rad."""
    mirror = np.array([*AXIAL, 1.0])
    pairs = [(j, k) for j, k in enumerate(model.roles.opposite_joint) if j < k]
    angles = [rotation.angle_between(clip.joint_rot[:, j] * mirror, clip.joint_rot[:, k]).mean() for j, k in pairs]
    return bool(np.mean(angles) < limit)


def _select(cost: Array, parent: Ints, count: int) -> Ints:
    """Indices of the `count` cheapest, at most CHILDREN of each parent."""
    children: dict[int, int] = {}
    chosen: list[int] = []
    for k in np.argsort(cost, kind="stable"):
        of = int(parent[k])
        if children.get(of, 0) < CHILDREN:
            children[of] = children.get(of, 0) + 1
            chosen.append(int(k))
            if len(chosen) == count:
                break
    return np.array(chosen)
