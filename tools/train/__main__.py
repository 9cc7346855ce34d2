"""python -m tools.train CLIP: train a policy, or performer: one for all motions; see tools/train/README.md."""

from __future__ import annotations

import os
import sys

from tools.command_line import parse
from tools.train.config import ConfigError, TrainConfig


def main(arguments: list[str] | None = None) -> int:
    """Start this machine's ranks, or be one of torchrun's; returns 1 after one line on what is wrong."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["performer"]:
        from tools.train.performer.__main__ import main as train_performer

        return train_performer(given[1:])
    try:
        config = parse(TrainConfig, "tools.train", __doc__, arguments)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    # before numpy and torch load their thread pools: ranks share the cores
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # torch takes seconds to load: --help does without
    from game.sim.motion import ClipError
    from tools.train import distributed, trainer
    from tools.train.checkpoint import CheckpointError

    try:
        trainer.check(config)
    except (ClipError, CheckpointError, ConfigError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if distributed.under_torchrun():
        trainer.main(config)
    else:
        distributed.launch(trainer.main, config.ranks, config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
