"""How well a clip follows the file that it was made from: directions of bones, hips, torso and feet, and speed.

Each figure is the largest but for the worst tenth of the frames. Our spine has one joint and our knees and elbows are
hinges, so some degrees are usual; tens of degrees mean that a joint was mistaken for another.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.sim.roles import SIDES, BodyPart
from tools.clip_clinic.checks import Check, ClipReport
from tools.import_motion.joint_figure import BONES, JointFigure, angle, unit
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_USUAL = 90.0
"""percentile of the frames"""
NONSENSE = 60.0
"""degrees, median over the clip, that hips, torso or a bone may be off; beyond, the clip is not that motion"""
_AHEAD = np.array([1.0, 0.0, 0.0])


def compare(clip: MotionClip, motion: SourceMotion, roles: Mapping[str, str], scale: float) -> ClipReport:
    """Compare a clip, before it is moved or mended, with its source.

    Args:
        clip: F frames.
        motion: the same F frames, z up.
        roles: role -> joint.
        scale: from the motion's lengths to ours.

    Raises:
        ClipError: it is not the same motion at all.
    """
    ours, theirs = JointFigure.of_clip(clip), JointFigure.of_motion(motion, roles)
    bones = {
        f"{side} {name}": angle(ours.bone(side, a, b), theirs.bone(side, a, b))
        for side in SIDES
        for (a, b), name in zip(BONES, ("thigh", "shin", "upper arm", "forearm"), strict=True)
        if f"{side}_{b}" in theirs
    }
    checks = [
        _worst("bones off", bones, 10.0, 30.0),
        _worst("hip axis off", {"": angle(ours.across("hip"), theirs.across("hip"))}, 10.0, 30.0),
        _worst("torso off", {"": angle(ours.torso(), theirs.torso())}, 20.0, 45.0),
        _worst("shoulders off", {"": angle(ours.across("shoulder"), theirs.across("shoulder"))}, 25.0, 50.0),
    ]
    if feet := _feet(clip, theirs):
        checks.append(_worst("feet off", feet, 20.0, 45.0))
    checks.append(_speed(ours, theirs, scale, motion.fps))
    for check, angles in zip(checks, (list(bones.values()), *_alone(ours, theirs)), strict=False):
        if (off := max(float(np.median(a)) for a in angles)) > NONSENSE:
            raise ClipError(
                f"{motion.name}: the clip would not be the file's motion: {check.name} by {off:.0f} degrees"
                f"{f' ({check.note})' if check.note else ''}; name the joints by --mapping"
            )
    return ClipReport(f"{clip.name} against its source", tuple(checks))


def _alone(ours: JointFigure, theirs: JointFigure) -> tuple[list[Array], list[Array]]:
    """Degrees (F,) of the hip axis and of the torso."""
    return [angle(ours.across("hip"), theirs.across("hip"))], [angle(ours.torso(), theirs.torso())]


def _worst(name: str, angles: Mapping[str, Array], good: float, bad: float) -> Check:
    """The worst of several angles (F,), degrees."""
    usual = {key: float(np.percentile(a, _USUAL)) for key, a in angles.items()}
    worst = max(usual, key=lambda key: usual[key])
    return Check(name, usual[worst], "deg", good, bad, int(angles[worst].argmax()), worst)


def _feet(clip: MotionClip, theirs: JointFigure) -> dict[str, Array]:
    """Degrees (F,) between the toes' directions and our feet's, but for the slope from ankle to toes."""
    model = CharacterModel.load(clip.character)
    poses = body_poses(model, clip.root_pos, clip.root_rot, clip.joint_rot)
    found = {}
    for side in SIDES:
        if f"{side}_toe" in theirs:
            turn = poses.rot[:, model.roles.find(BodyPart.FOOT, side)]
            local = rotation.rotate_inverse(turn, theirs.toes(side))
            slope = np.clip(np.median(np.arctan2(-local[:, 2], local[:, 0])), 0.0, np.radians(60.0))
            ahead = np.array([np.cos(slope), 0.0, -np.sin(slope)])
            found[side] = angle(unit(local), np.broadcast_to(ahead, local.shape))
    return found


def _speed(ours: JointFigure, theirs: JointFigure, scale: float, fps: float) -> Check:
    """Difference of the hips' speeds, as a share of the file's mean speed (or of 0.2 m/s, when he stays in place)."""
    speeds = [np.linalg.norm(np.diff(place, axis=0), axis=-1) * fps
              for place in (ours.middle("hip"), scale * theirs.middle("hip"))]  # fmt: skip
    mean = max(float(speeds[1].mean()), 0.2)
    off = 100.0 * float(np.abs(speeds[0] - speeds[1]).mean()) / mean
    return Check("speed off", off, "%", 5.0, 20.0, note=f"{speeds[1].mean():.2f} m/s in the file")
