"""One rank of a run: from the lock on its folder to the last checkpoint, and one line on what went wrong."""

from __future__ import annotations

import contextlib
import os
import sys

from game.policy.policy import PolicyError
from game.sim.motion import ClipError
from tools.train import distributed, preflight
from tools.train.checkpoint import CheckpointError
from tools.train.config import ConfigError, TrainConfig
from tools.train.interruption import Interruption, RunInterruptedError
from tools.train.trainer import Trainer


def main(config: TrainConfig) -> None:
    """Train as one rank of the group that the process environment names. SystemExit: it cannot go on."""
    interruption = Interruption()
    interruption.listen()
    distributed.join()
    try:
        with contextlib.ExitStack() as held:
            if distributed.rank() == 0:
                held.enter_context(preflight.hold(config.folder))
                print(f"{_what(config)}; it starts, which may take half a minute", flush=True)
            trainer = Trainer(config, interruption)
            try:
                trainer.run()
            finally:
                trainer.films.close()
            trainer.environment.close()
            trainer.testing.close()
    except RunInterruptedError as error:
        if distributed.rank() == 0:
            print(f"\n{error}", flush=True)
    except (ClipError, CheckpointError, ConfigError, PolicyError, OSError) as error:
        _give_up(error)
    distributed.leave()


def _what(config: TrainConfig) -> str:
    ranks = distributed.world_size()
    resumed = (config.folder / "checkpoint.pt").is_file()
    return (
        f"{config.clip}: {ranks} rank{'s' * (ranks > 1)} of {config.num_characters} characters, "
        f"{'goes on' if resumed else 'anew'} in {config.folder}"
    )


def _give_up(error: Exception) -> None:
    """Print one line, of all ranks together where all fail alike, and end the process with 1."""
    if distributed.rank() == 0 or isinstance(error, OSError):
        print(f"\nerror: {error}", file=sys.stderr, flush=True)
    if distributed.world_size() > 1:
        # at once: the others notice that the group is broken, and must not end before this one
        sys.stdout.flush()
        os._exit(1)
    sys.exit(1)
