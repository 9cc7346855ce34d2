"""Broken and malicious motion files: one clear line within seconds, nothing run, no memory asked for in vain."""

import io
import json
import os
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import bvh_text, glb_bytes, pack_glb, rig
from tools.clip_clinic.edit import cut
from tools.import_motion import plain_pickle
from tools.import_motion.__main__ import main
from tools.import_motion.read import read

CLIP = cut(MotionClip.load("walk"), 0.0, 0.2)
GOOD_BVH = bvh_text(rig(CLIP, "cmu"))
GOOD_GLB = glb_bytes(rig(CLIP, "mixamo"))
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused(path: Path, data: bytes | str, match: str) -> None:
    """Reading it raises ClipError, in one line, within two seconds."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    start = time.process_time()
    with pytest.raises(ClipError, match=match) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 3000
    assert path.name.split(".")[0] in str(caught.value)
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "it is cut short|not a BVH"),
        ("hello\nworld", "it starts with 'hello', expected HIERARCHY"),
        ("HIERARCHY\nROOT a\n{\nOFFSET 0 0\n}", "OFFSET of 2 numbers, expected 3"),
        ("HIERARCHY\nROOT a\n{\nOFFSET 0 0 x\n}", "could not convert"),
        ("HIERARCHY\nROOT a\n{\nCHANNELS 1 Wrotation\n}", "channel 'Wrotation'"),
        ("HIERARCHY\n}\n", "'}' was not expected|a } too many"),
        ("HIERARCHY\nROOT a\n{\n}\nMOTION\nFrames: 2\nFrame Time: .03\n1\n1\n", "no joint has CHANNELS"),
        (GOOD_BVH.replace("Frame Time: 0.0", "Frame Time: -0.0"), "expected 0.0001 to 10 s"),
        (GOOD_BVH.replace("Frames: 7", "Frames: 1e300"), "1e\\+300 frames of"),
        (GOOD_BVH.replace("Frames: 7", "Frames: 150000000"), "expected at most 200000 frames"),
        (GOOD_BVH[: GOOD_BVH.index("Frame Time") + 60], r"it has 0 frame\(s\) of the 7|numbers, expected 48"),
        ("HIERARCHY\n" + "ROOT a\n{\n" * 100_000, "nested over 200 deep"),
        ("HIERARCHY\nROOT a\n{\n" + "JOINT b\n{\n}\n" * 1_000_000, "over 1000 joints"),
        ("HIERARCHY\nROOT " + "a" * 5_000_000, "cut short|not expected here"),
        (GOOD_BVH.rstrip() + " 1" * 5_000_000, r"\d+ numbers, expected 48"),
    ],
    ids=lambda v: v[:30] if isinstance(v, str) else None,
)  # fmt: skip
def test_bvh(text: str, match: str, tmp_path: Path) -> None:
    refused(tmp_path / "bad.bvh", text, match)


def test_bvh_with_nan_names_the_frame(tmp_path: Path) -> None:
    lines = GOOD_BVH.rstrip().split("\n")
    lines[-2] = "nan " + lines[-2].partition(" ")[2]
    refused(tmp_path / "bad.bvh", "\n".join(lines), "not a number at frame 5")
    lines[-2] = "1e300 " + lines[-2].partition(" ")[2]
    refused(tmp_path / "bad.bvh", "\n".join(lines), "reaches 1e")


def changed(**changes: Any) -> bytes:
    """The good GLB with top-level entries replaced by functions of the old ones."""
    size = int.from_bytes(GOOD_GLB[12:16], "little")
    card = json.loads(GOOD_GLB[20 : 20 + size])
    for key, function in changes.items():
        card[key] = function(card.get(key))
    return pack_glb(card, GOOD_GLB[28 + size :])


def all_with(**fields: Any) -> Any:
    return lambda items: [item | fields for item in items]


def zipped(data: bytes, name: str = "a.glb") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "not a GLB file"),
        (zipped(bytes(50_000_000)), "starts with b'PK"),
        (GOOD_GLB[: len(GOOD_GLB) // 2], "bytes; found"),
        (GOOD_GLB[:12] + b"\xff\xff\xff\xff" + GOOD_GLB[16:], "a chunk ends at byte 42949"),
        (pack_glb({"asset": {"version": "1.0"}}, b""), "not glTF 2"),
        (pack_glb({"asset": {"version": "2.0"}}, b""), "has no animation"),
        (GOOD_GLB.replace(b'"asset"', b'"ass t]'), "is not JSON, line 1"),
        (pack_glb({"a": "b" * (33 << 20)}, b""), "33 MiB of JSON"),
        (GOOD_GLB[:20] + b"[" * 9000 + GOOD_GLB[9020:], "more than 64 deep"),
        (changed(accessors=all_with(count=4_000_000_000)), "4000000000 values end at byte"),
        (changed(accessors=all_with(count=-1)), "count is '-1'"),
        (changed(accessors=all_with(count=1.5)), "count is '1.5'"),
        (changed(accessors=all_with(componentType=1)), "componentType 1 does not exist"),
        (changed(accessors=all_with(bufferView=999)), r"bufferViews\[999\] does not exist"),
        (changed(accessors=all_with(sparse={})), r"sparse.indices: componentType None does not exist"),
        (changed(accessors=all_with(sparse=[])), "'sparse' is .*expected an object"),
        (changed(accessors=all_with(bufferView=None)), r"bufferViews\[None\] does not exist"),
        (changed(skins=all_with(joints=7)), "joints are not a list"),
        (changed(bufferViews=all_with(extensions=7)), "'extensions' is '7', expected an object"),
        (changed(bufferViews=all_with(byteStride=1)), "values end at byte"),
        (changed(bufferViews=all_with(byteOffset=1 << 60)), "values end at byte"),
        (changed(bufferViews=all_with(extensions={"EXT_meshopt_compression": {}})), "compressed"),
        (changed(buffers=all_with(uri="../../etc/passwd")), "is no file beside it"),
        (changed(buffers=all_with(uri="http://localhost/a")), "is no file beside it"),
        (changed(buffers=all_with(uri="data:;base64,!!")), "buffers"),
        (changed(nodes=lambda n: [{**x, "children": [0]} for x in n]), "two parents|own ancestor"),
        (changed(nodes=lambda n: [n[0], n[1] | {"children": [0]}, *n[2:]]), "own ancestor"),
        (changed(nodes=lambda _: [{}, *({"children": [i]} for i in range(100_000))]), "joints, expected at most 1000"),
        (changed(nodes=all_with(rotation=["a"])), "rotation: could not convert"),
        (changed(nodes=all_with(translation=[float("nan")] * 3)), "NaN is not a JSON number"),
        (changed(nodes=all_with(rotation=[0, 0, 0, 0])), "rotation of length 0"),
        (changed(nodes=all_with(scale=[0, 0, 0])), "has no length"),
        (changed(nodes=lambda _: {}), "not a list of objects"),
        (changed(animations=lambda a: [{**a[0], "channels": a[0]["channels"] * 1000}]), "channels of over"),
        (changed(animations=lambda a: [{**a[0], "samplers": [{"input": []}] * 99}]), "does not exist"),
        (changed(animations=lambda _: [{"channels": [{}], "samplers": []}]), "channel is broken"),
        (changed(animations=lambda _: [{"channels": [1, 2], "samplers": []}]), "channel is broken"),
        (changed(extensions=lambda _: {"VRM": {"humanoid": {"humanBones": [1]}}}), "VRM bones do not read"),
    ],
)  # fmt: skip
def test_glb(data: bytes, match: str, tmp_path: Path) -> None:
    refused(tmp_path / "bad.glb", data, match)


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npz_with_header(header: bytes, body: bytes = b"") -> bytes:
    """One array "poses" whose header says whatever it wants."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("poses.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body)
    return file.getvalue()


POSES = np.zeros((10, 156))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"text", "not an .npz"),
        (npz(a=1)[:-30], "not an .npz"),
        (npz(a=np.zeros(3)), "no 'poses' among its arrays a"),
        (npz(poses=POSES, trans=np.zeros((9, 3)), mocap_framerate=120), r"trans of shape \(9, 3\)"),
        (npz(poses=POSES, trans=np.zeros((10, 3)), fps=0), "frame rate 0, expected 1 to 1000"),
        (npz(poses=POSES[:, :60], trans=np.zeros((10, 3))), "poses of 60 numbers a frame, expected 66"),
        (npz(poses=POSES * np.nan, trans=np.zeros((10, 3)), mocap_framerate=120), "poses is not a number at frame 0"),
        (npz(poses=POSES[:1], trans=np.zeros((1, 3)), mocap_framerate=120), "1 frame"),
        (npz(poses=np.array([{}]), trans=np.zeros((10, 3))), "no 'poses'"),
        (npz_with_header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999, 66)}\n"), "needs 527"),
        (npz_with_header(b"__import__('os').system('x')\n"), "not an .npz"),
        (zipped(bytes(300_000_000)), "no 'poses'"),
        (zipped(bytes(300_000_000), "poses.npy"), "286 MiB, expected at most .* 256 MiB"),
    ],
)  # fmt: skip
def test_npz(data: bytes, match: str, tmp_path: Path) -> None:
    refused(tmp_path / "bad.npz", data, match)


class Evil:
    """Pickles to a call of what must never be called."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call, self.arguments


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "not a pickle"),
        (b"not a pickle", "not a pickle"),
        (pickle.dumps([1]), "expected a dict of loop_mode, fps and frames, found list"),
        (pickle.dumps({"frames": [[0.0] * 35] * 9, "fps": 30}), r"frames of \[35\] numbers, expected 34"),
        (pickle.dumps({"frames": [[0.0] * 34] * 9, "fps": 0}), "fps 0"),
        (pickle.dumps({"frames": [["a"] * 34] * 9, "fps": 30}), "something other than numbers"),
        (pickle.dumps({"frames": np.full((9, 34), np.inf), "fps": 30}), "not a number at frame 0"),
        (pickle.dumps({"frames": np.zeros((9, 34), object), "fps": 30}), "arrays of 'O8'"),
        (pickle.dumps(Evil(os.system, "touch /tmp/pwned")), "system, which is not run"),
        (pickle.dumps(Evil(eval, "1")), "eval, which is not run"),
        (pickle.dumps(Evil(getattr, "a", "b")), "getattr, which is not run"),
        (pickle.dumps(Evil(np.load, "x")), "load, which is not run"),
        (pickle.dumps(Evil(np.zeros, 10**12)), "which is not run"),
        (b"\x80\x04cnumpy\nndarray\n(J\xff\xff\xff\x7ftR.", "not a pickle"),
        (b"\x80\x04r\xff\xff\xff\x7f.", "memo number"),
        (b"\x80\x04]r\xff\xff\xff\x7f.", "memo number"),
        (b"\x80\x04B\xff\xff\xff\x7f.", "not a pickle"),
        (b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f.", "not a pickle"),
        (b"\x80\x02P1\n.", "not a pickle"),
    ],
)  # fmt: skip
def test_pickle(data: bytes, match: str, tmp_path: Path) -> None:
    refused(tmp_path / "bad.pkl", data, match)


def test_a_pickle_that_repeats_itself_without_end(tmp_path: Path) -> None:
    bomb: list[Any] = [0.0] * 34
    for _ in range(40):
        bomb = [bomb] * 34
    refused(tmp_path / "bad.pkl", pickle.dumps({"frames": bomb, "fps": 30}), "other than numbers")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
                    lambda x: st.lists(x) | st.dictionaries(st.text(), x) | st.tuples(x, x)),
       st.integers(0, 5))  # fmt: skip
@FUZZ
def test_plain_pickles_come_back(value: Any, protocol: int) -> None:
    assert plain_pickle.loads(pickle.dumps(value, protocol), "x") == value


@given(st.binary(max_size=200))
@FUZZ
def test_random_pickles_only_ever_raise_clip_error(data: bytes) -> None:
    try:
        plain_pickle.loads(data, "x")
    except ClipError:
        return


@given(at=st.integers(0, len(GOOD_BVH) - 1), put=st.text(max_size=4), gone=st.integers(0, 40))
@FUZZ
def test_damaged_bvh_reads_or_is_refused(at: int, put: str, gone: int, tmp_path: Path) -> None:
    path = tmp_path / "a.bvh"
    path.write_text(GOOD_BVH[:at] + put + GOOD_BVH[at + gone :], "utf-8")
    try:
        assert np.isfinite(read(path).clip.root_pos).all()
    except ClipError as error:
        assert "a" in str(error)


@given(data=st.data())
@FUZZ
def test_damaged_glb_reads_or_is_refused(data: st.DataObject, tmp_path: Path) -> None:
    # all of the damage goes into the JSON, where the numbers are that must not be trusted
    size = int.from_bytes(GOOD_GLB[12:16], "little")
    broken = bytearray(GOOD_GLB)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(20, 20 + size - 1))] = data.draw(st.sampled_from(b'0123456789-.e",[]{}:'))
    path = tmp_path / "a.glb"
    path.write_bytes(broken)
    try:
        assert np.isfinite(read(path).clip.root_pos).all()
    except ClipError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Frames": [[1]], "Loop": "wrap"}', "[" * 100_000])
def test_deepmimic(text: str, tmp_path: Path) -> None:
    refused(tmp_path / "bad.txt", text, "bad.txt")


def test_the_command_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.bvh").write_text("HIERARCHY")
    assert main([str(tmp_path / "bad.bvh"), "--out", str(tmp_path / "new" / "a.json")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["bad.bvh"]
