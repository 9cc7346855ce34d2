"""Policy: an ONNX file that drives a character, checked before it is used (contract: policies/README.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from game.policy.anchor import ORIGIN
from game.policy.observation import AHEAD, Inputs, observe, observe_reference, shapes_for
from game.policy.onnx_guard import check_graph
from game.policy.policy_spec import METADATA_KEY, PolicyError, PolicySpec
from game.sim import kinematics
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

__all__ = ["Binding", "Policy", "PolicyError", "PolicyOutput", "PolicySpec"]

MAX_BYTES = 64 << 20
TARGET = "joint_target"
HINGES = "hinge_target"
REFERENCE = ("reference_root_pos", "reference_root_rot", "reference_joint_rot")
UNIT_TOLERANCE = 1e-2
"""How far from 1 the length of a target quaternion may be"""


class PolicyReference(NamedTuple):
    """The clip's pose at that time, for M characters, in the anchor frame."""

    root_pos: NDArray[np.float64]
    """(M, 3)"""
    root_rot: NDArray[np.float64]
    """(M, 4)"""
    joint_rot: NDArray[np.float64]
    """(M, J, 4)"""


@dataclass(frozen=True, eq=False)
class PolicyOutput:
    """The joint targets of M characters, and the pose of the clip where the policy outputs it."""

    joint_target: NDArray[np.float64]
    """(M, J, 4) child in parent"""
    hinge_target: NDArray[np.float64] | None = None
    """(M, H) rad about y, of the hinges in the joints' order, in place of joint_target's turns"""
    reference: PolicyReference | None = None


class Policy:
    """A loaded policy. It keeps no state: the anchor and the time are each character's, and its agent holds them."""

    def __init__(self, data: bytes, model: CharacterModel, path: Path | None = None) -> None:
        """Check and load a policy from the bytes of its file. Raises PolicyError."""
        if not data:
            raise PolicyError("the file is empty, expected an ONNX model")
        if len(data) > MAX_BYTES:
            raise PolicyError(f"{len(data) / 2**20:.0f} MiB, expected at most {MAX_BYTES >> 20}")
        if data[:4] == b"PK\x03\x04":
            raise PolicyError("this is a zip archive, expected an ONNX model: unpack it first")
        check_graph(data)
        self.path = path
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._session = _session(data)
        metadata = self._session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise PolicyError(f"no metadata property {METADATA_KEY!r}; there are {sorted(metadata) or 'none'}")
        self.spec = PolicySpec.from_json(metadata[METADATA_KEY])
        self.spec.check(model)
        ahead = len(self.spec.lookahead)
        input_shapes = shapes_for(model.num_joints, model.num_bodies, ahead)
        output_shapes = _output_shapes(model)
        self.inputs = _check_ports("input", self._session.get_inputs(), input_shapes)
        outputs = _check_ports("output", self._session.get_outputs(), output_shapes)
        if TARGET not in outputs:
            raise PolicyError(f"no output {TARGET!r}; there are {', '.join(outputs)}")
        self.has_hinge_targets, self.has_reference = HINGES in outputs, set(REFERENCE) <= set(outputs)
        self._sizes = {**input_shapes, **output_shapes}
        self.outputs = (TARGET, *(HINGES,) * self.has_hinge_targets, *REFERENCE * self.has_reference)
        self._try_out(model)
        self.gains = tuple(np.array(self.spec.gains[key]) for key in ("kp", "kd"))
        """(J,) each"""
        allowed = {
            *model.feet,
            *(model.body_names.index(b) for b in self.spec.allowed_contacts if b in model.body_names),
        }
        self.harmful = np.array([b not in allowed for b in range(model.num_bodies)])
        """(B,) bodies whose touching the floor is a fall"""

    @staticmethod
    def load(path: Path, model: CharacterModel) -> Policy:
        """Read a policy file. Raises PolicyError."""
        try:
            size = path.stat().st_size
            if path.is_dir():
                raise PolicyError(f"{path.name} is a directory, expected an .onnx file")
            if size > MAX_BYTES:
                raise PolicyError(f"{path.name}: {size / 2**20:.0f} MiB, expected at most {MAX_BYTES >> 20}")
            data = path.read_bytes()
        except OSError as error:
            raise PolicyError(f"{path.name} cannot be read: {error.strerror}") from error
        try:
            return Policy(data, model, path)
        except PolicyError as error:
            raise PolicyError(f"{path.name}: {error}") from error

    def run(self, inputs: Inputs) -> PolicyOutput:
        """Compute the targets of M characters. Raises PolicyError where an output is not finite."""
        values = self._session.run(self.outputs, {name: inputs[name] for name in self.inputs})
        self._check_finite(values)
        return self._output([np.asarray(value, np.float64) for value in values])

    def bind(self, m: int) -> Binding:
        """Inputs and outputs that stay in memory, for computing the targets of M characters again and again."""
        return Binding(self, m)

    def _check_finite(self, values: list[Any]) -> None:
        for name, value in zip(self.outputs, values, strict=True):
            if not np.isfinite(value).all():
                raise PolicyError(f"{self.spec.name}: output {name} is not finite")

    def _output(self, values: list[NDArray[np.float64]]) -> PolicyOutput:
        """The values of `outputs`, in that order, under their names."""
        target, *others = values
        hinges = others.pop(0) if self.has_hinge_targets else None
        return PolicyOutput(target, hinges, PolicyReference(*others) if others else None)

    def _try_out(self, model: CharacterModel) -> None:
        """Run on a standing character, one and three at once."""
        for m in (1, 3):
            state = CharacterState(
                np.tile([0.0, 0.0, 0.9], (m, 1)), np.tile([0.0, 0.0, 0.0, 1.0], (m, 1)),
                np.tile([0.0, 0.0, 0.0, 1.0], (m, model.num_joints, 1)), np.zeros((m, 3)), np.zeros((m, 3)),
                np.zeros((m, model.num_joints, 3)),
            )  # fmt: skip
            poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
            still = kinematics.body_velocities(model, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
            inputs = observe([ORIGIN] * m, state, poses, still, np.array([0, 0, -9.8]), np.linspace(0, 1, m))
            if ahead := len(self.spec.lookahead):
                # a reference that stands as he does
                inputs |= {name: np.empty((m, *self._sizes[name]), np.float32) for name in AHEAD}
                pose = state[0].root_pos, state[0].root_rot, state[0].joint_rot
                for row in range(m):
                    observe_reference(inputs, row, ORIGIN, *(np.repeat(part[None], ahead, axis=0) for part in pose))
            try:
                out = self.run(inputs)
            except PolicyError:
                raise
            except Exception as error:
                raise PolicyError(f"fails on a standing character: {_first_line(error)}") from error
            if out.joint_target.shape != (m, model.num_joints, 4):
                expected = (m, model.num_joints, 4)
                raise PolicyError(
                    f"{TARGET} has shape {out.joint_target.shape} for {m} characters, expected {expected}"
                )
            hinges = (m, len(model.hinges))
            if out.hinge_target is not None and out.hinge_target.shape != hinges:
                raise PolicyError(f"{HINGES} has shape {out.hinge_target.shape} for {m} characters, expected {hinges}")
            norm = np.linalg.norm(out.joint_target, axis=-1)
            if np.abs(norm - 1.0).max() > UNIT_TOLERANCE:
                raise PolicyError(f"{TARGET} has a quaternion of length {norm.flat[np.abs(norm - 1).argmax()]:.3f}")


class Binding:
    """A policy's inputs and outputs for M characters in memory that stays: fill `inputs`, then run.

    It saves what onnxruntime's own conversions cost with every call. Each thread needs its own.
    """

    def __init__(self, policy: Policy, m: int) -> None:
        self.num_characters = m
        self.inputs: Inputs = {name: np.zeros((m, *policy._sizes[name]), np.float32) for name in policy.inputs}
        """to be filled in place"""
        self._policy, self._run = policy, policy._session.run_with_iobinding
        shapes = [(m, *policy._sizes[name]) for name in policy.outputs]
        # one block of memory, so that one pass checks all of it; each output begins on a cache line
        ends = np.cumsum([-(-int(np.prod(shape)) // 16) * 16 for shape in shapes]).tolist()
        self._all = np.zeros(ends[-1], np.float32)
        self._parts = [(slice(e, e + int(np.prod(s))), s) for e, s in zip([0, *ends], shapes, strict=False)]
        self._bound = policy._session.io_binding()
        for name, array in self.inputs.items():
            self._bound.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        for name, array in zip(policy.outputs, self._split(self._all), strict=True):
            self._bound.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(array))

    def _split(self, block: NDArray[Any]) -> list[NDArray[Any]]:
        return [block[where].reshape(shape) for where, shape in self._parts]

    def run(self) -> PolicyOutput:
        """As Policy.run, of `inputs`. Raises PolicyError where it fails or an output is not finite."""
        try:
            self._run(self._bound)
        except Exception as error:
            raise PolicyError(f"{self._policy.spec.name} fails: {_first_line(error)}") from error
        wide = self._all.astype(np.float64)
        if not np.isfinite(wide).all():
            self._policy._check_finite(self._split(wide))
        return self._policy._output(self._split(wide))


def _session(data: bytes) -> Any:
    options = ort.SessionOptions()
    # one thread: takes must repeat bit for bit
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise PolicyError(f"onnxruntime refuses it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _output_shapes(model: CharacterModel) -> dict[str, tuple[int, ...]]:
    j, h = model.num_joints, len(model.hinges)
    return dict(zip((TARGET, HINGES, *REFERENCE), ((j, 4), (h,), (3,), (4,), (j, 4)), strict=True))


def _check_ports(kind: str, ports: list[Any], expected: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    """Names, dtypes and shapes of a graph's inputs or outputs; the batch dimension must be free."""
    for port in ports:
        if port.name not in expected:
            raise PolicyError(f"{kind} {port.name!r} is unknown; there are {', '.join(expected)}")
        if port.type != "tensor(float)":
            raise PolicyError(f"{kind} {port.name!r} is a {port.type}, expected tensor(float)")
        wanted = expected[port.name]
        shape = list(port.shape or [])
        fits = len(shape) == len(wanted) + 1 and not isinstance(shape[0], int)
        if not fits or any(isinstance(d, int) and d != w for d, w in zip(shape[1:], wanted, strict=True)):
            raise PolicyError(f"{kind} {port.name!r} has shape {shape}, expected ['batch', {str(list(wanted))[1:-1]}]")
    if not ports:
        raise PolicyError(f"no {kind}s at all; there could be {', '.join(expected)}")
    return tuple(port.name for port in ports)
