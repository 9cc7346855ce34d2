"""Measures a policy: `python -m tools.evaluate policies/NAME.onnx --episodes 40 --seconds 20 [--pushes] [--disturbed]`.

All episodes run side by side, in Worlds where characters do not touch each other. An episode starts in the clip's pose
and velocity at its phase; it ends, as survived, after the given seconds, or when a body that must not touches the floor
at any substep. The last line is JSON.

`normalized_return` follows DeepMimic (Peng et al. 2018, section 5), the reference re-centred and re-headed each cycle:
the reward of each tick, summed over the episode and divided by the number of ticks, 0 after a fall. Differences from
the paper: the reference's anchor is the policy's own (policies/README.md), its velocities are central differences.

`--disturbed` adds what the trainer's robustness stage does at its full size, each episode in a World of its own: pushes
at random times, another gravity, floor friction, strength and density of the body (tools/train/config.py has how much).
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from game.play.agent import Agent
from game.play.controllers import PolicyControllers
from game.play.initial_state import starting_state
from game.policy.anchor import Anchor
from game.policy.policy import Policy, PolicyError
from game.sim import kinematics, rotation
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.sim.state import CharacterState
from game.sim.world import World
from tools.policy_file import rewrite_card
from tools.train.config import TrainConfig
from tools.train.disturbances import Disturbances
from tools.train.rewards import JOINT_WEIGHTS

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
    """What to try."""

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
    """DeepMimic's reward: weights .65 pose, .1 velocity, .15 end-effectors, .1 centre of mass."""

    def __init__(self, model: CharacterModel, clip: MotionClip) -> None:
        self.model = model
        self.clip = clip.placed()
        weights = np.array([JOINT_WEIGHTS["root"], *(JOINT_WEIGHTS[n.split("_")[-1]] for n in model.joint_names)])
        self.weights = weights / weights.sum()
        names = ("right_foot", "left_foot", "right_hand", "left_hand")
        self.ends = [model.body_names.index(n) for n in names]

    def __call__(self, state: CharacterState, anchors: list[Anchor], time: Array) -> Array:
        """Rewards (N,) of states (N,) in the world, at times (N,) since the anchors were taken."""
        place = np.array([(a.x, a.y, 0.0) for a in anchors])
        reference = self.clip.sample(time).moved(place, np.array([a.heading for a in anchors]))
        sim_end, sim_com = self._ends(state)
        ref_end, ref_com = self._ends(reference)
        pose = self._weighted(
            rotation.angle_between(state.root_rot, reference.root_rot) ** 2,
            rotation.angle_between(state.joint_rot, reference.joint_rot) ** 2,
        )
        velocity = self._weighted(
            np.square(state.root_ang_vel - reference.root_ang_vel).sum(-1),
            np.square(state.joint_vel - reference.joint_vel).sum(-1),
        )
        ends = np.square(sim_end - ref_end).sum(-1).mean(-1)
        com = np.square(sim_com - ref_com).sum(-1)
        return np.asarray(
            0.65 * np.exp(-2.0 * pose)
            + 0.1 * np.exp(-0.1 * velocity)
            + 0.15 * np.exp(-40.0 * ends)
            + 0.1 * np.exp(-10.0 * com)
        )

    def _weighted(self, root: Array, joints: Array) -> Array:
        return np.asarray(self.weights[0] * root + joints @ self.weights[1:])

    def _ends(self, state: CharacterState) -> tuple[Array, Array]:
        """End-effectors relative to the root in its heading frame (N, 4, 3), and the centre of mass (N, 3)."""
        poses = kinematics.body_poses(self.model, state.root_pos, state.root_rot, state.joint_rot)
        turn = rotation.from_heading(-rotation.heading(state.root_rot))[:, None]
        arms = poses.pos[:, self.ends] - state.root_pos[:, None]
        local = rotation.rotate(np.broadcast_to(turn, (*arms.shape[:-1], 4)), arms)
        return local, kinematics.center_of_mass(self.model, poses)


@dataclass
class _Crowd:
    """The characters of a World, as Disturbances knows them."""

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
        cast = PolicyControllers(world, rng)
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
            cast.agents.append(agent)
            if any(episode.push):
                world.forces.push(index, 0, episode.push, round(PUSH_SECONDS * hz))
        disturbances = Disturbances(TrainConfig(clip.name), _Crowd(model, [world], n, n))
        if disturbed:
            disturbances.begin(rng)
        flips = np.zeros(n, np.int64)
        for tick in range(num_ticks):
            targets, failed = cast.joint_targets()
            for error in failed.values():
                raise error
            disturbances.tick(rng)
            world.step(targets.rotation, targets.hinge)
            up = lasted == num_ticks
            lasted = np.where(cast.judge() & up, tick, lasted)
            flips = np.where(up, [p.flips for p in cast.agents], flips)
            since_anchor = np.array([p.time(world.tick, hz) - _cycle_start(p) for p in cast.agents])
            gained = reward(world.state, [p.anchor for p in cast.agents], since_anchor)
            returns += np.where(lasted == num_ticks, gained, 0.0)
            if (lasted < num_ticks).all():
                break
    return Result(lasted / hz, np.asarray(lasted == num_ticks), flips, returns / num_ticks)


def _cycle_start(agent: Agent) -> float:
    """Policy time at which the present anchor's cycle began."""
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


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="tools.evaluate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("policies", nargs="+", type=Path)
    parser.add_argument("--episodes", type=int, default=40, help="from random phases (10 more from phase 0)")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--pushes", action="store_true", help="also find the largest push that it survives")
    parser.add_argument("--disturbed", action="store_true", help="also under pushes, in other conditions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the scores on the policy's card")
    options = parser.parse_args(argv)
    if options.episodes < 1 or options.seconds <= 0.0:
        parser.error(f"{options.episodes} episodes of {options.seconds} s: expected positive numbers")
    for path in options.policies:
        try:
            policy = Policy.load(path, CharacterModel.load())
            scores = evaluate(
                policy, episodes=options.episodes, seconds=options.seconds, pushes=options.pushes,
                disturbed=options.disturbed, seed=options.seed,
            )  # fmt: skip
        except (PolicyError, ClipError) as error:
            print(error, file=sys.stderr)
            return 1
        if options.write:
            rewrite_card(path, replace(policy.spec, scores={**policy.spec.scores, **scores}))
        for key, value in scores.items():
            print(f"{key:26} {value}")
        print(json.dumps(scores), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
