"""Tries a policy on standing characters before it is used: are its outputs valid, and is it fast enough?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime as ort

from game.policy.anchor import ORIGIN
from game.policy.observation import AHEAD, Inputs, observe, observe_reference
from game.policy.policy_output import HINGES, TARGET, UNIT_TOLERANCE, PolicyOutput, check_lengths
from game.policy.policy_spec import PolicyError, PolicySpec
from game.sim import kinematics
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

MAX_RUN_SECONDS = 5.0
"""s after which a run is stopped"""
MAX_TICK_SECONDS = 0.1
"""s of CPU time for one character; a tick lasts 0.033 s, and a slow machine may need three times as long as this one"""

Run = Callable[[Inputs, Any], PolicyOutput]
"""inputs and onnxruntime's RunOptions, or None -> what the policy answers; raises PolicyError"""


def try_out(run: Run, spec: PolicySpec, model: CharacterModel) -> None:
    """Run a policy on standing characters, one and three at once. Raises PolicyError."""
    for m in (1, 3):
        inputs = standing_inputs(spec, model, m)
        out = bounded_run(run, inputs)
        expected = {TARGET: (m, model.num_joints, 4), HINGES: (m, len(model.hinges))}
        for name, value in ((TARGET, out.joint_target), (HINGES, out.hinge_target)):
            if value is not None and value.shape != expected[name]:
                raise PolicyError(f"{name} has shape {value.shape} for {m} characters, expected {expected[name]}")
        check_lengths(TARGET, out.joint_target, UNIT_TOLERANCE)
    _check_speed(run, standing_inputs(spec, model, 1))


def bounded_run(run: Run, inputs: Inputs) -> PolicyOutput:
    """A run that is stopped after MAX_RUN_SECONDS. Raises PolicyError."""
    options = ort.RunOptions()
    timer = threading.Timer(MAX_RUN_SECONDS, setattr, (options, "terminate", True))
    timer.daemon = True
    timer.start()
    try:
        return run(inputs, options)
    except PolicyError as error:
        if options.terminate:
            raise PolicyError(f"a tick takes more than {MAX_RUN_SECONDS:g} s") from error
        raise
    finally:
        timer.cancel()


def _check_speed(run: Run, inputs: Inputs) -> None:
    """Raise PolicyError where the fastest of three ticks is too slow; the thread's own time counts, not the wall's."""
    fastest = np.inf
    for _ in range(3):
        start = time.thread_time()
        bounded_run(run, inputs)
        fastest = min(fastest, time.thread_time() - start)
        if fastest < 0.5 * MAX_TICK_SECONDS:
            return
    if fastest > MAX_TICK_SECONDS:
        raise PolicyError(f"a tick of one character takes {fastest:.2g} s, expected at most {MAX_TICK_SECONDS:g} s")


def standing_inputs(spec: PolicySpec, model: CharacterModel, m: int) -> Inputs:
    """The inputs for m characters that stand at the origin, with a reference that stands, too."""
    state = CharacterState(
        np.tile([0.0, 0.0, 0.9], (m, 1)), np.tile([0.0, 0.0, 0.0, 1.0], (m, 1)),
        np.tile([0.0, 0.0, 0.0, 1.0], (m, model.num_joints, 1)), np.zeros((m, 3)), np.zeros((m, 3)),
        np.zeros((m, model.num_joints, 3)),
    )  # fmt: skip
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    still = kinematics.body_velocities(model, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
    inputs = observe([ORIGIN] * m, state, poses, still, np.array([0, 0, -9.8]), np.linspace(0, 1, m))
    if ahead := len(spec.lookahead):
        sizes = {"ahead": ahead, "joints": model.num_joints}
        for name, shape in AHEAD.items():
            inputs[name] = np.empty((m, *(sizes[d] if isinstance(d, str) else d for d in shape)), np.float32)
        pose = state[0].root_pos, state[0].root_rot, state[0].joint_rot
        for row in range(m):
            observe_reference(inputs, row, ORIGIN, *(np.repeat(part[None], ahead, axis=0) for part in pose))
    return inputs
