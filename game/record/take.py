"""Take: what was set up, every event with its tick and the policies: enough to run it again, bit for bit.

On disk a take is a folder or one zip file (`take_files`): take.json, trace.json (what happened, tick by
tick, to hold a replay against), policies/NAME.onnx and clips/NAME.json.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from game.play import events as ev
from game.play.events import Timed
from game.play.runtime import Runtime
from game.play.trace import TraceRow
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.record.take_files import (
    CARD,
    CLIPS,
    FOLDERS,
    MAX_CARD_VALUES,
    POLICIES,
    TRACE,
    TakeError,
    read_files,
    write_files,
)
from game.scene.json_text import JsonError, parse_json
from game.scene.refusal import reason_of, refused_as, shortened
from game.sim.model import CharacterModel, ModelError
from game.sim.motion import ClipError

SCHEMA = 3
"""1 had no clips, and policies were started by the heading of the x axis; in 1 and 2 limp joints turned freely"""
MAX_TICKS = 10_000_000
MAX_TRACE_VALUES = 20_000_000
"""of JSON that are read"""

__all__ = ["CARD", "CLIPS", "FOLDERS", "POLICIES", "TRACE", "Divergence", "Take", "TakeError"]


class Divergence(NamedTuple):
    """Where a replay left the take."""

    tick: int
    distance: float
    """m, the largest between any two roots at that tick; 0 where only joints differ"""

    def __str__(self) -> str:
        return f"diverges at tick {self.tick}" + (f", by {self.distance:.3g} m" if np.isfinite(self.distance) else "")


@dataclass(frozen=True, eq=False)
class Take:
    """A recorded run."""

    seed: int
    num_ticks: int
    events: tuple[Timed, ...]
    policies: dict[str, bytes]
    """the ONNX files, by the names that the events use"""
    clips: dict[str, bytes] = field(default_factory=dict)
    """the JSON of the clips that references were made of, by the names that the events use"""
    trace: Sequence[TraceRow] = ()
    character: str = "humanoid"
    character_sha256: str = ""
    title: str = ""
    set_name: str = ""
    """the set that it was played in; its furniture is among the events"""
    first_tick: int = 0
    """where the interesting part begins, for whoever shows it; a replay runs from 0 all the same"""
    extra: dict[str, Any] = field(default_factory=dict)
    """shots (see game.camera.shot) and whatever else a front end keeps with a take"""

    @staticmethod
    def of(runtime: Runtime, *, title: str = "", set_name: str = "", first_tick: int = 0, **extra: Any) -> Take:
        """The take of everything that a Runtime has done so far."""
        return Take(
            runtime.seed,
            runtime.tick_count,
            # as they will be read again: a script's 0 is 0.0 on disk, and the hash is of what is on disk
            tuple(ev.from_json(ev.to_json(timed)) for timed in runtime.log),
            {name: policy.data for name, policy in runtime.policies.items()},
            dict(runtime.clips.used),
            runtime.trace.frozen(),
            runtime.model.name,
            runtime.model.sha256,
            title,
            set_name,
            first_tick,
            extra,
        )

    # ---------------------------------------------------------------- identity
    def card(self) -> dict[str, Any]:
        """The content of take.json without its own hash."""
        return {
            "schema": SCHEMA,
            "title": self.title,
            "character": self.character,
            "character_sha256": self.character_sha256,
            "set": self.set_name,
            "seed": self.seed,
            "num_ticks": self.num_ticks,
            "first_tick": self.first_tick,
            "events": [ev.to_json(timed) for timed in self.events],
            "files": {name: _sha256(data) for name, data in sorted(self._files().items())},
            "extra": self.extra,
        }

    @property
    def sha256(self) -> str:
        """Of all of its content."""
        return _sha256(_canonical(self.card()))

    def _files(self) -> dict[str, bytes]:
        files = {f"{POLICIES}/{name}.onnx": data for name, data in self.policies.items()}
        files |= {f"{CLIPS}/{name}.json": data for name, data in self.clips.items()}
        return {TRACE: _canonical(_thinned(self.trace)), **files}

    # ---------------------------------------------------------------- running it again
    def runtime(self) -> Runtime:
        """A fresh Runtime with the take's policies. Raises TakeError."""
        try:
            model = CharacterModel.load(self.character)
        except ModelError as error:
            raise TakeError(str(error)) from error
        if self.character_sha256 and self.character_sha256 != model.sha256:
            raise TakeError(f"the take was made with another body called {self.character!r}: it would not repeat")
        library = PolicyLibrary(model, folders=[])
        for name, data in self.policies.items():
            try:
                library.add(name, Policy(data, model))
            except PolicyError as error:
                raise TakeError(f"its policy {shortened(name)!r}: {error}") from error
        runtime = Runtime(library, seed=self.seed)
        for name, data in self.clips.items():
            try:
                runtime.clips.add(name, data)
            except ClipError as error:
                runtime.close()
                raise TakeError(f"its clip {name!r}: {error}") from error
        return runtime

    def divergence(self, trace: Sequence[TraceRow], first_tick: int = 0) -> Divergence | None:
        """Hold what a Runtime did from a tick on against the take; None where every bit is the same."""
        for tick, ((found, found_pos), (expected, expected_pos)) in enumerate(
            zip(trace, self.trace[first_tick : first_tick + len(trace)], strict=True), first_tick
        ):
            if found != expected:
                a, b = np.array(found_pos), np.array(expected_pos)
                distance = float(np.linalg.norm(a - b, axis=-1).max()) if a.shape == b.shape else np.inf
                return Divergence(tick, distance)
        return None

    # ---------------------------------------------------------------- disk
    def save(self, path: Path) -> None:
        """Write to a folder, or to one file if it ends in .zip; all or nothing. Raises TakeError, OSError."""
        write_files(
            path, {CARD: json.dumps({**self.card(), "sha256": self.sha256}, indent=1).encode(), **self._files()}
        )

    @staticmethod
    def load(path: Path) -> Take:
        """Read a folder or zip. Raises TakeError."""
        with refused_as(TakeError, path.name):
            return Take._load(path)

    @staticmethod
    def _load(path: Path) -> Take:
        files = read_files(path)
        if CARD not in files:
            raise TakeError(f"{path.name} is no take: it holds no {CARD}")
        card = _parse(files.pop(CARD), CARD)
        if not isinstance(card, dict) or not isinstance(card.get("schema"), int):
            raise TakeError(f"{path.name}: {CARD} says no schema")
        if card["schema"] > SCHEMA:
            raise TakeError(
                f"{path.name} is of schema {card['schema']}, newer than {SCHEMA}: it needs a newer Pratfall"
            )
        if card["schema"] < 1:
            raise TakeError(f"{path.name} is of schema {card['schema']}, expected 1..{SCHEMA}")
        try:
            take = _from_card(card, files)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = f"lacks {error}" if isinstance(error, KeyError) else reason_of(error)
            raise TakeError(f"{path.name}: {CARD} {reason}") from error
        expected = card.pop("sha256", None)
        found = _sha256(_canonical(card))
        if found != expected:
            raise TakeError(f"{path.name} was changed after it was saved: its hash is {found[:12]}..., "
                            f"expected {str(expected)[:12]}...")  # fmt: skip
        return take


def _from_card(card: dict[str, Any], files: dict[str, bytes]) -> Take:
    for name, digest in card["files"].items():
        if name not in files:
            raise ValueError(f"names {name}, which is missing")
        if _sha256(files[name]) != digest:
            raise ValueError(f"does not fit {name}: it was changed or cut short")
    if not 0 <= int(card["num_ticks"]) <= MAX_TICKS:
        raise ValueError(f"has {card['num_ticks']} ticks, expected 0..{MAX_TICKS}")
    rows = _parse(files[TRACE], TRACE, MAX_TRACE_VALUES) if TRACE in files else []
    kept = {f: {PurePosixPath(n).stem: files[n] for n in card["files"] if n.startswith(f + "/")} for f in FOLDERS}
    return Take(
        seed=int(card["seed"]),
        num_ticks=int(card["num_ticks"]),
        events=ev.list_from_json([_as_today(e, card["schema"]) for e in card["events"]]),
        policies=kept[POLICIES],
        clips=kept[CLIPS],
        trace=tuple((str(digest), [[float(v) for v in p] for p in pos]) for digest, pos in rows),
        character=str(card["character"]),
        character_sha256=str(card["character_sha256"]),
        title=str(card["title"]),
        set_name=str(card["set"]),
        first_tick=int(card["first_tick"]),
        extra=dict(card["extra"]),
    )


def _as_today(event: Any, schema: int) -> Any:
    """The JSON of an older take's event as today's: what its schema did, in today's words."""
    kind = event.get("type") if isinstance(event, dict) else None
    if kind == "play" and schema < 2:
        return {**event, "aligned": False}
    if kind == "strength" and schema < 3:
        return {**event, "limits": False}
    return event


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _parse(data: bytes, name: str, max_values: int = MAX_CARD_VALUES) -> Any:
    try:
        return parse_json(data, name, max_bytes=len(data), max_values=max_values)
    except JsonError as error:
        raise TakeError(str(error)) from error


def _thinned(trace: Sequence[TraceRow]) -> list[list[Any]]:
    """The rows as they are written: of a very long run of a crowd only some ticks keep their positions."""
    rows = [list(row) for row in trace]
    values = sum(4 * len(row[1]) + 3 for row in rows)
    step = -(-values * 2 // MAX_TRACE_VALUES)
    return rows if step <= 1 else [[row[0], row[1] if tick % step == 0 else []] for tick, row in enumerate(rows)]
