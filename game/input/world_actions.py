"""WorldActions: the actions that change the world, as events. Knows no keys and no window."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from game.input.action_handlers import ActionTable
from game.input.picking import Ray
from game.input.prop_placement import PropPlacement, Spot
from game.input.protocols import SessionView, ViewDirection
from game.input.throwing import ANVIL, BALLS, Drop, Throwing, anvil_spawn, drop_on
from game.play.body_groups import strength_events
from game.play.events import MAX_CROWD, Crowd, Gravity, Play, Push, Remove, Reset, Spawn, Strength, Tidy, Vec3
from game.play.nerves import PRESETS
from game.scene.set_file import load_prop
from game.sim.world import MAX_GRAVITY

Array = NDArray[np.float64]

GRAVITIES: dict[str, Vec3] = {
    "Earth": (0.0, 0.0, -9.8),
    "Moon": (0.0, 0.0, -1.62),
    "Mars": (0.0, 0.0, -3.71),
    "Jupiter": (0.0, 0.0, -24.79),
    "none": (0.0, 0.0, 0.0),
    "sideways": (9.8, 0.0, 0.0),
    "upside down": (0.0, 0.0, 9.8),
}
"""m/s2"""
GRAVITY_STEP = 1.0
SHOVE, HARD_SHOVE = 250.0, 750.0
"""N, for Push's 0.2 s"""
STRENGTH_STEP, LEAST_STRENGTH, MOST_STRENGTH = 0.25, 0.25, 3.0
MAX_BALLS = 20


class WorldActions:
    """Does each action of `game.input.bindings` that changes the world."""

    actions: ClassVar[ActionTable[WorldActions]] = ActionTable()

    def __init__(self, session: SessionView, camera: Callable[[], ViewDirection]) -> None:
        self._session = session
        self._camera = camera
        self.aim: Callable[[], Ray | None] = lambda: None
        """the line of sight through the mouse; None where it points at nothing"""
        self.throwing = Throwing()
        self._aims_anvil = False
        self._falling: tuple[int, Drop] | None = None
        """the anvil that falls now, and the tick at which it is down"""
        self._down: Array = np.array([0.0, 0.0, -1.0])
        self._limp: list[Strength] = []
        """how strong everybody was before he went limp"""
        self._nerves = 0
        self._lean_tick = -1
        self.prop_placement = PropPlacement()
        self.chosen = 0
        """the character that shoves and balls are meant for"""

    def _everyone(self) -> range:
        return range(self._session.snapshot.num_characters)

    def play(self, name: str) -> str:
        """Has everybody driven by a policy. Returns a message for the screen."""
        for character in self._everyone():
            self._session.post(Play(name, character))
        return name

    def _cycle(self, steps: int) -> str:
        """Plays the policy so many places further in the list, round and round; of each skill's ages the oldest."""
        current = self._session.policy_of(self.chosen)
        listed = self._session.policy_names
        oldest = {name: [name, *(age for age in self._session.family_of(name) if age in listed)][-1] for name in listed}
        names = [name for name in listed if oldest[name] == name]
        if not names:
            return "there is no policy to play"
        place = names.index(oldest[current]) + steps if current in oldest else 0
        return self.play(names[place % len(names)])

    @actions.chooses("policy")
    def policy(self, choice: int) -> str:
        names = self._session.policy_names
        if choice >= len(names):
            return f"there is no policy {choice + 1}, only {len(names)}"
        for character in self._everyone():
            self._session.do_skill(names[choice], character)
        return names[choice]

    @actions.does("policy_next")
    def policy_next(self) -> str:
        return self._cycle(1)

    @actions.does("policy_previous")
    def policy_previous(self) -> str:
        return self._cycle(-1)

    def _age(self, steps: int) -> str:
        current = self._session.policy_of(self.chosen)
        ages = self._session.family_of(current) if current is not None else ()
        if current is None or len(ages) < 2:
            return "this skill has no ages"
        place = ages.index(current) + steps
        if not 0 <= place < len(ages):
            return f"{current} is the {'youngest' if steps < 0 else 'oldest'}"
        return self.play(ages[place])

    @actions.does("younger")
    def younger(self) -> str:
        return self._age(-1)

    @actions.does("older")
    def older(self) -> str:
        return self._age(1)

    @actions.does("restart")
    def restart(self) -> None:
        for character in self._everyone():
            self._session.post(Play(self._session.policy_of(character), character))

    @actions.does("reset")
    def reset(self) -> str:
        for character in self._everyone():
            self._session.post(Reset(character))
        for prop in self._thrown():
            self._session.post(Remove(prop))
        self._session.post(Tidy())
        return "reset"

    @property
    def _pushed(self) -> str:
        """The name of the body that pushes aim at."""
        model = self._session.snapshot.model
        return model.body_names[model.roles.push_body]

    def _shove(self, choice: int, force: float) -> None:
        camera = self._camera()
        direction = (camera.forward, -camera.forward, -camera.right, camera.right)[choice]
        self._session.post(Push(_vec3(direction * force), self._pushed, self.chosen))

    @actions.chooses("shove")
    def shove(self, choice: int) -> None:
        self._shove(choice, SHOVE)

    @actions.chooses("shove_hard")
    def shove_hard(self, choice: int) -> None:
        self._shove(choice, HARD_SHOVE)

    def lean(self, right: float, away: float) -> None:
        """Pushes him for the next tick, at most once a tick; each direction -1..1 of a shove, as the camera sees it."""
        tick = self._session.snapshot.tick
        if tick != self._lean_tick:
            self._lean_tick = tick
            camera, snapshot = self._camera(), self._session.snapshot
            force = SHOVE * (right * camera.right + away * camera.forward)
            self._session.post(Push(_vec3(force), self._pushed, self.chosen, 1.0 / snapshot.model.control_hz))

    @actions.does("limp")
    def limp(self) -> None:
        model = self._session.snapshot.model
        self._limp = [e for i in self._everyone() for e in strength_events(model, self._session.strength_of(i), i)]
        self._strengthen(0.0)

    @actions.releases("limp")
    def limp_end(self) -> None:
        for event in self._limp:
            self._session.post(event)
        self._limp = []

    def _strengthen(self, value: float) -> None:
        for character in self._everyone():
            self._session.post(Strength(value, character=character))

    @actions.does("weaker")
    def weaker(self) -> str:
        return self._stronger(-STRENGTH_STEP)

    @actions.does("stronger")
    def stronger(self) -> str:
        return self._stronger(STRENGTH_STEP)

    def _stronger(self, more: float) -> str:
        """To the next whole step above or below."""
        steps = float(self._session.strength_of(self.chosen).mean()) / abs(more)
        wanted = (math.floor(steps + 1e-6) + 1 if more > 0 else math.ceil(steps - 1e-6) - 1) * abs(more)
        value = min(max(wanted, LEAST_STRENGTH), MOST_STRENGTH)
        self._strengthen(value)
        return f"strength {100 * value:.0f} %"

    @actions.does("nerves")
    def nerves(self) -> str:
        self._nerves = (self._nerves + 1) % len(PRESETS)
        name = list(PRESETS)[self._nerves]
        for character in self._everyone():
            self._session.post(replace(PRESETS[name].nerves, character=character))
        self._strengthen(PRESETS[name].strength)
        return f"{name}: {PRESETS[name].words}"

    @actions.does("prop_next")
    def prop_next(self) -> str:
        return self.prop_placement.cycle(1)

    @actions.does("prop_previous")
    def prop_previous(self) -> str:
        return self.prop_placement.cycle(-1)

    def place(self, spot: Spot) -> str | None:
        """Puts the chosen prop to a spot; returns why it cannot stand there."""
        if spot.in_the_way is not None:
            where = "inside him" if spot.in_the_way == "him" else f"inside the {spot.in_the_way}"
            return f"no room for it there: it would stand {where}"
        self._session.post(Spawn(spot.item))
        return None

    @actions.does("prop_undo")
    def prop_undo(self) -> str | None:
        placed = self._session.placed
        if not placed:
            return "nothing was placed"
        self._session.post(Remove(placed[-1]))
        return None

    @actions.does("props_clear")
    def props_clear(self) -> None:
        for prop in self._session.placed:
            self._session.post(Remove(prop))

    @actions.does("crowd_more")
    def crowd_more(self) -> str:
        return self._crowd(1)

    @actions.does("crowd_less")
    def crowd_less(self) -> str:
        return self._crowd(-1)

    def _crowd(self, more: int) -> str:
        now = self._session.snapshot.num_characters
        count = min(max(now + more, 1), MAX_CROWD)
        if count != now:
            self._session.post(Crowd(count))
        return f"{count} of him"

    @actions.does("throw_ball")
    def throw_ball(self) -> None:
        balls = self._thrown()
        if len(balls) >= MAX_BALLS:
            self._session.post(Remove(balls[0]))
        snapshot, items, eye = self._session.snapshot, self._session.items, self._camera().eye
        self._session.post(self.throwing.throw(eye, self.aim(), self.chosen, snapshot, items))

    @actions.does("ball_next")
    def ball_next(self) -> str:
        return self.throwing.next_ball()

    @actions.does("throw_speed")
    def throw_speed(self) -> str:
        return self.throwing.next_speed()

    def _thrown(self) -> list[int]:
        """Ids of the balls and anvils that have been thrown."""
        names = {load_prop(name).name for name in (*BALLS, ANVIL)}
        return [prop for prop in self._session.placed if self._session.items[prop].name in names]

    @actions.does("anvil")
    def anvil(self) -> None:
        self._aims_anvil = True

    @actions.releases("anvil")
    def anvil_end(self) -> None:
        if not self._aims_anvil:
            return
        self._aims_anvil = False
        snapshot = self._session.snapshot
        drop = drop_on(self.chosen, snapshot)
        balls = self._thrown()
        if len(balls) >= MAX_BALLS:
            self._session.post(Remove(balls[0]))
        self._session.post(anvil_spawn(drop, snapshot))
        self._falling = snapshot.tick + round(drop.seconds * snapshot.model.control_hz) + 1, drop

    @property
    def anvil_mark(self) -> Array | None:
        """(3,) where the anvil will come down, while it is aimed and while it falls."""
        snapshot = self._session.snapshot
        if self._aims_anvil and self.chosen < snapshot.num_characters:
            return drop_on(self.chosen, snapshot).below
        if self._falling is not None and snapshot.tick <= self._falling[0]:
            return self._falling[1].below
        return None

    @actions.does("gravity_down")
    def gravity_down(self) -> None:
        self._pull(-GRAVITY_STEP)

    @actions.does("gravity_up")
    def gravity_up(self) -> None:
        self._pull(GRAVITY_STEP)

    def _pull(self, more: float) -> None:
        """Changes gravity's strength; where there is none it comes back in the direction that it had."""
        now = self._session.snapshot.gravity
        strength = float(np.linalg.norm(now))
        if strength > 0.0:
            self._down = now / strength
        wanted = min(max(strength + more, 0.0), MAX_GRAVITY)
        self._session.post(Gravity(_vec3(self._down * wanted)))

    @actions.does("gravity_next")
    def gravity_next(self) -> str:
        names = list(GRAVITIES)
        current = gravity_name(self._session.snapshot.gravity)
        name = names[(names.index(current) + 1) % len(names)] if current else names[0]
        self._session.post(Gravity(GRAVITIES[name]))
        return f"gravity: {name}"


def gravity_name(gravity: Array) -> str | None:
    """Which of GRAVITIES a vector (3,) is, if any."""
    for name, vector in GRAVITIES.items():
        if math.dist(vector, gravity) < 1e-6:
            return name
    return None


def _vec3(vector: Array) -> Vec3:
    x, y, z = vector.tolist()
    return (x, y, z)
