"""python -m tools.key_clip bow --out models/clips/bow.json: a few keyed poses become a clip that stands on its feet.

A file in models/keyed holds keys: a time, the pelvis's height and turn, joints' angles in degrees. Between keys
everything moves along a monotone cubic. The feet stay where they stand (the legs follow), and the pelvis is moved over
the ground so that the centre of mass stays over them, except where a key says that he sits.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from game.scene.json_text import JsonError, read_object
from game.scene.paths import models_dir
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.legs import move_ankles

Array = NDArray[np.float64]

FPS = 30.0
COM_AHEAD = 0.01
"""m by which the centre of mass is before the middle of the ankles when he stands"""
BALANCE_STEPS = 12
"""of the fixed-point iteration that puts the centre of mass over the feet"""
PELVIS = ("height", "back", "sit", "pitch", "roll", "yaw")
"""of a key, beside the joints: m under standing, m behind the feet where he sits, 0..1 how much he sits; degrees"""


@dataclass(frozen=True)
class KeyClipConfig:
    """What to key, and where to put it."""

    keys: Annotated[str, tyro.conf.Positional]
    """a file of keys, or a name in models/keyed"""
    out: Path
    """the clip to write, a .json file"""


def load_keys(source: str) -> dict[str, Any]:
    """Read a file of keys, or one of models/keyed by name. Raises ClipError."""
    path = Path(source)
    if not path.suffix:
        path = models_dir() / "keyed" / f"{source}.json"
    try:
        content = read_object(path)
    except JsonError as error:
        known = ", ".join(sorted(p.stem for p in (models_dir() / "keyed").glob("*.json")))
        raise ClipError(f"{source}: no file of keys ({error}); there are {known}") from error
    keys = content.get("keys")
    if not isinstance(keys, list) or len(keys) < 2 or not all(isinstance(key, dict) for key in keys):
        raise ClipError(f"{path.name}: expected an object with two keys or more")
    return content


def key_clip(content: dict[str, Any]) -> MotionClip:
    """The clip of keys. Raises ClipError."""
    model = CharacterModel.load()
    keys = content["keys"]
    try:
        times = np.array([float(key["time"]) for key in keys])
    except (KeyError, TypeError, ValueError) as error:
        raise ClipError(f"a key has no time: {error}") from error
    if not (np.diff(times) > 0.0).all():
        raise ClipError(f"times {times.tolist()}: expected each later than the one before")
    known = {*PELVIS, *(f"{name}_{axis}" for name in model.joint_names for axis in "xyz")}
    unknown = {name for key in keys for name in key} - known - {"time"}
    if unknown:
        raise ClipError(f"keys hold {', '.join(sorted(unknown))}; there are time, {', '.join(sorted(known))}")
    moments = times[0] + np.arange(round((times[-1] - times[0]) * FPS) + 1) / FPS

    def channel(name: str) -> Array:
        values = np.zeros(len(keys))
        for k, key in enumerate(keys):
            values[k] = float(key.get(name, values[k - 1] if k else 0.0))
        return np.asarray(PchipInterpolator(times, values)(moments))

    joints = np.stack(
        [np.stack([np.radians(channel(f"{name}_{axis}")) for axis in "xyz"], axis=-1) for name in model.joint_names], 1
    )
    root_rot = rotation.from_heading(np.radians(channel("yaw")))
    for name, axis in (("pitch", (0.0, 1.0, 0.0)), ("roll", (1.0, 0.0, 0.0))):
        root_rot = rotation.multiply(root_rot, rotation.from_axis_angle(axis, np.radians(channel(name))))
    standing = kinematics.standing_state(model).root_pos[2]
    root_pos = np.zeros((len(moments), 3))
    root_pos[:, 2] = standing - channel("height")
    pos, rot = _balanced(model, root_pos, root_rot, rotation.from_rotvec(joints), channel("sit"), channel("back"))
    clip = MotionClip(
        str(content["name"]), FPS, bool(content.get("loop", False)), pos, root_rot, rot,
        source="keyed by hand: models/keyed", licence="MIT",
    )  # fmt: skip
    return clip.placed()


def _balanced(
    model: CharacterModel, pos: Array, rot: Array, joints: Array, sit: Array, back: Array
) -> tuple[Array, Array]:
    """Root positions (F, 3) and joints (F, J, 4), the feet where they stand, the weight over them or on a seat (F,)."""
    feet = list(model.feet)
    still = kinematics.standing_state(model)
    stand = kinematics.body_poses(model, still.root_pos, still.root_rot, still.joint_rot)
    place = np.broadcast_to(stand.pos[feet], (len(pos), 2, 3))
    flat, pos = np.broadcast_to(stand.rot[feet], (len(pos), 2, 4)), pos.copy()
    middle, ahead = place[:, :, :2].mean(axis=1), np.array([COM_AHEAD, 0.0])
    for _ in range(BALANCE_STEPS):
        poses = kinematics.body_poses(model, pos, rot, _on_feet(model, pos, rot, joints, place, flat))
        com = kinematics.center_of_mass(model, poses)[:, :2]
        pos[:, :2] += 0.8 * (middle + ahead - com)
    seat = middle - np.multiply.outer(back, [1.0, 0.0])
    pos[:, :2] += sit[:, None] * (seat - pos[:, :2])
    return pos, _on_feet(model, pos, rot, joints, place, flat)


def _on_feet(model: CharacterModel, pos: Array, rot: Array, joints: Array, place: Array, flat: Array) -> Array:
    """Joints (F, J, 4) whose legs put the ankles at places (F, 2, 3) and the feet flat, as far as they reach."""
    legs = _with_feet_flat(model, rot, joints, flat)
    feet = kinematics.body_poses(model, pos, rot, legs).pos[:, list(model.feet)]
    return move_ankles(model, pos, rot, legs, place - feet)


def _with_feet_flat(model: CharacterModel, rot: Array, joints: Array, flat: Array) -> Array:
    """Joints (F, J, 4) with ankles that keep the feet's directions (F, 2, 4)."""
    result = joints.copy()
    for k, (hip, knee, ankle) in enumerate(model.body_joint[model.legs]):
        shin = rot
        for joint in (hip, knee):
            shin = rotation.multiply(shin, joints[:, joint])
        result[:, ankle] = rotation.multiply(rotation.conjugate(shin), flat[:, k])
    return result


def main() -> int:
    """Make one clip; returns the exit status."""
    config = tyro.cli(KeyClipConfig, prog="python -m tools.key_clip", description=__doc__)
    try:
        clip = key_clip(load_keys(config.keys))
        clip.save(config.out)
    except (ClipError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{config.out}: {clip.num_frames} frames, {clip.duration:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
