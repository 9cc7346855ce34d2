"""Policy: an ONNX file that drives a character, checked before it is used (contract: policies/README.md)."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from game.policy.observation import Inputs, shapes_for
from game.policy.onnx_guard import check_graph, parse_graph
from game.policy.policy_output import (
    HINGES,
    REFERENCE,
    TARGET,
    PolicyOutput,
    PolicyReference,
    checked_output,
    output_shapes,
)
from game.policy.policy_spec import METADATA_KEY, PolicyError, PolicySpec
from game.policy.ports import check_meant_for_us, check_ports
from game.policy.try_out import try_out
from game.scene.refusal import other_file, reason_of, refused_as
from game.sim.model import CharacterModel

__all__ = ["Binding", "Policy", "PolicyError", "PolicyOutput", "PolicyReference", "PolicySpec"]

MAX_BYTES = 64 << 20


class Policy:
    """A loaded policy. It keeps no state: the anchor and the time are each character's, and its agent holds them."""

    def __init__(self, data: bytes, model: CharacterModel, path: Path | None = None) -> None:
        """Check and load a policy from the bytes of its file. Raises PolicyError."""
        _check_kind(data)
        self.path = path
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        with refused_as(PolicyError, "it"):
            self._load(model)

    def _load(self, model: CharacterModel) -> None:
        parsed = parse_graph(self.data)
        check_meant_for_us(parsed.graph)
        self.spec = _spec(parsed)
        self.spec.check(model)
        check_graph(parsed)
        self._session = _session(self.data)
        input_shapes = shapes_for(model.num_joints, model.num_bodies, len(self.spec.lookahead))
        self.inputs = check_ports("input", self._session.get_inputs(), input_shapes)
        outputs = check_ports("output", self._session.get_outputs(), output_shapes(model))
        if TARGET not in outputs:
            raise PolicyError(f"no output {TARGET!r}; there are {', '.join(outputs)}")
        self.has_hinge_targets, self.has_reference = HINGES in outputs, set(REFERENCE) <= set(outputs)
        self._sizes = {**input_shapes, **output_shapes(model)}
        self.outputs = (TARGET, *(HINGES,) * self.has_hinge_targets, *REFERENCE * self.has_reference)
        try_out(self._run, self.spec, model)
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
        with refused_as(PolicyError, path.name):
            size = path.stat().st_size
            if path.is_dir():
                raise PolicyError(f"{path.name} is a directory, expected an .onnx file")
            if size > MAX_BYTES:
                raise PolicyError(f"{path.name}: {size / 2**20:.0f} MiB, expected at most {MAX_BYTES >> 20}")
            data = path.read_bytes()
        try:
            return Policy(data, model, path)
        except PolicyError as error:
            raise PolicyError(f"{path.name}: {error}") from error

    def run(self, inputs: Inputs) -> PolicyOutput:
        """Compute the targets of M characters. Raises PolicyError where it fails or an output makes no sense."""
        return self._run(inputs, None)

    def _run(self, inputs: Inputs, options: Any) -> PolicyOutput:
        """`options`: onnxruntime's for one run."""
        try:
            values = self._session.run(self.outputs, {name: inputs[name] for name in self.inputs}, options)
        except Exception as error:
            raise PolicyError(f"{self.spec.name} fails: {_reason(error)}") from error
        return self._checked([np.asarray(value, np.float64) for value in values])

    def bind(self, m: int) -> Binding:
        """Inputs and outputs that stay in memory, for computing the targets of M characters again and again."""
        return Binding(self, m)

    def _checked(self, values: list[NDArray[np.float64]]) -> PolicyOutput:
        """The values of `outputs`, in that order. Raises PolicyError where one makes no sense."""
        try:
            return checked_output(self.outputs, values)
        except PolicyError as error:
            raise PolicyError(f"{self.spec.name}: {error}") from error


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
        """As Policy.run, of `inputs`. Raises PolicyError where it fails or an output makes no sense."""
        try:
            self._run(self._bound)
        except Exception as error:
            raise PolicyError(f"{self._policy.spec.name} fails: {_reason(error)}") from error
        return self._policy._checked(self._split(self._all.astype(np.float64)))


def _check_kind(data: bytes) -> None:
    """Raise PolicyError for what is plainly no ONNX model."""
    if not data:
        raise PolicyError("the file is empty, expected an ONNX model")
    if len(data) > MAX_BYTES:
        raise PolicyError(f"{len(data) / 2**20:.0f} MiB, expected at most {MAX_BYTES >> 20}")
    if data[:4] == b"PK\x03\x04":
        raise PolicyError("this is a zip archive, expected an ONNX model: unpack it first")
    if other := other_file(data):
        raise PolicyError(f"this is {other}")


def _spec(model: onnx.ModelProto) -> PolicySpec:
    """The card in a model. Raises PolicyError."""
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    if METADATA_KEY not in metadata:
        raise PolicyError(f"no metadata property {METADATA_KEY!r}; there are {sorted(metadata)[:20] or 'none'}")
    return PolicySpec.from_json(metadata[METADATA_KEY])


def _session(data: bytes) -> Any:
    options = ort.SessionOptions()
    # one thread: takes must repeat bit for bit
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        # without a second try, which prints what went wrong with the first
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:
        raise PolicyError(f"onnxruntime refuses it: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What onnxruntime says, without the words that its every message begins with."""
    words = reason_of(error)
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .*? failed:)?", "", words) or words
