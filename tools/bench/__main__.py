"""Measures speed: `python -m tools.bench [--train | --draw]`: a table, and last a JSON line.

Machines are noisy and shared, so what counts are ratios within one run, of the thread's own CPU time: every tick's cost
over that of the bare physics steps inside it, the median over all ticks. Other processes that fill the caches make one
character's ticks cost more, relative to their steps, than those of many.

The game's backflip drives 16 characters (`sim_overhead`, `characters_realtime`), its walk a single one
(`sim_overhead_1`, `inference_us`); `swap_ms` is from one to the other. The policies' names are printed. With
`--policy performer` the characters do the skills of its repertoire in turn, the single one the first of them.

`--draw` measures pictures instead: somebody who walks through a set is drawn in all three qualities, which take turns
picture by picture.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from tools.command_line import parse


@dataclass(frozen=True)
class BenchOptions:
    """The command line of tools.bench."""

    ticks: int = 300
    """measured ticks of each part"""
    policy: str | None = None
    """name, skill or file of a policy that drives all, such as performer; by default two, see above"""
    draw: bool = False
    """measure pictures instead: ms for each in every quality, with --ticks of them"""
    set_name: Annotated[str, tyro.conf.arg(name="set")] = "living_room"
    """what is drawn"""
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
    if options.draw:
        return _draw(options)
    from game.policy.policy import PolicyError
    from tools.bench.measurements import measure

    try:
        figures = measure(options.policy, options.ticks)
    except PolicyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _show(figures)
    return 0


def _draw(options: BenchOptions) -> int:
    from game.policy.policy import PolicyError
    from game.scene.json_fields import SetError
    from game.scene.set_file import load_set
    from game.view.pick_pipe import OutputError
    from tools.bench.drawing import measure_drawing

    try:
        figures = measure_drawing(load_set(options.set_name), options.ticks)
    except (OutputError, PolicyError, SetError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _show(figures)
    return 0


def _show(figures: dict[str, float]) -> None:
    for key, value in figures.items():
        print(f"{key:24} {value:10.3f}")
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
