"""Measures speed: `python -m tools.bench [--train]`: a table, and last a JSON line.

Machines are noisy and shared, so what counts are ratios within one run, of the thread's own CPU time: every tick's cost
over that of the bare physics steps inside it, the median over all ticks. Other processes that fill the caches make one
character's ticks cost more, relative to their steps, than those of many.

The game's backflip drives 16 characters (`sim_overhead`, `characters_realtime`), its walk a single one
(`sim_overhead_1`, `inference_us`); `swap_ms` is from one to the other. The policies' names are printed. With
`--policy performer` the characters do the skills of its repertoire in turn, the single one the first of them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from tools.command_line import parse


@dataclass(frozen=True)
class BenchOptions:
    """The command line of tools.bench."""

    ticks: int = 300
    """measured ticks of each part"""
    policy: str | None = None
    """name, skill or file of a policy that drives all, such as performer; by default two, see above"""
    train: bool = False
    """measure the trainer instead: samples/s, where they go, what a second rank adds"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(BenchOptions, "tools.bench", __doc__, arguments)
    if options.ticks < 1:
        print(f"error: --ticks {options.ticks}: expected a positive number", file=sys.stderr)
        return 1
    # torch and the physics take seconds to load: --help does without
    if options.train:
        from tools.train import throughput

        throughput.show(throughput.figures())
        return 0
    from game.policy.policy import PolicyError
    from tools.bench.measurements import measure

    try:
        figures = measure(options.policy, options.ticks)
    except PolicyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for key, value in figures.items():
        print(f"{key:24} {value:10.3f}")
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
