"""What a policy's graph may not contain: files to read, foreign code, loops, or growth without bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # comes with onnx
from onnx import numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from game.policy.policy_spec import PolicyError

STANDARD_DOMAINS = ("", "ai.onnx")
CONTROL_FLOW = {"If", "Loop", "Scan", "SequenceMap"}
GROWING = {"ConstantOfShape", "Expand", "Tile", "Range", "Resize", "Upsample", "Pad", "OneHot", "NonZero"}
"""operators whose output's size is decided by values, not by the sizes of their inputs"""
FOLDABLE = {
    "Add", "Cast", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Gather", "Identity", "Mul", "Neg",
    "ReduceProd", "Reshape", "Slice", "Squeeze", "Sub", "Unsqueeze", "Where",
}  # fmt: skip
"""operators that exporters compute sizes with"""
FOLDED_ELEMENTS = 64
MAX_ELEMENTS = 1 << 22
"""of any tensor inside, for one character"""


def check_graph(data: bytes) -> None:
    """Raise PolicyError unless the bytes are an ONNX model that is safe to run."""
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, TypeError) as error:
        raise PolicyError(f"not an ONNX model, or cut short: {error}") from error
    if not model.graph.node:
        raise PolicyError("not an ONNX model: it has no nodes")
    domains = {o.domain for o in model.opset_import} | {n.domain for n in model.graph.node}
    if foreign := domains - set(STANDARD_DOMAINS):
        raise PolicyError(f"custom operators of {', '.join(sorted(foreign))}; expected standard ONNX operators alone")
    if model.functions:
        raise PolicyError(f"local functions {', '.join(f.name for f in model.functions)}; expected plain operators")
    if banned := CONTROL_FLOW & {n.op_type for n in model.graph.node}:
        raise PolicyError(f"control flow ({', '.join(sorted(banned))}); expected a graph without loops or branches")
    for tensor in _tensors(model):
        _check_tensor(tensor)
    _check_sizes(model)


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for sparse in model.graph.sparse_initializer:
        yield sparse.values
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _check_tensor(tensor: onnx.TensorProto) -> None:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise PolicyError(f"weights {tensor.name!r} lie in another file; expected all data inside this one")
    if int(np.prod(np.array(tensor.dims, float))) > 1 << 28:
        raise PolicyError(f"weights {tensor.name!r} of shape {list(tensor.dims)} are too large")
    try:
        values = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise PolicyError(f"weights {tensor.name!r} are damaged: {error}") from error
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise PolicyError(f"weights {tensor.name!r} are not finite")


def _check_sizes(model: onnx.ModelProto) -> None:
    """Infer all shapes for a batch of one. Sizes that values decide must be computable beforehand, and small."""
    single = onnx.ModelProto()
    single.CopyFrom(model)
    for port in single.graph.input:
        shape = port.type.tensor_type.shape
        if shape.dim and not shape.dim[0].HasField("dim_value"):
            shape.dim[0].dim_value = 1
    # inferred shapes must not be overruled by what the file claims
    del single.graph.value_info[:]
    for output in single.graph.output:
        output.type.tensor_type.ClearField("shape")
    shapes = _infer(single)
    while _fold(single, shapes):
        shapes = _infer(single)
    for name, dims in shapes.items():
        if np.prod([float(d) for d in dims]) > MAX_ELEMENTS:
            raise PolicyError(f"tensor {name!r} has shape {list(dims)}, expected at most {MAX_ELEMENTS} elements")
    for node in single.graph.node:
        if node.op_type in GROWING and any(name not in shapes for name in node.output):
            raise PolicyError(f"the size of {node.op_type} {node.name!r} depends on values; expected one that is known")


def _infer(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shapes that are known, by tensor."""
    try:
        graph = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    except (shape_inference.InferenceError, ValueError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or ["?"])[-1][:300]
        raise PolicyError(f"the graph contradicts itself: {reason}") from error
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            shapes[value.name] = tuple(d.dim_value for d in tensor.shape.dim)
    return shapes


def _fold(model: onnx.ModelProto, shapes: dict[str, tuple[int, ...]]) -> bool:
    """Replace nodes whose inputs are all known by their results; returns whether there were any."""
    graph = model.graph
    known = {t.name: numpy_helper.to_array(t) for t in graph.initializer if np.prod(t.dims) <= FOLDED_ELEMENTS}
    folded = []
    for node in graph.node:
        if node.op_type == "Shape" and not node.attribute and node.input[0] in shapes:
            known[node.output[0]] = np.array(shapes[node.input[0]], np.int64)
        elif node.op_type in FOLDABLE and all(name in known or not name for name in node.input):
            if node.op_type == "ConstantOfShape" and np.prod(known[node.input[0]], dtype=float) > FOLDED_ELEMENTS:
                continue
            known[node.output[0]] = _evaluate(node, known)
        else:
            continue
        folded.append(node)
    for node in folded:
        graph.initializer.append(numpy_helper.from_array(known[node.output[0]], node.output[0]))
        graph.node.remove(node)
    return bool(folded)


def _evaluate(node: onnx.NodeProto, known: dict[str, np.ndarray]) -> np.ndarray:
    try:
        inputs = {name: known[name] for name in node.input if name}
        return np.asarray(ReferenceEvaluator(node).run(None, inputs)[0])  # type: ignore[index]
    except Exception as error:
        raise PolicyError(f"{node.op_type} {node.name!r} cannot be computed: {error}") from error
