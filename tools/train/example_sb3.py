"""Somebody else's PPO on pratfall/Imitate-v0: stable-baselines3 learns, and what it has learned becomes a policy file.

    pip install stable-baselines3
    python -m tools.train.example_sb3 walk policies/theirs.onnx --steps 300000

One environment in one process, some hundred steps a second: it shows how, the trainer is several times as fast.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from tools.command_line import parse

if TYPE_CHECKING:
    from torch import Tensor

NOISE = 0.15
"""rad, standard deviation of the corrections at first, about y; an action of 1 would be 2 rad"""


@dataclass(frozen=True)
class ExampleOptions:
    """The command line of tools.train.example_sb3."""

    clip: Annotated[str, tyro.conf.Positional] = "walk"
    """name of a clip in models/clips, or a path to one"""
    target: Annotated[Path, tyro.conf.Positional] = Path("out/theirs.onnx")
    """the file to write"""
    steps: int = 20_000
    """control steps to learn from, 30 a second of the motion"""
    rollout: int = 2048
    """steps between two updates"""
    seed: int = 0
    """of networks, starts and noise"""


def main(arguments: list[str] | None = None) -> int:
    """Learn and export; returns 1 after one line on what is wrong."""
    options = parse(ExampleOptions, "tools.train.example_sb3", __doc__, arguments)
    # these take seconds to load: --help does without
    import gymnasium
    import numpy as np
    from torch import nn

    from game.policy.policy import PolicyError
    from game.sim.motion import ClipError
    from tools.train.gym_env import NAME, Imitate, export_actor

    try:
        from stable_baselines3 import PPO
    except ModuleNotFoundError:
        print("error: stable-baselines3 is missing: pip install stable-baselines3", file=sys.stderr)
        return 1

    class Actor(nn.Module):
        """The deterministic half of a stable-baselines3 policy: observations (B, D) -> mean actions (B, A)."""

        def __init__(self, policy: Any) -> None:
            super().__init__()
            self.features, self.action = policy.features_extractor, policy.action_net
            self.hidden = policy.mlp_extractor.policy_net

        def forward(self, observation: Tensor) -> Tensor:
            """Mean actions (B, A) of observations (B, D)."""
            actions: Tensor = self.action(self.hidden(self.features(observation)))
            return actions

    try:
        env = gymnasium.make(NAME, clip=options.clip)
        own = env.unwrapped
        assert isinstance(own, Imitate)
        learner = PPO(
            "MlpPolicy",
            env,
            n_steps=options.rollout,
            batch_size=min(256, options.rollout),
            gamma=0.97,
            seed=options.seed,
            device="cpu",
            policy_kwargs={
                "net_arch": [256, 256],
                "log_std_init": float(np.log(NOISE / own.action_radians.max())),
            },
            verbose=1,
        )
        learner.learn(options.steps)
        spec = export_actor(own, Actor(learner.policy), options.target, "learned by stable-baselines3's PPO")
    except (ClipError, PolicyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    env.close()
    print(f"{options.target}: {spec.name}, {options.steps} steps of {spec.skill}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
