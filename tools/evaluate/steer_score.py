"""--steer: a stick that points somewhere else every few seconds; falls, and how well he goes where it points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.play.events import Event, Steer
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from tools.evaluate.lineup import Lineup, chunks
from tools.evaluate.riser import Riser

Array = NDArray[np.float64]

HOLD = (3.0, 5.0)
"""s for which the stick points somewhere"""
STANDS = 1.0 / 6.0
"""how often it is let go"""
SLOWEST = 0.5
"""m/s, else; the fastest is the run's own pace"""
SETTLE = 1.5
"""s after the stick has moved, in which he may still turn: errors are not counted"""
WINDOW = 1.0
"""s over which his velocity is measured: about a cycle of the walk, so that its sway does not count"""
STILL = 0.1
"""m/s under which he has no direction: its error is then 90 degrees"""


class SteeredRun(NamedTuple):
    """How one run went, tick by tick (T, ...)."""

    command: Array
    """(T, 2) m/s: where the stick points"""
    place: Array
    """(T, 2) m: where his root is"""
    since: NDArray[np.int64]
    """(T,) ticks since the stick moved or he got up, whichever is later; -1 while he is down"""
    falls: int


def steer_scores(library: PolicyLibrary, policy: str, seconds: float, runs: int, seed: int) -> dict[str, Any]:
    """`steer_falls_per_minute` (of the time on his feet), `steer_heading_error_deg` and `steer_speed_error` (m/s).

    The errors are means over all moments when the stick has been still for SETTLE + WINDOW: his mean velocity over the
    last WINDOW against the stick's. Where it is let go only the speed counts. After a fall he gets up and goes on.

    Raises:
        PolicyError: the policy follows no reference.
    """
    if not library.get(policy).spec.lookahead:
        raise PolicyError(f"{policy} has its own clip; --steer is for a performer, which follows references")
    walks: list[SteeredRun] = []
    for part in chunks(range(runs)):
        walks += _walk(library, policy, seconds, part, seed)
    hz = library.model.control_hz
    headings, speeds = (np.concatenate(parts) for parts in zip(*(errors(walk, hz) for walk in walks), strict=True))
    minutes = sum(int((walk.since >= 0).sum()) for walk in walks) / hz / 60.0
    falls = sum(walk.falls for walk in walks)
    return {
        "steer_runs": runs,
        "steer_seconds": seconds,
        "steer_falls_per_minute": round(falls / minutes, 2),
        "steer_heading_error_deg": round(float(np.degrees(headings.mean())), 1) if len(headings) else None,
        "steer_speed_error": round(float(speeds.mean()), 2) if len(speeds) else None,
    }


def errors(walk: SteeredRun, hz: int) -> tuple[Array, Array]:
    """Errors of direction, rad, and of speed, m/s, at the moments of a run that count (one number each)."""
    window = round(WINDOW * hz)
    counts = np.flatnonzero(walk.since >= window + round(SETTLE * hz))
    moved = (walk.place[counts] - walk.place[counts - window]) / WINDOW
    wanted = walk.command[counts]
    pace, speed = np.hypot(*moved.T), np.hypot(*wanted.T)
    off = np.arctan2(moved[:, 1], moved[:, 0]) - np.arctan2(wanted[:, 1], wanted[:, 0])
    off = np.abs((off + np.pi) % (2.0 * np.pi) - np.pi)
    return np.where(pace < STILL, 0.5 * np.pi, off)[speed > 0.0], np.abs(pace - speed)


def commands(rng: np.random.Generator, ticks: int, hz: int, fastest: float) -> Array:
    """(ticks, 2) m/s: a random stick."""
    found = np.empty((ticks, 2))
    tick = 0
    while tick < ticks:
        held = round(rng.uniform(*HOLD) * hz)
        angle, speed, stands = rng.uniform(-np.pi, np.pi), rng.uniform(SLOWEST, fastest), rng.random() < STANDS
        found[tick : tick + held] = 0.0 if stands else speed * np.array([np.cos(angle), np.sin(angle)])
        tick += held
    return found


def _walk(library: PolicyLibrary, policy: str, seconds: float, runs: Sequence[int], seed: int) -> list[SteeredRun]:
    """Runs of a lineup; every run has its own stick."""
    count = len(runs)
    with Lineup(library, count) as lineup:
        runtime, hz = lineup.runtime, lineup.hz
        ticks, fastest = round(seconds * hz), runtime.clips.gait.paces[1]
        command = [commands(np.random.default_rng([seed, run]), ticks, hz, fastest) for run in runs]
        lineup.stand(policy)
        place, since = np.empty((ticks, count, 2)), np.empty((ticks, count), np.int64)
        falls, still = np.zeros(count, np.int64), np.zeros(count, np.int64)
        risers: dict[int, Riser] = {}
        for tick in range(ticks):
            events: list[Event] = [event for riser in risers.values() for event in riser.events()]
            for k in range(count):
                if tick == 0 or np.any(command[k][tick] != command[k][tick - 1]):
                    x, y = command[k][tick].tolist()
                    events.append(Steer((x, y), k))
                    still[k] = 0
            lineup.tick(events)
            place[tick], still = runtime.world.state.root_pos[:, :2], still + 1
            for k, agent in enumerate(lineup.agents):
                if k in risers and risers[k].up:
                    del risers[k]
                    still[k] = 0
                elif k in risers and risers[k].up is False:
                    risers[k] = Riser(runtime, k, specialist=False)
                if k not in risers and (agent.counter.down or k in runtime.world.faults):
                    falls[k] += 1
                    risers[k] = Riser(runtime, k, specialist=False)
                since[tick, k] = -1 if k in risers else still[k]
    return [SteeredRun(command[k], place[:, k], since[:, k], int(falls[k])) for k in range(count)]
