"""AMASS .npz: SMPL, SMPL+H and SMPL-X poses (Mahmood et al. 2019). Axis-angle per joint, z up, metres.

The body model itself is licensed and not needed: directions of bones come from the rotations, and lengths are ours.
"""

from __future__ import annotations

import io
import math
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

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
_POSES = (("poses",), ("root_orient", "pose_body"), ("global_orient", "body_pose"), ("smpl_poses",), ("pose",))
_TRANS = ("trans", "transl", "smpl_trans", "root_trans", "translation")
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "framerate", "frame_rate")
DEFAULT_FPS = 30.0
PARENTS = np.array([-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19])
# An average adult in T pose facing z with y up, m, to the centimetre: (22, 3).
_REST = np.array([
    (0, 0, 0), (.06, -.09, 0), (-.06, -.09, 0), (0, .11, -.02), (.1, -.47, 0), (-.1, -.47, 0), (0, .25, -.01),
    (.09, -.87, -.03), (-.09, -.87, -.03), (0, .3, 0), (.11, -.93, .09), (-.11, -.93, .09), (0, .51, -.03),
    (.08, .42, -.02), (-.08, .42, -.02), (0, .58, .02), (.17, .45, -.02), (-.17, .45, -.02), (.43, .45, -.03),
    (-.43, .45, -.03), (.68, .45, -.03), (-.68, .45, -.03),
])  # fmt: skip


def read(path: Path) -> SourceMotion:
    """Read an .npz of SMPL poses. Raises ClipError."""
    return of_arrays(path.name, path.stem, _load(path))


def holds_poses(names: Container[str]) -> bool:
    """Whether arrays of these names are SMPL poses."""
    return any(all(key in names for key in keys) for keys in _POSES)


def numbers(card: Mapping[Any, Any]) -> dict[str, Array]:
    """What a card holds of arrays and numbers."""
    arrays = {str(k): np.asarray(v) for k, v in card.items() if isinstance(v, np.ndarray | int | float)}
    return {key: array.astype(float) for key, array in arrays.items() if array.dtype.kind in "fiub"}


def of_arrays(file: str, name: str, arrays: Mapping[str, Array]) -> SourceMotion:
    """SMPL poses, translation and frame rate under any of their usual names.

    Args:
        file: the file's name, for errors.
        name: of the motion.
        arrays: poses (F, 66 or more), (F, 22 or more, 3) or as matrices (F, 22 or more, 3, 3); trans (F, 3); the rate.

    Raises:
        ClipError: there are no poses, or they do not fit each other.
    """
    remarks = ["an average body stands in for the file's own"]
    turns = _turns(file, arrays)
    key = next((key for key in _TRANS if key in arrays), "")
    trans = arrays[key] if key else np.zeros((len(turns), 3))
    if not key:
        remarks.append(f"no place among its arrays ({' or '.join(_TRANS)}): he stays where he is")
    if trans.shape != (len(turns), 3):
        raise ClipError(f"{file}: {key} of shape {trans.shape}, expected ({len(turns)}, 3)")
    check_finite(file, key, trans)
    if "smpl_scaling" in arrays and arrays["smpl_scaling"].size:
        # AIST++ has places in a unit of its own
        trans = trans / max(float(arrays["smpl_scaling"].flat[0]), 1e-9)
    rates = [arrays[k] for k in _RATES if k in arrays and arrays[k].size]
    fps = float(rates[0].flat[0]) if rates else DEFAULT_FPS
    if not rates:
        remarks.append(f"no frame rate: {DEFAULT_FPS:g} a second taken, --source-fps says another")
    if not 1.0 <= fps <= 1000.0:
        raise ClipError(f"{file}: frame rate {fps:g}, expected 1 to 1000")
    offsets = _REST - np.where(PARENTS[:, None] >= 0, _REST[PARENTS], 0.0)
    moving = np.array(np.broadcast_to(offsets, (len(turns), *offsets.shape)))
    moving[:, 0] = trans
    pos, rot = pose(PARENTS, moving, turns)
    still = np.array(np.broadcast_to(rotation.IDENTITY, (len(JOINTS), 4)))
    return SourceMotion(
        name, fps, JOINTS, PARENTS, _REST, still, pos, rot, metres=1.0, usual_up="z", rest_in_file=False,
        remarks=tuple(remarks),
    )  # fmt: skip


def _turns(file: str, arrays: Mapping[str, Array]) -> Array:
    """Rotations (F, 22, 4) of the joints in their parents."""
    keys = next((keys for keys in _POSES if all(key in arrays for key in keys)), None)
    if keys is None:
        raise ClipError(f"{file}: no 'poses' among its arrays {', '.join(sorted(arrays)) or '(none)'}")
    parts = [arrays[key] for key in keys]
    if any(part.ndim < 2 or len(part) != len(parts[0]) for part in parts):
        raise ClipError(f"{file}: {' and '.join(keys)} of shapes {', '.join(str(p.shape) for p in parts)}")
    matrices = parts[0].shape[-2:] == (3, 3)
    count = parts[0].size and math.prod(parts[0].shape[1:])
    width = (9 if matrices else 3) * len(JOINTS)
    rows = np.concatenate([part.reshape(len(part), math.prod(part.shape[1:])) for part in parts], axis=1)
    if rows.shape[1] < width or not count:
        raise ClipError(f"{file}: {' and '.join(keys)} of {rows.shape[1]} numbers a frame, expected {width} or more")
    check_size(file, len(JOINTS), len(rows))
    check_finite(file, keys[0], rows)
    joints = rows[:, :width].reshape(len(rows), len(JOINTS), -1)
    return rotation.from_matrix(joints.reshape(len(rows), -1, 3, 3)) if matrices else rotation.from_rotvec(joints)


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
