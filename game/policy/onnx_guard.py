"""What a policy's graph may not contain: files to read, foreign code, loops, or growth without bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # comes with onnx
from onnx import numpy_helper

from game.policy.onnx_sizes import check_sizes
from game.policy.policy_spec import PolicyError
from game.scene.refusal import reason_of

STANDARD_DOMAINS = ("", "ai.onnx")
CONTROL_FLOW = {"If", "Loop", "Scan", "SequenceMap"}
MAX_NODES = 3000
"""and as many initializers"""


def parse_graph(data: bytes) -> onnx.ModelProto:
    """The model in the bytes of a file. Raises PolicyError unless it is one, of versions that there are."""
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, TypeError) as error:
        raise PolicyError(f"not an ONNX model, or cut short: {reason_of(error)}") from error
    if not model.graph.node:
        raise PolicyError("not an ONNX model: it has no nodes")
    opset = max((o.version for o in model.opset_import if o.domain in STANDARD_DOMAINS), default=0)
    most = onnx.IR_VERSION, onnx.defs.onnx_opset_version()
    if model.ir_version > most[0] or opset > most[1]:
        raise PolicyError(f"IR version {model.ir_version} / opset {opset}, at most {most[0]} / {most[1]}: "
                          "export it again for an older opset, such as 17")  # fmt: skip
    return model


def check_graph(model: onnx.ModelProto) -> None:
    """Raise PolicyError unless a model is safe to run."""
    graph = model.graph
    if max(len(graph.node), len(graph.initializer)) > MAX_NODES:
        raise PolicyError(f"{len(graph.node)} nodes and {len(graph.initializer)} weights, expected at most {MAX_NODES}")
    # opset_import may name what no node uses, as some exporters do
    if foreign := {n.domain for n in graph.node} - set(STANDARD_DOMAINS):
        raise PolicyError(f"custom operators of {', '.join(sorted(foreign))}; expected standard ONNX operators alone")
    if model.functions:
        raise PolicyError(f"local functions {', '.join(f.name for f in model.functions)}; expected plain operators")
    if banned := CONTROL_FLOW & {n.op_type for n in graph.node}:
        raise PolicyError(f"control flow ({', '.join(sorted(banned))}); expected a graph without loops or branches")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                raise PolicyError(f"{node.op_type} {node.name!r} has a graph inside; expected plain operators")
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                raise PolicyError(f"{node.op_type} {node.name!r} has sparse weights; expected dense ones")
    if graph.sparse_initializer:
        raise PolicyError("sparse weights; expected dense ones")
    for tensor in _tensors(model):
        _check_tensor(tensor)
    check_sizes(model)


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _check_tensor(tensor: onnx.TensorProto) -> None:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise PolicyError(f"weights {tensor.name!r} lie in another file; expected all data inside this one: "
                          "torch.onnx.export(..., external_data=False)")  # fmt: skip
    if np.prod(np.array(tensor.dims, float)) > 1 << 28:
        raise PolicyError(f"weights {tensor.name!r} of shape {list(tensor.dims)} are too large")
    try:
        values = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise PolicyError(f"weights {tensor.name!r} are damaged: {reason_of(error)}") from error
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise PolicyError(f"weights {tensor.name!r} are not finite")
