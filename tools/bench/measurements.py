"""What a tick costs: seconds by part, over the bare physics steps; inference; swaps between policies."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from game.play import events as ev
from game.play.events import Event
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Binding, Policy
from game.session.opening import find_policy
from game.sim.bullet.contacts import ContactAccumulator
from game.sim.model import CharacterModel
from game.sim.world import World
from tools.substep_clock import PARTS, STEP, SubstepClock

MANY = "backflip"
SINGLE = "walk"
"""skills, whose policies drive the many and the single character"""
WARM_UP = 15
"""ticks before anything is measured"""


class Stopwatch:
    """Seconds spent in named calls since it was last read."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def on(self, owner: Any, name: str, label: str) -> Iterator[None]:
        """Time every call of owner.name under a label."""
        call: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.thread_time()
            result = call(*args, **kwargs)
            self.spent[label] = self.spent.get(label, 0.0) + time.thread_time() - start
            return result

        setattr(owner, name, timed)
        try:
            yield
        finally:
            setattr(owner, name, call)

    def read(self) -> dict[str, float]:
        """The seconds, and start again from zero."""
        spent, self.spent = self.spent, {}
        return spent


CALLS: list[tuple[Any, str, str]] = [
    (World, "step", "world"),
    (ContactAccumulator, "end", "touches"),
    (Binding, "run", "inference"),
    (World, "snapshot", "snapshot"),
]
"""beside the parts of the inner loop"""
SPLIT = ("step", "read", "pd", "set", "contacts", "touches", "derive", "inference", "snapshot", "rest")


def ticks(
    library: PolicyLibrary, policy: str, characters: int, num_ticks: int, *, split: bool = True
) -> list[dict[str, float]]:
    """Seconds of each tick with a policy: `step`, the whole tick as `total`, with `split` all of SPLIT."""
    runtime, watch, clock, rows = Runtime(library), Stopwatch(), SubstepClock(PARTS if split else STEP), []
    runtime.tick([ev.Play(policy, place=True), ev.Crowd(characters)])
    runtime.tick([event for n in range(characters) for event in beginning(library, policy, n)])
    clock.put_into(runtime.world)
    with ExitStack() as stack:
        stack.enter_context(clock.on())
        for owner, name, label in CALLS if split else ():
            stack.enter_context(watch.on(owner, name, label))
        for tick in range(num_ticks + WARM_UP):
            watch.read(), clock.read()
            start = time.thread_time()
            # characters that have fallen start again: a heap on the floor is another motion
            down = [n for n, p in enumerate(runtime.agents) if p.counter.down]
            runtime.tick([event for n in down for event in (ev.Reset(n), *beginning(library, policy, n))])
            total = time.thread_time() - start
            if tick >= WARM_UP:
                rows.append(_with_remainders({**watch.read(), **clock.read(), "total": total}))
    runtime.close()
    return rows


def beginning(library: PolicyLibrary, policy: str, character: int) -> list[Event]:
    """What a performer of a crowd does: the skills of its repertoire in turn. A specialist does its own."""
    clips = list(library.get(policy).spec.repertoire.values())
    return [ev.Perform(clips[character % len(clips)], character, policy=policy)] if clips else []


def _with_remainders(row: dict[str, float]) -> dict[str, float]:
    """Take the clock's own cost out; what is left of World.step beside its parts, and of the tick beside all."""
    own = row.pop("watch")
    parts = sum(row.get(label, 0.0) for label in (*PARTS.values(), "touches"))
    derive = row.pop("world", own) - own - parts
    total = row["total"] - own
    rest = total - parts - derive - row.get("inference", 0.0) - row.get("snapshot", 0.0)
    return {**row, "derive": derive, "rest": rest, "total": total}


def overhead(rows: list[dict[str, float]]) -> float:
    """Median of a tick's cost over its bare physics steps'."""
    return statistics.median(row["total"] / row["step"] for row in rows)


def inference_seconds(library: PolicyLibrary, policy: str) -> float:
    """Median cost of one policy run for one character."""
    return statistics.median(row["inference"] for row in ticks(library, policy, 1, 60))


def swap_seconds(library: PolicyLibrary, policy: str, other: str) -> float:
    """Median of what a tick with a swap between two policies costs more than the tick before it."""
    runtime, extra = Runtime(library), []
    runtime.tick([ev.Play(policy, place=True)])
    for k in range(40):
        costs = []
        for events in ([], [ev.Play(other if k % 2 else policy)]):
            start = time.thread_time()
            runtime.tick(events)
            costs.append(time.thread_time() - start)
        extra.append(costs[1] - costs[0])
    runtime.close()
    return statistics.median(extra)


def policies(library: PolicyLibrary, name: str | None) -> tuple[str, str]:
    """Names of the policies that drive many characters and a single one. Raises PolicyError."""
    many, single = (find_policy(library, name or skill) for skill in (MANY, SINGLE))
    assert many is not None and single is not None  # of a name or skill that is not there, PolicyError is raised
    return many, single


def measure(name: str | None, num_ticks: int) -> dict[str, float]:
    """All figures; prints how a tick's time splits on the way.

    Args:
        name: a policy or skill in the place of both, or a policy's file.
        num_ticks: measured ones of each part.

    Raises:
        PolicyError: there is no such policy.
    """
    model = CharacterModel.load()
    library = PolicyLibrary(model)
    if name is not None and name.endswith(".onnx"):
        given = Policy.load(Path(name), model)
        # the library may have a file of the same name
        name = f"{Path(name).stem}@{given.sha256[:8]}"
        library.add(name, given)
    figures: dict[str, float] = {}
    many, single = policies(library, name)
    for suffix, characters, policy in (("", 16, many), ("_1", 1, single)):
        # a watch costs time itself: the ratio has one on the steps alone
        bare = ticks(library, policy, characters, num_ticks, split=False)
        figures[f"sim_overhead{suffix}"] = overhead(bare)
        rows = ticks(library, policy, characters, num_ticks)
        print(f"{characters} x {policy}, us per character and tick (median):")
        for label in (*SPLIT, "total"):
            print(f"  {label:10} {1e6 * statistics.median(row.get(label, 0.0) for row in rows) / characters:8.1f}")
        if not suffix:
            typical = statistics.median(row["total"] for row in bare)
            figures["characters_realtime"] = characters / model.control_hz / typical
    figures["inference_us"] = 1e6 * inference_seconds(library, single)
    figures["swap_ms"] = 1e3 * swap_seconds(library, many, single)
    library.close()
    return figures
