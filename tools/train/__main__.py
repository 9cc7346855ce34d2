"""python -m tools.train CLIP: train a policy; see tools/train/README.md."""

from __future__ import annotations

import os
import sys

# before numpy and torch load their thread pools: ranks share the cores
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import tyro  # noqa: E402

from game.sim.motion import ClipError  # noqa: E402
from tools.train import distributed, trainer  # noqa: E402
from tools.train.checkpoint import CheckpointError  # noqa: E402
from tools.train.config import ConfigError, TrainConfig  # noqa: E402


def main() -> int:
    """Start this machine's ranks, or be one of torchrun's; returns 1 after one line on what is wrong."""
    try:
        config = tyro.cli(TrainConfig, description=__doc__)
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
