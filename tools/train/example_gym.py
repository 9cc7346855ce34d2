"""An algorithm of one's own on pratfall/Imitate-v0: a random search for a linear policy, exported to the contract.

    python -m tools.train.example_gym walk policies/mine.onnx

It shows the interface, not how to train: use any library that speaks gymnasium in place of `search`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import gymnasium
import numpy as np
import torch
import tyro
from torch import nn

from tools.train.gym_env import NAME, Imitate, export_actor


@dataclass(frozen=True)
class ExampleConfig:
    """Search for a linear policy on a clip and export it."""

    clip: Annotated[str, tyro.conf.Positional] = "walk"
    """name of a clip in models/clips"""
    target: Annotated[Path, tyro.conf.Positional] = Path("out/example.onnx")
    """the file to write"""
    rounds: int = 20
    """candidates to try"""


def play(env: gymnasium.Env[np.ndarray, np.ndarray], actor: nn.Module) -> float:
    """Sum of rewards of one episode from the clip's start."""
    observation, _ = env.reset(seed=0, options={"time": 0.0})
    total, over = 0.0, False
    while not over:
        with torch.inference_mode():
            action = actor(torch.from_numpy(observation)[None])[0].numpy()
        observation, reward, terminated, truncated, _ = env.step(action)
        total, over = total + float(reward), terminated or truncated
    return total


def search(env: gymnasium.Env[np.ndarray, np.ndarray], rounds: int) -> nn.Linear:
    """Keep a random change of the weights whenever it earns more."""
    size, actions = env.observation_space.shape, env.action_space.shape
    assert size and actions
    actor = nn.Linear(size[0], actions[0])
    for parameter in actor.parameters():
        nn.init.zeros_(parameter)
    best = play(env, actor)
    torch.manual_seed(0)
    for _ in range(rounds):
        kept = {name: value.clone() for name, value in actor.state_dict().items()}
        with torch.no_grad():
            for parameter in actor.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.003)
        earned = play(env, actor)
        if earned > best:
            best = earned
        else:
            actor.load_state_dict(kept)
    print(f"earned {best:.2f}")
    return actor


def main(config: ExampleConfig) -> None:
    """Search and export."""
    env = gymnasium.make(NAME, clip=config.clip)
    own = env.unwrapped
    assert isinstance(own, Imitate)
    export_actor(own, search(env, config.rounds), config.target, "random search")
    env.close()


if __name__ == "__main__":
    main(tyro.cli(ExampleConfig))
