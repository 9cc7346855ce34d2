"""python -m tools.train CLIP: train a policy, or performer: one for all motions; see tools/train/README.md."""

from __future__ import annotations

import os
import sys

from tools.command_line import parse
from tools.train.config import ConfigError, TrainConfig

INTERRUPTED = 130
"""exit status, a shell's for Ctrl-C"""


def main(arguments: list[str] | None = None) -> int:
    """Start this machine's ranks, or be one of torchrun's; returns 1 after one line on what is wrong."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["performer"]:
        from tools.train.performer.__main__ import main as train_performer

        return train_performer(given[1:])
    try:
        config = parse(TrainConfig, "tools.train", __doc__, arguments)
        # before numpy and torch load their thread pools: ranks share the cores
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        return _train(config)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before a rank listens to it: nothing has begun
        return INTERRUPTED


def _train(config: TrainConfig) -> int:
    # torch takes seconds to load: --help does without
    from game.sim.motion import ClipError
    from tools.train import distributed, preflight, rank
    from tools.train.checkpoint import CheckpointError

    try:
        preflight.check(config)
    except (ClipError, CheckpointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if distributed.under_torchrun():
        rank.main(config)
        return 0
    return distributed.launch(rank.main, config.ranks, config)


if __name__ == "__main__":
    sys.exit(main())
