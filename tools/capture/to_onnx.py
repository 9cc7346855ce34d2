"""Turns a TensorFlow Lite graph into an ONNX model: channels first inside, channels last at its borders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tools.capture.tflite import FlatBufferFields, Graph, Operator

_TO_FIRST, _TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def convert(graph: Graph, outputs: Sequence[int]) -> bytes:
    """Serialize the part of the graph that leads to `outputs` (numbers of tensors).

    The model's input is called `input`, its outputs `output_0`, `output_1`, ... in the order given.
    """
    needed, operators = set(outputs), []
    for operator in reversed(graph.operators):
        if operator.output in needed:
            operators.append(operator)
            needed.update(operator.inputs)
    writer = _Writer(graph)
    writer.add("Transpose", ["input"], f"t{graph.inputs[0]}", perm=_TO_FIRST)
    for operator in reversed(operators):
        writer.operator(operator)
    results = []
    for i, tensor in enumerate(outputs):
        if len(graph.shapes[tensor]) == 4:
            writer.add("Transpose", [f"t{tensor}"], f"output_{i}", perm=_TO_LAST)
        else:
            writer.add("Identity", [f"t{tensor}"], f"output_{i}")
        results.append(helper.make_tensor_value_info(f"output_{i}", TensorProto.FLOAT, graph.shapes[tensor]))
    source = helper.make_tensor_value_info("input", TensorProto.FLOAT, graph.shapes[graph.inputs[0]])
    body = helper.make_graph(writer.nodes, "pose", [source], results, writer.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def constant(self, values: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def value(self, tensor: int) -> str:
        """Name of a tensor, written out first where it is constant."""
        if tensor not in self.graph.constants:
            return f"t{tensor}"
        values = self.graph.constants[tensor].astype(np.float32)
        return self.constant(values.transpose(_TO_FIRST) if values.ndim == 4 else values)

    def operator(self, op: Operator) -> None:
        getattr(self, "_" + op.kind.lower())(op, f"t{op.output}", f"t{op.inputs[0]}", self.graph.shapes[op.inputs[0]])

    def activated(self, kind: str, inputs: list[str], output: str, activation: int, **attributes: Any) -> None:
        """Add a node and its fused activation: 0 none, 1 relu, 3 relu6."""
        self.add(kind, inputs, output if activation == 0 else output + "_linear", **attributes)
        if activation == 1:
            self.add("Relu", [output + "_linear"], output)
        elif activation == 3:
            limits = [self.constant(np.array(limit, np.float32)) for limit in (0, 6)]
            self.add("Clip", [output + "_linear", *limits], output)
        elif activation:
            raise ValueError(f"activation {activation}, expected 0, 1 or 3")

    def _convolution(self, op: Operator, depthwise: bool, output: str, source: str, shape: tuple[int, ...]) -> None:
        first = 4 if depthwise else 3  # the field of the activation; the dilations follow it
        weights, bias = (self.graph.constants[t].astype(np.float32) for t in op.inputs[1:3])
        kernel = weights.shape[1:3]
        strides = [op.options.integer(2, 1), op.options.integer(1, 1)]
        dilations = [op.options.integer(first + 2, 1), op.options.integer(first + 1, 1)]
        self.activated(
            "Conv",
            [source, self.constant(weights.transpose((3, 0, 1, 2) if depthwise else _TO_FIRST)), self.constant(bias)],
            output,
            op.options.integer(first, wide=False),
            kernel_shape=kernel,
            strides=strides,
            pads=_pads(op.options, shape, kernel, strides, dilations),
            dilations=dilations,
            group=weights.shape[3] if depthwise else 1,
        )

    def _conv_2d(self, op: Operator, output: str, source: str, shape: tuple[int, ...]) -> None:
        self._convolution(op, False, output, source, shape)

    def _depthwise_conv_2d(self, op: Operator, output: str, source: str, shape: tuple[int, ...]) -> None:
        self._convolution(op, True, output, source, shape)

    def _add(self, op: Operator, output: str, _source: str, _shape: tuple[int, ...]) -> None:
        self.activated("Add", [self.value(t) for t in op.inputs], output, op.options.integer(0, wide=False))

    def _pad(self, op: Operator, output: str, source: str, _shape: tuple[int, ...]) -> None:
        pads = self.graph.constants[op.inputs[1]].astype(np.int64)[_TO_FIRST]
        self.add("Pad", [source, self.constant(pads.T.ravel())], output)

    def _max_pool_2d(self, op: Operator, output: str, source: str, shape: tuple[int, ...]) -> None:
        kernel = (op.options.integer(4), op.options.integer(3))
        strides = [op.options.integer(2), op.options.integer(1)]
        pads = _pads(op.options, shape, kernel, strides, [1, 1])
        self.add("MaxPool", [source], output, kernel_shape=kernel, strides=strides, pads=pads)

    def _resize_bilinear(self, op: Operator, output: str, source: str, shape: tuple[int, ...]) -> None:
        height, width = self.graph.constants[op.inputs[1]]
        mode = "asymmetric"
        if op.options.integer(2, wide=False):
            mode = "align_corners"
        elif op.options.integer(3, wide=False):
            mode = "half_pixel"
        size = self.constant(np.array([shape[0], shape[3], height, width], np.int64))
        self.add("Resize", [source, "", "", size], output, mode="linear", coordinate_transformation_mode=mode)

    def _depth_to_space(self, op: Operator, output: str, source: str, _shape: tuple[int, ...]) -> None:
        self.add("DepthToSpace", [source], output, blocksize=op.options.integer(0), mode="DCR")

    def _logistic(self, _op: Operator, output: str, source: str, _shape: tuple[int, ...]) -> None:
        self.add("Sigmoid", [source], output)

    def _concatenation(self, op: Operator, output: str, _source: str, shape: tuple[int, ...]) -> None:
        axis = op.options.integer(0) % len(shape)
        if len(shape) == 4:
            axis = _TO_FIRST.index(axis)
        self.add("Concat", [self.value(t) for t in op.inputs], output, axis=axis)

    def _reshape(self, op: Operator, output: str, source: str, shape: tuple[int, ...]) -> None:
        if len(shape) == 4:  # the order of the numbers is that of channels last
            self.add("Transpose", [source], output + "_last", perm=_TO_LAST)
            source = output + "_last"
        target = self.graph.shapes[op.output]
        if len(target) == 4:
            raise ValueError("a reshape to four dimensions is not supported")
        self.add("Reshape", [source, self.constant(np.array(target, np.int64))], output)


def _pads(
    options: FlatBufferFields, shape: tuple[int, ...], kernel: tuple[int, ...], strides: list[int], dilations: list[int]
) -> list[int]:
    """(top, left, bottom, right) of padding SAME (0) or VALID (1), the option's first field."""
    if options.integer(0, wide=False):
        return [0, 0, 0, 0]
    before, after = [], []
    for size, k, stride, dilation in zip(shape[1:3], kernel, strides, dilations, strict=True):
        total = max((-(-size // stride) - 1) * stride + (k - 1) * dilation + 1 - size, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return before + after
