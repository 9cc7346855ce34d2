"""AMP's and ASE's SkeletonMotion files: pickles of plain arrays, of which nothing is run."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import MODEL, rig
from tools.clip_clinic.edit import cut
from tools.import_motion.read import ImportOptions, read

CLIP = cut(MotionClip.load("walk"), 0.0, 0.8).placed()


def card(local: bool = True) -> OrderedDict[str, Any]:
    """As poselib writes it; rotations of the joints in their parents, or in the world."""
    r = rig(CLIP, "blender", t_pose=False, turn=rotation.IDENTITY)
    parents = MODEL.body_parent
    turns = r.rot.copy()
    if local:
        turns[:, 1:] = rotation.multiply(rotation.conjugate(r.rot[:, parents[1:]]), r.rot[:, 1:])
    offsets = r.rest_pos - np.where(parents[:, None] >= 0, r.rest_pos[parents], r.rest_pos[0])

    def array(values: np.ndarray[Any, Any]) -> dict[str, Any]:
        return {"arr": values, "context": {"dtype": str(values.dtype)}}

    tree = OrderedDict(node_names=list(r.names), parent_indices=array(parents.astype(np.int64)),
                       local_translation=array(offsets.astype(np.float32)))  # fmt: skip
    return OrderedDict(
        rotation=array(turns), root_translation=array(r.pos[:, 0]), global_velocity=array(np.zeros((3, 15, 3))),
        skeleton_tree=tree, is_local=local, fps=30, __name__="SkeletonMotion",
    )  # fmt: skip


def save(value: Any, path: Path) -> None:
    np.save(path, np.array(value, dtype=object), allow_pickle=True)


@pytest.mark.parametrize("local", [True, False])
def test_a_motion_comes_back(local: bool, tmp_path: Path) -> None:
    save(card(local), tmp_path / "a.npy")
    got = read(tmp_path / "a.npy", ImportOptions(ground=False)).clip
    poses = [body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).pos for c in (got, CLIP)]
    difference = poses[0] - poses[1]
    difference[..., 2] -= difference[..., 2].mean()
    assert np.linalg.norm(difference, axis=-1).max() < 1e-3


class Evil:
    def __reduce__(self) -> Any:
        return print, ("run",)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"fps": 0}, "0 frames a second"),
        ({"fps": "x"}, "no SkeletonMotion"),
        ({"rotation": {"arr": np.zeros((5, 3, 4))}}, "15 joints with arrays of"),
        ({"root_translation": {"arr": np.full((CLIP.num_frames, 3), np.nan)}}, "a place is not a number at frame 0"),
        ({"skeleton_tree": {}}, "no SkeletonMotion"),
        ({"skeleton_tree": None}, "no SkeletonMotion"),
        ({"global_velocity": Evil()}, "print, which is not run"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it(change: dict[str, Any], match: str, tmp_path: Path) -> None:
    save(OrderedDict(card() | change), tmp_path / "a.npy")
    with pytest.raises(ClipError, match=match):
        read(tmp_path / "a.npy")


def test_other_arrays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 3)))
    with pytest.raises(ClipError, match="expected one SkeletonMotion"):
        read(tmp_path / "a.npy")
    save({"a": 1}, tmp_path / "b.npy")
    with pytest.raises(ClipError, match="holds dict, expected a SkeletonMotion"):
        read(tmp_path / "b.npy")
    (tmp_path / "c.npy").write_bytes(b"junk")
    with pytest.raises(ClipError, match=r"not an \.npy file"):
        read(tmp_path / "c.npy")
    assert capsys.readouterr().out == ""
