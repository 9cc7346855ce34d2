"""Measures a policy; the last line is JSON.

python -m tools.evaluate policies/NAME.onnx --episodes 40 --seconds 20 [--pushes] [--disturbed]

All episodes run side by side, in Worlds where characters do not touch each other. An episode starts in the clip's pose
and velocity at its phase; it ends, as survived, after the given seconds, or when a body that must not touches the floor
at any substep.

`normalized_return` is DeepMimic's (Peng et al. 2018, section 5): the reward of each tick, with the paper's weights,
summed over the episode and divided by the number of ticks, 0 after a fall. Differences from the paper: the reference's
anchor is the policy's own (policies/README.md), its velocities are central differences, and the end effectors'
positions are compared relative to the root, in the anchor frame's axes.

`--disturbed` adds what the trainer's robustness stage does at its full size, each episode in a World of its own: pushes
at random times, another gravity, floor friction, strength and density of the body (tools/train/config.py has how much).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from tools.command_line import parse


@dataclass(frozen=True)
class EvaluateOptions:
    """The command line of tools.evaluate."""

    policies: tyro.conf.Positional[tuple[Path, ...]]
    """policy files"""
    episodes: int = 40
    """episodes from random phases; 10 more start from phase 0"""
    seconds: float = 20.0
    """length of an episode"""
    pushes: bool = False
    """also find the largest push that the policy survives"""
    disturbed: bool = False
    """also run the episodes under pushes, in other conditions"""
    seed: int = 0
    """of the phases, the noise and the disturbances"""
    write: bool = False
    """put the scores on the policies' cards"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(EvaluateOptions, "tools.evaluate", __doc__, arguments)
    # torch takes seconds to load: --help does without
    from game.policy.policy import Policy, PolicyError
    from game.sim.model import CharacterModel
    from game.sim.motion import ClipError
    from tools.evaluate.episodes import evaluate
    from tools.policy_file import rewrite_card

    if not options.policies or options.episodes < 1 or options.seconds <= 0.0:
        found = f"{len(options.policies)} policies, {options.episodes} episodes of {options.seconds} s"
        print(f"error: {found}: expected positive numbers", file=sys.stderr)
        return 1
    for path in options.policies:
        try:
            policy = Policy.load(path, CharacterModel.load())
            scores = evaluate(
                policy, episodes=options.episodes, seconds=options.seconds, pushes=options.pushes,
                disturbed=options.disturbed, seed=options.seed,
            )  # fmt: skip
        except (PolicyError, ClipError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        if options.write:
            rewrite_card(path, replace(policy.spec, scores={**policy.spec.scores, **scores}))
        for key, value in scores.items():
            print(f"{key:26} {value}")
        print(json.dumps(scores), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
