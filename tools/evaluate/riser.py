"""Riser: follows one character from his fall on: limp for a while, then he gets up, or does not."""

from __future__ import annotations

from game.play.events import Event, GetUp, Strength
from game.play.performance import is_up
from game.play.runtime import Runtime
from game.sim.kinematics import standing_state

LIMP_SECONDS = 1.5
RISE_SECONDS = 10.0
"""from the end of the limpness, by which he must have been up for UPRIGHT_SECONDS"""
UPRIGHT_SECONDS = 2.0
TRIES = 3
"""of specialists, which know one way each; a performer tries again by itself"""
PATIENCE = 0.5
"""s after the end of a specialist's clip, when he is not up, until the next try"""


class Riser:
    """Ask it for events before every tick, from the first one after the fall."""

    def __init__(self, runtime: Runtime, character: int, *, specialist: bool) -> None:
        """specialist: he gets up by the policies that learned just this."""
        self.runtime, self.character, self.specialist = runtime, character, specialist
        self.up: bool | None = None
        """whether he got up; None while that is open"""
        self.seconds = 0.0
        """since the end of the limpness"""
        self._ticks = self._upright = self._tries = 0
        self._height = float(standing_state(runtime.model).root_pos[2])

    def events(self) -> list[Event]:
        """For the next tick."""
        hz, character = self.runtime.model.control_hz, self.character
        rising = self._ticks - round(LIMP_SECONDS * hz)
        self._ticks += 1
        if self.up is not None or self._ticks == 1:
            return [Strength(0.0, character=character)] if self.up is None else []
        if rising < 0:
            return []
        if rising == 0:
            return [Strength(1.0, character=character), *self._try()]
        stands = is_up(self.runtime.world.state[character], self._height)
        self._upright = self._upright + 1 if stands else 0
        self.seconds = rising / hz
        if self._upright >= UPRIGHT_SECONDS * hz:
            self.up = True
        # who left the realm of physics was put on his feet by the world, not by himself
        elif rising >= RISE_SECONDS * hz or character in self.runtime.world.faults:
            self.up = False
        elif not stands and self.specialist and self._clip_is_over() and self._tries < TRIES:
            return self._try()
        return []

    def _try(self) -> list[Event]:
        self._tries += 1
        return [GetUp(self.character, specialist=self.specialist)]

    def _clip_is_over(self) -> bool:
        agent = self.runtime.agents[self.character]
        clip = agent.policy.spec.clip if agent.policy is not None else None
        time = agent.time(self.runtime.tick_count, self.runtime.model.control_hz)
        return clip is not None and time > clip.duration + PATIENCE
