"""How large the tensors of a policy's graph become, and what they cost, before onnxruntime sees it.

All shapes must be known once the number of characters is. Sizes that exporters have the graph compute are folded here.
How many elements `NonZero` finds depends on values, but it cannot be more than its input has: rows that it picks count
as that many, and only operators may compute with them whose results are no larger where there are fewer rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from game.policy.policy_spec import PolicyError
from game.scene.refusal import reason_of

Shapes = Mapping[str, tuple[int, ...]]

FOLDABLE = {
    "Add", "Cast", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Gather", "Identity", "Mul", "Neg",
    "ReduceProd", "Reshape", "Slice", "Squeeze", "Sub", "Unsqueeze", "Where",
}  # fmt: skip
"""operators that exporters compute sizes with"""
PICKS = "NonZero"
"""the operator that finds the rows for which something is computed"""
SCATTERS = {"ScatterElements", "ScatterND"}
"""operators that put rows into a tensor whose size they keep"""
PICKED = {
    "Add", "Cast", "Clip", "Concat", "Div", "Elu", "Gather", "Gemm", "Identity", "LeakyRelu", "MatMul", "Mul", "Neg",
    "Relu", "Selu", "Sigmoid", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze",
}  # fmt: skip
"""operators that may compute with picked rows"""
FOLDED_ELEMENTS = 64
MAX_FOLDS = 20
"""rounds of constant folding: sizes that are computed from other sizes need several"""
MAX_ELEMENTS = {1: 1 << 22, 64: 1 << 26}
"""elements of the largest computed tensor, by the number of characters"""
MAX_TOTAL = {1: 1 << 24, 64: 1 << 27}
"""elements of all computed tensors together"""
MAX_WORK = 1e9
"""multiplications for one character in a tick; ours need 1e6"""
PRODUCTS = {"Gemm", "MatMul", "MatMulInteger", "QLinearMatMul"}
HEAVY = {
    "Attention", "AveragePool", "Conv", "ConvInteger", "ConvTranspose", "DFT", "DeformConv", "Det", "Einsum", "GRU",
    "GridSample", "LRN", "LSTM", "LpPool", "MaxPool", "MaxRoiAlign", "NonMaxSuppression", "QLinearConv", "RNN",
    "RoiAlign", "STFT",
}  # fmt: skip
"""operators that may read a whole input for each element of their output"""


def check_sizes(model: onnx.ModelProto) -> None:
    """Raise PolicyError unless all tensors have sizes that are known and small, for one character and for a crowd."""
    for count, most in MAX_ELEMENTS.items():
        who = "one character" if count == 1 else f"{count} characters"
        graph, shapes = _with_shapes(model, count, who)
        total = 0.0
        for node in graph.node:
            for name in filter(None, node.output):
                if name not in shapes:
                    raise PolicyError(f"the size of {node.op_type} {node.name or name!r} depends on values; "
                                      "expected one that is known")  # fmt: skip
                if node.op_type == "Constant":
                    continue  # weights, which lie in the file
                total += (size := _size(shapes[name]))
                if size > most:
                    raise PolicyError(
                        f"tensor {name!r} has shape {list(shapes[name])} for {who}, expected at most {most} elements"
                    )
        if total > MAX_TOTAL[count]:
            raise PolicyError(f"its tensors have {total:.2g} elements for {who}, expected at most {MAX_TOTAL[count]}")
        if count == 1 and (work := sum(_work(node, shapes) for node in graph.node)) > MAX_WORK:
            raise PolicyError(f"{work:.2g} multiplications for {who} in a tick, expected at most {MAX_WORK:.0e}")


def _with_shapes(model: onnx.ModelProto, count: int, who: str) -> tuple[onnx.GraphProto, Shapes]:
    """The graph for so many characters, with computed sizes as constants, and the tensors' shapes that are known."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for port in fixed.graph.input:
        shape = port.type.tensor_type.shape
        if shape.dim and not shape.dim[0].HasField("dim_value"):
            shape.dim[0].dim_value = count
    # inferred shapes must not be overruled by what the file claims
    del fixed.graph.value_info[:]
    for output in fixed.graph.output:
        output.type.tensor_type.ClearField("shape")
    _check_picked(fixed.graph)
    shapes = _infer(fixed)
    for _ in range(MAX_FOLDS):
        changed = _bound_picked(fixed.graph, shapes)
        if not (_fold(fixed, shapes, who) or changed):
            break
        shapes = _infer(fixed)
    return fixed.graph, shapes


def _check_picked(graph: onnx.GraphProto) -> None:
    """Raise PolicyError where another operator than those of PICKED computes with rows that `NonZero` picked."""
    picked = {name for node in graph.node if node.op_type == PICKS for name in node.output}
    # again until nothing is new: the nodes of a file may stand in any order
    while new := {name for node in graph.node if _takes(node, picked) for name in node.output} - picked:
        picked |= new
    for node in graph.node:
        if _takes(node, picked) and node.op_type not in PICKED:
            raise PolicyError(f"the size of {node.op_type} {node.name or node.output[0]!r} depends on values; "
                              f"rows that {PICKS} picks may go through {', '.join(sorted(PICKED))}")  # fmt: skip


def _takes(node: onnx.NodeProto, picked: AbstractSet[str]) -> bool:
    """Whether a node's result has as many rows as one of the tensors `picked`, or may have."""
    # rows that are scattered come to lie in the first input, which keeps its size
    sources = node.input[:1] if node.op_type in SCATTERS else node.input
    return not picked.isdisjoint(sources)


def _bound_picked(graph: onnx.GraphProto, shapes: Shapes) -> bool:
    """State the largest size of what `NonZero` picks, where it has become known; returns whether there was any."""
    stated = {value.name for value in graph.value_info}
    new = [n for n in graph.node if n.op_type == PICKS and n.input[0] in shapes and n.output[0] not in stated]
    for node in new:
        shape = shapes[node.input[0]]
        most = [len(shape), int(_size(shape))]
        graph.value_info.append(onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.INT64, most))
    return bool(new)


def _infer(model: onnx.ModelProto) -> Shapes:
    """The shapes that are known, by tensor. Values are not propagated: that would take memory for each."""
    try:
        graph = shape_inference.infer_shapes(model, strict_mode=True).graph
    except (shape_inference.InferenceError, ValueError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or ["?"])[-1][:300]
        raise PolicyError(f"the graph contradicts itself: {reason}") from error
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            shapes[value.name] = tuple(d.dim_value for d in tensor.shape.dim)
    return shapes


def _fold(model: onnx.ModelProto, shapes: Shapes, who: str) -> bool:
    """Replace nodes whose inputs are all known by their results; returns whether there were any."""
    graph = model.graph
    known = {t.name: numpy_helper.to_array(t) for t in graph.initializer if _size(tuple(t.dims)) <= FOLDED_ELEMENTS}
    left, found = [], []
    for node in graph.node:
        value = _value(node, known, shapes, who)
        if value is None or value.size > FOLDED_ELEMENTS:
            left.append(node)
        else:
            known[node.output[0]] = value
            found.append(numpy_helper.from_array(value, node.output[0]))
    if found:
        kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in left]
        del graph.node[:]
        graph.node.extend(kept)
        graph.initializer.extend(found)
    return bool(found)


def _value(node: onnx.NodeProto, known: Mapping[str, NDArray], shapes: Shapes, who: str) -> NDArray | None:  # type: ignore[type-arg]
    """The result of a node that computes sizes; None if it is not known or large."""
    if len(node.output) != 1:
        return None
    if node.op_type == "Shape" and not node.attribute and node.input[0] in shapes:
        return np.array(shapes[node.input[0]], np.int64)
    if node.op_type not in FOLDABLE or not all(name in known or not name for name in node.input):
        return None
    inputs = {name: known[name] for name in node.input if name}
    if node.op_type == "Concat" and sum(known[name].size for name in node.input) > FOLDED_ELEMENTS:
        return None
    if node.op_type == "ConstantOfShape" and np.prod(known[node.input[0]], dtype=float) > FOLDED_ELEMENTS:
        return None
    try:
        return np.asarray(ReferenceEvaluator(node).run(None, inputs)[0])  # type: ignore[index]
    except Exception as error:
        raise PolicyError(f"{node.op_type} {node.name!r} cannot be computed for {who}: {reason_of(error)}") from error


def _size(shape: tuple[int, ...]) -> float:
    return float(np.prod(shape, dtype=float))


def _work(node: onnx.NodeProto, shapes: Shapes) -> float:
    """Multiplications, at most, of a node all of whose outputs have known shapes."""
    made = sum(_size(shapes[name]) for name in node.output if name)
    read = [shapes[name] for name in node.input if name in shapes]
    if node.op_type in PRODUCTS and read and read[0]:
        return made * (max(read[0][-2:]) if node.op_type == "Gemm" else read[0][-1])
    if node.op_type in HEAVY:
        return made * max(map(_size, read), default=1.0)
    return made + sum(map(_size, read))
