"""python -m tools.train CLIP: train a policy; see tools/train/README.md."""

from __future__ import annotations

import os

# before numpy and torch load their thread pools: ranks share the cores
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import tyro  # noqa: E402

from tools.train import ranks, trainer  # noqa: E402
from tools.train.config import TrainConfig  # noqa: E402


def main() -> None:
    """Start this machine's ranks, or be one of torchrun's."""
    config = tyro.cli(TrainConfig, description=__doc__)
    if ranks.under_torchrun():
        trainer.main(config)
    else:
        ranks.launch(trainer.main, config.ranks, config)


if __name__ == "__main__":
    main()
