"""Half the size of a policy file: its large weights in half precision, which the graph widens again when it is loaded.

A weight is then off by a twentieth of a percent at most. onnxruntime folds the widening away, so that a tick costs the
same. For policies whose exact weights matter to nobody, such as the young ages of a skill.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

LARGE = 4096
"""elements from which on weights are worth it"""
NARROW = "_in_half_precision"
"""after the names of weights"""


def round_weights(module: nn.Module) -> None:
    """Round the large weights of a module, in place, to what half precision can hold."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.numel() >= LARGE:
                parameter.copy_(parameter.half().float())


def halved(data: bytes) -> bytes:
    """The ONNX model in the bytes of a file, with its large weights in half precision."""
    model = onnx.load_model_from_string(data)
    kept, narrow, widened = [], [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < LARGE:
            kept.append(tensor)
            continue
        values = numpy_helper.to_array(tensor).astype(np.float16)
        narrow.append(numpy_helper.from_array(values, tensor.name + NARROW))
        widened.append(helper.make_node("Cast", [tensor.name + NARROW], [tensor.name], to=TensorProto.FLOAT))
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in model.graph.node]
    tensors = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in [*kept, *narrow]]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend([*widened, *nodes])
    model.graph.initializer.extend(tensors)
    return bytes(model.SerializeToString())
