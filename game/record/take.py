"""Take: what was set up, every event with its tick and the policies: enough to run it again, bit for bit.

On disk a take is a folder or one zip file: take.json, trace.json (what happened, tick by
tick, to hold a replay against), policies/NAME.onnx and clips/NAME.json.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from game.play import events as ev
from game.play.events import Timed
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.scene.json_text import JsonError, parse_json
from game.sim.model import CharacterModel, ModelError
from game.sim.motion import ClipError

SCHEMA = 2
"""1 had no clips, and policies were started by the heading of the x axis"""
MAX_FILES = 256
MAX_BYTES = 512 << 20
MAX_TICKS = 10_000_000
CARD, TRACE, POLICIES, CLIPS = "take.json", "trace.json", "policies", "clips"
FOLDERS = {POLICIES: ".onnx", CLIPS: ".json"}
"""and how the names of their files end"""

TraceRow = tuple[str, list[list[float]]]


class TakeError(ValueError):
    """A take cannot be read, or does not belong to this version."""


class Divergence(NamedTuple):
    """Where a replay left the take."""

    tick: int
    distance: float
    """m, the largest between any two roots at that tick; 0 where only joints differ"""

    def __str__(self) -> str:
        return f"diverges at tick {self.tick}, by {self.distance:.3g} m"


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
    trace: tuple[TraceRow, ...] = ()
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
            tuple(runtime.trace),
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
        return {TRACE: _canonical([list(row) for row in self.trace]), **files}

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
                raise TakeError(f"its policy {name!r}: {error}") from error
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
        """Write to a folder, or to one file if it ends in .zip; all or nothing."""
        files = {CARD: json.dumps({**self.card(), "sha256": self.sha256}, indent=1).encode(), **self._files()}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".zip":
            temporary = path.with_name(path.name + ".part")
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in files.items():
                    # a fixed date: the same take is the same file
                    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
            temporary.replace(path)
            return
        staging = Path(tempfile.mkdtemp(prefix=path.name + ".", suffix=".part", dir=path.parent))
        try:
            for name, data in files.items():
                target = staging / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            _swap_in(staging, path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    @staticmethod
    def load(path: Path) -> Take:
        """Read a folder or zip. Raises TakeError."""
        try:
            files = _read_folder(path) if path.is_dir() else _read_zip(path)
        except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise TakeError(f"{path.name} cannot be read: {error}") from error
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
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
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
    rows = _parse(files[TRACE], TRACE) if TRACE in files else []
    kept = {f: {PurePosixPath(n).stem: files[n] for n in card["files"] if n.startswith(f + "/")} for f in FOLDERS}
    return Take(
        seed=int(card["seed"]),
        num_ticks=int(card["num_ticks"]),
        events=tuple(ev.from_json(e if card["schema"] > 1 else _as_schema_2(e)) for e in card["events"]),
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


def _as_schema_2(event: Any) -> Any:
    """The JSON of a schema 1 take's event as today's: policies were started by the heading of the x axis."""
    return {**event, "aligned": False} if isinstance(event, dict) and event.get("type") == "play" else event


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _parse(data: bytes, name: str) -> Any:
    try:
        return parse_json(data, name, max_bytes=MAX_BYTES)
    except JsonError as error:
        raise TakeError(str(error)) from error


def _wanted(name: str) -> bool:
    """Whether a file belongs to takes; whatever else lies in the folder is left alone."""
    parts = PurePosixPath(name).parts
    return name in (CARD, TRACE) or (len(parts) == 2 and parts[0] in FOLDERS and name.endswith(FOLDERS[parts[0]]))


def files_of(folder: Path) -> list[Path]:
    """The files of a take that lies in a folder; whatever else is there is left out."""
    kept = [file for name, ending in FOLDERS.items() for file in sorted((folder / name).glob(f"*{ending}"))]
    return [file for file in (folder / CARD, folder / TRACE, *kept) if file.is_file()]


def _read_folder(path: Path) -> dict[str, bytes]:
    found = files_of(path)
    _check_size(len(found), sum(p.stat().st_size for p in found))
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in found}


def _read_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if _wanted(info.filename)]
        _check_size(len(infos), sum(info.file_size for info in infos))
        files = {}
        for info in infos:
            with archive.open(info) as stream:
                # what the directory claims is not trusted
                data = stream.read(info.file_size + 1)
            if len(data) != info.file_size:
                raise TakeError(f"{info.filename} is larger than the archive says")
            files[info.filename] = data
        return files


def _check_size(num_files: int, num_bytes: int) -> None:
    if num_files > MAX_FILES or num_bytes > MAX_BYTES:
        raise TakeError(
            f"{num_files} files of {num_bytes >> 20} MiB, expected at most {MAX_FILES} of {MAX_BYTES >> 20} MiB"
        )


def _swap_in(staging: Path, path: Path) -> None:
    """Put a finished folder in place of what is there; what was there goes only when the new one stands."""
    if not path.exists():
        staging.replace(path)
        return
    old = path.with_name(path.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    path.replace(old)
    staging.replace(path)
    shutil.rmtree(old, ignore_errors=True)
