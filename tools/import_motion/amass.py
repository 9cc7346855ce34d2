"""AMASS .npz: SMPL, SMPL+H and SMPL-X poses (Mahmood et al. 2019). Axis-angle per joint, z up, metres.

The body model itself is licensed and not needed: directions of bones come from the rotations, and lengths are ours.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from game.scene.refusal import reason_of, refused_as
from game.scene.zip_files import ZipError, ZipLimits, read_members
from game.sim import rotation
from game.sim.motion import ClipError
from tools.import_motion.source import MAX_BYTES, SourceMotion, check_finite, check_size, pose

Array = NDArray[np.float64]

LIMITS = ZipLimits(max_files=1000, max_bytes=MAX_BYTES, max_member_bytes=MAX_BYTES)
JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
"""SMPL's first 22, which SMPL+H and SMPL-X share."""
PARENTS = np.array([-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19])
# An average adult in T pose facing z with y up, m, to the centimetre: (22, 3).
_REST = np.array([
    (0, 0, 0), (.06, -.09, 0), (-.06, -.09, 0), (0, .11, -.02), (.1, -.47, 0), (-.1, -.47, 0), (0, .25, -.01),
    (.09, -.87, -.03), (-.09, -.87, -.03), (0, .3, 0), (.11, -.93, .09), (-.11, -.93, .09), (0, .51, -.03),
    (.08, .42, -.02), (-.08, .42, -.02), (0, .58, .02), (.17, .45, -.02), (-.17, .45, -.02), (.43, .45, -.03),
    (-.43, .45, -.03), (.68, .45, -.03), (-.68, .45, -.03),
])  # fmt: skip


def read(path: Path) -> SourceMotion:
    """Read `poses` (or root_orient and pose_body), `trans` and the frame rate. Raises ClipError."""
    arrays = _load(path)
    if "poses" in arrays:
        poses = arrays["poses"]
    elif {"root_orient", "pose_body"} <= arrays.keys() and len(arrays["root_orient"]) == len(arrays["pose_body"]):
        poses = np.concatenate([arrays["root_orient"], arrays["pose_body"]], axis=1)
    else:
        raise ClipError(f"{path.name}: no 'poses' among its arrays {', '.join(sorted(arrays)) or '(none)'}")
    width = 3 * len(JOINTS)
    if poses.ndim != 2 or poses.shape[1] < width or "trans" not in arrays:
        raise ClipError(f"{path.name}: poses of shape {poses.shape}, expected (F, {width} or more), and trans (F, 3)")
    trans = arrays["trans"]
    if trans.shape != (len(poses), 3):
        raise ClipError(f"{path.name}: trans of shape {trans.shape}, expected ({len(poses)}, 3)")
    check_size(path.name, len(JOINTS), len(poses))
    check_finite(path.name, "poses", poses)
    check_finite(path.name, "trans", trans)
    rates = [arrays[k] for k in ("mocap_framerate", "mocap_frame_rate", "fps", "framerate") if k in arrays]
    fps = float(rates[0].flat[0]) if rates and rates[0].size else 0.0
    if not 1.0 <= fps <= 1000.0:
        raise ClipError(f"{path.name}: frame rate {fps:g} in mocap_framerate, expected 1 to 1000")
    offsets = _REST - np.where(PARENTS[:, None] >= 0, _REST[PARENTS], 0.0)
    moving = np.array(np.broadcast_to(offsets, (len(poses), *offsets.shape)))
    moving[:, 0] = trans
    pos, rot = pose(PARENTS, moving, rotation.from_rotvec(poses[:, :width].reshape(-1, len(JOINTS), 3)))
    still = np.array(np.broadcast_to(rotation.IDENTITY, (len(JOINTS), 4)))
    remarks = ("an average body stands in for the file's own",)
    return SourceMotion(
        path.stem,
        fps,
        JOINTS,
        PARENTS,
        _REST,
        still,
        pos,
        rot,
        metres=1.0,
        usual_up="z",
        rest_in_file=False,
        remarks=remarks,
    )


def _load(path: Path) -> dict[str, Array]:
    """The arrays of numbers in an .npz, sizes checked before memory is allocated. Raises ClipError."""
    found: dict[str, Array] = {}
    with refused_as(ClipError, path.name):
        try:
            for name, data in read_members(path, lambda name: name.endswith(".npy"), LIMITS).items():
                _load_one(name, data, found)
        except (ZipError, ValueError) as error:
            raise ClipError(f"{path.name}: not an .npz file, or a broken one ({reason_of(error)})") from error
    return found


def _load_one(name: str, data: bytes, found: dict[str, Array]) -> None:
    """Read one array, if it is one of numbers; never a pickle."""
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name}: .npy version {version}, expected 1 or 2")
    head = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = head(file)
    if dtype.kind not in "fiu":
        return
    size = int(np.prod(np.array(shape, object))) * dtype.itemsize
    if not 0 <= size <= len(data):
        raise ValueError(f"{name}: shape {shape} needs {size} bytes, found {len(data)}")
    flat = np.frombuffer(file.read(size), dtype)
    found[name.removesuffix(".npy")] = flat.reshape(shape, order="F" if fortran else "C").astype(float)
