"""PolicyHandlers: the events that choose what drives a character: Play, Perform, Steer, GetUp, Reset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from game.play import events as ev
from game.play.agent import Agent
from game.play.clip_library import ClipLibrary
from game.play.controllers import PolicyControllers
from game.play.events import EventError
from game.play.handler_registry import check_finite, handles
from game.play.initial_state import reference_rotation, starting_state
from game.play.performance import Performance, lying
from game.play.reference import aligned_heading
from game.policy.anchor import Anchor
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.sim.kinematics import BodyPoses


class PolicyHandlers:
    """Starts policies and references. EventHandlers adds the events that act on bodies and surroundings."""

    def __init__(self, controllers: PolicyControllers, library: PolicyLibrary) -> None:
        """`controllers`: of the world and the agents that events act on; `library`: where `Play` finds policies."""
        self.world = controllers.world
        self.model = controllers.world.model
        self.agents = controllers.agents
        self.library = library
        self.clips = ClipLibrary(self.model)
        self.policies: dict[str, Policy] = {}
        """every policy that was played, by its name in the take"""
        self.stopped: list[str] = []
        """why policies were stopped, for the person; whoever reads it empties it"""

    def stop(self, policy: Policy, error: PolicyError) -> None:
        """Takes a policy that fails away from all whom it drives."""
        self.stopped.append(f"{error}; it was stopped")
        for index, agent in enumerate(self.agents):
            if agent.policy is policy:
                agent.policy = None
                self.use_gains_of_policy(index)

    @handles(ev.Play)
    def play(self, event: ev.Play) -> ev.Play:
        """Returns the event with the policy's name in `policies`."""
        self.agent(event.character)
        _check_phase(event.phase)
        policy = None
        if event.policy is not None:
            name, policy = self._policy(event.policy)
            event = replace(event, policy=name)
        self._begin(event.character, policy, event.phase, aligned=event.aligned)
        if event.place:
            self.place(event.character, event.phase)
        return event

    @handles(ev.Perform)
    def perform(self, event: ev.Perform) -> ev.Perform:
        """Returns the event with the policy's name in `policies`."""
        agent = self.agent(event.character)
        _check_phase(event.phase)
        if event.cycles is not None and event.cycles < 1:
            raise EventError(f"{event.cycles} cycles, expected 1 or more")
        self.clips.get(event.clip)
        if agent.performance is None:
            name, policy = self._performer(event.policy)
            event = replace(event, policy=name)
            self._begin(event.character, policy, 0.0)
        assert agent.performance is not None
        perform = agent.performance.perform_settled if event.settled else agent.performance.perform
        perform(event.clip, self.world.state[event.character], event.phase, event.cycles)
        return event

    @handles(ev.Halt)
    def halt(self, event: ev.Halt) -> None:
        agent = self.agent(event.character)
        if agent.performance is None:
            raise EventError("nobody to halt: the policy that drives him has its own clip")
        agent.performance.halt(self.world.state[event.character])

    @handles(ev.Steer)
    def steer(self, event: ev.Steer) -> None:
        check_finite("velocity", event.velocity)
        agent = self.agent(event.character)
        if agent.performance is not None:
            agent.performance.steer(np.array(event.velocity), self.world.state[event.character])
        elif not any(policy.spec.lookahead for policy in self.policies.values()):
            raise EventError("nobody to steer: the policy that drives him has its own clip; play one that follows "
                             "references, such as performer")  # fmt: skip
        # who gets up, or does a skill by a specialist, walks on by it afterwards
        agent.steering = event.velocity

    @handles(ev.GetUp)
    def get_up(self, event: ev.GetUp) -> None:
        character, agent = event.character, self.agent(event.character)
        state, poses = self.world.state[character], self.world.body_poses
        bodies = BodyPoses(poses.pos[character], poses.rot[character])
        if agent.performance is not None and not event.specialist:
            agent.performance.get_up(state, bodies)
        else:
            _, policy = self._policy(f"getup_{lying(self.model, bodies)}")
            self._begin(character, policy, 0.0)

    def restart(self, character: int) -> None:
        """Starts a character's policy again from its beginning, at the character's present place."""
        agent = self.agents[character]
        self._begin(character, agent.policy, 0.0, aligned=False)
        agent.counter.stand_up()

    def _begin(self, character: int, policy: Policy | None, phase: float, *, aligned: bool = True) -> None:
        """Lets a policy drive a character from its present state on; `aligned` as in `Play`."""
        agent, state = self.agents[character], self.world.state[character]
        anchor, performance = Anchor.under(state.root_pos, state.root_rot), None
        if policy is not None and policy.spec.lookahead:
            performance = Performance(self.clips, state, agent.steering)
        elif policy is not None and aligned:
            reference = reference_rotation(self.world, policy, phase)
            if reference is not None:
                anchor = replace(anchor, heading=aligned_heading(state.root_rot, reference))
        agent.start(policy, anchor, self.world.tick, phase, performance)
        self.use_gains_of_policy(character)

    def _performer(self, name: str) -> tuple[str, Policy]:
        """Like `_policy`, for a policy that follows references. Raises PolicyError, EventError."""
        if not self.library.get(name).spec.lookahead:
            raise EventError(f"policy {name!r} has its own clip; a performer follows references")
        return self._policy(name)

    @handles(ev.Reset)
    def reset(self, event: ev.Reset) -> None:
        self.agent(event.character)
        _check_phase(event.phase)
        self.place(event.character, event.phase)

    def use_gains_of_policy(self, character: int) -> None:
        """Gives a character's PD controller the gains of its policy; without a policy those of the model."""
        policy = self.agents[character].policy
        kp, kd = (self.model.kp, self.model.kd) if policy is None else policy.gains
        self.world.set_gains(character, kp, kd)

    def _policy(self, name: str) -> tuple[str, Policy]:
        """The policy of a name, with the name that a take stores it under. Raises PolicyError."""
        policy = self.library.get(name)
        known = self.policies.get(name)
        if known is not None and known.sha256 != policy.sha256:
            # The file has changed since it was first played: the take needs both policies.
            name = f"{name}@{policy.sha256[:8]}"
            self.library.add(name, policy)
        self.policies[name] = policy
        return name, policy

    def place(self, character: int, phase: float) -> None:
        """Puts a character into the starting pose of its policy, where it first stood; one that fails is stopped."""
        agent = self.agents[character]
        try:
            state = starting_state(self.world, agent.policy, phase)
        except PolicyError as error:
            assert agent.policy is not None
            self.stop(agent.policy, error)
            state = starting_state(self.world, None, phase)
        self.world.reset([character], agent.home.place(state)[None])
        performance = None
        if agent.policy is not None and agent.policy.spec.lookahead:
            performance = Performance(self.clips, self.world.state[character], agent.steering)
        agent.start(agent.policy, agent.home, self.world.tick, phase, performance)
        agent.counter.stand_up()

    def agent(self, character: int) -> Agent:
        """The agent of a character's number. Raises EventError."""
        if not 0 <= character < len(self.agents):
            raise EventError(f"no character {character}; there are {len(self.agents)}")
        return self.agents[character]


def _check_phase(phase: float) -> None:
    if not 0.0 <= phase <= 1.0:
        raise EventError(f"phase {phase}, expected 0..1")
