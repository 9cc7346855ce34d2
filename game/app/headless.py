"""The game without a window: runs a policy, a file of events, a script or a take, as fast as the computer can."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from game.app.compilation import compilation_bar
from game.app.director import Director
from game.camera.cuts import CutError, Cuts, cuts_of
from game.camera.rigs import NAMES
from game.play.events import EventError, Timed, list_from_json
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.record.playback import Playback
from game.record.take import Divergence, Take, TakeError
from game.scene.json_fields import SetError
from game.scene.json_text import JsonError, read_json
from game.scene.paths import all_policies_dirs
from game.scene.refusal import refused_as
from game.scene.set_file import load_set
from game.scene.set_spec import SetSpec
from game.session.attempts import AfterFall
from game.session.opening import BARE, DEFAULT_SKILL, NO_SET, find_policy, opening
from game.session.script import Script
from game.session.script_runner import opening_policy
from game.session.script_step import ScriptError
from game.sim.model import HUMANOID, CharacterModel, ModelError
from game.view.film import FilmError

DEFAULT_SECONDS = 10.0
SCRIPT_SECONDS = 600.0
"""of a script that does not come to its end, unless --seconds says otherwise"""
MAX_SECONDS = 24 * 3600.0


class RunError(ValueError):
    """The options cannot be run; the message says why."""


@dataclass
class RunReport:
    """The results of a run; `to_json` is the last line that it prints."""

    ticks: int
    falls: int
    flips: int
    sim_ms_per_tick: float
    """mean wall time of a tick, without the first one, which compiles"""
    realtime_factor: float
    take_sha256: str
    divergence: Divergence | None = None
    """where the playback of a take first differed from the take; None if nowhere"""
    script_finished: bool | None = None
    """whether a script came to its end"""
    troubles: tuple[str, ...] = ()
    """what went wrong beside the run: its film, or saving its take"""

    def to_json(self, *, verified: bool) -> str:
        """One line of JSON; `verified` adds whether a take repeated bit for bit."""
        card: dict[str, Any] = {
            "ticks": self.ticks,
            "falls": self.falls,
            "flips": self.flips,
            "sim_ms_per_tick": round(self.sim_ms_per_tick, 4),
            "realtime_factor": round(self.realtime_factor, 2),
            "take_sha256": self.take_sha256,
        }
        if verified:
            card["repeats"] = self.divergence is None
        if self.script_finished is not None:
            card["script_finished"] = self.script_finished
        return json.dumps(card)


FOREIGN = "made for another body"
"""what policies say of a body that is not theirs"""
REFUSALS = (
    RunError, TakeError, PolicyError, EventError, FilmError, ModelError, SetError, ScriptError, CutError, OSError
)  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Runs the options of `game.__main__.parser` and prints a report. Returns the exit status."""
    try:
        with compilation_bar():
            report = run(options)
    except REFUSALS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if report.divergence is not None:
        print(f"error: {options.take} {report.divergence}", file=sys.stderr)
    for trouble in report.troubles:
        print(f"error: {trouble}", file=sys.stderr)
    print(report.to_json(verified=options.take is not None))
    return 0 if report.divergence is None and not report.troubles else 1


def run(options: argparse.Namespace) -> RunReport:
    """Runs, films and saves. Raises one of the errors that `main` names.

    A film or a take that cannot be written is one of the report's troubles, and costs nothing else.
    """
    if options.record and options.record.suffix.lower() != ".mp4":
        raise RunError(f"--record {options.record}: expected FILE.mp4")
    take = Take.load(options.take) if options.take else None
    if take is not None and (options.policy or options.events or options.script):
        raise RunError("a take has its own policies and events: leave --policy, --events and --script away")
    script = Script.load(options.script) if options.script else None
    usual = AfterFall.STAY if script is None else AfterFall.GET_UP
    after_fall = AfterFall(options.after_fall or usual)
    if take is not None and after_fall is not AfterFall.STAY:
        raise RunError("a take holds what came after each fall: leave --after-fall away")
    name = take.set_name if take is not None else options.set or (script.set_name if script is not None else "")
    spec = load_set(name) if name and name != NO_SET else BARE
    spec = spec.at_time(options.time_of_day) if options.time_of_day else spec
    model = CharacterModel.load(options.character if take is None else take.character)
    num_ticks = _num_ticks(options.seconds, model.control_hz, take, script)
    if take is not None:
        playback = Playback.of(take, num_ticks)
    else:
        events = read_events(options.events) if options.events else []
        library = PolicyLibrary(model, all_policies_dirs(options.policies))
        policy = options.policy or (opening_policy(script, library) if script is not None else None)
        policy = policy or find_policy(library, None, [DEFAULT_SKILL])
        beginning = [Timed(0, event) for event in opening(library, policy, spec)]
        playback = Playback(Runtime(library, seed=options.seed), [*beginning, *events], num_ticks)
        late = [timed.tick for timed in events if timed.tick >= num_ticks]
        if late:
            print(f"note: {len(late)} events come after the end, the first at tick {late[0]}", file=sys.stderr)
    runtime, director = playback.runtime, Director(playback, after_fall, script)
    try:
        cuts = cuts_of(take.extra, NAMES) if take is not None and options.record else director.cuts
        seconds, troubles = _run(
            playback,
            spec,
            options.record,
            director,
            cuts if script is not None or len(cuts) else None,
            options.avatar,
        )
        if take is None:
            _say_refused(list(runtime.library.settle().values()), model)
        extra = cuts.extra() if take is None else take.extra
        recorded = Take.of(runtime, set_name="" if spec is BARE else spec.name, **extra)
        if options.save_take:
            try:
                recorded.save(options.save_take)
            except (TakeError, OSError) as error:
                troubles.append(f"the take cannot be saved: {error}")
        if script is not None and director.runner is not None and not director.runner.finished:
            number = director.runner.step
            words = f"ended in step {number + 1} of {len(script.steps)}: {script.steps[number].label}"
            print(words, file=sys.stderr)
        return replace(_report(runtime, seconds, recorded, take, director), troubles=tuple(troubles))
    finally:
        playback.close()
        runtime.library.close()


def _say_refused(reasons: list[str], model: CharacterModel) -> None:
    """A line each; on another body than the game's those that were made for that one are only counted."""
    foreign = [reason for reason in reasons if FOREIGN in reason and model.name != HUMANOID]
    for reason in reasons:
        if reason not in foreign:
            print(f"refused {reason}", file=sys.stderr)
    if foreign:
        print(f"refused {len(foreign)} policies that were {FOREIGN} than {model.name}", file=sys.stderr)


def read_events(path: Path) -> list[Timed]:
    """Reads a JSON list of events (game.play.events), sorted by tick.

    Raises:
        RunError: the file is no such list, or an event in it makes no sense.
    """
    with refused_as(RunError, str(path)):
        try:
            return sorted(list_from_json(read_json(path)), key=lambda timed: timed.tick)
        except JsonError as error:
            raise RunError(str(error)) from error
        except EventError as error:
            raise RunError(f"{path}: {error}") from error


def _figure(avatar: str, model: CharacterModel) -> Path | None:
    """The file of the figure that is filmed; our own one, with a note, where there is none."""
    from game.view.figure_avatar import load_figure
    from game.view.figure_folder import find_figure
    from game.view.figure_parts import FigureError

    try:
        path = find_figure(avatar, model=model)
        if path is not None:
            load_figure(path)
        return path
    except FigureError as error:
        print(f"note: {error}; our own figure is filmed", file=sys.stderr)
        return None


def _run(
    playback: Playback, spec: SetSpec, path: Path | None, director: Director, cuts: Cuts | None, avatar: str
) -> tuple[list[float], list[str]]:
    """Runs all ticks, and films them if there is a path. Ctrl-C and SIGTERM end it early.

    Returns:
        how long each tick took, s, and what went wrong with the film, which ends there: the run goes on.
    """
    film = None
    if path is not None:
        from game.view.recorder import TickFilm  # imported here, as only a film needs a renderer

        film = TickFilm(playback.runtime.snapshot, spec, path, cuts, figure=_figure(avatar, playback.runtime.model))
        if film.shortfall:
            print(f"note: {film.shortfall}", file=sys.stderr)
    seconds: list[float] = []
    troubles: list[str] = []
    try:
        with _interrupts() as interrupted:
            total = playback.num_ticks if director.runner is None else None
            ticks = iter(tqdm(playback, total=total, unit="tick", leave=False, disable=None))
            director.direct()
            start = time.perf_counter()
            for snapshot, items, _ in ticks:
                seconds.append(time.perf_counter() - start)
                for words in snapshot.messages:
                    print(f"tick {snapshot.tick - 1}: {words}", file=sys.stderr)
                if film is not None and not troubles:
                    with _noting(troubles):
                        film.show(snapshot, items)
                if interrupted:
                    print(f"stopped after {len(seconds)} ticks", file=sys.stderr)
                    break
                director.direct()
                start = time.perf_counter()
    finally:
        if film is not None:
            with _noting(troubles):
                film.close()
    return seconds, troubles[:1]


@contextmanager
def _noting(troubles: list[str]) -> Iterator[None]:
    """Adds a FilmError's words to the troubles."""
    try:
        yield
    except FilmError as error:
        troubles.append(str(error))


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Yields a list that gets an entry for each Ctrl-C or SIGTERM, so that a tick is never cut in the middle."""
    caught: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: caught.append(number)) for number in numbers]
    try:
        yield caught
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _num_ticks(seconds: float | None, control_hz: int, take: Take | None, script: Script | None) -> int:
    if seconds is None:
        usual = DEFAULT_SECONDS if script is None else SCRIPT_SECONDS
        return take.num_ticks if take is not None else round(usual * control_hz)
    if not (math.isfinite(seconds) and 0.0 < seconds <= MAX_SECONDS):
        raise RunError(f"--seconds {seconds}: expected more than 0, at most {MAX_SECONDS:.0f}")
    wanted = max(1, round(seconds * control_hz))
    return wanted if take is None else min(wanted, take.num_ticks)


def _report(
    runtime: Runtime, seconds: list[float], recorded: Take, replayed: Take | None, director: Director
) -> RunReport:
    warm = seconds[1:] or seconds
    mean = sum(warm) / len(warm) if warm else 0.0
    return RunReport(
        ticks=runtime.tick_count,
        falls=sum(agent.counter.falls for agent in runtime.agents),
        flips=sum(agent.counter.flips for agent in runtime.agents),
        sim_ms_per_tick=1000.0 * mean,
        realtime_factor=1.0 / (runtime.model.control_hz * mean) if mean else 0.0,
        take_sha256=recorded.sha256,
        divergence=replayed.divergence(runtime.trace) if replayed is not None else None,
        script_finished=director.runner.finished if director.runner is not None else None,
    )
