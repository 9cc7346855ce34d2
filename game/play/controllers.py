"""PolicyControllers: runs the policy of every character, once a control tick, and counts their falls."""

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
    """The joint targets of N characters for one control tick."""

    rotation: Array
    """(N, J, 4) child in parent"""
    hinge: Array
    """(N, H) hinge angles, rad; nan where `rotation` is the target"""
    ghosts: Ghosts
    """(N, B, ...) body poses of the references, world; nan for a character whose policy has none"""


def _ghosts(
    model: CharacterModel, count: int, references: list[tuple[list[int], list[Anchor], PolicyReference]]
) -> BodyPoses:
    """Body poses (count, B, ...), world, of references in their anchors' frames; nan for characters without one.

    Each entry of `references`: indices of some characters, their anchors, their references.
    """
    pos, rot = (np.full((count, model.num_bodies, width), np.nan) for width in (3, 4))
    for members, anchors, reference in references:
        pos[members], rot[members] = from_anchor(anchors, kinematics.body_poses(model, *reference))
    return BodyPoses(pos, rot)


class PolicyControllers:
    """Drives every character by its policy: one batched run per policy."""

    def __init__(self, world: World, random: np.random.Generator) -> None:
        """random: source of the noise of `Nerves`."""
        self.world = world
        self.agents: list[Agent] = []
        self._random = random
        self._not_feet = ~np.isin(np.arange(world.model.num_bodies), world.model.feet)
        self._bindings: dict[Policy, Binding] = {}
        """input and output buffers of each policy that drives somebody now"""

    def joint_targets(self) -> tuple[JointTargets, dict[Policy, PolicyError]]:
        """Run all policies for the present state.

        Sets an agent's anchor where its policy asks for a new one at the beginning of a cycle.

        Returns:
            The targets, and the policies that failed with their errors; whom these drive gets the default pose.
        """
        model, n = self.world.model, len(self.agents)
        references: list[tuple[list[int], list[Anchor], PolicyReference]] = []
        ghosts = Ghosts(lambda: _ghosts(model, n, references))
        targets = JointTargets(np.empty((n, model.num_joints, 4)), np.full((n, len(model.hinges)), np.nan), ghosts)
        targets.rotation[:] = rotation.IDENTITY
        groups: dict[Policy, list[int]] = {}
        for index, agent in enumerate(self.agents):
            if agent.policy is not None:
                groups.setdefault(agent.policy, []).append(index)
        self._bindings = {policy: b for policy, b in self._bindings.items() if policy in groups}
        failed: dict[Policy, PolicyError] = {}
        for policy, members in groups.items():
            times = np.array([self._time_of(index) for index in members])
            try:
                out, shown = self._run(policy, members, times)
            except PolicyError as error:
                failed[policy] = error
                continue
            # indexing with a slice is faster than with a list
            where = slice(None) if len(members) == n else members
            targets.rotation[where] = out.joint_target
            if out.hinge_target is not None:
                targets.hinge[where] = out.hinge_target
            if shown is not None:
                references.append((members, [ORIGIN] * len(members), shown))
            elif out.reference is not None:
                references.append((members, [self.agents[index].anchor for index in members], out.reference))
        self._apply_nerves(targets)
        return targets, failed

    def _time_of(self, index: int) -> float:
        """A character's policy time, s; sets its anchor where the policy asks for a new one at this moment."""
        agent, world = self.agents[index], self.world
        time = agent.time(world.tick, world.model.control_hz)
        if agent.begins_cycle(time):
            agent.anchor = Anchor.under(world.state.root_pos[index], world.state.root_rot[index])
        return time

    def _run(self, policy: Policy, members: list[int], times: Array) -> tuple[PolicyOutput, PolicyReference | None]:
        """One batched run of a policy for the characters `members`, at policy times (len(members),), s.

        Returns also the present poses, world, of the references that a policy with lookahead follows.
        """
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
        shown = self._fill_references(policy, members, inputs) if policy.spec.lookahead else None
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
        return bound.run(), shown

    def _fill_references(self, policy: Policy, members: list[int], inputs: Inputs) -> PolicyReference:
        """Advances the members' performances by a tick, and fills the inputs with their next reference poses.

        Returns their present poses, world.
        """
        times, world = np.array([0.0, *policy.spec.lookahead]), self.world
        model, n = world.model, len(members)
        shown = PolicyReference(np.empty((n, 3)), np.empty((n, 4)), np.empty((n, model.num_joints, 4)))
        for row, index in enumerate(members):
            agent = self.agents[index]
            performance = agent.performance
            assert performance is not None
            bodies = BodyPoses(world.body_poses.pos[index], world.body_poses.rot[index])
            performance.advance(world.state[index], bodies)
            # one call for the present and what lies ahead: the call itself costs the most
            pos, rot, joints = performance.poses(times)
            shown.root_pos[row], shown.root_rot[row], shown.joint_rot[row] = pos[0], rot[0], joints[0]
            observe_reference(inputs, row, agent.anchor, pos[1:], rot[1:], joints[1:])
        return shown

    def _apply_nerves(self, targets: JointTargets) -> None:
        """Adds the noise and the delay of each agent's `Nerves` to the targets, in place."""
        model = self.world.model
        for index, agent in enumerate(self.agents):
            nerves = agent.nerves
            if nerves.act_noise:
                turn = self._random.normal(scale=nerves.act_noise, size=(model.num_joints, 3))
                targets.rotation[index] = rotation.multiply(targets.rotation[index], rotation.from_rotvec(turn))
                targets.hinge[index] += turn[model.joint_is_hinge, 1]
            if nerves.delay:
                agent.delayed.append((targets.rotation[index].copy(), targets.hinge[index].copy()))
                targets.rotation[index], targets.hinge[index] = agent.delayed[0]
                if len(agent.delayed) > nerves.delay:
                    agent.delayed.popleft()

    def count_falls(self) -> NDArray[np.bool_]:
        """Counts falls and flips of the last tick. Returns (N,) whether a harmful body touched the floor."""
        world, model = self.world, self.world.model
        rates = lateral_rates(world.state.root_rot, world.state.root_ang_vel).tolist()
        harmful = [self._not_feet if agent.policy is None else agent.harmful for agent in self.agents]
        touches = touches_of(world.contacts, harmful, model.feet)
        for agent, touched, rate in zip(self.agents, touches, rates, strict=True):
            agent.counter.add(touched, rate, 1.0 / model.control_hz)
        return np.array([touched.floor for touched in touches], bool)
