"""gymnasium.make("pratfall/Imitate-v0", clip="backflip"): the trainer's environment for other people's algorithms.

Importing this module registers the name. Observation and action are those of the exported graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from game.policy.policy_spec import ClipInfo, PolicySpec
from tools.train.config import TrainConfig
from tools.train.environment import ImitationEnvironment
from tools.train.features import Features, PolicyInputs
from tools.train.policy_export import write_graph
from tools.train.policy_graph import ACTION_LIMIT, Residual
from tools.train.subject import body_of, clip_of

NAME = "pratfall/Imitate-v0"
OBSERVATION_LIMIT = 50.0
Vector = NDArray[np.float32]


class Imitate(gymnasium.Env[Vector, Vector]):
    """One character that imitates a clip; the reward is 0 to 1 a step, 30 steps a second.

    The observation holds the features of the exported graph, cut off at +-OBSERVATION_LIMIT. An action of 0 aims at the
    clip's pose a little ahead (`lead`); each of its 28 numbers, -1 to 1, turns one joint's target about one axis of the
    joint from there, by `action_radians` for an action of 1: ACTION_LIMIT (4) times `action_scale`, so 2 rad about y by
    default, and of that the share `lateral`, 1 rad, about x and z. That is far: a twentieth of it is a lot of noise.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  # gymnasium's own interface

    def __init__(self, clip: str = "backflip", **config: Any) -> None:
        """Make the environment of a clip; further keywords are fields of TrainConfig, its PD gains among them."""
        self.config = TrainConfig(clip, **config)
        model, motion = body_of(self.config), clip_of(self.config)
        self._environment = ImitationEnvironment(self.config, motion, model, 1, 1)
        self._features = Features(model, motion, self.config.lead)
        self._residual = Residual(model, self.config.action_scale, self.config.lateral)
        limit = OBSERVATION_LIMIT
        self.observation_space = gymnasium.spaces.Box(-limit, limit, (self._features.size,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (self._residual.num_actions,), np.float32)

    @property
    def action_radians(self) -> Vector:
        """(28,) rad by which an action of 1 turns a joint's target, one axis each."""
        return np.asarray(ACTION_LIMIT * self._residual.spread.sum(1).numpy(), np.float32)

    @property
    def allowed_contacts(self) -> tuple[str, ...]:
        """The bodies beside the feet that may touch the floor."""
        return tuple(self._environment.allowed_names)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Vector, dict[str, Any]]:
        """Start at a time drawn from the clip, or at options["time"] s."""
        super().reset(seed=seed)
        self._environment.seed(int(self.np_random.integers(1 << 31)))
        time = np.array([float(options["time"])]) if options and "time" in options else None
        self._environment.reset(np.zeros(1, np.int64), time)
        return self._observe(), {}

    def step(self, action: Vector) -> tuple[Vector, float, bool, bool, dict[str, Any]]:
        """One control tick; an action beyond -1..1 counts as its limit."""
        with torch.inference_mode():
            limited = torch.as_tensor(action, dtype=torch.float32).clamp(-1.0, 1.0)
            target = self._residual(self._pose, ACTION_LIMIT * limited[None])
        outcome = self._environment.step(target.double().numpy())
        terms = dict(zip(self._environment.stage.reward.names, outcome.terms[0].tolist(), strict=True))
        ended = bool(outcome.terminated[0]), bool(outcome.truncated[0])
        return self._observe(), float(outcome.reward[0]), *ended, {"terms": terms}

    def _observe(self) -> Vector:
        with torch.inference_mode():
            observation, pose = self._features(self._environment.inputs())
        self._pose = pose.joint_rot[:, -1]
        clipped: Vector = observation[0].clamp(-OBSERVATION_LIMIT, OBSERVATION_LIMIT).numpy()
        return clipped

    def close(self) -> None:
        """Give the physics back."""
        self._environment.close()


class ForeignPolicy(nn.Module):
    """An actor trained on `Imitate` by any algorithm, as a module that policy_export.write_graph takes."""

    def __init__(self, clip: str, actor: nn.Module, config: TrainConfig | None = None) -> None:
        """Wrap a deterministic actor, observation (B, D) -> action (B, A) in -1..1."""
        super().__init__()
        config = config or TrainConfig(clip)
        model = body_of(config)
        self.features = Features(model, clip_of(config), config.lead)
        self.residual = Residual(model, config.action_scale, config.lateral)
        self.actor = actor

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The contract, as PolicyGraph.forward."""
        observation, pose = self.features(PolicyInputs(*inputs))
        action = self.actor(observation.clamp(-OBSERVATION_LIMIT, OBSERVATION_LIMIT)).clamp(-1.0, 1.0)
        target = self.residual(pose.joint_rot[:, -1], ACTION_LIMIT * action)
        return target, pose.root_pos[:, 0], pose.root_rot[:, 0], pose.joint_rot[:, 0]


def export_actor(env: Imitate, actor: nn.Module, target: Path, provenance: str) -> PolicySpec:
    """Write an actor trained on `env` as a policy file, with the gains that it has learned with.

    Args:
        env: what it was trained on, unwrapped.
        actor: deterministic, observation (B, D) -> action (B, A); what is beyond -1..1 is cut off.
        target: the file.
        provenance: how it was trained, for the card.

    Raises:
        PolicyError: the file does not do what the actor does.
    """
    config, clip = env.config, clip_of(env.config)
    spec = PolicySpec.for_model(
        body_of(config),
        target.stem,
        clip.name,
        ClipInfo(clip.name, clip.duration, clip.loop),
        anchor="cycle" if clip.loop else "start",
        allowed_contacts=env.allowed_contacts,
        provenance=provenance,
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_graph(ForeignPolicy(config.clip, actor, config), spec, target)
    return spec


gymnasium.register(NAME, entry_point="tools.train.gym_env:Imitate")
