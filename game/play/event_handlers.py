"""EventHandlers: carries out every kind of event; see `handler_registry` for how an event finds its method."""

from __future__ import annotations

import numpy as np

from game.play import events as ev
from game.play.agent import Agent
from game.play.body_groups import joints_of
from game.play.controllers import PolicyControllers
from game.play.events import MAX_CROWD, Event, EventError
from game.play.handler_registry import check_finite, handler_of, handles
from game.play.policy_handlers import PolicyHandlers
from game.policy.anchor import Anchor
from game.policy.library import PolicyLibrary
from game.scene.item_limits import check_item
from game.scene.json_fields import SetError
from game.scene.refusal import shortened
from game.sim.forces import GrabSpring

SPACING = 1.8
"""m between the characters of a crowd"""
MAX_PUSH_SECONDS = 3600.0
MAX_PROP_SPEED = 1e3
"""m/s, and rad/s, of a prop that is spawned"""
MAX_STRENGTH = 10.0
MAX_DELAY, MAX_NOISE = 30, 3.0
"""of Nerves: ticks, rad"""
GOLDEN_RATIO = 0.618034


class EventHandlers(PolicyHandlers):
    """What events do to characters, with forces, and to the surroundings; PolicyHandlers has those about policies."""

    def __init__(self, controllers: PolicyControllers, library: PolicyLibrary) -> None:
        super().__init__(controllers, library)
        self._hands: dict[int, GrabSpring] = {}

    def carry_out(self, event: Event) -> Event:
        """Does what an event says; returns it as a take shall store it.

        Raises:
            EventError, WorldError, PolicyError, ClipError: it is not possible, and has changed nothing.
        """
        return handler_of(type(event))(self, event) or event

    # ---------------------------------------------------------------- characters
    @handles(ev.Crowd)
    def crowd(self, event: ev.Crowd) -> None:
        if not 1 <= event.count <= MAX_CROWD:
            raise EventError(f"a crowd of {event.count}, expected 1..{MAX_CROWD}")
        while len(self.agents) > event.count:
            self._hands = {h: g for h, g in self._hands.items() if g.character != len(self.agents) - 1}
            self.world.remove_character()
            self.agents.pop()
        for index in range(len(self.agents), event.count):
            self.add_character()
            # multiples of the golden ratio are evenly spread over 0..1, for any number of them
            phase = (index * GOLDEN_RATIO) % 1.0
            self.agents[index].policy = self.agents[0].policy
            self.use_gains_of_policy(index)
            self.place(index, phase)

    def add_character(self) -> None:
        """Adds a character without a policy, at the next place of a grid with four in a row."""
        index = len(self.agents)
        row, column = divmod(index, 4)
        home = Anchor(0.0 - SPACING * row, SPACING * ((column + 1) // 2) * (-1 if column % 2 else 1), 0.0)
        self.world.add_character((home.x, home.y), home.heading)
        self.agents.append(Agent(home, anchor=home))

    @handles(ev.Strength)
    def strength(self, event: ev.Strength) -> None:
        self.agent(event.character)
        if not 0.0 <= event.value <= MAX_STRENGTH:
            raise EventError(f"strength {event.value}, expected 0..{MAX_STRENGTH:g}")
        joints = joints_of(self.model, event.part)
        self.world.strength[event.character, joints] = event.value
        self.world.free_joints[event.character, joints] = not event.limits

    @handles(ev.Nerves)
    def nerves(self, event: ev.Nerves) -> None:
        noises = (event.sense_noise, event.act_noise)
        if not (0 <= event.delay <= MAX_DELAY and all(0.0 <= noise <= MAX_NOISE for noise in noises)):
            raise EventError(
                f"nerves {event}: expected a delay of 0..{MAX_DELAY} ticks and noises of 0..{MAX_NOISE:g} rad"
            )
        agent = self.agent(event.character)
        agent.nerves = event
        agent.delayed.clear()

    # ---------------------------------------------------------------- forces
    @handles(ev.Push)
    def push(self, event: ev.Push) -> None:
        self.agent(event.character)
        check_finite("force", event.force)
        if not 0.0 < event.seconds <= MAX_PUSH_SECONDS:
            raise EventError(f"a push of {event.seconds} s, expected 0..{MAX_PUSH_SECONDS}")
        ticks = max(1, round(event.seconds * self.model.control_hz))
        self.world.forces.push(event.character, self._body(event.body), event.force, ticks)

    @handles(ev.Grab)
    def grab(self, event: ev.Grab) -> None:
        check_finite("target", event.target)
        check_finite("point", event.point)
        if event.prop is None:
            self.agent(event.character)
            spring = self.world.forces.grab(event.character, self._body(event.body), event.point, event.target)
        else:
            spring = self.world.forces.grab_prop(event.prop, event.point, event.target)
        self._open_hand(event.hand)
        self._hands[event.hand] = spring

    @handles(ev.Drag)
    def drag(self, event: ev.Drag) -> None:
        check_finite("target", event.target)
        if event.hand in self._hands:  # the thing it held may have been removed
            self._hands[event.hand].target_w = np.array(event.target)

    @handles(ev.Release)
    def release(self, event: ev.Release) -> None:
        self._open_hand(event.hand)

    def _open_hand(self, hand: int) -> None:
        spring = self._hands.pop(hand, None)
        if spring is not None:
            self.world.forces.release(spring)

    # ---------------------------------------------------------------- surroundings
    @handles(ev.Gravity)
    def gravity(self, event: ev.Gravity) -> None:
        self.world.set_gravity(event.vector)

    @handles(ev.Friction)
    def friction(self, event: ev.Friction) -> None:
        self.world.set_friction(event.value)

    @handles(ev.Restitution)
    def restitution(self, event: ev.Restitution) -> None:
        self.world.set_floor_restitution(event.value)

    @handles(ev.Tidy)
    def tidy(self, _event: ev.Tidy) -> None:
        self.world.tidy()
        self._hands = {hand: spring for hand, spring in self._hands.items() if spring.prop < 0}

    @handles(ev.Spawn)
    def spawn(self, event: ev.Spawn) -> None:
        item = event.item
        try:
            check_item(item, shortened(item.name))
        except SetError as error:
            raise EventError(str(error)) from error
        for what, speed in (("velocity", event.velocity), ("ang_vel", event.ang_vel)):
            check_finite(what, speed, MAX_PROP_SPEED)
        if not item.parts:
            raise EventError(f"{item.name!r} has no solid parts")
        self.world.spawn(item, event.velocity, event.ang_vel)

    @handles(ev.Remove)
    def remove(self, event: ev.Remove) -> None:
        self.world.remove_prop(event.prop)
        self._hands = {h: g for h, g in self._hands.items() if g.prop != event.prop}

    def _body(self, name: str) -> int:
        if name not in self.model.body_names:
            raise EventError(f"no body {name!r}; there are {', '.join(self.model.body_names)}")
        return self.model.body_names.index(name)
