"""python -m tools.learn VIDEO_OR_CLIP: he learns it, overnight, and is in the game's list.

A video is captured, a motion file imported; the clip is mended; the performer tries it; it is judged whether it can be
learned; the trainer trains, until he survives .95 of the episodes of 10 s or the time is up; he is evaluated; ages, a
film of the way there and the policy itself come out. Everything is in runs/learn/NAME. Ctrl-C at any moment: the same
command goes on from there.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tools.command_line import parse
from tools.learn import LearnError
from tools.learn.learn_options import Effort, LearnOptions, check_options, name_of

RUNS = Path("runs") / "learn"
REAL = Effort()
FAILED, INTERRUPTED = 1, 130


def main(arguments: list[str] | None = None, effort: Effort = REAL, runs: Path = RUNS) -> int:
    """Returns 0 where he has learned it or the time is up; 1 after one line on what is wrong; 130 after Ctrl-C."""
    options = parse(LearnOptions, "tools.learn", __doc__, arguments)
    folder = runs / name_of(options)
    try:
        check_options(options)
        # a machine that shuts down, or a shell's `kill`, ends it as Ctrl-C does
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "LP_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        return _learn(options, effort, folder)
    except LearnError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"\nstopped; what is done is kept in {folder}, and the same command goes on from there", file=sys.stderr)
        return INTERRUPTED


def _learn(options: LearnOptions, effort: Effort, folder: Path) -> int:
    # torch takes seconds to load: --help does without
    from game.policy.policy import PolicyError
    from game.sim.motion import ClipError
    from tools.learn.intake import fingerprint
    from tools.learn.journal import Journal
    from tools.learn.learn_progress import LearnProgress
    from tools.learn.plan import follow, weights
    from tools.learn.task import Task
    from tools.train.checkpoint import CheckpointError
    from tools.train.config import ConfigError
    from tools.train.preflight import hold

    try:
        source = fingerprint(options.source)
        folder.mkdir(parents=True, exist_ok=True)
        with hold(folder):
            journal = Journal(folder)
            journal.begin(source)
            follow(Task(options, effort, folder, journal, LearnProgress(weights(options.hours))))
            return 0
    except (ClipError, CheckpointError, ConfigError, PolicyError, OSError) as error:
        raise LearnError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
