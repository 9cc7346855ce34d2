"""Files whose rest pose does not stand, whose joints turn otherwise than the body, and bodies that are no person's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import BODIES, MODEL, Rig, bvh_text, rig
from tools.clip_clinic.edit import cut
from tools.import_motion.read import Imported, ImportOptions, read

Array = NDArray[np.float64]
AS_IS = ImportOptions(ground=False)


def short(name: str, seconds: float = 1.2) -> MotionClip:
    return cut(MotionClip.load(name), 0.0, seconds).placed()


def imported(r: Rig, folder: Path) -> Imported:
    (folder / "a.bvh").write_text(bvh_text(r))
    return read(folder / "a.bvh", AS_IS)


def errors(got: MotionClip, clip: MotionClip) -> tuple[float, float]:
    """Largest distance of a joint, m, the floor's height apart, and largest angle of pelvis and torso, degrees."""
    a, b = (body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot) for c in (got, clip))
    difference = a.pos - b.pos
    difference[..., 2] -= difference[..., 2].mean()
    trunk = [BODIES.index("pelvis"), BODIES.index("torso")]
    turned = rotation.angle_between(a.rot[:, trunk], b.rot[:, trunk])
    return float(np.linalg.norm(difference, axis=-1).max()), float(np.degrees(turned).max())


def bone_axes(seed: int) -> Array:
    """Bone frames without any order, (B, 4)."""
    return rotation.normalize(np.random.default_rng(seed).normal(size=(len(BODIES), 4)))


@pytest.mark.parametrize("name", ["walk", "bow", "backflip"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_folded_rest_pose(name: str, seed: int, tmp_path: Path) -> None:
    """Joints at zero lie in a heap: the pose to measure against comes from the motion."""
    clip = short(name)
    got = imported(rig(clip, "cmu", bone_axes=bone_axes(seed)), tmp_path)
    place, turn = errors(got.clip, clip)
    # he is hardly ever quite straight: a few degrees, of which a bent torso makes centimetres at the hands
    assert turn < 12.0
    assert place < 0.15
    assert got.fidelity is not None
    assert got.fidelity.verdict == "green"
    assert any("rest pose does not stand" in remark for remark in got.remarks)


def test_bones_along_x(tmp_path: Path) -> None:
    """As LAFAN1 and Bandai-Namco have it: in the rest pose all bones lie along x, legs and spine alike."""
    clip = short("walk")
    r = rig(clip, "cmu")
    rest = np.zeros_like(r.rest_pos)
    axes = np.zeros_like(r.rest_rot) + rotation.IDENTITY
    for body, parent in enumerate(MODEL.body_parent):
        children = np.flatnonzero(MODEL.body_parent == body)
        if len(children) == 1:  # a frame with x along the bone
            way = r.rest_pos[children[0]] - r.rest_pos[body]
            across = np.cross(way, [0.3, 0.2, 0.9])
            x, y = way / np.linalg.norm(way), across / np.linalg.norm(across)
            axes[body] = rotation.from_matrix(np.stack([x, y, np.cross(x, y)], axis=-1))
        elif parent >= 0 and not len(children):
            axes[body] = axes[parent]
        rest[body] = r.rest_pos[body]
    got = imported(rig(clip, "cmu", bone_axes=axes), tmp_path)
    assert errors(got.clip, clip)[1] < 8.0
    assert any("rest pose does not stand" in remark for remark in got.remarks)


def test_joints_that_turn_otherwise_than_the_body(tmp_path: Path) -> None:
    """A pelvis and a chest whose own frames spin, with children that make up for it: their places count."""
    clip = short("walk")
    r = rig(clip, "cmu")
    spin = rotation.from_axis_angle((0.0, 1.0, 0.0), np.linspace(1.0, 3.0, clip.num_frames))
    rot = r.rot.copy()
    for body in ("pelvis", "torso"):
        rot[:, BODIES.index(body)] = rotation.multiply(rot[:, BODIES.index(body)], spin)
    # BVH joints hang rigidly on their parents: position channels are needed to hold them
    (tmp_path / "a.bvh").write_text(_with_positions(replace(r, rot=rot)))
    got = read(tmp_path / "a.bvh", AS_IS)
    place, turn = errors(got.clip, clip)
    assert place < 0.06
    assert turn < 6.0
    assert [remark.split(":")[0] for remark in got.remarks if "joints around it" in remark] == ["pelvis", "torso"]


def _with_positions(r: Rig) -> str:
    """A BVH file with six channels for every joint."""
    lines, columns = [], []
    text = bvh_text(r).split("MOTION")[0].replace("CHANNELS 3 ", "CHANNELS 6 Xposition Yposition Zposition ")
    angles = np.array([[float(v) for v in row.split()] for row in bvh_text(r).split("\n") if row[:1] in "-0123456789"
                       and len(row.split()) > 20])  # fmt: skip
    order = [line.split()[1] for line in text.split("\n") if line.strip().startswith(("ROOT", "JOINT"))]
    for k, name in enumerate(order):
        body = r.names.index(name)
        parent = int(MODEL.body_parent[body])
        if parent < 0:
            place = r.pos[:, body]
        else:
            place = rotation.rotate_inverse(r.rot[:, parent], r.pos[:, body] - r.pos[:, parent])
        columns += [place, angles[:, 3 + 3 * k : 6 + 3 * k]]
    rows = np.concatenate(columns, axis=1)
    lines += [f"MOTION\nFrames: {len(rows)}\nFrame Time: {1.0 / r.fps:.8f}"]
    return text + "\n".join(lines + [" ".join(f"{v:.7f}" for v in row) for row in rows]) + "\n"


def test_an_animal_is_no_person(tmp_path: Path) -> None:
    """Four legs down and a level back, with human names."""
    clip = short("crawl")
    r = rig(clip, "cmu", t_pose=False)
    level = rotation.from_axis_angle((0.0, 0.0, 1.0), -np.pi / 2)
    trunk = [b for b, name in enumerate(BODIES) if not any(part in name for part in ("thigh", "shin", "foot"))]
    places = r.rest_pos.copy()
    hips = r.rest_pos[BODIES.index("pelvis")]
    places[trunk] = hips + rotation.rotate(np.broadcast_to(level, (len(trunk), 4)), places[trunk] - hips)
    for side in ("right", "left"):
        for above, below in (("upper_arm", "forearm"), ("forearm", "hand")):
            a, b = BODIES.index(f"{side}_{above}"), BODIES.index(f"{side}_{below}")
            length = np.linalg.norm(places[b] - places[a])
            places[b] = places[a] + [0.0, -length, 0.0]
    still = np.repeat(places[None], clip.num_frames, axis=0)
    beast = replace(r, rest_pos=places, pos=still, rot=np.zeros_like(r.rot) + rotation.IDENTITY)
    (tmp_path / "elephant.bvh").write_text(bvh_text(beast))
    with pytest.raises(ClipError, match="goes on four legs, and is no person's"):
        read(tmp_path / "elephant.bvh")
