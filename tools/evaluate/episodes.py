"""Episodes of a policy, run side by side: how long it survives, what it earns, which pushes it withstands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from game.play.agent import Agent
from game.play.controllers import PolicyControllers
from game.play.initial_state import starting_state
from game.policy.anchor import Anchor
from game.policy.policy import Policy, PolicyError
from game.sim.bullet import open_world
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from game.sim.world import World
from tools.train.batched_inputs import anchored, tracked_motion
from tools.train.config import TrainConfig
from tools.train.disturbances import Disturbances
from tools.train.reference_table import ReferenceTable
from tools.train.rewards import DEEPMIMIC, ImitationReward

Array = NDArray[np.float64]

PER_WORLD = 8
"""characters in one World: more make Bullet's broad phase slow"""
START_NOISE = 0.02
"""of the runs from phase 0, but the first"""
PUSH_SECONDS = 0.2
PUSH_PHASES = 8
PUSH_STEP = 10.0
"""N, what bisection resolves"""
MAX_PUSH = 1600.0
DIRECTIONS = {"forward": (1.0, 0.0, 0.0), "side": (0.0, 1.0, 0.0)}


@dataclass(frozen=True)
class Episode:
    """How one episode starts."""

    phase: float
    noise: float = 0.0
    """m/s and rad/s on the root's velocities, so that runs from the same phase differ"""
    push: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """N, in the anchor's frame, for PUSH_SECONDS from the start"""


@dataclass(frozen=True, eq=False)
class Result:
    """How N episodes went."""

    seconds: Array
    """(N,) until the fall, or all of them"""
    survived: NDArray[np.bool_]
    """(N,)"""
    flips: NDArray[np.int64]
    """(N,)"""
    returns: Array
    """(N,) normalised"""


class Reward:
    """The reward of training's terms with the paper's weights, of characters in a World."""

    def __init__(self, model: CharacterModel, clip: MotionClip) -> None:
        self.model = model
        self.reference = ReferenceTable(clip, model)
        self.reward = ImitationReward(DEEPMIMIC, model)

    def __call__(self, state: CharacterState, poses: BodyPoses, anchors: list[Anchor], time: Array) -> Array:
        """Rewards (N,) of states (N,) and body poses (N, B) in the world, at times (N,) since the anchors were set."""
        frame = np.array([(a.x, a.y, a.heading) for a in anchors])
        inputs, com = anchored(self.model, frame, state, poses.pos, poses.rot, np.zeros((len(anchors), 3)), time)
        reference = self.reference(torch.from_numpy(time.astype(np.float32)))
        terms = self.reward(tracked_motion(inputs, com), reference)
        return np.asarray((terms @ self.reward.weights).double().numpy())


@dataclass
class _DisturbedWorld:
    """One World's characters, as Disturbances expects them."""

    model: CharacterModel
    worlds: list[World]
    per_world: int
    num_characters: int


def run(
    policy: Policy, clip: MotionClip, episodes: list[Episode], seconds: float, *, seed: int = 0, disturbed: bool = False
) -> Result:
    """Run episodes side by side, PER_WORLD to a World; disturbed ones alone."""
    size = 1 if disturbed else PER_WORLD
    parts = [
        _run_world(policy, clip, episodes[k : k + size], seconds, np.random.default_rng([seed, k]), disturbed)
        for k in tqdm(range(0, len(episodes), size), unit="world", leave=False, disable=None)
    ]
    return Result(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("seconds", "survived", "flips", "returns"))
    )


def _run_world(
    policy: Policy, clip: MotionClip, episodes: list[Episode], seconds: float, rng: np.random.Generator, disturbed: bool
) -> Result:
    model = CharacterModel.load(policy.spec.character)
    n, hz = len(episodes), model.control_hz
    num_ticks, reward = round(seconds * hz), Reward(model, clip)
    returns, lasted = np.zeros(n), np.full(n, num_ticks)
    with open_world(model, collide_characters=False) as world:
        controllers = PolicyControllers(world, rng)
        for index, episode in enumerate(episodes):
            home = Anchor(0.0, 6.0 * index, 0.0)
            world.add_character((home.x, home.y))
            world.set_gains(index, *policy.gains)
            state = home.place(starting_state(world, policy, episode.phase))
            noise = rng.normal(scale=episode.noise, size=(2, 3))
            state = state.nudged(noise[0], noise[1])
            world.reset([index], state[None])
            agent = Agent(home)
            agent.start(policy, home, 0, episode.phase)
            controllers.agents.append(agent)
            if any(episode.push):
                world.forces.push(index, 0, episode.push, round(PUSH_SECONDS * hz))
        disturbances = Disturbances(TrainConfig(clip.name), _DisturbedWorld(model, [world], n, n))
        if disturbed:
            disturbances.begin(rng)
        flips = np.zeros(n, np.int64)
        for tick in range(num_ticks):
            targets, failed = controllers.joint_targets()
            for error in failed.values():
                raise error
            disturbances.tick(rng)
            world.step(targets.rotation, targets.hinge)
            up = lasted == num_ticks
            lasted = np.where(controllers.count_falls() & up, tick, lasted)
            flips = np.where(up, [p.counter.flips for p in controllers.agents], flips)
            since_anchor = np.array([p.time(world.tick, hz) - _cycle_start(p) for p in controllers.agents])
            gained = reward(world.state, world.body_poses, [p.anchor for p in controllers.agents], since_anchor)
            returns += np.where(lasted == num_ticks, gained, 0.0)
            if (lasted < num_ticks).all():
                break
    return Result(lasted / hz, np.asarray(lasted == num_ticks), flips, returns / num_ticks)


def _cycle_start(agent: Agent) -> float:
    """Policy time, s, at which the present anchor's cycle began."""
    clip = agent.policy.spec.clip if agent.policy is not None else None
    return 0.0 if clip is None else agent.cycle * clip.duration


def max_push(policy: Policy, clip: MotionClip, direction: tuple[float, float, float]) -> float:
    """The largest push survived for 5 s, N, by bisection for each of PUSH_PHASES phases, averaged over them."""
    phases = np.arange(PUSH_PHASES) / PUSH_PHASES
    low, high = np.zeros(PUSH_PHASES), np.full(PUSH_PHASES, MAX_PUSH)
    while (high - low).max() > PUSH_STEP:
        force = 0.5 * (low + high)
        episodes = [
            Episode(float(p), push=(f * direction[0], f * direction[1], f * direction[2]))
            for p, f in zip(phases, force, strict=True)
        ]
        survived = run(policy, clip, episodes, 5.0).survived
        low, high = np.where(survived, force, low), np.where(survived, high, force)
    return float(low.mean())


def evaluate(
    policy: Policy, *, episodes: int, seconds: float, pushes: bool = False, disturbed: bool = False, seed: int = 0
) -> dict[str, Any]:
    """All scores of a policy."""
    if policy.spec.clip is None:
        raise PolicyError(f"{policy.spec.name} imitates no clip: there is nothing to hold it against")
    clip = MotionClip.load(policy.spec.clip.name)
    phases = np.random.default_rng(seed).random(episodes)
    spread = run(policy, clip, [Episode(float(p)) for p in phases], seconds, seed=seed)
    first = run(policy, clip, [Episode(0.0), *[Episode(0.0, START_NOISE)] * 9], seconds, seed=seed + 1)
    scores: dict[str, Any] = {"policy": policy.spec.name, "clip": clip.name, "episodes": episodes, "seconds": seconds}
    for suffix, result in (("", spread), ("_phase0", first)):
        scores |= {
            f"survival{suffix}": round(float(result.survived.mean()), 3),
            f"mean_seconds{suffix}": round(float(result.seconds.mean()), 2),
            f"flips_per_episode{suffix}": round(float(result.flips.mean()), 2),
            f"normalized_return{suffix}": round(float(result.returns.mean()), 3),
        }
    if pushes:
        scores |= {f"max_push_{k}_n": round(max_push(policy, clip, v)) for k, v in DIRECTIONS.items()}
    if disturbed:
        rough = run(policy, clip, [Episode(float(p)) for p in phases], seconds, seed=seed + 2, disturbed=True)
        scores["disturbed_survival"] = round(float(rough.survived.mean()), 3)
        scores["disturbed_return"] = round(float(rough.returns.mean()), 3)
    return scores
