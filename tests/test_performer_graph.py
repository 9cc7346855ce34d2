"""The performer's graph: who runs which expert, in torch and in the exported file."""

from __future__ import annotations

import io
import warnings
from typing import Any

import onnx
import onnxruntime as ort
import torch

from tools.policy_file import OPSET
from tools.train.performer.performer_graph import Experts


def test_each_expert_does_its_share() -> None:
    experts = Experts((3, 5, 2), 1.0)
    seen, gate = (
        torch.randn(4, 3, generator=torch.Generator().manual_seed(2)),
        torch.tensor([[1.0], [0.01], [0.26], [0.0]]),
    )
    share = torch.tensor([[1.0], [0.0], [0.25], [0.0]])  # of .02 to .98
    expected = share * experts.gaits(seen) + (1.0 - share) * experts.motions(seen)
    torch.testing.assert_close(experts(torch.cat([seen, gate], 1)), expected)
    # whose share is nothing learns nothing
    experts(torch.cat([seen[:1], gate[:1]], 1)).sum().backward()
    assert all(p.grad is None for p in experts.motions.parameters())
    assert all(p.grad is not None for p in experts.gaits.parameters())


def test_an_exported_graph_runs_an_expert_for_those_alone_who_have_a_share_of_it() -> None:
    experts, file = Experts((3, 5, 2), 1.0), io.BytesIO()
    names: dict[str, Any] = {"input_names": ["x"], "output_names": ["y"], "opset_version": OPSET, "dynamo": False}
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes
        torch.onnx.export(experts, (torch.rand(7, 4),), file, dynamic_axes=axes, **names)  # type: ignore[arg-type]
    model = onnx.load_from_string(file.getvalue())
    sizes = [node.output[0] for node in model.graph.node if node.op_type == "Gemm" and "gaits" in node.name]
    model.graph.output.append(onnx.helper.make_tensor_value_info(sizes[0], onnx.TensorProto.FLOAT, None))
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(5))
    x[:, 3] = torch.tensor([1.0, 0.0, 0.4, 0.99, 0.005, 1.0])
    for rows, of_gaits in (([0, 1, 2, 3, 4, 5], 4), ([1, 4], 0), ([0, 3], 2), ([2], 1), ([4], 0), ([5], 1)):
        found, computed = session.run(["y", sizes[0]], {"x": x[rows].numpy()})
        assert len(computed) == of_gaits
        torch.testing.assert_close(torch.tensor(found), experts(x[rows]).detach(), atol=1e-6, rtol=1e-6)
