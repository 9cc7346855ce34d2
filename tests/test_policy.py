"""Policies: what loads, and what is refused with which words."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from game.policy.policy import MAX_BYTES, Policy, PolicyError, PolicySpec
from game.scene.paths import policies_dir
from tests.support.small_policy import MODEL, graph, hinge_graph, spec, with_card, with_graph
from tools.policy_file import random_inputs


def refused(data: bytes) -> str:
    with pytest.raises(PolicyError) as error:
        Policy(data, MODEL)
    return str(error.value)


def test_a_strangers_policy_loads_and_runs() -> None:
    policy = Policy(with_card(graph()), MODEL)
    inputs = random_inputs(MODEL, 5)
    out = policy.run(inputs)
    np.testing.assert_allclose(out.joint_target, inputs["joint_rot"])
    assert out.reference is None
    assert policy.spec == spec()


def test_hinges_may_be_told_their_angles() -> None:
    policy = Policy(with_card(hinge_graph(7.0)), MODEL)
    assert policy.outputs == ("joint_target", "hinge_target")
    out = policy.run(random_inputs(MODEL, 3))
    np.testing.assert_array_equal(out.hinge_target, np.full((3, 4), 7.0))
    assert out.reference is None
    assert not policy.has_reference
    assert "'hinge_target' has shape ['batch', 5], expected ['batch', 4]" in refused(with_card(hinge_graph(0.0, 5)))
    assert "weights 'angle' are not finite" in refused(with_card(hinge_graph(float("inf"))))


@pytest.mark.parametrize("name", ["walk", "deepmimic_backflip"])
def test_a_binding_answers_as_a_run_does_again_and_again(name: str) -> None:
    policy = Policy.load(policies_dir() / f"{name}.onnx", MODEL)
    bound = policy.bind(5)
    assert bound.num_characters == 5
    answers = []
    for seed in (1, 2):
        inputs = random_inputs(MODEL, 5, seed)
        for key, array in bound.inputs.items():
            array[:] = inputs[key]
        found, expected = bound.run(), policy.run(inputs)
        np.testing.assert_array_equal(found.joint_target, expected.joint_target)
        np.testing.assert_array_equal(found.hinge_target, expected.hinge_target)
        assert found.reference is not None and expected.reference is not None
        for one, other in zip(found.reference, expected.reference, strict=True):
            np.testing.assert_array_equal(one, other)
        answers.append(found.joint_target)
    # an answer stays what it was when the next one comes
    assert np.abs(answers[0] - answers[1]).max() > 0.01


def test_a_binding_names_what_is_not_finite() -> None:
    bound = Policy(with_card(graph()), MODEL).bind(2)
    bound.inputs["joint_rot"][1, 3] = np.inf
    with pytest.raises(PolicyError, match="keep: output joint_target is not finite"):
        bound.run()


def test_a_policy_that_fails_for_some_crowds_is_said() -> None:
    model = graph()  # the batch is seven at most: the index must be below eight
    model.graph.node[0].CopyFrom(helper.make_node("Gather", ["room", "many"], ["zero"]))
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(8, np.float32), "room"))
    model.graph.initializer.append(numpy_helper.from_array(np.array(0, np.int64), "first"))
    shape = helper.make_node("Shape", ["joint_rot"], ["shape"])
    model.graph.node.insert(0, helper.make_node("Gather", ["shape", "first"], ["many"]))
    model.graph.node.insert(0, shape)
    model.graph.node.append(helper.make_node("Add", ["joint_rot", "zero"], ["joint_target"]))
    policy = Policy(with_card(model), MODEL)
    policy.bind(7).run()
    with pytest.raises(PolicyError, match="keep fails: "):
        policy.bind(8).run()


def test_the_card_survives_json() -> None:
    card = spec(age=0.25, family="walkers", training={"samples": 10}, allowed_contacts=("left_hand",))
    assert PolicySpec.from_json(card.to_json()) == card


def test_nothing_and_other_things_are_refused(tmp_path: Path) -> None:
    assert "the file is empty" in refused(b"")
    assert "not an ONNX model" in refused(b"hello, I am no model")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("policy.onnx", "x")
    assert "zip archive" in refused(archive.getvalue())
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(PolicyError, match=r"folder\.onnx is a directory"):
        Policy.load(tmp_path / "folder.onnx", MODEL)
    with pytest.raises(PolicyError, match="cannot be read"):
        Policy.load(tmp_path / "nowhere.onnx", MODEL)


def test_an_over_size_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(PolicyError, match="64 MiB, expected at most 64"):
        Policy.load(path, MODEL)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, len(with_card(graph())) - 1))
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(PolicyError):
        Policy(with_card(graph())[:length], MODEL)


def test_wrong_ports_are_named() -> None:
    assert "shape ['batch', 11, 4], expected ['batch', 12, 4]" in refused(with_card(graph(joints=11)))
    assert "tensor(double), expected tensor(float)" in refused(with_card(graph(dtype=TensorProto.DOUBLE)))
    renamed = graph()
    renamed.graph.input[0].name = renamed.graph.node[0].input[0] = "pose"
    assert "input 'pose' is unknown; there are root_pos" in refused(with_card(renamed))
    fixed = graph()
    fixed.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    fixed.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    assert "expected ['batch'" in refused(with_card(fixed))
    no_target = graph()
    no_target.graph.output[0].name = no_target.graph.node[0].output[0] = "reference_joint_rot"
    assert "no output 'joint_target'" in refused(with_card(no_target))


def test_weights_must_be_finite_and_targets_rotations() -> None:
    assert "weights 'bias' are not finite" in refused(with_card(graph(bias=float("nan"))))
    assert "quaternion of length" in refused(with_card(graph(bias=0.5)))


def test_outputs_must_be_finite() -> None:
    model = graph()
    model.graph.node[0].op_type = "Div"  # by zero
    assert "not finite" in refused(with_card(model))


def test_external_data_is_refused() -> None:
    model = graph()
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    assert "lie in another file" in refused(with_card(model))


def test_custom_operators_and_loops_are_refused() -> None:
    custom = graph()
    custom.graph.node[0].domain = "com.evil"
    custom.opset_import.append(helper.make_opsetid("com.evil", 1))
    assert "custom operators of com.evil" in refused(with_card(custom))
    loop = graph()
    loop.graph.node[0].op_type = "Loop"
    assert "control flow (Loop)" in refused(with_card(loop))


def test_growth_without_bound_is_refused() -> None:
    """A file of a few bytes that would fill the memory: by a constant, and by a value that only the input knows."""
    rot = helper.make_tensor_value_info("joint_rot", TensorProto.FLOAT, ["batch", 12, 4])
    target = helper.make_tensor_value_info("joint_target", TensorProto.FLOAT, ["batch", 12, 4])
    big = numpy_helper.from_array(np.array([1 << 20, 1 << 20], np.int64), "big")
    zero = helper.make_node("ReduceMax", ["much"], ["peak"], keepdims=0)
    add = helper.make_node("Add", ["joint_rot", "peak"], ["joint_target"])
    constant = [helper.make_node("ConstantOfShape", ["big"], ["much"]), zero, add]
    known = with_graph(helper.make_graph(constant, "g", [rot], [target], [big]))
    assert "expected at most" in refused(with_card(known))
    secret = [
        helper.make_node("ReduceSum", ["joint_rot"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["many"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["many", "axis"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["much"]),
        zero,
        add,
    ]
    axis = numpy_helper.from_array(np.array([0], np.int64), "axis")
    unknown = with_graph(helper.make_graph(secret, "g", [rot], [target], [axis]))
    assert "depends on values" in refused(with_card(unknown))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"character": "dog"}, "character is dog, expected humanoid"),
        ({"character_sha256": "0" * 64}, "character_sha256 is 0000"),
        ({"control_hz": 60}, "control_hz is 60, expected 30"),
        ({"joints": MODEL.joint_names[::-1]}, "joints is"),
        ({"gains": {"kp": [1.0] * 12}}, "torque_limit is None"),
    ],
)
def test_another_bodys_policy_is_refused(changes: dict[str, object], reason: str) -> None:
    assert f"made for another body: {reason}" in refused(with_card(graph(), spec(**changes)))


def test_gains_are_the_policys_own_within_reason() -> None:
    gains = {key: getattr(MODEL, key).tolist() for key in ("kp", "kd", "torque_limit")}
    soft = Policy(with_card(graph(), spec(gains={**gains, "kd": [1.0] * 12})), MODEL)
    np.testing.assert_array_equal(soft.gains[1], 1.0)
    for kd in ([1.0] * 11, [-1.0] * 12, [1e9] * 12):
        assert "kd is" in refused(with_card(graph(), spec(gains={**gains, "kd": kd})))


def test_cards_that_are_wrong_say_why() -> None:
    good = json.loads(spec().to_json())
    assert "no metadata property 'pratfall'" in refused(bytes(graph().SerializeToString()))
    assert "is not JSON" in refused(with_card(graph(), "{"))
    assert "expected an object" in refused(with_card(graph(), "[]"))
    assert "schema 7, expected 1" in refused(with_card(graph(), json.dumps({**good, "schema": 7})))
    assert "lacks skill" in refused(with_card(graph(), json.dumps({k: v for k, v in good.items() if k != "skill"})))
    for wrong in ({"age": 3}, {"anchor": "moon"}, {"control_hz": "often"}, {"clip": {"name": "x"}}):
        assert "wrong kind" in refused(with_card(graph(), json.dumps({**good, **wrong})))


def test_shipped_policies_name_their_origin() -> None:
    from game.scene.paths import policies_dir

    files = sorted(policies_dir().glob("*.onnx"))
    assert len(files) >= 5
    for path in files:
        model = onnx.load(path, load_external_data=False)
        card = PolicySpec.from_json({p.key: p.value for p in model.metadata_props}["pratfall"])
        assert card.name == path.stem
        assert card.provenance
        assert card.licence
        card.check(MODEL)
