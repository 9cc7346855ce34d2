"""Episodes of a skill, run side by side: how long it survives, what it earns, which pushes it withstands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from game.play.agent import Agent
from game.play.clip_library import ClipLibrary
from game.play.clip_sampler import Placement
from game.play.controllers import PolicyControllers
from game.play.initial_state import clip_state, starting_state
from game.play.performance import Performance, is_up
from game.play.reference import aligned_heading
from game.policy.anchor import Anchor
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip, cycle_of
from game.sim.state import CharacterState
from game.sim.world import World
from tools.evaluate.lineup import PUSH_SECONDS, SIZE
from tools.evaluate.measured_skill import MeasuredSkill
from tools.train.batched_inputs import anchored, tracked_motion
from tools.train.config import TrainConfig
from tools.train.disturbances import Disturbances
from tools.train.reference_table import ReferenceTable
from tools.train.rewards import DEEPMIMIC, ImitationReward

Array = NDArray[np.float64]

PUSH_PHASES = 8
PUSH_STEP = 10.0
"""N, what bisection resolves"""
MAX_PUSH = 1600.0


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
    """(N,) normalised; of the ticks that show the clip, where it ends"""


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
    library: PolicyLibrary, skill: MeasuredSkill, episodes: list[Episode], seconds: float, *, seed: int = 0,
    disturbed: bool = False,
) -> Result:  # fmt: skip
    """Run episodes of a library's skill side by side, SIZE to a World; disturbed ones alone."""
    size, clips = 1 if disturbed else SIZE, ClipLibrary(library.model)
    parts = [
        _run_world(library.get(skill.policy), skill, clips, episodes[k : k + size], seconds,
                   np.random.default_rng([seed, k]), disturbed)
        for k in tqdm(range(0, len(episodes), size), unit="world", leave=False, disable=None)
    ]  # fmt: skip
    return Result(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("seconds", "survived", "flips", "returns"))
    )


def _run_world(
    policy: Policy, skill: MeasuredSkill, clips: ClipLibrary, episodes: list[Episode], seconds: float,
    rng: np.random.Generator, disturbed: bool,
) -> Result:  # fmt: skip
    model = CharacterModel.load(policy.spec.character)
    n, hz = len(episodes), model.control_hz
    num_ticks, reward = round(seconds * hz), Reward(model, skill.sampler.clip)
    returns, lasted = np.zeros(n), np.full(n, num_ticks)
    earning = np.array([_earning_ticks(skill, episode.phase, num_ticks, hz) for episode in episodes])
    with open_world(model, collide_characters=False) as world:
        controllers = PolicyControllers(world, rng)
        for index, episode in enumerate(episodes):
            home = Anchor(0.0, 6.0 * index, 0.0)
            world.add_character((home.x, home.y))
            world.set_gains(index, *policy.gains)
            if skill.performed:
                state = home.place(clip_state(model, skill.sampler, episode.phase))
            else:
                state = home.place(starting_state(world, policy, episode.phase))
            noise = rng.normal(scale=episode.noise, size=(2, 3))
            state = state.nudged(noise[0], noise[1])
            world.reset([index], state[None])
            agent, performance = Agent(home), None
            if skill.performed:
                performance = Performance(clips, state)
                performance.perform(skill.clip, state, episode.phase)
            agent.start(policy, home, 0, episode.phase, performance)
            controllers.agents.append(agent)
            if any(episode.push):
                world.forces.push(index, 0, episode.push, round(PUSH_SECONDS * hz))
        disturbances = Disturbances(TrainConfig(skill.clip), _DisturbedWorld(model, [world], n, n))
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
            anchors, times = zip(*(_anchor(p, skill, world.tick, hz) for p in controllers.agents), strict=True)
            gained = reward(world.state, world.body_poses, list(anchors), np.array(times))
            returns += np.where((lasted == num_ticks) & (tick < earning), gained, 0.0)
            if (lasted < num_ticks).all():
                break
        survived = lasted == num_ticks
        for index in np.flatnonzero(survived & skill.performed & (earning < num_ticks)).tolist():
            # when its clip is over a performer stands, or tries again to get up: then no touch of the floor is a fall
            survived[index] = is_up(world.state[index], clips.gait.height)
    return Result(lasted / hz, survived, flips, returns / earning)


def _earning_ticks(skill: MeasuredSkill, phase: float, num_ticks: int, hz: int) -> int:
    """How many ticks of an episode show the clip: when it is over, a performer stands, a specialist holds its end."""
    clip = skill.sampler.clip
    if clip.loop or not skill.performed:
        return num_ticks
    return max(1, min(num_ticks, int((1.0 - phase) * clip.duration * hz - 1e-6)))


def _anchor(agent: Agent, skill: MeasuredSkill, tick: int, hz: int) -> tuple[Anchor, float]:
    """Where the present cycle of the clip lies in the world, and the time in it, s, after a tick."""
    clip, performance = skill.sampler.clip, agent.performance
    if performance is None:
        return agent.anchor, agent.time(tick, hz) - agent.cycle * clip.duration
    time = 0.0 if performance.clip is None else performance.clip[1]
    time += 1.0 / hz - float(cycle_of(time, clip.duration, clip.loop)) * clip.duration
    shown = performance.poses(np.array([1.0 / hz]))
    own = skill.sampler.poses(np.array([time]), Placement(0.0, 0.0, 0.0))
    heading = aligned_heading(shown.root_rot[0], own.root_rot[0])
    origin = rotation.rotate(rotation.from_heading(heading), own.root_pos[0])
    x, y, _ = (shown.root_pos[0] - origin).tolist()
    return Anchor(x, y, heading), time


def max_push(library: PolicyLibrary, skill: MeasuredSkill, direction: tuple[float, float, float]) -> float:
    """The largest push survived for 5 s, N, by bisection for each of PUSH_PHASES phases, averaged over them."""
    phases = np.arange(PUSH_PHASES) / PUSH_PHASES
    low, high = np.zeros(PUSH_PHASES), np.full(PUSH_PHASES, MAX_PUSH)
    while (high - low).max() > PUSH_STEP:
        force = 0.5 * (low + high)
        episodes = [
            Episode(float(p), push=(f * direction[0], f * direction[1], f * direction[2]))
            for p, f in zip(phases, force, strict=True)
        ]
        survived = run(library, skill, episodes, 5.0).survived
        low, high = np.where(survived, force, low), np.where(survived, high, force)
    return float(low.mean())
