"""PerformerEnvironment: a crowd of which everyone follows a plan of his own, or walks as he is steered."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.play.clip_library import ClipLibrary
from game.play.initial_state import MAX_PENETRATION
from game.policy.observation import Observation, fill, shapes_for
from game.sim import kinematics, rotation
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.batched_worlds import BatchedWorlds
from tools.train.performer.motion_table import LEAD_ROWS, QUARTERS, Floats, columns
from tools.train.performer.performer_inputs import AHEAD, KD_SCALE, PerformerInputs, pose_parts
from tools.train.performer.walkers import Steered, Walkers
from tools.train.reference_table import ReferenceTrack
from tools.train.rewards import (
    ImitationReward,
    RewardTerm,
    TrackedMotion,
    com_error,
    end_effector_error,
    pose_error,
    root_error,
    velocity_error,
)  # fmt: skip

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

REWARD = (
    RewardTerm("pose", pose_error, weight=0.45, exponent=2.0),
    RewardTerm("velocity", velocity_error, weight=0.1, exponent=0.1),
    RewardTerm("end_effector", end_effector_error, weight=0.2, exponent=10.0),
    RewardTerm("root", root_error, weight=0.15, exponent=5.0),
    RewardTerm("com", com_error, weight=0.1, exponent=10.0),
)
LONGEST = max(AHEAD) + 2


def _nothing() -> Floats:
    return np.empty((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Assignment:
    """What a character shall do, in a frame of its own."""

    state: CharacterState
    """(no batch) in which it begins"""
    allowed: Bools
    """(B,) bodies that may touch the floor"""
    kind: str
    """under which it is counted"""
    rows: Floats = field(default_factory=_nothing)
    """(ticks + LONGEST, width) the plan, a row a tick, of who does not walk"""
    lead: Floats = field(default_factory=_nothing)
    """(ticks + LONGEST, pose) the pose that the action corrects, of every tick"""
    walk: Steered | None = None
    """how he is steered, instead of a plan: the game's own references"""
    reanchor: bool = True
    """whether the plan is put under him anew at every cycle"""
    low: float = 0.0
    """m, height of the head under which the episode ends, after the first second"""
    drift: float = 1.5
    """m over the ground from the plan at which the episode ends"""
    stray: float = 1.2
    """m that a body may be from where the plan has it, the ground aside"""
    grace: int = 0
    """ticks in which he may be as far off as he likes"""

    @property
    def ticks(self) -> int:
        """How long it lasts."""
        return len(self.rows) - LONGEST if self.walk is None else len(self.walk.command)


def planned(rows: Floats, row: int, ticks: int, pose: slice) -> tuple[Floats, Floats]:
    """Of rows, four a tick, the plan and the poses that are corrected: `ticks` and what lies ahead of them, from a row
    on, the last one held; pose: the columns of root and joints.
    """
    index, last = row + QUARTERS * np.arange(ticks + LONGEST), len(rows) - 1
    return rows[np.minimum(index, last)], rows[np.minimum(index + LEAD_ROWS, last), pose]


@dataclass(frozen=True)
class TickResult:
    """What a tick brought, before any reset."""

    reward: Tensor
    """(N,)"""
    terminated: Bools
    """(N,)"""
    truncated: Bools
    """(N,)"""
    fell: Bools
    """(N,) touched the floor with a body that must not, or let his head sink"""


class PerformerEnvironment:
    """N characters in worlds of `per_world`; resets are the caller's."""

    def __init__(self, model: CharacterModel, worlds: int, per_world: int, longest: int) -> None:
        """longest: ticks of an episode at most."""
        self.model, self.cols = model, columns(model)
        self.crowd = BatchedWorlds(model, worlds, per_world)
        n = self.num_characters = self.crowd.num_characters
        for world in self.crowd.worlds:
            for place in range(per_world):
                world.set_gains(place, model.kp, KD_SCALE * model.kd)
        ticks = longest + LONGEST
        self.plan = torch.zeros(n, ticks, self.cols.width)
        self.lead = torch.zeros(n, ticks, self.cols.pose.stop)
        self._everyone = torch.arange(n)
        self._ahead = torch.tensor(AHEAD)
        self.tick, self.length = np.zeros(n, np.int64), np.ones(n, np.int64)
        self.anchor = np.zeros((n, 3))
        """(N, 3) x, y and heading of the plan's frame in the world"""
        self.allowed = np.zeros((n, model.num_bodies), bool)
        self.kind = np.full(n, "", dtype=object)
        self.reanchor = np.zeros(n, bool)
        self.low, self.drift, self.stray, self.grace = (np.zeros(n) for _ in range(4))
        self.walkers = Walkers(ClipLibrary(model))
        self.reward = ImitationReward(REWARD, model)
        self._head = model.roles.head
        self._shapes = shapes_for(model.num_joints, model.num_bodies)

    # ---------------------------------------------------------------- episodes
    def begin(self, indices: Ints, episodes: list[Assignment]) -> None:
        """Give characters (M,) their episodes."""
        if not len(indices):
            return
        for n, e in zip(indices, episodes, strict=True):
            if e.walk is None:
                self.plan[n, : len(e.rows)] = torch.from_numpy(e.rows)
                self.lead[n, : len(e.lead)] = torch.from_numpy(e.lead)
            self.length[n], self.allowed[n], self.kind[n] = e.ticks, e.allowed, e.kind
            self.reanchor[n], self.low[n], self.drift[n], self.stray[n] = e.reanchor, e.low, e.drift, e.stray
            self.grace[n] = e.grace
        self.tick[indices] = 0
        places = self.crowd.places[indices] * np.array([1.0, 1.0, 0.0])
        self.anchor[indices] = places
        state = CharacterState.stack([e.state for e in episodes])
        poses = kinematics.body_poses(self.model, state.root_pos, state.root_rot, state.joint_rot)
        sunk = np.maximum(0.0, -MAX_PENETRATION - kinematics.lowest_point(self.model, poses))
        lifted = places + sunk[:, None] * np.array([0.0, 0.0, 1.0])
        self.crowd.reset(indices, state.moved(lifted))
        self._gather_velocities()
        for n, e in zip(indices.tolist(), episodes, strict=True):
            self.walkers.forget(n)
            if e.walk is not None:
                self.walkers.begin(n, e.walk, self.crowd.state[n])
                self.anchor[n] = 0.0
        self._walk(indices)

    def _walk(self, indices: Ints) -> None:
        """Write what the references of those of characters (M,) who walk show at this tick into their plans."""
        who = self.walkers.among(indices)
        if not len(who):
            return
        bodies = BodyPoses(self.crowd.body_pos[who], self.crowd.body_rot[who])
        shown = self.walkers.advance(who, self.tick[who], self.crowd.state[who], bodies)
        rows, now = torch.from_numpy(who), torch.from_numpy(self.tick[who])
        self.plan[rows[:, None], now[:, None] + self._ahead, : self.cols.pose.stop] = torch.from_numpy(shown.ahead)
        self.lead[rows, now] = torch.from_numpy(shown.lead)
        self.plan[rows, now + 1] = torch.from_numpy(shown.next)

    def _gather_velocities(self) -> None:
        worlds = self.crowd.worlds
        self._body_vel = np.concatenate([w.body_velocities.vel for w in worlds])
        self._body_ang_vel = np.concatenate([w.body_velocities.ang_vel for w in worlds])

    # ---------------------------------------------------------------- observations
    def fields(self, anchor: Array, names: tuple[str, ...], chosen: Ints | slice = slice(None)) -> dict[str, Floats]:
        """The contract's inputs by name, of characters `chosen` (M,), in frames (M, 3)."""
        crowd = self.crowd
        out = {name: np.empty((len(anchor), *self._shapes[name]), np.float32) for name in names}
        poses = BodyPoses(crowd.body_pos[chosen], crowd.body_rot[chosen])
        velocities = BodyVelocities(self._body_vel[chosen], self._body_ang_vel[chosen])
        gravity = np.repeat([w.gravity for w in crowd.worlds], crowd.per_world, axis=0)[chosen]
        world = Observation.of(crowd.state[chosen], poses, velocities, gravity, np.zeros(len(anchor)))
        fill(anchor, world, Observation.to_fill(out))
        return out

    def inputs(self, chosen: Ints | slice = slice(None)) -> PerformerInputs:
        """What the contract hands the performer, of characters `chosen` (M,)."""
        names = PerformerInputs._fields[:11]
        body = self.fields(self.anchor[chosen], names, chosen)
        who = self._everyone[chosen] if isinstance(chosen, slice) else torch.from_numpy(chosen)
        now = torch.from_numpy(self.tick)[who]
        stop = self.cols.pose.stop
        ahead = self.plan[who[:, None], now[:, None] + self._ahead, :stop]
        rows = torch.cat([ahead, self.lead[who, now][:, None]], 1)
        pos, rot, joints = pose_parts(rows)
        seen = {name: torch.from_numpy(body[name]) for name in names}
        return PerformerInputs(
            **seen, reference_ahead_root_pos=pos, reference_ahead_root_rot=rot, reference_ahead_joint_rot=joints
        )

    # ---------------------------------------------------------------- a tick
    def step(self, target: Array) -> TickResult:
        """Advance one tick towards joint targets (N, J, 4)."""
        self.crowd.step(target)
        self._gather_velocities()
        everyone, before = self._everyone, self.plan[self._everyone, torch.from_numpy(self.tick)]
        self.tick += 1
        rows = self.plan[everyone, torch.from_numpy(self.tick)]
        wrapped = (rows[:, self.cols.cycle] != before[:, self.cols.cycle])[:, 0].numpy()
        self._anchor_anew(np.flatnonzero(wrapped & self.reanchor), rows)
        tracked = self._track(rows)
        done = self._motion()
        level = (done.root_pos - tracked.root_pos) * torch.tensor([1.0, 1.0, 0.0])
        off = (done.body_pos - level[:, None] - tracked.body_pos).square().sum(-1).amax(-1).sqrt().numpy()
        far = level.square().sum(-1).sqrt().numpy()
        terms = self.reward(done, tracked)
        absurd = self.crowd.faults()
        touched = np.concatenate([w.floor_touch for w in self.crowd.worlds])
        late = self.tick > self.grace
        sunk = (self.crowd.body_pos[:, self._head, 2] < self.low) & (self.tick > 30)
        fell = (touched & ~self.allowed).any(-1) | sunk | absurd
        terminated = fell | (late & ((off > self.stray) | (far > self.drift)))
        reward = torch.where(torch.from_numpy(fell), torch.zeros(()), terms @ self.reward.weights)
        truncated = (self.tick >= self.length) & ~terminated
        self._walk(np.arange(self.num_characters))
        return TickResult(reward, terminated, truncated, fell)

    def _track(self, rows: Tensor) -> ReferenceTrack:
        c, n = self.cols, len(rows)
        return ReferenceTrack(
            rows[:, c.root_pos], rows[:, c.root_rot], rows[:, c.joint_rot].view(n, -1, 4), rows[:, c.root_vel],
            rows[:, c.root_ang_vel], rows[:, c.joint_vel].view(n, -1, 3), rows[:, c.body_pos].view(n, -1, 3),
            rows[:, c.com],
        )  # fmt: skip

    def _motion(self) -> TrackedMotion:
        names = ("root_pos", "root_rot", "joint_rot", "root_vel", "root_ang_vel", "joint_vel", "body_pos", "body_rot")
        body = self.fields(self.anchor, names)
        tensors = {name: torch.from_numpy(array) for name, array in body.items()}
        poses = BodyPoses(body["body_pos"].astype(np.float64), body["body_rot"].astype(np.float64))
        com = torch.from_numpy(kinematics.center_of_mass(self.model, poses).astype(np.float32))
        return TrackedMotion(**{name: tensors[name] for name in names[:7]}, com=com)

    def _anchor_anew(self, indices: Ints, rows: Tensor) -> None:
        """Put the plan's present cycle under characters (M,), turned as they are."""
        if not len(indices):
            return
        state, row = self.crowd.state[indices], rows[torch.from_numpy(indices)].double().numpy()
        turn = rotation.multiply(state.root_rot, rotation.conjugate(rotation.normalize(row[:, self.cols.root_rot])))
        heading = 2.0 * np.arctan2(turn[:, 2], turn[:, 3])
        x, y = row[:, self.cols.origin.start], row[:, self.cols.origin.start + 1]
        cos, sin = np.cos(heading), np.sin(heading)
        self.anchor[indices, 0] = state.root_pos[:, 0] - (cos * x - sin * y)
        self.anchor[indices, 1] = state.root_pos[:, 1] - (sin * x + cos * y)
        self.anchor[indices, 2] = heading

    def cycle_frames(self, chosen: Ints) -> Array:
        """(M, 3) the world frames of the clips' own present cycles, as a specialist with anchors would have them."""
        row = self.plan[torch.from_numpy(chosen), torch.from_numpy(self.tick[chosen])].double().numpy()
        x, y, turn = row[:, self.cols.origin].T
        cos, sin = np.cos(self.anchor[chosen, 2]), np.sin(self.anchor[chosen, 2])
        place = np.stack([cos * x - sin * y, sin * x + cos * y, turn], 1)
        return np.asarray(self.anchor[chosen] + place)

    def states(self, chosen: Ints) -> CharacterState:
        """States (M,) of characters, the world's frame."""
        return self.crowd.state[chosen]

    def close(self) -> None:
        """Give the Bullet clients back."""
        self.crowd.close()
