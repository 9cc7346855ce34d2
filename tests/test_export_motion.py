"""Exports: read back by other code than wrote them, every joint within a millimetre of the take's."""

import json
import os
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.camera.rigs import ShotCamera, camera
from game.camera.shot import KEY as SHOTS
from game.camera.shot import Keyframe, Shot, shot_to_json
from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.playback import Playback
from game.record.take import Take
from game.scene.json_fields import parse_color
from game.scene.set_file import load_prop, load_set
from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.sim.snapshot import Snapshot
from game.view.stage import LOOKS
from tools.export_motion import bvh_export, glb_export, scenery
from tools.export_motion.__main__ import main
from tools.export_motion.recording import Recording
from tools.gltf_writer import quaternion
from tools.import_motion import bvh as bvh_reader
from tools.import_motion.our_skeleton import bvh_name
from tools.import_motion.read import ImportOptions, read

Array = NDArray[np.float64]
MODEL = CharacterModel.load()
MILLIMETRE = 1e-3
TO_GLTF = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])


class Glb:
    """A GLB as the specification reads it: matrices of nodes at a time, of skins, of cameras."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        assert struct.unpack_from("<III", data) == (0x46546C67, 2, len(data))
        size = struct.unpack_from("<I", data, 12)[0]
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        self.chunk = data[28 + size :]
        assert self.json["buffers"][0]["byteLength"] == len(self.chunk)
        self.parent = {c: i for i, n in enumerate(self.json["nodes"]) for c in n.get("children", [])}

    def values(self, accessor: int) -> Array:
        a = self.json["accessors"][accessor]
        view = self.json["bufferViews"][a["bufferView"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[a["type"]]
        assert a["componentType"] == 5126
        start = view["byteOffset"] + a.get("byteOffset", 0)
        return np.frombuffer(self.chunk, "<f4", a["count"] * width, start).reshape(-1, width).astype(float)

    def at(self, frame: int, fps: float) -> list[Array]:
        """(4, 4) of every node in the scene's frame at a frame."""
        nodes = [dict(n) for n in self.json["nodes"]]
        for channel in self.json["animations"][0]["channels"]:
            sampler = self.json["animations"][0]["samplers"][channel["sampler"]]
            times, values = self.values(sampler["input"])[:, 0], self.values(sampler["output"])
            key = int(np.searchsorted(times, frame / fps + 1e-5, side="right")) - 1
            nodes[channel["target"]["node"]][channel["target"]["path"]] = values[key]
        local = []
        for node in nodes:
            m = np.eye(4)
            m[:3, :3] = rotation.to_matrix(np.array(node.get("rotation", (0, 0, 0, 1.0)))) * node.get("scale", 1.0)
            m[:3, 3] = node.get("translation", (0, 0, 0))
            local.append(m)
        world: dict[int, Array] = {}

        def place(i: int) -> Array:
            if i not in world:
                world[i] = place(self.parent[i]) @ local[i] if i in self.parent else local[i]
            return world[i]

        return [place(i) for i in range(len(nodes))]

    def nodes(self, name: str) -> list[int]:
        return [i for i, n in enumerate(self.json["nodes"]) if n["name"] == name]


@pytest.fixture(scope="module")
def take() -> Take:
    """A second with a crowd that grows, a box that comes and goes, a push."""
    runtime = Runtime(PolicyLibrary(MODEL, folders=[]), seed=3)
    box = load_prop("cardboard_box").at((0.6, 0.1, 0.6))
    events: dict[int, list[ev.Event]] = {
        0: [ev.Push((120.0, 60.0, 0.0), "torso")],
        6: [ev.Spawn(box, velocity=(-2.0, 0.0, 0.0), ang_vel=(1.0, 2.0, 3.0))],
        12: [ev.Crowd(2)],
        24: [ev.Remove(0)],
    }
    for tick in range(30):
        runtime.tick(events.get(tick, ()), strict=True)
    made = Take.of(runtime)
    runtime.close()
    return made


@pytest.fixture(scope="module")
def snapshots(take: Take) -> list[Snapshot]:
    with Playback.of(take) as playback:
        return [tick.snapshot for tick in playback]


@pytest.fixture(scope="module")
def exported(take: Take, tmp_path_factory: pytest.TempPathFactory) -> Glb:
    path = tmp_path_factory.mktemp("export")
    take.save(path / "take.zip")
    assert main([str(path / "take.zip"), "--out", str(path / "new" / "a.glb"), "--detail", "low"]) == 0
    return Glb(path / "new" / "a.glb")


def test_glb_joints_are_the_takes(exported: Glb, snapshots: list[Snapshot]) -> None:
    worst = 0.0
    for frame, snapshot in enumerate(snapshots):
        world = exported.at(frame, 30.0)
        for body, name in enumerate(MODEL.body_names):
            for character in range(snapshot.num_characters):
                found = world[exported.nodes(name)[character]][:3, 3]
                worst = max(worst, float(np.abs(found - TO_GLTF @ snapshot.body_pos[character, body]).max()))
    assert worst < 0.01 * MILLIMETRE


def test_glb_is_valid_where_ours_was_not(exported: Glb) -> None:
    """Khronos' validator refuses a rotation of -1.0000000000000002 and warns of skinned meshes under other nodes."""
    for index, node in enumerate(exported.json["nodes"]):
        turn = np.array(node.get("rotation", (0.0, 0.0, 0.0, 1.0)))
        assert np.abs(turn).max() <= 1.0
        assert np.linalg.norm(turn) == pytest.approx(1.0, abs=5e-7)
        if "skin" in node:
            assert index not in exported.parent
            assert index in exported.json["scenes"][0]["nodes"]
    scene = exported.json["scenes"][0]
    assert (scene["extras"]["fps"], scene["extras"]["frames"]) == (30.0, 30)
    exact = quaternion(np.array([0.0, -1.0000000000000002, 0.0, 1e-9]))
    assert exact == [0.0, -1.0, 0.0, pytest.approx(1e-9)]


VALIDATOR = """
const validator = require("gltf-validator"), fs = require("fs");
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])), {maxIssues: 0}).then(report => {
  const bad = report.issues.messages.filter(issue => issue.severity < 2);
  console.log(JSON.stringify({count: bad.length, first: bad.slice(0, 5)}));
});
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_glb_passes_the_khronos_validator(take: Take, tmp_path: Path) -> None:
    """Where it is installed (npm install -g gltf-validator): no error and no warning, with a set, props and a crowd."""
    roots = subprocess.run(
        ["npm", "root", "-g"], capture_output=True, text=True, timeout=60, check=False
    ).stdout.strip()
    if not (Path(roots) / "gltf-validator").is_dir():
        pytest.skip("npm install -g gltf-validator")
    glb_export.write(tmp_path / "a.glb", Recording.of_take(take, "take"), "low")
    command = ["node", "-e", VALIDATOR, str(tmp_path / "a.glb")]
    where = {**os.environ, "NODE_PATH": roots}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=where)
    assert json.loads(done.stdout) == {"count": 0, "first": []}


def test_glb_skin_follows_the_links(exported: Glb, snapshots: list[Snapshot]) -> None:
    """A joint's matrix times its bind matrix turns the skin as the link is turned."""
    skin = exported.json["skins"][0]
    inverse = exported.values(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    world, snapshot = exported.at(20, 30.0), snapshots[20]
    for joint, bind in zip(skin["joints"], inverse, strict=True):
        name = exported.json["nodes"][joint]["name"]
        if name not in MODEL.body_names:
            continue
        link = np.eye(4)
        link[:3, :3] = TO_GLTF @ rotation.to_matrix(snapshot.body_rot[0, MODEL.body(name)]) @ TO_GLTF.T
        link[:3, 3] = TO_GLTF @ snapshot.body_pos[0, MODEL.body(name)]
        assert world[joint] @ bind == pytest.approx(link @ bind, abs=1e-5)


def test_glb_face_stays_on_the_head(exported: Glb) -> None:
    skin = exported.json["skins"][0]
    face = [j for j in skin["joints"] if exported.json["nodes"][j]["name"] not in MODEL.body_names]
    assert face
    head = exported.nodes("head")[0]
    assert {exported.parent[j] for j in face} == {head}


def test_glb_props_come_and_go(exported: Glb, snapshots: list[Snapshot]) -> None:
    (box,) = exported.nodes("cardboard box")
    second = exported.nodes("avatar_2")[0]
    for frame, snapshot in enumerate(snapshots):
        m = exported.at(frame, 30.0)
        size = np.linalg.norm(m[box][:3, 0])
        assert size == pytest.approx(1.0 if snapshot.props.ids else scenery.GONE, rel=1e-4)
        assert np.linalg.norm(m[second][:3, 0]) == pytest.approx(1.0 if snapshot.num_characters > 1 else scenery.GONE)
        if snapshot.props.ids:
            assert m[box][:3, 3] == pytest.approx(TO_GLTF @ snapshot.props.pos[0], abs=1e-5)
            turned = TO_GLTF @ rotation.to_matrix(snapshot.props.rot[0]) @ TO_GLTF.T
            assert m[box][:3, :3] == pytest.approx(turned, abs=1e-5)
    mesh = exported.json["meshes"][exported.json["nodes"][box]["mesh"]]
    corners = exported.values(mesh["primitives"][0]["attributes"]["POSITION"])
    assert np.ptp(corners, axis=0) == pytest.approx([0.36, 0.34, 0.44], abs=1e-6)  # y, z, x


def test_glb_camera_looks_at_him(exported: Glb, snapshots: list[Snapshot]) -> None:
    (node,) = exported.nodes("camera follow")
    m = exported.at(29, 30.0)[node]
    # the crowd of two is shown whole
    to_him = TO_GLTF @ snapshots[29].body_pos[:, 0].mean(axis=0) - m[:3, 3]
    assert (-m[:3, 2]) @ to_him / np.linalg.norm(to_him) > 0.95
    assert m[:3, 1] @ [0.0, 1.0, 0.0] > 0.9
    assert np.linalg.det(m[:3, :3]) == pytest.approx(1.0, abs=1e-5)


def test_cameras_and_shots_of_a_take(take: Take, snapshots: list[Snapshot], tmp_path: Path) -> None:
    """Each looks where the game's camera of that name looks, tick by tick."""
    marks = [Keyframe(0.0, CameraPose.look((2.0, 0.0, 1.0), (0.0, 0.0, 1.0), 0.7)),
             Keyframe(1.0, CameraPose.look((0.0, 3.0, 2.0), (0.0, 0.0, 1.0), 0.7, roll=0.3))]  # fmt: skip
    told = replace(take, set_name="park", extra={SHOTS: {"closer": shot_to_json(Shot(tuple(marks)))}})
    told.save(tmp_path / "take.zip")
    out = str(tmp_path / "a.glb")
    assert main([str(tmp_path / "take.zip"), "--out", out, "--camera", "eyes", "--camera", "handheld"]) == 0
    found = Glb(tmp_path / "a.glb")
    park = load_set("park")
    expected = {name: camera(name, park) for name in ("eyes", "handheld")} | {"closer": ShotCamera(Shot(tuple(marks)))}
    assert {n["name"] for n in found.json["cameras"]} == set(expected)
    for frame, snapshot in enumerate(snapshots):
        world = found.at(frame, 30.0)
        for name, looking in expected.items():
            pose = looking.update(snapshot, 1.0 / 30.0 if frame else 0.0)
            m = world[found.nodes(f"camera {name}")[0]]
            assert m[:3, 3] == pytest.approx(TO_GLTF @ pose.position, abs=1e-5)
            assert -m[:3, 2] == pytest.approx(TO_GLTF @ pose.forward, abs=1e-5)
            assert m[:3, 1] == pytest.approx(TO_GLTF @ pose.up, abs=1e-5)


def test_the_set_is_there_around_him(take: Take, tmp_path: Path) -> None:
    replace(take, set_name="park").save(tmp_path / "take.zip")
    assert main([str(tmp_path / "take.zip"), "--out", str(tmp_path / "a.glb"), "--detail", "low"]) == 0
    park = Glb(tmp_path / "a.glb")
    spec = load_set("park")
    world = park.at(0, 30.0)
    for item in spec.items:
        places = [world[node][:3, 3] for node in park.nodes(item.name)]
        assert any(np.allclose(place, TO_GLTF @ item.position, atol=1e-5) for place in places), item.name
    (ground,) = park.nodes("ground")
    mesh = park.json["meshes"][park.json["nodes"][ground]["mesh"]]
    corners = park.values(mesh["primitives"][0]["attributes"]["POSITION"])
    assert np.ptp(corners, axis=0) == pytest.approx([spec.ground.size[1], 0.0, spec.ground.size[0]], abs=1e-4)
    (sun,) = park.nodes("sun")
    shines = -world[sun][:3, 2]
    expected = -TO_GLTF @ np.array(spec.light.sun_direction) / np.linalg.norm(spec.light.sun_direction)
    assert shines == pytest.approx(expected, abs=1e-5)
    assert main([str(tmp_path / "take.zip"), "--out", str(tmp_path / "b.glb"), "--no-set"]) == 0
    assert Glb(tmp_path / "b.glb").nodes("ground") == []


def test_a_crowd_wears_what_it_wears_on_stage(exported: Glb) -> None:
    def shirt(character: int) -> list[float]:
        (node,) = exported.nodes(f"avatar_{character}_body")
        mesh = exported.json["meshes"][exported.json["nodes"][node]["mesh"]]
        materials = [exported.json["materials"][p["material"]] for p in mesh["primitives"]]
        (found,) = [m["pbrMetallicRoughness"]["baseColorFactor"] for m in materials if m["name"] == "shirt"]
        return list(found)

    worn = np.array(parse_color(LOOKS[1].colors["shirt"], "shirt")) ** 2.2
    assert shirt(2)[:3] == pytest.approx(worn)
    assert np.abs(np.array(shirt(1)) - shirt(2)).max() > 0.1


def test_a_set_that_is_gone_is_named(take: Take, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(take, set_name="moon").save(tmp_path / "take.zip")
    assert main([str(tmp_path / "take.zip"), "--out", str(tmp_path / "a.glb")]) == 1
    assert "moon" in capsys.readouterr().err


def test_every_animation_input_tells_its_range(exported: Glb) -> None:
    """The specification asks for it, and Blender refuses files without."""
    for sampler in exported.json["animations"][0]["samplers"]:
        accessor = exported.json["accessors"][sampler["input"]]
        assert accessor["min"] == [0.0]
        assert accessor["max"][0] <= 1.0


def test_bvh_joints_are_the_takes(take: Take, snapshots: list[Snapshot], tmp_path: Path) -> None:
    take.save(tmp_path / "take")
    assert main([str(tmp_path / "take"), "--out", str(tmp_path / "a.bvh")]) == 0
    motion = bvh_reader.read(tmp_path / "a.bvh")
    columns = [motion.index(bvh_name(MODEL, b)) for b in range(MODEL.num_bodies)]
    expected = np.stack([s.body_pos[0] for s in snapshots]) @ TO_GLTF.T
    assert np.abs(motion.pos[:, columns] / bvh_export.CENTIMETRES - expected).max() < 0.01 * MILLIMETRE
    assert motion.fps == pytest.approx(30.0, rel=1e-6)
    rest = motion.rest_pos[[motion.index("LeftHand"), motion.index("LeftArm")]]
    assert np.abs(rest[0, 1:] - rest[1, 1:]).max() < 1e-4  # T pose: the hand beside the shoulder


@pytest.mark.parametrize(("ending", "limit"), [("bvh", MILLIMETRE), ("glb", 4 * MILLIMETRE)])
def test_a_clip_goes_out_and_comes_back(ending: str, limit: float, tmp_path: Path) -> None:
    """The avatar's bind pose is no T pose: nearly straight limbs come back twisted a little."""
    clip = MotionClip.load("cartwheel")
    assert main(["cartwheel", "--out", str(tmp_path / f"a.{ending}"), "--metres"]) == 0
    back = read(tmp_path / f"a.{ending}", ImportOptions(ground=False)).clip
    assert back.num_frames == clip.num_frames
    assert back.fps == pytest.approx(clip.fps, rel=1e-5)
    before, after = (body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).pos for c in (clip, back))
    difference = after - before
    difference -= difference.mean(axis=(0, 1)) * np.array([0.0, 0.0, 1.0])
    assert np.abs(difference).max() < limit


@given(st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
@settings(max_examples=100, deadline=None)
def test_euler_angles_give_the_rotation(q: list[float]) -> None:
    turn = rotation.normalize(np.array(q))
    z, x, y = bvh_export.euler_zxy(turn)
    axes = np.eye(3)
    made = rotation.multiply(
        rotation.from_axis_angle(axes[2], z),
        rotation.multiply(rotation.from_axis_angle(axes[0], x), rotation.from_axis_angle(axes[1], y)),
    )
    assert rotation.angle_between(made, turn) == pytest.approx(0.0, abs=1e-6)


def test_euler_angles_at_the_pole() -> None:
    for angle in (np.pi / 2, -np.pi / 2):
        turn = rotation.multiply(
            rotation.from_axis_angle((0.0, 0.0, 1.0), 0.7), rotation.from_axis_angle((1.0, 0.0, 0.0), angle)
        )
        assert bvh_export.euler_zxy(turn) == pytest.approx([0.7, angle, 0.0], abs=1e-6)


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for told, message in (
        (["walk", "--out", "a.fbx"], "there are .bvh .glb"),
        (["nobody", "--out", "a.bvh"], "no clip at nobody"),
        ([str(tmp_path / "none.zip"), "--out", "a.bvh"], "none.zip"),
        (["walk", "--out", str(tmp_path / "a.bvh"), "--character", "2"], "no character 1; there are 1"),
    ):
        assert main(told) == 1
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_take_of_one_tick_is_refused(snapshots: list[Snapshot]) -> None:
    with pytest.raises(ClipError, match="x: 1 tick"):
        Recording.of_snapshots([(snapshots[0], {})], "x", {})
