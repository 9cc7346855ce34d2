"""WorldActions: the actions that change the world, as events. Knows no keys and no window."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from game.input.action_handlers import ActionTable
from game.input.prop_placement import PropPlacement
from game.input.protocols import SessionView, ViewDirection
from game.play.body_groups import strength_events
from game.play.events import MAX_CROWD, Crowd, Gravity, Play, Push, Remove, Reset, Spawn, Strength, Vec3
from game.play.nerves import PRESETS
from game.scene.set_spec import ItemSpec, PartSpec
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
BALL = ItemSpec(
    "ball",
    mass=3.0,
    friction=0.6,
    rolling_friction=0.002,
    restitution=0.6,
    parts=(PartSpec("sphere", (0.12,), color=(0.86, 0.28, 0.16), material="rubber"),),
)
BALL_SPEED = 9.0
"""m/s"""
MAX_BALLS = 20


class WorldActions:
    """Does each action of `game.input.bindings` that changes the world."""

    actions: ClassVar[ActionTable[WorldActions]] = ActionTable()

    def __init__(self, session: SessionView, camera: Callable[[], ViewDirection]) -> None:
        self._session = session
        self._camera = camera
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
        for prop in self._balls():
            self._session.post(Remove(prop))
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

    def place(self, point: Array) -> None:
        """Puts the chosen prop onto a point (3,)."""
        spawn = self.prop_placement.spawn(point)
        if spawn is not None:
            self._session.post(spawn)

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
        balls = self._balls()
        if len(balls) >= MAX_BALLS:
            self._session.post(Remove(balls[0]))
        snapshot, eye = self._session.snapshot, self._camera().eye
        body = snapshot.model.roles.push_body
        target, moving = snapshot.body_pos[self.chosen, body], snapshot.body_vel[self.chosen, body]
        start = eye + 0.08 * (target - eye)
        velocity = throw_velocity(start, target, moving, snapshot.gravity)
        ball = BALL.at(_vec3(start))
        self._session.post(Spawn(ball, _vec3(velocity), ang_vel=(0.0, 0.0, 6.0)))

    def _balls(self) -> list[int]:
        return [prop for prop, item in self._session.items.items() if item.name == BALL.name]

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


def throw_velocity(start: Array, target: Array, target_vel: Array, gravity: Array) -> Array:
    """The velocity (3,) that takes a ball from `start` to where `target` will be, at about BALL_SPEED.

    All are (3,), world. The flight time is that of the straight line; gravity is made up for exactly.
    """
    seconds = max(float(np.linalg.norm(target - start)) / BALL_SPEED, 0.05)
    return np.asarray((target - start) / seconds + target_vel - 0.5 * gravity * seconds)


def _vec3(vector: Array) -> Vec3:
    x, y, z = vector.tolist()
    return (x, y, z)
