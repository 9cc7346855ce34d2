"""Figures from elsewhere: their files become figures, and a figure stands where the body does."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from game.scene.gltf_axes import vectors_from_gltf
from game.scene.gltf_file import GltfFile
from game.sim import rotation
from game.sim.kinematics import BodyPoses, body_poses, lowest_points, standing_state
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.roles import SIDES, BodyPart
from game.view.face import EXPRESSIONS, Face
from game.view.figure import CastFigure, is_cast, licence_of
from game.view.figure_face import channel_weights
from game.view.figure_folder import FigureFolder, figure_name, find_figure
from game.view.figure_parts import BonePart, FigureError
from game.view.figure_pose import FigurePose
from tests.support.box_figure import NAMES, BoxFigure, png
from tools.cast.__main__ import main
from tools.cast.casting import cast
from tools.cast.rig import read_rig
from tools.cast.stand import MAX_HEIGHT, shoulder_height
from tools.export_motion import glb_export
from tools.export_motion.recording import Recording

MODEL = CharacterModel.load()
ROLES = MODEL.roles
Array = NDArray[np.float64]


def made(tmp_path: Path, box: BoxFigure, ending: str = ".glb") -> CastFigure:
    source = box.save(tmp_path / f"box{ending}")
    cast(source, tmp_path / "cast.glb", "box")
    return CastFigure.load(tmp_path / "cast.glb")


def standing() -> BodyPoses:
    state = standing_state(MODEL)
    return body_poses(MODEL, state.root_pos, state.root_rot, state.joint_rot)


def clip_poses(name: str) -> BodyPoses:
    clip = MotionClip.load(name)
    return body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot)


def sole_points(figure: CastFigure, side: str, places: Array, motions: Array) -> Array:
    """(n, 3) the points of one foot's sole in the world."""
    foot = figure.find(BonePart.FOOT, side)
    points = figure.contact_point[(figure.contact_bone == foot) & (figure.contact_point[:, 2] < 0.01)]
    turned = rotation.rotate(np.broadcast_to(motions[foot], (len(points), 4)), points - figure.rest[foot])
    return np.asarray(places[foot] + turned)


# ---------------------------------------------------------------- bones
@pytest.mark.parametrize("style", list(NAMES))
def test_bones_are_found_in_every_naming(tmp_path: Path, style: str) -> None:
    figure = made(tmp_path, BoxFigure(style))
    needed = [BonePart.UPPER_ARM, BonePart.FOREARM, BonePart.HAND, BonePart.THIGH, BonePart.SHIN, BonePart.FOOT]
    for part in needed:
        left, right = (figure.rest[figure.find(part, side)] for side in ("left", "right"))
        assert left[1] > 0.05
        np.testing.assert_allclose(left, right * (1.0, -1.0, 1.0), atol=1e-5)
    size = shoulder_height(MODEL) / 1.42
    for part, place in ((BonePart.FOREARM, (0.46, 1.42)), (BonePart.HAND, (0.72, 1.42)), (BonePart.SHIN, (0.09, 0.5))):
        across, high = figure.rest[figure.find(part, "left"), 1:]
        np.testing.assert_allclose((across, high), np.array(place) * size, atol=1e-4)
    head = figure.rest[figure.find(BonePart.HEAD)]
    assert head[2] == pytest.approx(1.58 * size, abs=1e-4)
    assert figure.rest[0, 2] == pytest.approx(0.95 * size, abs=1e-4)


@pytest.mark.parametrize("version", ["0", "1"])
def test_vrm_names_bones_face_and_licence(tmp_path: Path, version: str) -> None:
    box = BoxFigure("numbers", vrm=version, backwards=version == "0", morphs=("first", "second"))
    figure = made(tmp_path, box, ".vrm")
    assert figure.find(BonePart.EYE, "left") >= 0
    assert figure.rest[figure.find(BonePart.TOES, "left"), 0] > 0.1  # he faces +x in our axes
    assert "A. Tester" in figure.licence["authors"]
    assert "CC0" in figure.licence["licence"] or "vrm.dev" in figure.licence["licence"]
    moved = [piece.morphs for piece in figure.pieces if piece.morphs]
    assert [set(morphs) for morphs in moved] == [{"blink_left", "blink_right"}]
    # glTF's x is our y, and the figure was scaled
    shift = moved[0]["blink_left"][0]
    assert abs(shift[1]) == pytest.approx(0.1 * shoulder_height(MODEL) / 1.42, rel=1e-3)
    assert licence_of(tmp_path / "cast.glb") == figure.licence


def test_a_mapping_names_what_nobody_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = BoxFigure("mixamo").save(tmp_path / "odd.glb")
    data = source.read_bytes().replace(b"mixamorig:LeftLeg", b"mixamorig:XxxxXxx")
    data = data.replace(b"mixamorig:LeftFoot", b"mixamorig:XxxxYyyy").replace(b"LeftToeBase", b"XxxxZzzzzzz")
    source.write_bytes(data.replace(b"mixamorig:RightUpLeg", b"mixamorig:Xxxxxxxxxx"))
    out = ["--out", str(tmp_path), "--no-picture", "--name", "odd_figure"]
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"right_hip": "nobody"}')
    assert main([str(source), *out, "--mapping", str(mapping)]) == 1
    assert "no bone is called 'nobody'; there are" in capsys.readouterr().err
    mapping.write_text(json.dumps({
        "right_hip": "mixamorig:Xxxxxxxxxx", "left_knee": "mixamorig:XxxxXxx", "left_ankle": "mixamorig:XxxxYyyy",
    }))  # fmt: skip
    assert main([str(source), *out, "--mapping", str(mapping)]) == 0
    assert "by the mapping" in capsys.readouterr().out
    figure = CastFigure.load(tmp_path / "odd_figure.glb")
    thigh, shin = (figure.find(part, "right") for part in (BonePart.THIGH, BonePart.SHIN))
    assert figure.bone_names[thigh] == "mixamorig:Xxxxxxxxxx" and figure.parents[shin] == thigh


# ---------------------------------------------------------------- poses
@pytest.mark.parametrize(
    "box",
    [
        BoxFigure(),
        BoxFigure(arms=45.0),
        BoxFigure(arms=88.0),
        BoxFigure(arms_forward=90.0),
        BoxFigure(unit=100.0, z_up=True),
        BoxFigure(backwards=True),
    ],
    ids=["t_pose", "a_pose", "hanging", "forward", "centimetres", "backwards"],
)
def test_limbs_point_as_the_bodys_whatever_the_rest_pose(tmp_path: Path, box: BoxFigure) -> None:
    poser = FigurePose(made(tmp_path, box), MODEL)
    body = clip_poses("spinkick")
    figure = poser.figure
    for frame in range(0, len(body.pos), 7):
        places, _ = poser.pose(body.pos[frame], body.rot[frame])
        for side in SIDES:
            for upper, lower in (("thigh", "shin"), ("shin", "foot"), ("upper_arm", "forearm"), ("forearm", "hand")):
                ends = [figure.find(BonePart(p), side) for p in (upper, lower)]
                mine = places[ends[1]] - places[ends[0]]
                a, b = (body.pos[frame, ROLES.find(BodyPart(p), side)] for p in (upper, lower))
                angle = np.degrees(np.arccos(mine @ (b - a) / np.linalg.norm(mine) / np.linalg.norm(b - a)))
                assert angle < 25.0, (frame, side, upper)  # shoulders and hips are as wide as the figure's own


@pytest.mark.parametrize(
    ("box", "nearness"),
    [
        (BoxFigure(), 0.03),
        (BoxFigure(legs=1.15), 0.05),
        (BoxFigure(legs=0.8), 0.03),
        (BoxFigure(arm_length=0.8), 0.15),
    ],
    ids=["ordinary", "long_legs", "short_legs", "short_arms"],
)
@pytest.mark.parametrize("clip", ["walk", "cartwheel", "getup_facedown"])
def test_hands_and_soles_come_where_the_bodys_are(tmp_path: Path, box: BoxFigure, nearness: float, clip: str) -> None:
    """Soles stay on the floor, and do not slide, within 2 cm."""
    poser = FigurePose(made(tmp_path, box), MODEL)
    figure, body = poser.figure, clip_poses(clip)
    low = lowest_points(MODEL, body)
    poses = [poser.pose(p, r) for p, r in zip(body.pos, body.rot, strict=True)]
    for side in SIDES:
        foot, hand = (ROLES.find(part, side) for part in (BodyPart.FOOT, BodyPart.HAND))
        center = np.array(MODEL.shapes[foot].center) - (0.0, 0.0, 0.5 * MODEL.shapes[foot].edges[2])
        under = body.pos[:, foot] + rotation.rotate(body.rot[:, foot], np.array([0.0, 0.0, center[2]]))
        ankle = figure.find(BonePart.FOOT, side)
        own = np.array([
            places[ankle] + rotation.rotate(motions[ankle], figure.rest[ankle] * (0.0, 0.0, -1.0))
            for places, motions in poses
        ])  # fmt: skip
        stands = low[:, foot] < 0.03
        drift = own - under
        assert np.linalg.norm(drift[stands], axis=1).max(initial=0.0) < 0.02
        held = stands[1:] & stands[:-1] & (np.linalg.norm(np.diff(under, axis=0), axis=1) < 0.003)
        assert np.linalg.norm(np.diff(own, axis=0)[held], axis=1).max(initial=0.0) < 0.02
        flat = stands & (np.abs(rotation.rotate(body.rot[:, foot], np.array([0.0, 0.0, 1.0]))[:, 2]) > 0.98)
        for frame in np.flatnonzero(flat):
            assert sole_points(figure, side, *poses[frame])[:, 2].min() > min(low[frame, foot], 0.0) - 0.02
        wrist = figure.find(BonePart.HAND, side)
        apart = np.array([places[wrist] for places, _ in poses]) - body.pos[:, hand]
        assert np.linalg.norm(apart, axis=1).mean() < nearness  # an arm may be too short


def test_bones_keep_their_lengths_and_what_is_unknown_stands_still(tmp_path: Path) -> None:
    poser = FigurePose(made(tmp_path, BoxFigure(legs=1.2)), MODEL)
    figure, body = poser.figure, clip_poses("backflip")
    for frame in range(0, len(body.pos), 5):
        places, motions = poser.pose(body.pos[frame], body.rot[frame])
        np.testing.assert_allclose(np.linalg.norm(motions, axis=1), 1.0, atol=1e-6)
        for k, parent in enumerate(figure.parents):
            if parent >= 0:
                expected = places[parent] + rotation.rotate(motions[parent], figure.rest[k] - figure.rest[parent])
                np.testing.assert_allclose(places[k], expected, atol=1e-6)


def test_the_head_is_where_the_heads_is(tmp_path: Path) -> None:
    poser, body = FigurePose(made(tmp_path, BoxFigure()), MODEL), standing()
    figure = poser.figure
    places, motions = poser.pose(body.pos, body.rot)
    head = figure.find(BonePart.HEAD)
    skull = figure.contact_point[figure.contact_bone == head]
    top = places[head] + rotation.rotate(np.broadcast_to(motions[head], (len(skull), 4)), skull - figure.rest[head])
    own_top = body.pos[ROLES.head, 2] + MODEL.shapes[ROLES.head].center[2] + MODEL.shapes[ROLES.head].radius
    assert top[:, 2].max() == pytest.approx(own_top, abs=0.12)


def test_eyes_and_jaw_move_with_the_face(tmp_path: Path) -> None:
    poser, body = FigurePose(made(tmp_path, BoxFigure("blender")), MODEL), standing()
    eye = poser.figure.find(BonePart.EYE, "left")
    _, still = poser.pose(body.pos, body.rot, Face())
    _, turned = poser.pose(body.pos, body.rot, Face(gaze_yaw=0.5))
    forward = rotation.rotate(turned[eye], np.array([1.0, 0.0, 0.0]))
    assert forward[1] > 0.2  # to his left
    np.testing.assert_allclose(still[eye], body.rot[ROLES.head], atol=1e-6)


def test_our_expressions_ask_for_the_same_of_other_faces() -> None:
    assert max(channel_weights(EXPRESSIONS["calm"]).values()) == 0.0
    assert channel_weights(EXPRESSIONS["pain"])["blink_left"] > 0.9
    fear = channel_weights(EXPRESSIONS["fear"])
    assert fear["eye_wide"] == 1.0 and fear["round"] > 0.5 and fear["brow_worry"] == 1.0
    assert all(0.0 <= w <= 1.0 for face in EXPRESSIONS.values() for w in channel_weights(face).values())


# ---------------------------------------------------------------- size
def test_a_figure_is_as_tall_as_the_body_but_not_a_giant(tmp_path: Path) -> None:
    figure = made(tmp_path, BoxFigure(unit=17.0))
    shoulders = figure.rest[[figure.find(BonePart.UPPER_ARM, side) for side in SIDES], 2]
    np.testing.assert_allclose(shoulders, shoulder_height(MODEL), atol=1e-4)
    assert figure.height < MAX_HEIGHT
    assert min(piece.position[:, 2].min() for piece in figure.pieces) == pytest.approx(0.0, abs=1e-5)


# ---------------------------------------------------------------- refusals
def edited(path: Path, change: dict[str, Any]) -> Path:
    """The file with other top-level lists in its JSON."""
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    for key, value in change.items():
        document[key] = value(document.get(key)) if callable(value) else value
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + size :]
    head = struct.pack("<III", 0x46546C67, 2, 20 + len(text) + len(rest)) + struct.pack("<II", len(text), 0x4E4F534A)
    path.write_bytes(head + text + rest)
    return path


def packed(meshes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    meshes[0]["primitives"][0]["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": 0}}
    return meshes


def looped(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    nodes[5]["children"] = [1]
    return nodes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extensionsRequired": ["KHR_draco_mesh_compression"]}, "packed by Draco"),
        ({"meshes": packed}, "packed by Draco"),
        ({"extensionsRequired": ["EXT_meshopt_compression"]}, "packed by meshopt"),
        ({"extensionsRequired": ["KHR_texture_basisu"]}, "KTX2"),
        ({"skins": []}, "joints without weights|skins.0. does not exist"),
        ({"nodes": looped}, "two parents|circle"),
        ({"asset": {"version": "1.0"}}, "not glTF 2"),
        ({"meshes": []}, "does not exist"),
    ],
)
def test_what_cannot_be_cast_is_said_in_one_line(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    source = edited(BoxFigure().save(tmp_path / "bad.glb"), change)
    with pytest.raises(FigureError, match=words) as error:
        cast(source, tmp_path / "out.glb", "bad")
    assert "bad.glb" in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "out.glb").exists()


def test_damaged_large_and_foreign_files_are_refused(tmp_path: Path) -> None:
    whole = BoxFigure().save(tmp_path / "whole.glb").read_bytes()
    cases = {
        "short.glb": (whole[: len(whole) // 2], "short.glb"),
        "page.glb": (b"<!DOCTYPE html><html>", "a web page"),
        "text.vrm": (b"hello, I am no figure at all", "not a GLB"),
    }
    for name, (data, words) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FigureError, match=words):
            cast(tmp_path / name, tmp_path / "out.glb", "x")
    with pytest.raises(FigureError, match="no file"):
        cast(tmp_path / "missing.glb", tmp_path / "out.glb", "x")
    with pytest.raises(FigureError, match="262 bones, expected at most 256"):
        cast(BoxFigure(extra_bones=231).save(tmp_path / "hairy.glb"), tmp_path / "out.glb", "x")
    with pytest.raises(FigureError, match="broken PNG"):
        torn = png(np.full((8, 8, 4), 200, np.uint8))[:40]
        cast(BoxFigure(picture=torn).save(tmp_path / "torn.glb"), tmp_path / "out.glb", "x")


def test_too_many_triangles_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.cast.gather.MAX_TRIANGLES", 100)
    with pytest.raises(FigureError, match="more than 100 triangles; thin it out"):
        cast(BoxFigure().save(tmp_path / "fine.glb"), tmp_path / "out.glb", "x")


def test_what_is_no_humanoid_is_told_what_it_lacks(tmp_path: Path) -> None:
    source = BoxFigure("numbers").save(tmp_path / "table.glb")
    edited(source, {"nodes": lambda nodes: [{k: v for k, v in n.items() if k != "children"} for n in nodes]})
    with pytest.raises(
        FigureError, match=r"no humanoid: no bone was found for pelvis.*--mapping.*Bones are bone_0, bone_1"
    ):
        cast(source, tmp_path / "out.glb", "x")


def test_damage_anywhere_is_a_refusal_and_never_a_crash(tmp_path: Path) -> None:
    whole = bytearray(BoxFigure(vrm="1", morphs=("a",)).save(tmp_path / "whole.vrm").read_bytes())
    cast(tmp_path / "whole.vrm", tmp_path / "fine.glb", "fine")
    fine = bytearray((tmp_path / "fine.glb").read_bytes())
    random = np.random.default_rng(1)
    for data, read in ((whole, lambda p: cast(p, tmp_path / "out.glb", "x")), (fine, CastFigure.load)):
        for _ in range(25):
            broken = bytearray(data)
            for at in random.integers(12, min(len(broken), 9000), 6):
                broken[at] = int(random.integers(0, 256))
            (tmp_path / "broken.glb").write_bytes(broken)
            try:
                read(tmp_path / "broken.glb")
            except FigureError as error:
                assert "\n" not in str(error)


# ---------------------------------------------------------------- files
def test_the_folder_lists_figures_and_what_waits(tmp_path: Path) -> None:
    folder = FigureFolder(tmp_path / "figures")
    assert folder.cards() == [] and folder.waiting() == []
    folder.ready.mkdir(parents=True)
    raw = BoxFigure(vrm="0").save(folder.folder / "My Friend.vrm")
    assert folder.waiting() == [raw]
    name = figure_name(raw.stem)
    assert name == "My_Friend"
    cast(raw, folder.target(name), name)
    assert folder.waiting() == []
    (folder.ready / "torn.glb").write_bytes(b"glTF")
    mine, torn = folder.cards()
    assert (mine.name, mine.trouble) == ("My_Friend", "") and "licence: CC0" in mine.licence
    assert "torn.glb" in torn.trouble
    assert find_figure("own", folder) is None
    assert find_figure("My_Friend", folder) == folder.target(name)
    assert find_figure(str(raw), folder) == raw and not is_cast(raw)
    with pytest.raises(FigureError, match="no figure is called 'nobody'; there are own, My_Friend, torn"):
        find_figure("nobody", folder)
    with pytest.raises(FigureError, match="no figure is called"):
        find_figure("../My_Friend", folder)


def test_the_command_line_casts_draws_a_picture_and_tells_the_licence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = BoxFigure(vrm="1").save(tmp_path / "boxy.vrm")
    assert main([str(source), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "redistribution: not allowed" in told and "by VRM" in told and "--avatar" in told
    assert (tmp_path / "out" / "boxy.glb").is_file()
    (tmp_path / "nothing.glb").write_bytes(b"")
    assert main([str(tmp_path / "nothing.glb"), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("error: nothing.glb")
    assert not (tmp_path / "out" / "nothing.glb").exists()


def test_a_figure_goes_out_with_its_motion(tmp_path: Path) -> None:
    """In another program its bones stand where the game draws them, frame by frame."""
    box = BoxFigure(picture=png(np.full((4, 4, 4), 200, np.uint8)), vrm="1")
    figure = made(tmp_path, box)
    clip = MotionClip.load("spinkick")
    glb_export.write(tmp_path / "out.glb", Recording.of_clip(clip, ["follow"]), figure=tmp_path / "cast.glb")
    file = GltfFile.load(tmp_path / "out.glb")
    rig = read_rig(file)
    at = {name: rig.names.index(name) for name in figure.bone_names}
    animation = file.items("animations")[0]
    channels = {
        (c["target"]["node"], c["target"]["path"]): file.accessor(
            animation["samplers"][c["sampler"]]["output"], "VEC3", "VEC4"
        )
        for c in animation["channels"]
    }
    poser = FigurePose(figure, MODEL)
    body = body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot)
    for frame in (0, len(body.pos) // 2, len(body.pos) - 1):
        places, _ = poser.pose(body.pos[frame], body.rot[frame])
        world = np.zeros((len(places), 3))
        turns = np.zeros((len(places), 4))
        for k, parent in enumerate(figure.parents):
            node = at[figure.bone_names[k]]
            turn = rotation.normalize(channels[node, "rotation"][frame])
            if parent < 0:
                world[k], turns[k] = channels[node, "translation"][frame], turn
                continue
            step = file.numbers(file.items("nodes")[node], "translation", (0.0, 0.0, 0.0), "node")
            world[k] = world[parent] + rotation.rotate(turns[parent], step)
            turns[k] = rotation.multiply(turns[parent], turn)
        np.testing.assert_allclose(vectors_from_gltf(world), places, atol=2e-4)
    meshes = [m["name"] for m in file.items("meshes")]
    assert "body" in meshes and "lite" not in meshes
    assert file.items("materials")[0]["pbrMetallicRoughness"]["baseColorTexture"]["index"] == 0
    assert "A. Tester" in json.dumps(file.json)
