"""Checks the inputs and outputs that a policy's graph declares against the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from game.policy.observation import AHEAD, SHAPES
from game.policy.policy_spec import CONTRACT, PolicyError

Shapes = Mapping[str, tuple[int, ...]]


def check_meant_for_us(graph: onnx.GraphProto) -> None:
    """Raise PolicyError for a graph with none of the contract's inputs: it was made for another program."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [port for port in graph.input if port.name not in weights]
    if not inputs or any(port.name in SHAPES or port.name in AHEAD for port in inputs):
        return
    dims = [[d.dim_value if d.HasField("dim_value") else -1 for d in p.type.tensor_type.shape.dim] for p in inputs]
    sizes = [int(np.prod(d[1:], dtype=float)) if d and min(d[1:], default=1) > 0 else 0 for d in dims]
    found = ", ".join(f"{size or 'some'} inputs {p.name[:40]!r}" for size, p in zip(sizes[:5], inputs, strict=False))
    raise PolicyError(f"expects {found}: a policy for another body; input {inputs[0].name[:40]!r} is unknown; "
                      f"there are {', '.join(SHAPES)}; {CONTRACT}")  # fmt: skip


def check_ports(kind: str, ports: list[Any], expected: Shapes) -> tuple[str, ...]:
    """Names of a graph's inputs or outputs, as onnxruntime lists them; the batch dimension must be free.

    Raises:
        PolicyError: a name, dtype or shape is another than expected.
    """
    for port in ports:
        if port.name not in expected:
            raise PolicyError(f"{kind} {port.name[:40]!r} is unknown; there are {', '.join(expected)}")
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
