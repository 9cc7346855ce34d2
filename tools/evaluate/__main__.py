"""Measures a policy; the last line is JSON.

python -m tools.evaluate policies/NAME.onnx --episodes 40 --seconds 20 [--pushes] [--disturbed]
python -m tools.evaluate policies/performer.onnx --episodes 0 --getup 100 --chain --steer 60 --stand [--clip FILE ...]

Episodes of a skill run side by side, in Worlds where characters do not touch each other. An episode starts in the
clip's pose and velocity at its phase; it ends, as survived, after the given seconds, or when a body that must not
touches the floor at any substep. Of a performer every skill of its card's repertoire is measured (`skills`), and the
means over them; one whose clip has ended must stand at the end.

`normalized_return` is DeepMimic's (Peng et al. 2018, section 5): the reward of each tick, with the paper's weights,
summed over the episode and divided by the number of ticks, 0 after a fall. Differences from the paper: the reference's
anchor is the policy's own (policies/README.md), its velocities are central differences, and the end effectors'
positions are compared relative to the root, in the anchor frame's axes.

`--disturbed` adds what the trainer's robustness stage does at its full size, each episode in a World of its own: pushes
at random times, another gravity, floor friction, strength and density of the body (tools/train/config.py has how much).

`--getup`, `--chain`, `--steer`, `--stand` and `--clip` measure the whole person in the game itself, by events.
Specialists get up by those that learned it, and chain by swapping policies; the last three need a performer.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

from tools.command_line import parse
from tools.evaluate.evaluate_options import EvaluateOptions, wrong


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(EvaluateOptions, "tools.evaluate", __doc__, arguments)
    if reason := wrong(options):
        print(f"error: {reason}", file=sys.stderr)
        return 1
    # torch takes seconds to load: --help does without
    from game.policy.policy import Policy, PolicyError
    from game.sim.model import CharacterModel, ModelError
    from game.sim.motion import ClipError
    from tools.evaluate.measures import measure
    from tools.policy_file import rewrite_card

    try:
        for path, scores in measure(options.policies, options):
            if options.write:
                spec = Policy.load(path, CharacterModel.load(options.character)).spec
                rewrite_card(path, replace(spec, scores={**spec.scores, **scores}))
            show(scores)
    except (ModelError, PolicyError, ClipError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def show(scores: dict[str, Any]) -> None:
    """Print scores for people, then as JSON."""
    for key, value in scores.items():
        if isinstance(value, dict):
            print(f"{key}:")
            for name, row in value.items():
                print(f"  {name:24} {row}")
        else:
            print(f"{key:26} {value}")
    print(json.dumps(scores), flush=True)


if __name__ == "__main__":
    sys.exit(main())
