"""Playback: a take run again to its end, to be looked at and to be played on from there."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from game.play.events import Crowd, Event, Play, Reset
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.replay import ReplayFrame
from game.record.take import Take
from game.scene.set_spec import ItemSpec

MOST_SECONDS = 300.0
"""that are kept to be looked at: the last ones"""


class Playback(NamedTuple):
    """What came of it."""

    runtime: Runtime
    """at the take's end"""
    frames: tuple[ReplayFrame, ...]
    items: dict[int, ItemSpec]
    """every prop that there was, by id"""


def rerun(take: Take, library: PolicyLibrary) -> Playback:
    """Runs a take again; what plays on afterwards chooses from `library`, to which the take's policies come.

    Raises:
        TakeError: it does not run here.
    """
    runtime = take.runtime()
    cuts = {timed.tick for timed in take.events if moves(timed.event)}
    frames: deque[ReplayFrame] = deque(maxlen=round(MOST_SECONDS * runtime.model.control_hz))
    items: dict[int, ItemSpec] = {}
    try:
        for tick, snapshot in enumerate(take.replay(runtime)):
            frames.append(ReplayFrame(snapshot, tick in cuts or bool(runtime.world.faults)))
            items.update((prop, held.item) for prop, held in runtime.world.props.items())
    except BaseException:
        runtime.close()
        raise
    for name, policy in runtime.policies.items():
        if name not in library.names:
            library.add(name, policy)
    runtime.library = library
    return Playback(runtime, tuple(frames), items)


def moves(event: Event) -> bool:
    """Whether it puts somebody elsewhere at once: between the ticks before and after lies nothing."""
    return isinstance(event, Reset | Crowd) or (isinstance(event, Play) and event.place)
