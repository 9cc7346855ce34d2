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
from game.policy.policy_spec import ClipInfo
from game.scene.paths import policies_dir
from game.scene.refusal import reason_of
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


def late_failure(time: float) -> onnx.ModelProto:
    """joint_target = joint_rot, until onnxruntime itself fails at a time, s: an index leaves its table."""
    model = graph()
    body = model.graph
    body.input.append(helper.make_tensor_value_info("time", TensorProto.FLOAT, ["batch"]))
    body.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), "table"))
    body.initializer.append(numpy_helper.from_array(np.array(1.0 / time, np.float32), "rate"))
    body.initializer.append(numpy_helper.from_array(np.array([1, 2], np.int64), "axes"))
    body.initializer.append(numpy_helper.from_array(np.array(0.0, np.float32), "nothing"))
    del body.node[:]
    body.node.extend(
        [
            helper.make_node("Mul", ["time", "rate"], ["turns"]),
            helper.make_node("Cast", ["turns"], ["index"], to=TensorProto.INT64),
            helper.make_node("Gather", ["table", "index"], ["zero"]),
            helper.make_node("Unsqueeze", ["zero", "axes"], ["zeros"]),
            helper.make_node("Add", ["joint_rot", "zeros"], ["moved"]),
            helper.make_node("Add", ["moved", "nothing"], ["joint_target"]),
        ]
    )
    return model


def test_what_fails_while_it_plays_is_said() -> None:
    policy = Policy(with_card(late_failure(2.0)), MODEL)
    inputs = random_inputs(MODEL, 2)
    bound = policy.bind(2)
    for name, array in bound.inputs.items():
        array[:] = inputs[name]
    bound.inputs["time"][:] = inputs["time"] = np.array([1.0, 1.9], np.float32)
    policy.run(inputs)
    bound.run()
    bound.inputs["time"][1] = inputs["time"][1] = 2.1
    for run in (bound.run, lambda: policy.run(inputs)):
        with pytest.raises(PolicyError, match=r"^keep fails: .*(idx|indices|[Ii]ndex).*out of"):
            run()


def test_targets_are_rotations_in_every_tick() -> None:
    """It passes at the door, where the bias is 0, and is found out while it plays."""
    model = graph()
    model.graph.input.append(helper.make_tensor_value_info("gravity", TensorProto.FLOAT, ["batch", 3]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([[9.8 / 9.8]] * 3, np.float32), "ones"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    model.graph.initializer.append(numpy_helper.from_array(np.array(-1.0 / 9.8, np.float32), "unit"))
    del model.graph.node[:]
    model.graph.node.extend(
        [
            helper.make_node("MatMul", ["gravity", "ones"], ["fall"]),
            helper.make_node("Mul", ["fall", "unit"], ["one"]),
            helper.make_node("Unsqueeze", ["one", "axis"], ["scale"]),
            helper.make_node("Mul", ["joint_rot", "scale"], ["joint_target"]),
        ]
    )
    bound = Policy(with_card(model), MODEL).bind(1)
    bound.inputs["joint_rot"][..., 3] = 1.0
    bound.inputs["gravity"][:] = 0.0, 0.0, -9.8
    bound.run()
    bound.inputs["gravity"][:] = 0.0
    with pytest.raises(PolicyError, match=r"keep: output joint_target has a quaternion of length 0\.000, expected 1"):
        bound.run()


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
    assert "external_data=False" in refused(with_card(model))


def test_custom_operators_and_loops_are_refused() -> None:
    custom = graph()
    custom.opset_import.append(helper.make_opsetid("com.evil", 1))
    Policy(with_card(custom), MODEL)  # no node uses it
    custom.graph.node[0].domain = "com.evil"
    assert "custom operators of com.evil" in refused(with_card(custom))
    loop = graph()
    loop.graph.node[0].op_type = "Loop"
    assert "control flow (Loop)" in refused(with_card(loop))
    inside = graph()
    inside.graph.node[0].attribute.append(helper.make_attribute("body", inside.graph))
    assert "has a graph inside" in refused(with_card(inside))


def test_newer_versions_are_named() -> None:
    newer = graph()
    newer.ir_version, newer.opset_import[0].version = 99, 30
    most = f"at most {onnx.IR_VERSION} / {onnx.defs.onnx_opset_version()}"
    assert f"IR version 99 / opset 30, {most}: export it again for an older opset" in refused(with_card(newer))


def test_what_onnxruntime_says_has_its_end() -> None:
    """onnxruntime takes no remainder of fractions unless an attribute says which."""
    model = graph()
    model.graph.node[0].op_type = "Mod"
    words = refused(with_card(model))
    assert "fmod attribute must be true for floating point types" in words
    assert "[ONNXRuntimeError]" not in words
    assert len(words) < 500
    assert reason_of(ValueError("a" * 1000 + " and the end")).endswith(" and the end")


def test_another_programs_policy_says_so_first() -> None:
    model = graph()
    model.graph.input[0].name = model.graph.node[0].input[0] = "obs"
    del model.graph.input[0].type.tensor_type.shape.dim[1:]
    model.graph.input[0].type.tensor_type.shape.dim.add().dim_value = 98
    for data in (bytes(model.SerializeToString()), with_card(model)):
        assert refused(data).startswith("expects 98 inputs 'obs': a policy for another body")
        assert refused(data).endswith("policies/README.md says what a policy is")


def test_pointers_and_pages_are_called_so() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
    assert "a Git LFS pointer, not the file that it points to" in refused(pointer)
    assert "a web page, not the file" in refused(b"\n<!DOCTYPE html>\n<html><body>Not found</body></html>")


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


def grown(nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray]) -> bytes:
    """joint_target = joint_rot + peak, of nodes that make `much`."""
    rot = helper.make_tensor_value_info("joint_rot", TensorProto.FLOAT, ["batch", 12, 4])
    target = helper.make_tensor_value_info("joint_target", TensorProto.FLOAT, ["batch", 12, 4])
    end = [
        helper.make_node("ReduceMax", ["much"], ["peak"], keepdims=0),
        helper.make_node("Add", ["joint_rot", "peak"], ["joint_target"]),
    ]
    initializers = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    return with_card(with_graph(helper.make_graph([*nodes, *end], "g", [rot], [target], initializers)))


@pytest.mark.parametrize("kind", [np.float32, np.int64])
def test_what_doubles_again_and_again_is_refused(kind: type) -> None:
    """2 kB that would fold to gigabytes, of weights and of sizes."""
    doubles = [helper.make_node("Concat", [f"c{i}", f"c{i}"], [f"c{i + 1}"], axis=0) for i in range(30)]
    cast = helper.make_node("Cast", ["c30"], ["much"], to=TensorProto.FLOAT)
    assert "expected at most" in refused(grown([*doubles, cast], {"c0": np.zeros(64, kind)}))


def test_what_grows_with_the_square_of_the_crowd_is_refused() -> None:
    nodes = [
        helper.make_node("Reshape", ["joint_rot", "column"], ["a"]),
        helper.make_node("Transpose", ["a"], ["b"]),
        helper.make_node("MatMul", ["a", "b"], ["c"]),
        helper.make_node("MatMul", ["c", "c"], ["d"]),
        helper.make_node("Concat", ["d"] * 8, ["much"], axis=0),
    ]
    words = refused(grown(nodes, {"column": np.array([-1, 1], np.int64)}))
    assert "for 64 characters, expected at most" in words


def picking(*nodes: onnx.NodeProto, shuffled: bool = False) -> bytes:
    """joint_target = joint_rot, on whose rows those are scattered once more that bend a joint; and further nodes."""
    rot = helper.make_tensor_value_info("joint_rot", TensorProto.FLOAT, ["batch", 12, 4])
    target = helper.make_tensor_value_info("joint_target", TensorProto.FLOAT, ["batch", 12, 4])
    listed = [
        helper.make_node("ReduceMin", ["joint_rot"], ["least"], axes=[1, 2], keepdims=0),
        helper.make_node("Less", ["least", "bent"], ["bends"]),
        helper.make_node("NonZero", ["bends"], ["found"]),
        helper.make_node("Transpose", ["found"], ["who"]),
        helper.make_node("Squeeze", ["who", "one"], ["row"]),
        helper.make_node("Gather", ["joint_rot", "row"], ["picked"]),
        helper.make_node("Neg", ["picked"], ["turned"]),
        *nodes,
        helper.make_node("ScatterND", ["joint_rot", "who", "turned"], ["joint_target"]),
    ]
    weights = [
        numpy_helper.from_array(np.array(-0.1, np.float32), "bent"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
    ]
    listed = listed[::-1] if shuffled else listed
    return with_card(with_graph(helper.make_graph(listed, "g", [rot], [target], weights)))


def test_a_policy_may_pick_the_rows_that_it_computes_something_for() -> None:
    policy = Policy(picking(), MODEL)
    turns = np.zeros((5, 12, 4), np.float32)
    turns[..., 3] = 1.0
    turns[[1, 4], 3] = [0.0, -0.6, 0.0, 0.8]
    expected = turns.astype(float)
    expected[[1, 4]] *= -1.0
    for rows in ([0, 1, 2, 3, 4], [0, 2, 3], [1, 4], [4], [0]):
        np.testing.assert_array_equal(policy.run({"joint_rot": turns[rows]}).joint_target, expected[rows])


def test_sizes_computed_from_picked_rows_are_refused() -> None:
    """A size that is larger the fewer were picked would have no bound that is known beforehand."""
    assert "rows that NonZero picks may go through Add, Cast" in refused(
        picking(helper.make_node("Shape", ["row"], ["n"]))
    )
    assert "the size of Shape 'n' depends on values" in refused(picking(helper.make_node("Shape", ["row"], ["n"])))
    assert "depends on values" in refused(picking(helper.make_node("Shape", ["row"], ["n"]), shuffled=True))
    assert "depends on values" in refused(picking(helper.make_node("NonZero", ["turned"], ["n"])))


def test_picked_rows_count_as_all_that_there_could_be() -> None:
    square = [
        helper.make_node("NonZero", ["joint_rot"], ["some"]),
        helper.make_node("Concat", ["some"] * 4, ["all"], axis=1),
        helper.make_node("Transpose", ["all"], ["column"]),
        helper.make_node("MatMul", ["column", "all"], ["product"]),
    ]
    assert "shape [12288, 12288] for 64 characters" in refused(picking(*square))


def test_what_costs_too_much_is_refused_before_it_runs() -> None:
    shape = {"shape": np.array([1500, 1500], np.int64)}
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["m0"]),
        *(helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(3)),
        helper.make_node("Identity", ["m3"], ["much"]),
    ]
    assert "multiplications for one character in a tick" in refused(grown(nodes, shape))


def test_a_slow_tick_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.policy.try_out.MAX_TICK_SECONDS", 1e-9)
    assert "a tick of one character takes" in refused(with_card(graph()))


def test_a_run_that_does_not_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.policy.try_out.MAX_RUN_SECONDS", 0.001)
    monkeypatch.setattr("game.policy.onnx_sizes.MAX_WORK", 1e18)
    nodes = [
        helper.make_node("MatMul", ["joint_rot", "wide"], ["m0"]),
        *(helper.make_node("MatMul", [f"m{i}", "square"], [f"m{i + 1}"]) for i in range(30)),
        helper.make_node("Identity", ["m30"], ["much"]),
    ]
    weights = {"wide": np.zeros((4, 1000), np.float32), "square": np.zeros((1000, 1000), np.float32)}
    assert "a tick takes more than 0.001 s" in refused(grown(nodes, weights))


def test_too_many_nodes_are_refused_at_once() -> None:
    many = [helper.make_node("Add", [f"k{i}", "one"], [f"k{i + 1}"]) for i in range(5000)]
    cast = helper.make_node("Identity", ["k5000"], ["much"])
    ones = {"k0": np.ones((), np.float32), "one": np.ones((), np.float32)}
    assert "5003 nodes and 2 weights, expected at most 3000" in refused(grown([*many, cast], ones))


def test_absurd_cards_are_refused() -> None:
    for duration in (1e-300, 1e9):
        assert "clip duration" in refused(with_card(graph(), spec(clip=ClipInfo("x", duration, True))))
    assert "skill of 1000 letters" in refused(with_card(graph(), spec(skill="x" * 1000)))
    nan = spec().to_json().replace('"scores": {}', '"scores": {"survival": NaN}')
    assert "NaN is not a JSON number" in refused(with_card(graph(), nan))
    model = graph()
    data = with_card(model, spec(provenance="PROVENANCE"))
    assert "not a UTF-8 text" in refused(data.replace(b"PROVENANCE", b"\xbf" * 10))


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
