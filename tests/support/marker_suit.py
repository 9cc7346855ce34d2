"""Known clips as markers on the skin, of the Plug-in Gait set. For tests only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip

Array = NDArray[np.float64]
MODEL = CharacterModel.load()


def markers(clip: MotionClip) -> dict[str, Array]:
    """(F, 3) of each marker on our body, m."""
    poses = body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot)

    def on(body: str, place: ArrayLike, turn: float = 0.0) -> Array:
        """A place in a body's frame, turned about y first."""
        b = MODEL.body(body)
        local = rotation.rotate(rotation.from_axis_angle((0.0, 1.0, 0.0), turn), np.asarray(place, float))
        return poses.pos[:, b] + rotation.rotate(poses.rot[:, b], np.broadcast_to(local, (clip.num_frames, 3)))

    width, tilt = 0.084887 / 0.36, np.radians(10.0)
    found = {"C7": on("torso", (-0.06, 0.0, 0.25)), "CLAV": on("torso", (0.05, 0.0, 0.22))}
    for side, sign in (("right", -1.0), ("left", 1.0)):
        letter = side[0].upper()
        found |= {
            f"{letter}ASI": on("pelvis", (0.19 * width, 0.5 * sign * width, 0.3 * width), tilt),
            f"{letter}PSI": on("pelvis", (0.19 * width - 0.2, 0.05 * sign, 0.3 * width), tilt),
            f"{letter}KNE": on(f"{side}_shin", (0.0, 0.05 * sign, 0.0)),
            f"{letter}ANK": on(f"{side}_foot", (0.0, 0.035 * sign, 0.0)),
            f"{letter}HEE": on(f"{side}_foot", (-0.04, 0.0, -0.03)),
            f"{letter}TOE": on(f"{side}_foot", (0.13, 0.0, -0.03)),
            f"{letter}SHO": on("torso", (-0.02405, 0.18311 * sign, 0.2435 + 0.045)),
            f"{letter}ELB": on(f"{side}_forearm", (0.0, 0.0, 0.0)),
            f"{letter}WRA": on(f"{side}_hand", (0.03, 0.0, 0.0)),
            f"{letter}WRB": on(f"{side}_hand", (-0.03, 0.0, 0.0)),
            f"{letter}FHD": on("head", (0.09, 0.07 * sign, 0.2)),
            f"{letter}BHD": on("head", (-0.09, 0.07 * sign, 0.2)),
        }
    return found
