"""Marker sets by other names than Plug-in Gait's, and markerless points; as TRC files, which are text."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.motion import ClipError, MotionClip
from tests.support.marker_suit import MODEL, markers
from tools.clip_clinic.edit import cut
from tools.import_motion.markers import Markers
from tools.import_motion.read import ImportOptions, read

Array = NDArray[np.float64]
AS_IS = ImportOptions(ground=False)
OPENSIM = {"ASI": "ASIS", "PSI": "PSIS", "KNE": "Knee.Lat", "ANK": "Ankle.Lat", "HEE": "Heel", "TOE": "Toe.Tip",
           "SHO": "Acromium", "ELB": "Elbow", "WRA": "Wrist.Lat", "WRB": "Wrist.Med"}  # fmt: skip
IN_JOINTS = {"hip": "thigh", "knee": "shin", "ankle": "foot", "shoulder": "upper_arm", "elbow": "forearm",
             "wrist": "hand"}  # fmt: skip


def trc_text(points: dict[str, Array], fps: float, unit: str = "mm", rate: str = "") -> str:
    """A TRC file; nan is an unseen marker, written as nothing."""
    per_metre = {"mm": 1000.0, "m": 1.0}[unit]
    frames = len(next(iter(points.values())))
    lines = [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        "\t".join([rate or f"{fps:g}", f"{fps:g}", str(frames), str(len(points)), unit, f"{fps:g}", "1", str(frames)]),
        "Frame#\tTime\t" + "\t\t\t".join(points) + "\t\t",
        "\t\t" + "\t".join(f"X{k}\tY{k}\tZ{k}" for k in range(1, len(points) + 1)),
        "",
    ]
    for frame in range(frames):
        values = [per_metre * v for pos in points.values() for v in pos[frame]]
        words = [f"{v:.5f}" if np.isfinite(v) else "" for v in values]
        lines.append("\t".join([str(frame + 1), f"{frame / fps:.6f}", *words]))
    return "\n".join(lines) + "\n"


def y_up(points: dict[str, Array]) -> dict[str, Array]:
    """As OpenSim has it: x forward, y up, z to the right."""
    return {name: np.stack([p[:, 0], p[:, 2], -p[:, 1]], axis=-1) for name, p in points.items()}


def in_the_joints(clip: MotionClip, name: str) -> dict[str, Array]:
    """Points where markerless capture has them, called as `name` says: "{side} {joint}"."""
    poses = body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot)
    found = {}
    for side in ("right", "left"):
        words = {"side": side, "letter": side[0].upper()}
        for joint, body in IN_JOINTS.items():
            found[name.format(joint=joint, Joint=joint.capitalize(), **words)] = poses.pos[
                :, MODEL.body(f"{side}_{body}")
            ]
        foot = MODEL.body(f"{side}_foot")
        for joint, way in (
            ("heel", (-0.04, 0.0, -0.03)),
            ("foot_index" if "_" in name else "BigToe", (0.13, 0.0, -0.03)),
        ):
            place = poses.pos[:, foot] + rotation.rotate(poses.rot[:, foot], np.broadcast_to(way, (clip.num_frames, 3)))
            found[name.format(joint=joint, Joint=joint if joint == "BigToe" else joint.capitalize(), **words)] = place
    return found


def distance(clip: MotionClip, other: MotionClip) -> Array:
    """(F, B) of the joints, the floor's height apart."""
    pos = [body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).pos - c.root_pos[0] * np.array([1.0, 1.0, 0.0])
           for c in (clip, other)]  # fmt: skip
    difference = pos[0] - pos[1]
    return np.asarray(np.linalg.norm(difference - difference.mean(axis=(0, 1)) * np.array([0.0, 0.0, 1.0]), axis=-1))


@pytest.mark.parametrize("name", ["walk", "cartwheel"])
def test_opensims_marker_set(name: str, tmp_path: Path) -> None:
    clip = cut(MotionClip.load(name), 0.0, 1.2).placed()
    points = {f"{label[0]}.{OPENSIM[label[1:]]}" if label[1:] in OPENSIM else label: pos
              for label, pos in y_up(markers(clip)).items()}  # fmt: skip
    (tmp_path / "a.trc").write_text(trc_text(points, clip.fps))
    got = read(tmp_path / "a.trc", AS_IS)
    assert any("R.Knee.Lat is RKNE" in remark for remark in got.remarks)
    assert any("y is up" in remark for remark in got.remarks)
    assert np.median(distance(got.clip, clip)) < 0.01
    assert distance(got.clip, clip).max() < 0.06


@pytest.mark.parametrize("style", ["{letter}{Joint}", "{side}_{joint}"])
@pytest.mark.parametrize("up", ["y", "z"])
def test_points_in_the_joints(style: str, up: str, tmp_path: Path) -> None:
    """Pose2Sim's and FreeMoCap's; without a rate in the head of the file."""
    clip = cut(MotionClip.load("walk"), 0.0, 1.2).placed()
    points = in_the_joints(clip, style)
    (tmp_path / "a.trc").write_text(trc_text(y_up(points) if up == "y" else points, clip.fps, "m", rate="0"))
    got = read(tmp_path / "a.trc", AS_IS)
    assert got.clip.fps == pytest.approx(clip.fps, rel=1e-3)
    assert any(f"{up} is up" in remark for remark in got.remarks)
    # pelvis and chest are taken to be upright along one line: they lean against each other by a few degrees
    assert distance(got.clip, clip).max() < 0.08
    assert got.fidelity is not None
    assert got.fidelity.verdict == "green"


def test_without_toes_the_feet_follow_the_shins(tmp_path: Path) -> None:
    clip = cut(MotionClip.load("walk"), 0.0, 0.6).placed()
    points = {label: pos for label, pos in markers(clip).items() if not label.endswith(("TOE", "HEE"))}
    points["LKNE"][2:4] = np.nan
    (tmp_path / "a.trc").write_text(trc_text(points, clip.fps))
    got = read(tmp_path / "a.trc", AS_IS)
    assert any("no toes and heels" in remark for remark in got.remarks)
    assert any("gaps of up to 2 frames (LKNE)" in remark for remark in got.remarks)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("R.Knee.Lat", "RKNE"), ("right_knee", "RKNE"), ("LeftShoulder", "LSHO"), ("Subject:LASI", "LASI"),
        ("LIAS", "LASI"), ("V.Sacral", "SACR"), ("L_ankle_lat", "LANK"), ("ankle_R", "RANK"), ("RFLE", "RKNE"),
        ("CV7", "C7"), ("RTHI", "RTHI"), ("left", "left"),
    ],
)  # fmt: skip
def test_names(label: str, name: str) -> None:
    assert Markers((label,), np.zeros((2, 1, 3)), 30.0, "mm").usual_names() == (name,)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "not a TRC file"),
        ("hello\nworld\n", "not a TRC file"),
        (trc_text({"RHIP": np.zeros((9, 3))}, 30.0), "no marker"),
        (trc_text({"RHIP": np.zeros((1, 3))}, 30.0), "1 frame"),
        (trc_text({"RHIP": np.ones((9, 3))}, 1e9, rate="99999"), "99999 frames a second"),
    ],
)  # fmt: skip
def test_what_is_no_trc(text: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "a.trc").write_text(text)
    with pytest.raises(ClipError, match=match):
        read(tmp_path / "a.trc")
