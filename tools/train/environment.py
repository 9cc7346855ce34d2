"""ImitationEnvironment: a batch of characters that imitate one clip; raw policy inputs out, joint targets in."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip, cycle_of
from game.sim.roles import BodyPart
from game.sim.state import CharacterState
from tools.train import clip_states, terminations
from tools.train.batched_inputs import anchored, tracked_motion
from tools.train.batched_worlds import BatchedWorlds
from tools.train.config import TrainConfig
from tools.train.disturbances import NEVER, Disturbances
from tools.train.features import PolicyInputs
from tools.train.initial_states import InitialStates
from tools.train.reference_table import ReferenceTable, ReferenceTrack
from tools.train.rewards import TrackedMotion, without_drift
from tools.train.stages import TrainingStage, learning_stage

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
PUSHED = 2.0
"""s for which a push opens the limit of the tracking error"""
LIMBS = (BodyPart.SHIN, BodyPart.UPPER_ARM, BodyPart.FOREARM, BodyPart.HAND)
"""whose touches of the floor `ImitationEnvironment.lenient` is about"""
OWN_SHARE = 0.5
"""of a cycle that an episode must have lasted for the state at the cycle's end to be remembered"""
OWN_REWARD = 0.6
"""of a state at a cycle's end for it to be remembered: from most others every episode fails, which teaches nothing"""


@dataclass(frozen=True)
class Outcome:
    """What a tick led to, before any reset."""

    reward: Tensor
    """(N,)"""
    terms: Tensor
    """(N, K) of the stage's reward"""
    terminated: Bools
    """(N,) fell, lost the motion, or became absurd"""
    truncated: Bools
    """(N,) ran out of time"""
    fell: Bools
    """(N,) touched the floor with a body that the clip keeps off it"""
    wrapped: Bools
    """(N,) began the next cycle, with a new anchor"""


class ImitationEnvironment:
    """N characters, each with an anchor frame that is set at the start and at every new cycle, as in the game.

    Time is a start time plus an integer number of ticks. Reset is explicit: `step` leaves ended episodes as they are.
    """

    def __init__(
        self,
        config: TrainConfig,
        clip: MotionClip,
        model: CharacterModel,
        num_worlds: int,
        per_world: int,
        path_states: Array | None = None,
    ) -> None:
        """Build it in its learning stage; assign another TrainingStage to `stage` at any time.

        Args:
            clip: what the policy follows: the clip, or the feasible motion that sampling found in its place.
            path_states: (M, width + 1) states that sampling found, see TrainingStage.
        """
        self.config, self.clip, self.model = config, clip.placed(), model
        self.batched_worlds = BatchedWorlds(model, num_worlds, per_world)
        n = self.num_characters = self.batched_worlds.num_characters
        self.stage: TrainingStage = learning_stage(config, clip, model, path_states)
        self.followed: ReferenceTable = self.stage.reference
        """what the policy follows: it must be lost for an episode to end, whatever the stage rewards"""
        self.tracking_error_limit = config.tracking_error_limit[1]
        """m, present limit"""
        self.lenient = 0.0
        """chance that a hand or a shin on the floor costs a tick's reward only, not the episode"""
        self._limbs = np.isin(np.arange(model.num_bodies), model.roles.all_of(*LIMBS))
        self.allowed = terminations.contact_bodies(config, model)
        self.ticks = np.zeros(n, np.int64)
        self.start_time = np.zeros(n)
        self.start_phase = np.full(n, np.nan)
        """(N,) phase of the clip in which the episode began, nan where it goes on where another ended"""
        self.anchor = np.zeros((n, 3))
        """(N, 3) x, y and heading of the anchor in the world"""
        self.starts = InitialStates(config, clip.duration, clip.loop, self.stage.start_states.width + 1)
        self.disturbances = Disturbances(config, self.batched_worlds)
        self.configure(config)
        self.rng = np.random.default_rng(0)

    def configure(self, config: TrainConfig) -> None:
        """Change settings of episodes: where they begin, how long they are, and when they end."""
        self.config = self.starts.config = self.disturbances.config = config
        clip = self.clip
        seconds = config.cycles * clip.duration if clip.loop else clip.duration + config.hold
        self.max_ticks = round(seconds * self.model.control_hz)

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
        return torch.from_numpy(self.starts.exploration(self.start_phase, self.ticks / self.model.control_hz)).float()

    def _cycle(self, time: Array) -> Array:
        return cycle_of(time, self.clip.duration, self.clip.loop)

    def anchored_time(self) -> Array:
        """(N,) s since the present cycle began."""
        return self.time - self._cycle(self.time) * self.clip.duration

    # ---------------------------------------------------------------- episodes
    def seed(self, *numbers: int) -> None:
        """Make the starts and disturbances from here on a function of these numbers and the state."""
        self.rng = np.random.default_rng(numbers)

    def reset(self, indices: NDArray[np.int64], time: Array | None = None) -> None:
        """Begin new episodes for characters (M,): at the given times (M,) of the clip, or drawn from InitialStates."""
        if not len(indices):
            return
        found = None
        if time is None:
            time, found, self.start_phase[indices] = self.starts.draw(len(indices), self.rng, self.stage.path_states)
        flat = self.stage.start_states(time)
        if found is not None:
            flat = np.where(np.isnan(found), self._eased(flat, time), found)
        state = self._raised(self._blurred(clip_states.unpack(flat, self.model.num_joints)))
        self.ticks[indices], self.start_time[indices] = 0, time
        self.disturbances.since_push[indices] = NEVER
        self.anchor[indices] = self.batched_worlds.places[indices] * np.array([1.0, 1.0, 0.0])
        self.batched_worlds.reset(
            indices, replace(state, root_pos=state.root_pos + self.batched_worlds.places[indices])
        )

    def _eased(self, flat: Array, time: Array) -> Array:
        """Start states (M, width) of the clip; in the final stage some lie between those and the path's.

        A policy that knows only the path fails every time from the clip's states in the air, and so learns nothing
        from them; from states in between it fails sometimes.
        """
        path_rows = self.stage.path_rows
        if path_rows is None:
            return flat
        eased = self.rng.random(len(time)) < self.config.start_path
        share = np.where(eased, self.rng.random(len(time)), 0.0)
        clip, path = (clip_states.unpack(row, self.model.num_joints) for row in (flat, path_rows(time)))
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

    def _raised(self, state: CharacterState) -> CharacterState:
        """Raised until nothing reaches deeper into the floor than it may."""
        poses = kinematics.body_poses(self.model, state.root_pos, state.root_rot, state.joint_rot)
        lowest = kinematics.lowest_point(self.model, poses)
        state.root_pos[:, 2] += np.maximum(0.0, -self.stage.max_penetration - lowest)
        return state

    # ---------------------------------------------------------------- a tick
    def inputs(self, chosen: NDArray[np.int64] | slice = slice(None)) -> PolicyInputs:
        """The policy contract's inputs of characters `chosen`, float32."""
        return self._anchored(chosen)[0]

    def _anchored(self, chosen: NDArray[np.int64] | slice = slice(None)) -> tuple[PolicyInputs, Tensor]:
        """The policy's inputs and the centres of mass (M, 3)."""
        batch = self.batched_worlds
        gravity = np.repeat([w.gravity for w in batch.worlds], batch.per_world, axis=0)
        return anchored(
            self.model, self.anchor[chosen], batch.state[chosen], batch.body_pos[chosen], batch.body_rot[chosen],
            gravity[chosen], self.time[chosen],
        )  # fmt: skip

    def step(self, target: Array) -> Outcome:
        """Advance one tick towards joint targets (N, J, 4)."""
        self.disturbances.tick(self.rng)
        self.batched_worlds.step(target)
        before = self._cycle(self.time)
        self.ticks += 1
        wrapped = self._cycle(self.time) != before
        self._move_anchor(np.flatnonzero(wrapped))
        inputs, com = self._anchored()
        time = torch.from_numpy(self.anchored_time().astype(np.float32))
        motion, stage = tracked_motion(inputs, com), self.stage
        reference = self.followed(time)
        shifted = without_drift(motion, reference)
        # a jump that falls short is still a jump: drift over the ground has a limit of its own
        lost = self._tracking_lost(shifted, reference)
        if stage.reference is not self.followed:
            # an episode that starts from the clip need not be on the path yet
            reference = stage.reference(time)
            shifted = without_drift(motion, reference)
            lost &= self._tracking_lost(shifted, reference)
        terms = stage.reward(shifted if stage.ignore_drift else motion, reference)
        absurd = self.batched_worlds.faults()
        fell = terminations.fell(self.batched_worlds.floor_contacts(), self.allowed)
        if not stage.ignore_drift:
            lost |= terminations.drifted(motion.root_pos, reference.root_pos, self.config.drift_limit).numpy()
        terminated = self._ends(fell) | lost | absurd
        reward = torch.where(torch.from_numpy(absurd | fell), torch.zeros(()), terms @ stage.reward.weights)
        truncated = (self.ticks >= self.max_ticks) & ~terminated
        # a state shortly after a start says nothing about how the policy's own cycles end
        settled = self.ticks > OWN_SHARE * self.clip.duration * self.model.control_hz
        good = reward.numpy() > OWN_REWARD
        self._remember(np.flatnonzero(wrapped & ~terminated & settled & good))
        self.latest = inputs
        return Outcome(reward, terms, terminated, truncated, fell, wrapped)

    def _tracking_lost(self, motion: TrackedMotion, reference: ReferenceTrack) -> Bools:
        """(N,) whether some body is farther from the reference's than the present limit, which a push opens."""
        limit, opened = self.tracking_error_limit, self.config.pushed_error_limit
        pushed = self.disturbances.since_push < PUSHED * self.model.control_hz
        limits = torch.from_numpy(np.where(pushed, max(limit, opened), limit)).float()
        return terminations.tracking_lost(motion.body_pos, reference.body_pos, limits).numpy()

    def _ends(self, fell: Bools) -> Bools:
        """(N,) which falls end the episode: with probability `lenient`, hands and shins on the floor do not."""
        if not self.lenient:
            return fell
        spared = self.rng.random(len(fell)) < self.lenient
        not_limbs = terminations.fell(self.batched_worlds.floor_contacts(), self.allowed | self._limbs)
        return np.asarray(fell & (not_limbs | ~spared))

    def end(self, outcome: Outcome) -> NDArray[np.int64]:
        """Count the episodes that ended, begin new ones in their place, and return which characters' (M,)."""
        ended = np.flatnonzero(outcome.terminated | outcome.truncated)
        phase = np.clip(self.anchored_time()[ended] / self.clip.duration, 0.0, 1.0)
        self.starts.learn(phase, outcome.terminated[ended], self.start_phase[ended])
        self.disturbances.vary(ended, self.rng)
        self.reset(ended)
        return ended

    def _move_anchor(self, indices: NDArray[np.int64]) -> None:
        if not len(indices):
            return
        state = self.batched_worlds.state[indices]
        self.anchor[indices, :2] = state.root_pos[:, :2]
        self.anchor[indices, 2] = rotation.heading(state.root_rot)

    def _remember(self, indices: NDArray[np.int64]) -> None:
        """Give InitialStates the states of characters that have just come round, in their new anchors' frames."""
        if not len(indices):
            return
        anchor = self.anchor[indices]
        state = self.batched_worlds.state[indices].moved(-anchor * np.array([1.0, 1.0, 0.0]))
        state = state.moved(np.zeros(3), -anchor[:, 2])
        self.starts.remember(np.concatenate([clip_states.pack(state), self.anchored_time()[indices, None]], axis=1))

    # ---------------------------------------------------------------- keeping
    def state_dict(self) -> dict[str, Tensor]:
        """All that the next iteration depends on, as tensors of the same shape on every rank."""
        own = self.batched_worlds.state
        state = {f"state.{f.name}": torch.tensor(getattr(own, f.name)) for f in fields(CharacterState)}
        state |= {k: torch.tensor(getattr(self, k)) for k in ("ticks", "start_time", "start_phase", "anchor")}
        state |= {f"starts.{k}": v for k, v in self.starts.state_dict().items()}
        return state | {f"disturbances.{k}": v for k, v in self.disturbances.state_dict().items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what state_dict gave and continue in fresh Worlds."""
        self.starts.load_state_dict({k[7:]: v for k, v in state.items() if k.startswith("starts.")})
        self.disturbances.load_state_dict({k[13:]: v for k, v in state.items() if k.startswith("disturbances.")})
        self.ticks, self.start_time = state["ticks"].numpy().copy(), state["start_time"].numpy().copy()
        self.start_phase, self.anchor = state["start_phase"].numpy().copy(), state["anchor"].numpy().copy()
        self.batched_worlds.state = CharacterState(*(state[f"state.{f.name}"].numpy() for f in fields(CharacterState)))
        self.batched_worlds.rebuild()

    def close(self) -> None:
        """Give the Bullet clients back."""
        self.batched_worlds.close()
