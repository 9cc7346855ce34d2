"""ImitationEnvironment: a crowd that imitates one clip; raw policy inputs out, joint targets in."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.play.initial_state import MAX_PENETRATION
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from tools.train import clip_states, terminations
from tools.train.batched_inputs import anchored
from tools.train.batched_worlds import BatchedWorlds
from tools.train.config import TrainConfig
from tools.train.disturbances import Disturbances
from tools.train.features import PolicyInputs
from tools.train.initial_states import InitialStates
from tools.train.mirror import symmetrized
from tools.train.reference_table import CYCLE_TOLERANCE, ReferenceTable, ReferenceTrack
from tools.train.rewards import DEEPMIMIC, ImitationReward, RewardWeights, TrackedMotion

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
OWN_SHARE = 0.5
"""of a cycle that an episode must have lasted for the state at the cycle's end to be remembered"""
OWN_REWARD = 0.6
"""of a state at a cycle's end from which it is worth to start: most others are past saving and teach nothing"""
CLEARANCE = 0.002
"""m above the floor to which a start pose that reaches into it is lifted, before the last stage"""


@dataclass(frozen=True)
class Outcome:
    """What a tick brought, before any reset."""

    reward: Tensor
    """(N,)"""
    terms: Tensor
    """(N, 5) of ImitationReward"""
    terminated: Bools
    """(N,) fell, strayed or became absurd"""
    truncated: Bools
    """(N,) ran out of time"""
    fell: Bools
    """(N,) touched the floor with a body that the clip keeps off it"""
    wrapped: Bools
    """(N,) came round to the next cycle: the anchor was taken anew"""


class ImitationEnvironment:
    """N characters; the anchor is taken at the start and anew at every cycle, as the Runtime does it.

    Time is a start time plus an integer number of ticks. Reset is explicit: `step` leaves ended episodes as they are.
    """

    def __init__(
        self, config: TrainConfig, clip: MotionClip, model: CharacterModel, worlds: int, per_world: int
    ) -> None:
        self.config, self.clip, self.model = config, clip.placed(), model
        self.crowd = BatchedWorlds(model, worlds, per_world)
        n = self.num_characters = self.crowd.num_characters
        self.table = ReferenceTable(clip, model)
        self._states = clip_states.ClipRows(self.clip, model.physics_hz)
        self._path: clip_states.ClipRows | None = None
        self.rewarded = self.table
        self.forgiving = bool(config.forgive_drift)
        """whether the way over the ground neither costs reward nor ends an episode"""
        self.depth = -CLEARANCE
        """m, how deep in the floor the lowest point of a start may lie"""
        self.stray = config.stray[1]
        """m, present limit"""
        self.lenient = 0.0
        """chance that a hand or a shin on the floor costs a tick's reward only, not the episode"""
        self._limbs = np.array(["shin" in b or "arm" in b or "hand" in b for b in model.body_names])
        self.reward = self._reward(RewardWeights())
        self.allowed = contact_bodies(config, model)
        seconds = config.cycles * clip.duration if clip.loop else clip.duration + config.hold
        self.max_ticks = round(seconds * model.control_hz)
        self.ticks = np.zeros(n, np.int64)
        self.start_time = np.zeros(n)
        self.begun = np.full(n, np.nan)
        """(N,) phase of the clip in which the episode began, nan where it goes on where another ended"""
        self.anchor = np.zeros((n, 3))
        """(N, 3) x, y and heading of the anchor in the world"""
        width = clip_states.pack(self.crowd.state).shape[1] + 1
        self.starts = InitialStates(config, clip.duration, clip.loop, width)
        self.disturbances = Disturbances(config, self.crowd)
        self.rng = np.random.default_rng(0)

    def polish(self) -> None:
        """Begin the last stage: the clip itself and where it goes, the game's starts, DeepMimic's rewards."""
        clip = MotionClip.load(self.config.clip)
        clip = symmetrized(clip, self.model) if self.config.mirror else clip.placed()
        self._path, self._states = self._states, clip_states.ClipRows(clip, self.model.physics_hz, as_played=True)
        self.depth, self.forgiving = MAX_PENETRATION, False
        self.rewarded, self.reward = ReferenceTable(clip, self.model), self._reward(DEEPMIMIC)
        self.starts.path = self.starts.path[:0]

    def _reward(self, weights: RewardWeights) -> ImitationReward:
        ends = [self.model.body(name) for name in ("right_foot", "left_foot", "right_hand", "left_hand")]
        return ImitationReward(weights, self.model.joint_names, ends)

    @property
    def allowed_names(self) -> list[str]:
        """The bodies beside the feet that may touch the floor."""
        return [self.model.body_names[b] for b in np.flatnonzero(self.allowed) if b not in self.model.feet]

    # ---------------------------------------------------------------- time
    @property
    def time(self) -> Array:
        """(N,) s since the start, of the clip's phase 0."""
        return self.start_time + self.ticks / self.model.control_hz

    @property
    def exploration(self) -> Tensor:
        """(N,) what the noise of the actions is multiplied with."""
        return torch.from_numpy(self.starts.exploration(self.begun, self.ticks / self.model.control_hz)).float()

    def _cycle(self, time: Array) -> Array:
        return np.floor(time / self.clip.duration + CYCLE_TOLERANCE) if self.clip.loop else np.zeros_like(time)

    def _anchored_time(self) -> Array:
        """(N,) s since the present cycle began."""
        return self.time - self._cycle(self.time) * self.clip.duration

    # ---------------------------------------------------------------- episodes
    def seed(self, *numbers: int) -> None:
        """Make the following starts and disturbances a function of these numbers and the state."""
        self.rng = np.random.default_rng(numbers)

    def reset(self, indices: NDArray[np.int64], time: Array | None = None) -> None:
        """Begin new episodes for characters (M,): at the given times (M,) of the clip, or drawn from InitialStates."""
        if not len(indices):
            return
        found = None
        if time is None:
            time, found, self.begun[indices] = self.starts.draw(len(indices), self.rng)
        flat = self._states(time)
        if found is not None:
            flat = np.where(np.isnan(found), self._eased(flat, time), found)
        state = self._lifted(self._blurred(clip_states.unpack(flat, self.model.num_joints)))
        self.ticks[indices], self.start_time[indices] = 0, time
        self.anchor[indices] = self.crowd.places[indices] * np.array([1.0, 1.0, 0.0])
        self.crowd.reset(indices, replace(state, root_pos=state.root_pos + self.crowd.places[indices]))

    def _eased(self, flat: Array, time: Array) -> Array:
        """Start states (M, width) of the clip; in the last stage some are on the way from there to the path.

        A policy that knows the path alone fails from the clip's flight every time, and so learns nothing there; from
        somewhere between it fails now and then.
        """
        if self._path is None:
            return flat
        eased = self.rng.random(len(time)) < self.config.start_path
        share = np.where(eased, self.rng.random(len(time)), 0.0)
        clip, path = (clip_states.unpack(row, self.model.num_joints) for row in (flat, self._path(time)))
        return clip_states.pack(clip.towards(path, share))

    def _blurred(self, state: CharacterState) -> CharacterState:
        """The reference's state with small random errors."""
        noise, rng = self.config.start_noise, self.rng
        joint = rng.normal(0.0, noise, state.joint_vel.shape)
        joint[:, self.model.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
        speed = rng.normal(0.0, 10.0 * noise, state.joint_vel.shape)
        speed[:, self.model.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
        root = rng.normal(0.0, noise, state.root_pos.shape)
        return CharacterState(
            state.root_pos,
            rotation.multiply(rotation.from_rotvec(root), state.root_rot),
            rotation.multiply(state.joint_rot, rotation.from_rotvec(joint)),
            state.root_vel + rng.normal(0.0, 5.0 * noise, state.root_vel.shape),
            state.root_ang_vel + rng.normal(0.0, 5.0 * noise, state.root_vel.shape),
            state.joint_vel + speed,
        )

    def _lifted(self, state: CharacterState) -> CharacterState:
        """Raised until nothing reaches deeper into the floor than it may."""
        poses = kinematics.body_poses(self.model, state.root_pos, state.root_rot, state.joint_rot)
        state.root_pos[:, 2] += np.maximum(0.0, -self.depth - kinematics.lowest_point(self.model, poses))
        return state

    # ---------------------------------------------------------------- a tick
    def inputs(self, chosen: NDArray[np.int64] | slice = slice(None)) -> PolicyInputs:
        """What the contract hands the policy of characters `chosen`, float32."""
        return self._anchored(chosen)[0]

    def _anchored(self, chosen: NDArray[np.int64] | slice = slice(None)) -> tuple[PolicyInputs, Tensor]:
        """The policy's inputs and the centres of mass (M, 3)."""
        crowd = self.crowd
        gravity = np.repeat([w.gravity for w in crowd.worlds], crowd.per_world, axis=0)
        return anchored(
            self.model, self.anchor[chosen], crowd.state[chosen], crowd.body_pos[chosen], crowd.body_rot[chosen],
            gravity[chosen], self.time[chosen],
        )  # fmt: skip

    def step(self, target: Array) -> Outcome:
        """Advance one tick towards joint targets (N, J, 4)."""
        self.disturbances.tick(self.rng)
        self.crowd.step(target)
        before = self._cycle(self.time)
        self.ticks += 1
        wrapped = self._cycle(self.time) != before
        self._anchor_anew(np.flatnonzero(wrapped))
        inputs, com = self._anchored()
        time = torch.from_numpy(self._anchored_time().astype(np.float32))
        done = _motion(inputs, com)
        tracked = self.table(time)
        level = _undrifted(done, tracked)
        # a jump that falls short is still a jump: the way over the ground has a limit of its own
        strayed = self._strayed(level, tracked)
        if self.rewarded is not self.table:
            # what starts from the clip need not be on the path yet
            tracked = self.rewarded(time)
            level = _undrifted(done, tracked)
            strayed &= self._strayed(level, tracked)
        terms = self.reward(level if self.forgiving else done, tracked)
        absurd = self.crowd.faults()
        fell = terminations.fell(self.crowd.floor_contacts(), self.allowed)
        if not self.forgiving:
            strayed |= terminations.drifted(done.root_pos, tracked.root_pos, self.config.drift).numpy()
        terminated = self._ends(fell) | strayed | absurd
        reward = torch.where(torch.from_numpy(absurd | fell), torch.zeros(()), terms @ self.reward.weights)
        truncated = (self.ticks >= self.max_ticks) & ~terminated
        # who has just been put down shortly before the end says nothing about how our own cycles end
        settled = self.ticks > OWN_SHARE * self.clip.duration * self.model.control_hz
        hopeful = reward.numpy() > OWN_REWARD
        self._remember(np.flatnonzero(wrapped & ~terminated & settled & hopeful))
        self.latest = inputs
        return Outcome(reward, terms, terminated, truncated, fell, wrapped)

    def _strayed(self, motion: TrackedMotion, tracked: ReferenceTrack) -> Bools:
        return terminations.strayed(motion.body_pos, tracked.body_pos, self.stray).numpy()

    def _ends(self, fell: Bools) -> Bools:
        """(N,) which falls end the episode; limbs on the floor are forgiven by chance while `lenient`."""
        if not self.lenient:
            return fell
        forgiven = self.rng.random(len(fell)) < self.lenient
        badly = terminations.fell(self.crowd.floor_contacts(), self.allowed | self._limbs)
        return np.asarray(fell & (badly | ~forgiven))

    def end(self, outcome: Outcome) -> NDArray[np.int64]:
        """Count the episodes that ended, begin new ones in their place, and return which characters' (M,)."""
        ended = np.flatnonzero(outcome.terminated | outcome.truncated)
        phase = np.clip(self._anchored_time()[ended] / self.clip.duration, 0.0, 1.0)
        self.starts.learn(phase, outcome.terminated[ended], self.begun[ended])
        self.disturbances.vary(ended, self.rng)
        self.reset(ended)
        return ended

    def _anchor_anew(self, indices: NDArray[np.int64]) -> None:
        if not len(indices):
            return
        state = self.crowd.state[indices]
        self.anchor[indices, :2] = state.root_pos[:, :2]
        self.anchor[indices, 2] = rotation.heading(state.root_rot)

    def _remember(self, indices: NDArray[np.int64]) -> None:
        """Give InitialStates the states of characters that have just come round, in their new anchors' frames."""
        if not len(indices):
            return
        anchor = self.anchor[indices]
        state = self.crowd.state[indices].moved(-anchor * np.array([1.0, 1.0, 0.0]))
        state = state.moved(np.zeros(3), -anchor[:, 2])
        self.starts.remember(np.concatenate([clip_states.pack(state), self._anchored_time()[indices, None]], axis=1))

    # ---------------------------------------------------------------- keeping
    def state_dict(self) -> dict[str, Tensor]:
        """All that the next iteration depends on, as tensors of the same shape on every rank."""
        state = {f"state.{f.name}": torch.tensor(getattr(self.crowd.state, f.name)) for f in fields(CharacterState)}
        state |= {k: torch.tensor(getattr(self, k)) for k in ("ticks", "start_time", "begun", "anchor")}
        state |= {f"starts.{k}": v for k, v in self.starts.state_dict().items()}
        return state | {f"disturbances.{k}": v for k, v in self.disturbances.state_dict().items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what state_dict gave and continue in fresh Worlds."""
        self.starts.load_state_dict({k[7:]: v for k, v in state.items() if k.startswith("starts.")})
        self.disturbances.load_state_dict({k[13:]: v for k, v in state.items() if k.startswith("disturbances.")})
        self.ticks, self.start_time = state["ticks"].numpy().copy(), state["start_time"].numpy().copy()
        self.begun, self.anchor = state["begun"].numpy().copy(), state["anchor"].numpy().copy()
        self.crowd.state = CharacterState(*(state[f"state.{f.name}"].numpy() for f in fields(CharacterState)))
        self.crowd.rebuild()

    def close(self) -> None:
        """Give the Bullet clients back."""
        self.crowd.close()


def contact_bodies(config: TrainConfig, model: CharacterModel) -> Bools:
    """Bodies (B,) that may touch the floor, by configuration or from the clip.

    From the clip itself, also where sampling found a path to imitate: that must not make its own rules.
    """
    if not config.contact_bodies:
        return terminations.allowed_contacts(MotionClip.load(config.clip), model)
    allowed = np.zeros(model.num_bodies, bool)
    allowed[[model.body(name) for name in config.contact_bodies]] = True
    return allowed


def _motion(inputs: PolicyInputs, com: Tensor) -> TrackedMotion:
    return TrackedMotion(
        inputs.root_pos, inputs.root_rot, inputs.joint_rot, inputs.root_vel, inputs.root_ang_vel, inputs.joint_vel,
        inputs.body_pos, com,
    )  # fmt: skip


def _undrifted(motion: TrackedMotion, reference: ReferenceTrack) -> TrackedMotion:
    """The motion shifted over the ground so that its root is above or below the reference's."""
    drift = (motion.root_pos - reference.root_pos) * torch.tensor([1.0, 1.0, 0.0])
    return motion._replace(
        root_pos=motion.root_pos - drift, body_pos=motion.body_pos - drift[:, None], com=motion.com - drift
    )
