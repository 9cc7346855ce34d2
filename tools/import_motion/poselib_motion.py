"""SkeletonMotion in .npy, as AMP's and ASE's poselib writes it: a skeleton and its joints' rotations, z up, metres."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import ClipError
from tools.import_motion import plain_pickle
from tools.import_motion.source import SourceMotion, check_finite, check_size, pose

Array = NDArray[np.float64]


def read(path: Path) -> SourceMotion:
    """Read a .npy of a pickled SkeletonMotion; nothing in it is run. Raises ClipError."""
    if path.stat().st_size > plain_pickle.MAX_BYTES:
        raise ClipError(f"{path.name}: over {plain_pickle.MAX_BYTES >> 20} MiB")
    card = _card(path)
    try:
        tree, fps = card["skeleton_tree"], float(card["fps"])
        names = tuple(str(name) for name in tree["node_names"])
        parents = np.asarray(tree["parent_indices"]["arr"]).astype(np.int64)
        offsets, turns, places = (
            np.asarray(array["arr"], float)
            for array in (tree["local_translation"], card["rotation"], card["root_translation"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClipError(f"{path.name}: no SkeletonMotion: {type(error).__name__} {error}") from error
    joints, frames = len(names), len(turns)
    check_size(path.name, joints, frames)
    shapes = (parents.shape, offsets.shape, turns.shape, places.shape)
    if shapes != ((joints,), (joints, 3), (frames, joints, 4), (frames, 3)) or len(set(names)) != joints:
        raise ClipError(f"{path.name}: {joints} joints with arrays of {', '.join(map(str, shapes))}")
    if parents[0] != -1 or any(not 0 <= parent < joint for joint, parent in enumerate(parents) if joint):
        raise ClipError(f"{path.name}: parents do not come first, or there are several roots")
    if not 1.0 <= fps <= 1000.0:
        raise ClipError(f"{path.name}: {fps:g} frames a second, expected 1 to 1000")
    for what, array in (("a rotation", turns), ("a place", places), ("an offset", offsets)):
        check_finite(path.name, what, array)
    turns = rotation.normalize(turns)
    if not card.get("is_local", True):
        above = rotation.conjugate(turns[:, parents[1:]])
        turns = np.concatenate([turns[:, :1], rotation.multiply(above, turns[:, 1:])], axis=1)
    moving = np.array(np.broadcast_to(offsets, (frames, joints, 3)))
    moving[:, 0] = places
    rest_pos, rest_rot = pose(parents, offsets, np.array(np.broadcast_to(rotation.IDENTITY, (joints, 4))))
    pos, rot = pose(parents, moving, turns)
    return SourceMotion(path.stem, fps, names, parents, rest_pos, rest_rot, pos, rot, up="z", metres=1.0)


def _card(path: Path) -> Mapping[str, Any]:
    """The dict in the file."""
    file = io.BytesIO(path.read_bytes())
    try:
        version = npy.read_magic(file)
        head = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, _, dtype = head(file)
    except (ValueError, KeyError) as error:
        raise ClipError(f"{path.name}: not an .npy file ({error})") from error
    if dtype.kind != "O" or shape != ():
        raise ClipError(
            f"{path.name}: an array of {dtype} {shape}, expected one SkeletonMotion, as AMP and ASE write it"
        )
    found = plain_pickle.loads(file.read(), path.name, objects=True)
    card = found[0] if isinstance(found, list) and len(found) == 1 else None
    if not isinstance(card, dict) or "skeleton_tree" not in card:
        raise ClipError(f"{path.name}: holds {type(card).__name__}, expected a SkeletonMotion")
    return card
