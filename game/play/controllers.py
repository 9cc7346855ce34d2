"""PolicyControllers: the characters of a World and who drives each of them; what they aim at, and how they fare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.play.agent import Agent
from game.play.fall_counter import lateral_rates, touches_of
from game.policy.anchor import ORIGIN, Anchor, from_anchor
from game.policy.observation import Inputs, observe_into, observe_reference
from game.policy.policy import Binding, Policy, PolicyError, PolicyOutput, PolicyReference
from game.sim import kinematics, rotation
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.model import CharacterModel
from game.sim.snapshot import Ghosts
from game.sim.world import World

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JointTargets:
    """What N characters aim at in a control tick."""

    rotation: Array
    """(N, J, 4) child in parent"""
    hinge: Array
    """(N, H) rad of the hinges; nan where the rotation says it"""
    ghosts: Ghosts
    """(N, B, ...) of the references, world; nan where a policy tells none"""


def _ghosts(
    model: CharacterModel, count: int, told: list[tuple[list[int], list[Anchor], PolicyReference]]
) -> BodyPoses:
    """Body poses (count, B, ...), world, of references that some characters' policies told in their anchors' frames."""
    pos, rot = (np.full((count, model.num_bodies, width), np.nan) for width in (3, 4))
    for members, anchors, reference in told:
        pos[members], rot[members] = from_anchor(anchors, kinematics.body_poses(model, *reference))
    return BodyPoses(pos, rot)


class PolicyControllers:
    """Plays every character by its policy: one batched run per policy."""

    def __init__(self, world: World, random: np.random.Generator) -> None:
        """random: the nerves' source."""
        self.world = world
        self.agents: list[Agent] = []
        self._random = random
        self._not_feet = ~np.isin(np.arange(world.model.num_bodies), world.model.feet)
        self._bindings: dict[Policy, Binding] = {}
        """to the policies that play"""

    def joint_targets(self) -> tuple[JointTargets, dict[Policy, PolicyError]]:
        """Ask the policies; also those that failed, whose characters hold the default pose.

        Takes a agent's anchor anew where his policy wants that.
        """
        model, n = self.world.model, len(self.agents)
        told: list[tuple[list[int], list[Anchor], PolicyReference]] = []
        ghosts = Ghosts(lambda: _ghosts(model, n, told))
        aims = JointTargets(np.empty((n, model.num_joints, 4)), np.full((n, len(model.hinges)), np.nan), ghosts)
        aims.rotation[:] = rotation.IDENTITY
        groups: dict[Policy, list[int]] = {}
        for index, agent in enumerate(self.agents):
            if agent.policy is not None:
                groups.setdefault(agent.policy, []).append(index)
        self._bindings = {policy: b for policy, b in self._bindings.items() if policy in groups}
        failed: dict[Policy, PolicyError] = {}
        for policy, members in groups.items():
            times = np.array([self._time_of(index) for index in members])
            try:
                out = self._ask(policy, members, times)
            except PolicyError as error:
                failed[policy] = error
                continue
            # a slice is copied faster than a list of places
            where = slice(None) if len(members) == n else members
            aims.rotation[where] = out.joint_target
            if out.hinge_target is not None:
                aims.hinge[where] = out.hinge_target
            if policy.spec.lookahead:
                told.append((members, [ORIGIN] * len(members), self._shown(members)))
            elif out.reference is not None:
                told.append((members, [self.agents[index].anchor for index in members], out.reference))
        self._disturb(aims)
        return aims, failed

    def _time_of(self, index: int) -> float:
        """A character's policy time; takes its anchor anew where the policy wants that."""
        agent, world = self.agents[index], self.world
        time = agent.time(world.tick, world.model.control_hz)
        if agent.begins_cycle(time):
            agent.anchor = Anchor.under(world.state.root_pos[index], world.state.root_rot[index])
        return time

    def _ask(self, policy: Policy, members: list[int], times: Array) -> PolicyOutput:
        world = self.world
        state, poses, velocities = world.state, world.body_poses, world.body_velocities
        if len(members) < len(self.agents):
            state = state[members]
            poses = BodyPoses(poses.pos[members], poses.rot[members])
            velocities = BodyVelocities(velocities.vel[members], velocities.ang_vel[members])
        anchors = [self.agents[index].anchor for index in members]
        bound = self._bindings.get(policy)
        if bound is None or bound.num_characters != len(members):
            bound = self._bindings[policy] = policy.bind(len(members))
        inputs = bound.inputs
        observe_into(inputs, anchors, state, poses, velocities, world.gravity, times)
        if policy.spec.lookahead:
            self._show_references(policy, members, inputs)
        for k, index in enumerate(members):
            noise = self.agents[index].nerves.sense_noise
            if noise:
                shape = (world.model.num_joints, 3)
                turn = rotation.from_rotvec(self._random.normal(scale=noise, size=shape))
                jitter = self._random.normal(scale=10.0 * noise, size=shape)
                if "joint_rot" in inputs:
                    inputs["joint_rot"][k] = rotation.multiply(inputs["joint_rot"][k].astype(float), turn)
                if "joint_vel" in inputs:
                    inputs["joint_vel"][k] += jitter
        return bound.run()

    def _show_references(self, policy: Policy, members: list[int], inputs: Inputs) -> None:
        """Lets the members' performances go on by a tick, and fills the inputs of what lies ahead."""
        ahead, world = np.array(policy.spec.lookahead), self.world
        for row, index in enumerate(members):
            agent = self.agents[index]
            performance = agent.performance
            assert performance is not None
            bodies = BodyPoses(world.body_poses.pos[index], world.body_poses.rot[index])
            performance.advance(world.state[index], bodies)
            observe_reference(inputs, row, agent.anchor, *performance.poses(ahead))

    def _shown(self, members: list[int]) -> PolicyReference:
        """What the members' performances show now, in the world."""
        now = np.zeros(1)
        performances = [self.agents[index].performance for index in members]
        poses = [performance.poses(now) for performance in performances if performance is not None]
        return PolicyReference(*(np.concatenate(parts) for parts in zip(*poses, strict=True)))

    def _disturb(self, aims: JointTargets) -> None:
        """What nerves do to the aims, in place."""
        model = self.world.model
        for index, agent in enumerate(self.agents):
            nerves = agent.nerves
            if nerves.act_noise:
                turn = self._random.normal(scale=nerves.act_noise, size=(model.num_joints, 3))
                aims.rotation[index] = rotation.multiply(aims.rotation[index], rotation.from_rotvec(turn))
                aims.hinge[index] += turn[model.joint_is_hinge, 1]
            if nerves.delay:
                agent.delayed.append((aims.rotation[index].copy(), aims.hinge[index].copy()))
                aims.rotation[index], aims.hinge[index] = agent.delayed[0]
                if len(agent.delayed) > nerves.delay:
                    agent.delayed.popleft()

    def count_falls(self) -> NDArray[np.bool_]:
        """Counts the falls and flips of the tick that was made; (N,) who touched the floor with what he must not."""
        world, model = self.world, self.world.model
        rates = lateral_rates(world.state.root_rot, world.state.root_ang_vel).tolist()
        harmful = [self._not_feet if agent.policy is None else agent.harmful for agent in self.agents]
        touches = touches_of(world.contacts, harmful, model.feet)
        for agent, touched, rate in zip(self.agents, touches, rates, strict=True):
            agent.counter.add(touched, rate, 1.0 / model.control_hz)
        return np.array([touched.floor for touched in touches], bool)
