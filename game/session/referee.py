"""Referee: follows everybody's attempts in a run, and says who is to be put back for the next one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from game.play.events import MAX_CROWD, Event, Perform, Play, Reset
from game.play.runtime import Runtime
from game.session.attempts import GONE, AfterFall, Attempts, Verdict
from game.sim.motion import cycle_of

FAR = 1.8
"""m from home: who lands farther away is put back there for the next attempt"""
LOST_SECONDS = 2.0
"""in the air far from home: he will not come down to get up"""


def judge(attempts: Attempts, runtime: Runtime, events: Sequence[Event]) -> tuple[list[Verdict], list[Reset]]:
    """Judges a tick that a run has just made.

    Args:
        attempts: all that were made in it.
        runtime: the run.
        events: what happened at the tick.

    Returns:
        The attempts that have ended, and who is to be put back now.
    """
    for event in events:
        if isinstance(event, Play | Perform | Reset):
            attempts.begin(event.character)
    for character in {*runtime.world.faults, *range(len(runtime.agents), MAX_CROWD)}:
        attempts.begin(character)
    verdicts, resets = [], []
    for character in range(len(runtime.agents)):
        verdict, over = _judge_one(attempts, runtime, character)
        verdicts += [] if verdict is None else [verdict]
        held = any(force.character == character for force in runtime.world.forces)
        retry = attempts.after_fall is AfterFall.RETRY
        if over and not held and (retry or _is_lost(attempts, runtime, character)):
            resets.append(Reset(character))
        elif over and not retry and not runtime.agents[character].counter.down:
            attempts.begin(character)  # he is on his feet again
    return verdicts, resets


def _is_lost(attempts: Attempts, runtime: Runtime, character: int) -> bool:
    """Whether somebody who shall get up by himself flies where there is no floor to get up from."""
    agent, root = runtime.agents[character], runtime.world.state.root_pos[character]
    away = float(np.linalg.norm(root - [agent.home.x, agent.home.y, 0.0]))
    flies = agent.counter.aloft > LOST_SECONDS * runtime.model.control_hz
    return attempts.after_fall is AfterFall.GET_UP and flies and away > GONE


def _judge_one(attempts: Attempts, runtime: Runtime, character: int) -> tuple[Verdict | None, bool]:
    """How a character's attempt ended, if it did in this tick, and whether the next one begins."""
    agent, model, snapshot = runtime.agents[character], runtime.model, runtime.snapshot
    clip = agent.policy.spec.clip if agent.policy is not None else None
    time = agent.time(runtime.tick_count, model.control_hz)
    # loop: a clip that ends has been done once when its time is over
    cycle = int(cycle_of(time, clip.duration, loop=True)) if clip is not None else 0
    if agent.performance is not None:
        cycle = agent.performance.rounds
    harmful = agent.harmful if agent.policy is not None else ~np.isin(np.arange(model.num_bodies), model.feet)
    verdict = attempts.add(snapshot, character, cycle, harmful, agent.counter)
    away = float(np.hypot(*(snapshot.state.root_pos[character, :2] - [agent.home.x, agent.home.y])))
    once = clip is not None and not clip.loop
    # who follows references goes on from wherever he is
    ended = verdict is not None and verdict.landed and agent.performance is None and (away > FAR or once)
    return verdict, ended or attempts.is_over(character, snapshot.tick)
