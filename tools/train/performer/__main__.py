"""python -m tools.train performer: train one network for all motions; see tools/train/README.md."""

from __future__ import annotations

import os
import sys

from tools.command_line import parse
from tools.train.performer.performer_config import PerformerConfig


def main(arguments: list[str] | None = None) -> int:
    """Start this machine's ranks; returns 1 after one line on what is wrong."""
    config = parse(PerformerConfig, "tools.train performer", __doc__, arguments)
    # before numpy and torch load their thread pools: ranks share the cores
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # torch takes seconds to load: --help does without
    from game.policy.policy_spec import PolicyError
    from game.sim.motion import ClipError
    from tools.train import distributed
    from tools.train.checkpoint import CheckpointError
    from tools.train.performer import training

    try:
        training.check(config)
    except (ClipError, PolicyError, CheckpointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    distributed.launch(training.main, config.ranks, config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
