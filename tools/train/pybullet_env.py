"""PyBullet's own DeepMimic environment, stepped as its own agent steps it: what our speed is measured against.

Its package asks for gym, which is absent, and formats an enum in a way that Python no longer allows: both are patched
here, in memory.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import pybullet_data
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.bullet.c_api import quiet

PACKAGE = "pybullet_envs"
SUBSTEPS = 8
"""of 1/240 s: 30 actions a second; its own loop accumulates floats and takes nine most of the time"""
SPHERICAL = np.array([True, True, True, False, True, True, False, True, False, True, True, False])
"""its joints, right side first: chest, neck, hip, knee, ankle, shoulder, elbow, ... the hinges are False"""


class PyBulletDeepMimic:
    """The environment on one of its clips, following the clip's pose as its action, reset after every fall."""

    def __init__(self, clip: str) -> None:
        """Raises FileNotFoundError for a clip that it has no arguments for."""
        arguments = Path(pybullet_data.getDataPath()) / "args" / f"train_humanoid3d_{clip}_args.txt"
        if not arguments.is_file():
            raise FileNotFoundError(f"PyBullet's environment has no clip {clip!r}: no {arguments.name}")
        _stub()
        module = importlib.import_module(f"{PACKAGE}.deep_mimic.env.pybullet_deep_mimic_env")
        module.InitializationStrategy.__format__ = lambda strategy, _: str(strategy)
        parser = importlib.import_module("pybullet_utils.arg_parser").ArgParser()
        parser.load_file(str(arguments))
        random.seed(0)
        with quiet():
            self._env: Any = module.PyBulletDeepMimicEnv(parser)

    def measure(self, steps: int) -> float:
        """Step it; returns the CPU seconds spent in its own calls: state, reward, action, substeps, end, reset."""
        env, spent = self._env, 0.0
        for _ in range(steps):
            action = self._action()
            started = time.process_time()
            env.record_state(0)
            env.calc_reward(0)
            env.set_action(0, action)
            over = False
            for _ in range(SUBSTEPS):
                env.update(1.0 / 240.0)
                over = over or env.is_episode_end()
                if over:
                    break
            if over:
                env.reset()
            spent += time.process_time() - started
        return spent

    def _action(self) -> list[float]:
        """The clip's pose now as an action: an angle and an axis for a spherical joint, an angle for a hinge."""
        humanoid = self._env._humanoid
        pose = np.array(humanoid.computePose(humanoid._frameFraction))[7:]
        action: list[float] = []
        for spherical in SPHERICAL:
            action += _angle_axis(pose[:4]) if spherical else [float(pose[0])]
            pose = pose[4 if spherical else 1 :]
        return action

    def close(self) -> None:
        """Give its client back."""
        self._env._pybullet_client.disconnect()


def _angle_axis(q: NDArray[np.float64]) -> list[float]:
    """Angle and axis (4,) of a rotation (4,) xyzw; about x where there is none."""
    vector = rotation.to_rotvec(q)
    angle = float(np.linalg.norm(vector))
    axis = vector / angle if angle > 1e-9 else np.array([1.0, 0.0, 0.0])
    return [angle, *axis.tolist()]


def _stub() -> None:
    """Put the package in place without running its __init__, which imports gym."""
    if PACKAGE in sys.modules:
        return
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{PACKAGE} is missing: it comes with pybullet")
    stub = types.ModuleType(PACKAGE)
    stub.__path__ = list(spec.submodule_search_locations)
    sys.modules[PACKAGE] = stub
