"""Acclaim skeletons and motions: a known clip comes back from bone frames without any order."""

from pathlib import Path

import numpy as np
import pytest

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import BODIES, MODEL, euler, rig
from tools.clip_clinic.edit import cut
from tools.import_motion.read import ImportOptions, read

AS_IS = ImportOptions(ground=False, source_fps=30.0)
_BONES = {"pelvis": "root", "torso": "thorax", "head": "head", "thigh": "femur", "shin": "tibia", "foot": "foot",
          "upper_arm": "humerus", "forearm": "radius", "hand": "wrist"}  # fmt: skip


def bone(body: str) -> str:
    side, _, part = body.partition("_")
    return side[0] + _BONES[part] if side in ("right", "left") else _BONES[body]


def files(clip: MotionClip, degrees: bool = True) -> tuple[str, str]:
    """ASF and AMC of a clip, in 5 cm units. A bone without freedom leads from each joint to the next one."""
    r = rig(clip, "cmu", t_pose=False, unit=0.05)
    axes = np.degrees(np.random.default_rng(5).uniform(-2.0, 2.0, (len(BODIES), 3)))
    frames = np.array([rotation.IDENTITY] * len(BODIES))
    for k in range(1, len(BODIES)):
        for angle, axis in zip(np.radians(axes[k]), np.eye(3), strict=True):
            frames[k] = rotation.multiply(rotation.from_axis_angle(axis, angle), frames[k])
    data, tree, children = [], [], dict[str, list[str]]()
    for k, body in enumerate(BODIES[1:], 1):
        above = BODIES[int(MODEL.body_parent[k])]
        way = r.rest_pos[k] - r.rest_pos[BODIES.index(above)]
        length = float(np.linalg.norm(way))
        link, unit = f"{bone(body)}_link", way / length
        data.append(f"begin\n id {2 * k}\n name {link}\n direction {unit[0]:.9f} {unit[1]:.9f} {unit[2]:.9f}\n"
                    f" length {length:.9f}\n axis 0 0 0 XYZ\nend")  # fmt: skip
        angles = axes[k] if degrees else np.radians(axes[k])
        data.append(f"begin\n id {2 * k + 1}\n name {bone(body)}\n direction 0 -1 0\n length 0\n"
                    f" axis {angles[0]:.9f} {angles[1]:.9f} {angles[2]:.9f} XYZ\n dof rx ry rz\n"
                    " limits (-180 180)\n (-180 180)\n (-180 180)\nend")  # fmt: skip
        children.setdefault(bone(above), []).append(link)
        children[link] = [bone(body)]
    tree = [f" {above} {' '.join(below)}" for above, below in children.items()]
    asf = "\n".join(
        [
            "# made for a test",
            ":version 1.10",
            ":name a",
            ":units",
            " mass 1.0",
            " length 0.45",
            f" angle {'deg' if degrees else 'rad'}",
            ":root",
            " order TX TY TZ RX RY RZ",
            " axis XYZ",
            " position 0 0 0",
            " orientation 0 0 0",
            ":bonedata",
            *data,
            ":hierarchy",
            "begin",
            *tree,
            "end",
        ]
    )
    lines = [":FULLY-SPECIFIED", ":DEGREES" if degrees else ":RADIANS"]
    for frame in range(clip.num_frames):
        lines.append(str(frame + 1))
        for k, body in enumerate(BODIES):
            parent = int(MODEL.body_parent[k])
            local = r.rot[frame, k]
            if parent >= 0:
                local = rotation.multiply(rotation.conjugate(r.rot[frame, parent]), local)
            inside = rotation.multiply(rotation.multiply(rotation.conjugate(frames[k]), local), frames[k])
            turn = euler(inside, "ZYX")[::-1]
            values = [*(r.pos[frame, 0] if parent < 0 else ()), *(np.degrees(turn) if degrees else turn)]
            lines.append(f"{bone(body)} " + " ".join(f"{v:.9f}" for v in values))
    return asf, "\n".join(lines) + "\n"


@pytest.mark.parametrize("degrees", [True, False])
@pytest.mark.parametrize("name", ["walk", "backflip"])
def test_a_motion_comes_back(name: str, degrees: bool, tmp_path: Path) -> None:
    clip = cut(MotionClip.load(name), 0.0, 0.8).placed()
    for ending, text in zip(("asf", "amc"), files(clip, degrees), strict=True):
        (tmp_path / ("07.asf" if ending == "asf" else "07_01.amc")).write_text(text)
    got = read(tmp_path / "07_01.amc", AS_IS)
    poses = [body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).pos for c in (got.clip, clip)]
    difference = poses[0] - poses[1]
    difference[..., 2] -= difference[..., 2].mean()
    assert np.linalg.norm(difference, axis=-1).max() < 1e-3
    assert any("skeleton 07.asf; AMC has no frame rate" in remark for remark in got.remarks)
    assert read(tmp_path / "07_01.amc", ImportOptions(end=0.1)).clip.fps == 60.0


ASF, AMC = files(cut(MotionClip.load("walk"), 0.0, 0.2))


@pytest.mark.parametrize(
    ("asf", "amc", "match"),
    [
        (None, AMC, "expected b.asf beside it, found none"),
        ("", AMC, "no bone hangs on the root"),
        (ASF.replace("dof rx", "dof qx"), AMC, "a degree of freedom other than"),
        (ASF.replace("direction 0", "direction x"), AMC, "not an ASF skeleton"),
        (ASF.replace(" rfemur rtibia_link", " rfemur rfemur_link rtibia_link"), AMC, "no bone 'rfemur'"),
        (ASF, "", "not an AMC file"),
        (ASF, AMC.replace("rfemur ", "rfemur 1 "), "4 numbers for rfemur, expected 3"),
        (ASF, AMC.replace("rfemur", "tail"), "no bone 'tail'"),
        (ASF, AMC[: AMC.rindex("rfoot")], "cut short"),
        (ASF, AMC.replace("rfemur ", "rfemur nan 0 0\nrfemur "), "cut short|not a number"),
    ],
)  # fmt: skip
def test_what_does_not_fit(asf: str | None, amc: str, match: str, tmp_path: Path) -> None:
    if asf is not None:
        (tmp_path / "b.asf").write_text(asf)
    (tmp_path / "b_1.amc").write_text(amc)
    with pytest.raises(ClipError, match=match):
        read(tmp_path / "b_1.amc")
