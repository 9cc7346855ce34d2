"""MimicKit's .pkl clips of its humanoid (Peng 2025): z up, exponential maps, the same body as ours.

A frame is root position 3, root rotation 3, then per joint 3 numbers or 1 for a hinge, in the order of its
humanoid.xml. Older files hang the arms at rest as we do, newer ones rest in T pose with elbows about z.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.import_motion import amass, plain_pickle
from tools.import_motion.source import SourceMotion, check_finite, check_size

Array = NDArray[np.float64]

JOINTS = ("chest", "neck", "right_shoulder", "right_elbow", "left_shoulder", "left_elbow", "right_hip", "right_knee",
          "right_ankle", "left_hip", "left_knee", "left_ankle")  # fmt: skip
FRAME_SIZE = 34


def read(path: Path) -> tuple[MotionClip, str] | SourceMotion:
    """The clip and how its arms rest; or the motion of SMPL poses, as in AIST++. Raises ClipError."""
    if path.stat().st_size > plain_pickle.MAX_BYTES:
        raise ClipError(f"{path.name}: over {plain_pickle.MAX_BYTES >> 20} MiB")
    card = plain_pickle.loads(path.read_bytes(), path.name)
    if isinstance(card, dict) and amass.holds_poses(card):
        return amass.of_arrays(path.name, path.stem, amass.numbers(card))
    if not isinstance(card, dict) or not {"fps", "frames"} <= card.keys():
        keys = ", ".join(map(str, card)) if isinstance(card, dict) else type(card).__name__
        raise ClipError(f"{path.name}: expected a dict of loop_mode, fps and frames, found {keys[:100]}")
    frames = _frames(path.name, card["frames"])
    fps, loop = card["fps"], card.get("loop_mode", 0)
    if not isinstance(fps, int | float) or not 1.0 <= fps <= 1000.0:
        raise ClipError(f"{path.name}: fps {str(fps)[:20]}, expected 1 to 1000")
    model = CharacterModel.load("humanoid")
    values, column = {}, 6
    for name in JOINTS:
        width = 1 if model.joint_is_hinge[model.joint(name)] else 3
        values[name] = frames[:, column : column + width]
        column += width
    # elbows turn by 0..160 degrees about z at the right in T pose, by -160..0 about y where arms hang
    t_pose = float(np.median(values["right_elbow"])) > 0.0
    joint_rot = np.stack([_joint(name, values[name], t_pose) for name in model.joint_names], axis=1)
    clip = MotionClip(
        path.stem, float(fps), loop == 1, frames[:, :3], rotation.from_rotvec(frames[:, 3:6]), joint_rot
    ).placed()  # fmt: skip
    return clip, "arms at rest in T pose" if t_pose else "arms at rest hanging"


def _frames(name: str, rows: object) -> Array:
    """(F, 34). Checked before it is turned into an array, as a pickle may repeat one list without end."""
    if isinstance(rows, np.ndarray):
        frames = rows.astype(float)
    elif isinstance(rows, list) and all(isinstance(r, list | tuple) and len(r) == FRAME_SIZE for r in rows):
        check_size(name, 1, len(rows))
        if not all(isinstance(x, int | float) for r in rows for x in r):
            raise ClipError(f"{name}: frames hold something other than numbers")
        frames = np.array(rows, float)
    else:
        widths = sorted({len(r) for r in rows if isinstance(r, list | tuple)}) if isinstance(rows, list) else []
        found = widths[:5] or type(rows).__name__
        raise ClipError(f"{name}: frames of {found} numbers, expected {FRAME_SIZE}, MimicKit's humanoid")
    if frames.ndim != 2 or frames.shape[1] != FRAME_SIZE:
        raise ClipError(f"{name}: frames of shape {frames.shape}, expected (F, {FRAME_SIZE}), MimicKit's humanoid")
    check_size(name, 1, len(frames))
    check_finite(name, "a frame", frames)
    return frames


def _joint(name: str, values: Array, t_pose: bool) -> Array:
    """Rotations (F, 4) of one joint, child in parent with arms hanging at rest."""
    if values.shape[1] == 1:
        flip = -1.0 if t_pose and name == "right_elbow" else 1.0
        return rotation.from_axis_angle((0.0, 1.0, 0.0), flip * values[:, 0])
    turn = rotation.from_rotvec(values)
    if t_pose and name.endswith("_shoulder"):
        hang = rotation.from_axis_angle((1.0, 0.0, 0.0), -np.pi / 2 if name.startswith("right") else np.pi / 2)
        turn = rotation.multiply(turn, np.broadcast_to(hang, turn.shape))
    return turn
