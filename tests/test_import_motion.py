"""Motion files of other programs: the same motion comes back, whatever the names, axes, units and rest pose."""

import json
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pybullet_data
import pytest
from numpy.typing import NDArray
from PIL import Image

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import BODIES, MODEL, NAMES, Y_UP, bvh_text, glb_bytes, rig
from tools.clip_clinic.checks import examine
from tools.clip_clinic.edit import cut, mirrored
from tools.import_motion import amass, mimickit
from tools.import_motion.__main__ import main
from tools.import_motion.read import ImportOptions, read

Array = NDArray[np.float64]
AS_IS = ImportOptions(ground=False)


def short(name: str, seconds: float = 0.6) -> MotionClip:
    """The start of a clip, above the origin."""
    return cut(MotionClip.load(name), 0.0, seconds).placed()


def joints(clip: MotionClip) -> Array:
    """Positions (F, B, 3) relative to the root's place over the ground at the start."""
    pos = body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot).pos
    return np.asarray(pos - clip.root_pos[0] * np.array([1.0, 1.0, 0.0]))


def worst(clip: MotionClip, other: MotionClip) -> float:
    """Largest distance of any joint in any frame, m, the floor's height apart."""
    difference = joints(clip) - joints(other)
    return float(np.linalg.norm(difference - difference[:, :, 2].mean() * np.array([0.0, 0.0, 1.0]), axis=-1).max())


@pytest.mark.parametrize("style", [s for s in NAMES if s != "nonsense"])
def test_bvh_of_every_naming_comes_back(style: str, tmp_path: Path) -> None:
    clip = short("backflip", 1.75)
    (tmp_path / "a.bvh").write_text(bvh_text(rig(clip, style, unit=0.01)))
    got = read(tmp_path / "a.bvh", AS_IS)
    assert got.clip.fps == pytest.approx(clip.fps, rel=1e-4)
    assert worst(got.clip, clip) < 1e-3
    assert any("y is up" in r for r in got.remarks)
    assert any("unit centimetres" in r for r in got.remarks)


@pytest.mark.parametrize("order", ["XYZ", "YZX", "ZXY", "ZYX", "XZY", "YXZ"])
def test_bvh_of_every_angle_order(order: str, tmp_path: Path) -> None:
    clip = short("spinkick")
    (tmp_path / "a.bvh").write_text(bvh_text(rig(clip, "cmu", unit=0.0254, t_pose=False), order))
    got = read(tmp_path / "a.bvh", AS_IS)
    assert worst(got.clip, clip) < 1e-3
    assert any("unit inches" in r for r in got.remarks)


def test_z_up_and_a_turned_body(tmp_path: Path) -> None:
    """Blender writes z up with people facing -y; our clip comes back facing x."""
    clip = short("walk")
    turned = rig(clip, "blender", turn=rotation.from_heading(-np.pi / 2))
    (tmp_path / "a.bvh").write_text(bvh_text(turned))
    got = read(tmp_path / "a.bvh", AS_IS)
    assert worst(got.clip, clip) < 1e-3
    assert any("z is up" in r for r in got.remarks)


def test_the_rest_pose_may_stand_along_another_axis(tmp_path: Path) -> None:
    clip = short("walk")
    moving, resting = rig(clip, "cmu"), rig(clip, "cmu", turn=rotation.IDENTITY)
    change = np.broadcast_to(Y_UP, moving.rot.shape)
    mixed = replace(resting, pos=moving.pos, rot=rotation.multiply(change, resting.rot))
    (tmp_path / "a.bvh").write_text(bvh_text(mixed))
    assert worst(read(tmp_path / "a.bvh", AS_IS).clip, clip) < 1e-3


def test_up_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh_text(rig(short("walk"), "cmu")))
    upside_down = read(tmp_path / "a.bvh", replace(AS_IS, up="-y")).clip
    assert rotation.rotate(upside_down.root_rot[0], np.array([0.0, 0.0, 1.0]))[2] < -0.9
    with pytest.raises(ClipError, match="up 'w', expected x, y, z"):
        read(tmp_path / "a.bvh", replace(AS_IS, up="w"))


def axes(seed: int) -> Array:
    """Bone frames as no two programs agree on them: (B, 4) random."""
    return rotation.normalize(np.random.default_rng(seed).normal(size=(len(BODIES), 4)))


@pytest.mark.parametrize(
    ("style", "options"),
    [
        ("mixamo", {"armature": rotation.from_axis_angle((1.0, 0.0, 0.0), np.pi / 2), "size": 0.01}),
        ("vrm", {}),
        ("nonsense", {"vrm": True}),
        ("mixamo", {"rest_in_first_frame": True}),
        ("unreal", {"rest_in_first_frame": True, "armature": rotation.from_axis_angle((1.0, 0.0, 0.0), -np.pi / 2)}),
    ],
)
def test_glb_of_any_bone_frames(style: str, options: dict[str, object], tmp_path: Path) -> None:
    clip = replace(short("backflip", 1.75), fps=30.0)
    (tmp_path / "a.glb").write_bytes(glb_bytes(rig(clip, style, bone_axes=axes(3)), **options))  # type: ignore[arg-type]
    got = read(tmp_path / "a.glb", AS_IS)
    assert got.clip.num_frames == clip.num_frames
    assert worst(got.clip, clip) < 2e-3


def test_other_proportions_keep_the_directions(tmp_path: Path) -> None:
    """A child with long arms: bones point as they did, and the feet stay where they step."""
    clip = short("walk", 1.2)
    r = rig(clip, "mixamo", unit=0.01)
    pos, rest = r.pos.copy(), r.rest_pos.copy()
    for array, source in ((pos, r.pos), (rest, r.rest_pos)):
        for b, parent in enumerate(MODEL.body_parent):
            if parent >= 0:
                longer = 1.3 if "arm" in BODIES[b] or "hand" in BODIES[b] else 0.8
                way = source[..., b, :] - source[..., parent, :]
                array[..., b, :] = array[..., parent, :] + longer * way
    (tmp_path / "a.bvh").write_text(bvh_text(replace(r, pos=pos, rest_pos=rest)))
    got = read(tmp_path / "a.bvh")
    angle = rotation.angle_between(got.clip.joint_rot, clip.joint_rot)
    assert np.degrees(np.median(angle)) < 1.0
    report = examine(got.clip)
    assert report["foot slip"].verdict == "green"
    assert report["penetration"].verdict == "green"


def amass_file(clip: MotionClip, path: Path, **extra: object) -> None:
    """SMPL poses of a clip: T pose, y up and facing z in the body's own frame."""
    to_smpl = rotation.multiply(rotation.from_axis_angle((0.0, 1.0, 0.0), -np.pi / 2), Y_UP)
    r = rig(clip, "smpl", turn=rotation.IDENTITY, bone_axes=np.broadcast_to(rotation.conjugate(to_smpl), (15, 4)))
    where = {"pelvis": "pelvis", "spine3": "torso", "head": "head"} | {
        f"{side}_{joint}": f"{side}_{body}"
        for side in ("left", "right")
        for joint, body in (("hip", "thigh"), ("knee", "shin"), ("ankle", "foot"), ("shoulder", "upper_arm"),
                            ("elbow", "forearm"), ("wrist", "hand"))
    }  # fmt: skip
    world = np.zeros((clip.num_frames, 22, 4))
    for j, name in enumerate(amass.JOINTS):
        parent = amass.PARENTS[j]
        world[:, j] = r.rot[:, BODIES.index(where[name])] if name in where else world[:, parent]
    local = world.copy()
    local[:, 1:] = rotation.multiply(rotation.conjugate(world[:, amass.PARENTS[1:]]), world[:, 1:])
    poses = np.concatenate([rotation.to_rotvec(local).reshape(clip.num_frames, -1), np.zeros((clip.num_frames, 90))], 1)
    arrays = {"poses": poses, "trans": clip.root_pos + np.array([1.0, 2.0, 0.3]), "mocap_framerate": clip.fps}
    np.savez(path, **(arrays | extra))


def test_amass_keeps_the_pose(tmp_path: Path) -> None:
    clip = short("spinkick", 1.0)
    amass_file(clip, tmp_path / "a.npz", gender=np.array("neutral"), betas=np.zeros(16))
    got = read(tmp_path / "a.npz", AS_IS).clip
    # SMPL rests with legs a little apart and arms a little bent: a few degrees, ten centimetres at a foot
    assert np.degrees(np.median(rotation.angle_between(got.joint_rot, clip.joint_rot))) < 3.0
    assert worst(got, clip) < 0.15


def test_amass_under_other_names(tmp_path: Path) -> None:
    """AIST++, HumanML3D, smplx and others: the same motion under other keys, without a rate, and in a pickle."""
    clip = replace(short("walk", 1.0), fps=30.0)
    amass_file(clip, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        poses, trans = arrays["poses"], arrays["trans"]
    good = read(tmp_path / "a.npz", AS_IS).clip
    matrices = rotation.to_matrix(rotation.from_rotvec(poses[:, :66].reshape(-1, 22, 3)))
    for keys in (
        {"pose": poses[:, :72], "transl": trans, "fps": 30},
        {"smpl_poses": poses[:, :72], "smpl_trans": 94.0 * trans, "smpl_scaling": np.array([94.0])},
        {"global_orient": poses[:, :3], "body_pose": poses[:, 3:66], "transl": trans},
        {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "trans": trans, "mocap_frame_rate": 30.0},
        {"poses": poses.reshape(-1, 52, 3), "trans": trans},
        {"poses": matrices, "trans": trans},
    ):
        np.savez(tmp_path / "b.npz", **keys)
        (tmp_path / "b.pkl").write_bytes(pickle.dumps(keys))
        for name in ("b.npz", "b.pkl"):
            got = read(tmp_path / name, AS_IS)
            assert worst(got.clip, good) < 1e-3
            rated = any(key in keys for key in ("fps", "mocap_frame_rate"))
            assert any("--source-fps" in remark for remark in got.remarks) != rated
    np.savez(tmp_path / "b.npz", poses=poses)
    assert any("he stays where he is" in remark for remark in read(tmp_path / "b.npz", AS_IS).remarks)


def mimickit_file(clip: MotionClip, path: Path, t_pose: bool, protocol: int = 4, array: bool = False) -> None:
    parts = [clip.root_pos, rotation.to_rotvec(clip.root_rot)]
    for name in mimickit.JOINTS:
        turn = clip.joint_rot[:, MODEL.joint(name)]
        if name.endswith(("knee", "elbow")):
            angle = rotation.to_rotvec(turn)[:, 1:2]
            parts.append(-angle if t_pose and name == "right_elbow" else angle)
            continue
        if t_pose and name.endswith("shoulder"):
            back = rotation.from_axis_angle((1.0, 0.0, 0.0), np.pi / 2 if name.startswith("right") else -np.pi / 2)
            turn = rotation.multiply(turn, np.broadcast_to(back, turn.shape))
        parts.append(rotation.to_rotvec(turn))
    frames = np.concatenate(parts, axis=1)
    card = {"loop_mode": 1, "fps": clip.fps, "frames": frames if array else frames.tolist()}
    path.write_bytes(pickle.dumps(card, protocol))


@pytest.mark.parametrize("t_pose", [True, False])
@pytest.mark.parametrize(("protocol", "array"), [(2, True), (4, False), (4, True), (5, True)])
def test_mimickit_both_rest_poses(t_pose: bool, protocol: int, array: bool, tmp_path: Path) -> None:
    clip = replace(MotionClip.load("walk"), loop=False)
    mimickit_file(clip, tmp_path / "a.pkl", t_pose, protocol, array)
    got = read(tmp_path / "a.pkl", AS_IS)
    assert worst(got.clip, clip) < 1e-3
    assert got.clip.loop
    assert ("T pose" in got.remarks[0]) == t_pose


def test_a_rest_pose_before_the_motion_is_left_out(tmp_path: Path) -> None:
    """CMU's files begin with one frame in T pose."""
    clip = short("walk")
    r = rig(clip, "cmu")
    with_rest = replace(r, pos=np.concatenate([r.rest_pos[None], r.pos]), rot=np.concatenate([r.rest_rot[None], r.rot]))
    (tmp_path / "a.bvh").write_text(bvh_text(with_rest))
    got = read(tmp_path / "a.bvh", AS_IS)
    assert got.clip.num_frames == clip.num_frames
    assert worst(got.clip, clip) < 1e-3
    assert any("left out the first frame" in remark for remark in got.remarks)


def test_mirror_twice_is_nothing() -> None:
    clip = short("cartwheel")
    assert worst(mirrored(mirrored(clip)), clip) < 1e-9
    feet = [BODIES.index("right_foot"), BODIES.index("left_foot")]
    swapped = joints(mirrored(clip))[:, feet[::-1]] * [1.0, -1.0, 1.0]
    assert swapped == pytest.approx(joints(clip)[:, feet], abs=1e-9)


def test_fast_files_are_thinned_and_cut(tmp_path: Path) -> None:
    clip = replace(short("walk", 1.2), fps=120.0)
    (tmp_path / "a.bvh").write_text(bvh_text(rig(clip, "cmu")))
    got = read(tmp_path / "a.bvh", replace(AS_IS, start=0.1, end=0.2)).clip
    assert got.fps == pytest.approx(60.0)
    assert got.num_frames == 7
    with pytest.raises(ClipError, match=r"nothing between 5 and 6 s; it lasts 0.30 s"):
        read(tmp_path / "a.bvh", replace(AS_IS, start=5.0, end=6.0))


def _without_branch(text: str, joint: str) -> str:
    """A BVH file without a joint and all that hangs on it; the numbers of the rest stay in their columns."""
    head, motion = text.split("MOTION")
    lines = head.split("\n")
    names = [line.split()[1] for line in lines if line.strip().startswith(("ROOT", "JOINT"))]
    start = next(k for k, line in enumerate(lines) if line.strip() == f"JOINT {joint}")
    depth, end = 0, start
    while end == start or depth:
        end += 1
        depth += (lines[end].strip() == "{") - (lines[end].strip() == "}")
    gone = [line.split()[1] for line in lines[start:end] if line.strip().startswith("JOINT")]
    width = {name: 6 if name == names[0] else 3 for name in names}
    keep: list[bool] = []
    for name in names:
        keep += [name not in gone] * width[name]
    rows = [
        " ".join(word for word, kept in zip(row.split(), keep, strict=True) if kept)
        if len(row.split()) == len(keep)
        else row
        for row in motion.split("\n")
    ]
    return "\n".join(lines[:start] + lines[end + 1 :]) + "MOTION" + "\n".join(rows)


def test_a_mapping_file_names_what_nobody_could_guess(tmp_path: Path) -> None:
    clip = short("walk")
    # two children of the pelvis alone do not tell a leg from an arm
    one_legged = bvh_text(rig(cut(clip, 0.0, 0.1), "nonsense")).replace("Frames: 4", "Frames: 4\n")
    assert "Frames: 4" in one_legged
    (tmp_path / "b.bvh").write_text(_without_branch(one_legged, "l1"))
    with pytest.raises(ClipError, match=r"no joint was found for pelvis, chest, right_hip.*--mapping.*Joints are a, b"):
        read(tmp_path / "b.bvh")
    (tmp_path / "a.bvh").write_text(bvh_text(rig(clip, "nonsense")))
    roles = {"pelvis": "a", "chest": "b", "head": "c"} | {
        f"{side}_{role}": f"{side[0]}{n}"
        for side in ("right", "left")
        for n, role in enumerate(("hip", "knee", "ankle", "shoulder", "elbow", "wrist"), 1)
    }
    (tmp_path / "m.json").write_text(json.dumps(roles))
    assert worst(read(tmp_path / "a.bvh", replace(AS_IS, mapping=tmp_path / "m.json")).clip, clip) < 1e-3
    for wrong, message in (
        ({"tail": "a"}, "'tail' is no role"),
        ({"head": "z"}, "no joint is called 'z'; there are a, b"),
        ({"right_knee": "l2"}, "'l2' does not hang on 'r1'"),
        ({"head": "b"}, "'b' stands for"),
        (["a"], "expected an object"),
    ):
        (tmp_path / "m.json").write_text(json.dumps(roles | wrong if isinstance(wrong, dict) else wrong))
        with pytest.raises(ClipError, match=message):
            read(tmp_path / "a.bvh", replace(AS_IS, mapping=tmp_path / "m.json"))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bvh").write_text(bvh_text(rig(short("walk"), "mixamo", unit=0.01)))
    told = ["--licence", "CC0", "--loop", "--mirror", "--out", str(tmp_path / "sub" / "stroll.json")]
    assert main([str(tmp_path / "a.bvh"), *told]) == 0
    clip = MotionClip.load(tmp_path / "sub" / "stroll.json")
    assert (clip.name, clip.loop, clip.licence, clip.source) == ("stroll", True, "CC0", "a.bvh")
    assert "foot slip" in capsys.readouterr().out
    assert main([str(tmp_path / "none.bvh")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: there is no file")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("ending", "match"),
    [(".blend", r"open it in Blender and export .*there are \.bvh"), ("", r"there are \.bvh"),
     (".motion", "a torch pickle, a program, which is not run"), (".asf", "give the .amc")],
)  # fmt: skip
def test_unknown_endings_say_what_is_read(ending: str, match: str, tmp_path: Path) -> None:
    (tmp_path / f"a{ending}").write_text("?")
    with pytest.raises(ClipError, match=match):
        read(tmp_path / f"a{ending}")


def test_fbx_needs_blender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.fbx").write_bytes(b"Kaydara FBX Binary")
    monkeypatch.setitem(sys.modules, "bpy", None)
    with pytest.raises(ClipError, match=r"pip install bpy|Blender cannot read it"):
        read(tmp_path / "a.fbx")


def test_the_files_own_rate_where_it_lies(tmp_path: Path) -> None:
    """--source-fps makes it faster, --fps does not."""
    clip = replace(short("walk", 1.0), fps=7.5)
    (tmp_path / "a.bvh").write_text(bvh_text(rig(clip, "cmu")))
    right = read(tmp_path / "a.bvh", replace(AS_IS, source_fps=30.0)).clip
    assert (right.fps, right.num_frames) == (30.0, clip.num_frames)
    finer = read(tmp_path / "a.bvh", replace(AS_IS, fps=30.0)).clip
    assert finer.num_frames == 4 * (clip.num_frames - 1) + 1
    with pytest.raises(ClipError, match="a frame rate of 5000"):
        read(tmp_path / "a.bvh", replace(AS_IS, source_fps=5000.0))


def test_rare_keys_are_no_frame_rate(tmp_path: Path) -> None:
    """Two keys a second in a .vrma are poses to glide between."""
    clip = replace(short("walk", 1.0), fps=2.0)
    (tmp_path / "a.glb").write_bytes(glb_bytes(rig(clip, "mixamo")))
    got = read(tmp_path / "a.glb", AS_IS).clip
    assert got.fps == 30.0
    assert got.duration == pytest.approx(clip.duration)


def test_a_picture_of_both(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh_text(rig(short("kick"), "cmu")))
    read(tmp_path / "a.bvh", replace(AS_IS, picture=tmp_path / "new" / "a.png"))
    image = np.asarray(Image.open(tmp_path / "new" / "a.png").convert("RGB")).astype(int)
    red = (image[..., 0] > 150) & (image[..., 1] < 90) & (image[..., 2] < 90)
    # eight moments in two rows, of the file and of the clip, with about as much of the right side in each
    upper, lower = red[: len(red) // 2], red[len(red) // 2 :]
    for row in (upper, lower):
        assert all(part.any() for part in np.array_split(row, 8, axis=1))
    assert 0.7 < upper.sum() / lower.sum() < 1.6


def test_a_list_and_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a.bvh").write_text(bvh_text(rig(short("walk"), "cmu")))
    (tmp_path / "in" / "b" / "a.glb").write_bytes(glb_bytes(rig(short("walk"), "mixamo")))
    (tmp_path / "in" / "bad.bvh").write_text("HIERARCHY")
    (tmp_path / "in" / "notes.md").write_text("nothing")
    assert main([str(tmp_path / "in" / "b" / "a.glb"), "--list"]) == 0
    assert capsys.readouterr().out == "move: 0.60 s, 30 channels\n"
    assert main([str(tmp_path / "in" / "a.bvh"), "--list"]) == 0
    assert capsys.readouterr().out.startswith("a: 0.60 s, 19 frames at 30")
    (tmp_path / "c.npy").write_bytes(b"\x93NUMPY\x01\x00\x06\x00{(((\n\n")
    for broken in (tmp_path / "c.npy", tmp_path / "none.glb", tmp_path / "in" / "bad.bvh"):
        assert main([str(broken), "--list"]) == 1
        assert capsys.readouterr().err.startswith("error: ")
    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--licence", "CC0"]) == 0
    out = capsys.readouterr().out
    assert "bad.bvh: refused: " in out
    assert "2 of 3 files" in out
    assert {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.json")} == {
        "a.json",
        "b/a.json",
    }
    assert MotionClip.load(tmp_path / "out" / "a.json").licence == "CC0"
    assert main([str(tmp_path / "in"), "--name", "x"]) == 1
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty")]) == 1
    assert "none of its files ends in" in capsys.readouterr().err


def test_all_clips_of_the_house_stand_in_models() -> None:
    """The deepmimic clips came in by this door: names and card are complete."""
    folder = Path(__file__).parents[1] / "models" / "clips"
    clips = [MotionClip.load(p) for p in sorted(folder.glob("*.json"))]
    assert len(clips) >= 15
    assert all(c.source and c.licence for c in clips)


@pytest.mark.parametrize("name", ["roll", "walk"])
def test_the_clips_of_the_house_came_in_by_this_door(name: str, tmp_path: Path) -> None:
    told = Path(pybullet_data.getDataPath()) / "data" / "motions" / f"humanoid3d_{name}.txt"
    assert main([str(told), "--out", str(tmp_path / f"{name}.json")]) == 0
    here = Path(__file__).parents[1] / "models" / "clips" / f"{name}.json"
    assert (tmp_path / f"{name}.json").read_text() == here.read_text()
