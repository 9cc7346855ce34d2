"""FigurePose: poses a figure's own skeleton so that hands, feet and head come where the physical ones are.

Every bone turns as the body does whose part it is; the bones keep their lengths. The pelvis is placed so that what
stands on something stands there with the figure, too; arms and legs then bend so that hands and soles meet the physical
ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses, lowest_points
from game.sim.model import CharacterModel
from game.sim.roles import SIDES, BodyPart
from game.view.face import Face
from game.view.figure import CastFigure
from game.view.figure_face import GAZE_SHARE, JAW_ANGLE
from game.view.figure_parts import BonePart, FigureError
from game.view.limb_solver import arc, solve, turned

Array = NDArray[np.float64]

_DOWN = np.array([0.0, 0.0, -1.0])
_LEG = (BonePart.THIGH, BonePart.SHIN, BonePart.FOOT, BonePart.TOES)
_ARM = (BonePart.UPPER_ARM, BonePart.FOREARM, BonePart.HAND, BonePart.HAND)
_SOFT = (BonePart.HAND, BonePart.FOOT, BonePart.TOES)
"""parts that are kept above the floor by bending, not by lifting the body"""


class FigurePose:
    """One figure on one body. K bones, B bodies."""

    def __init__(self, figure: CastFigure, model: CharacterModel) -> None:
        """Raises FigureError when the figure lacks a limb."""
        self.figure, self._model = figure, model
        count = len(figure.parts)
        self._align = np.tile(rotation.IDENTITY, (count, 1))
        self._body_a, self._body_b = np.full(count, -1), np.full(count, -1)
        self._share = np.zeros(count)
        self._follow()
        rows = [self._limb(side, chain) for chain in (_LEG, _ARM) for side in SIDES]
        limbs, offset, end, tip, back = zip(*rows, strict=True)
        head = figure.find(BonePart.HEAD)
        shape = model.shapes[model.roles.head]
        mine = figure.contact_point[figure.contact_bone == head]
        center = 0.5 * (mine.min(0) + mine.max(0)) if len(mine) else figure.rest[head] + np.array([0.02, 0.0, 0.1])
        firm = np.array([figure.parts[k] not in _SOFT for k in figure.contact_bone], bool)
        self._fixed = (
            figure.rest, figure.parents, self._align, self._body_a, self._body_b, self._share,
            np.array(limbs, np.int64), np.array([1.0, 1.0, -1.0, -1.0]), np.array(offset), np.array(end),
            np.array(tip), np.array(back), head, center, model.roles.head, np.array(shape.center),
            figure.contact_bone[firm], np.ascontiguousarray(figure.contact_point[firm]),
        )  # fmt: skip

    def pose(self, position: Array, quaternion: Array, face: Face | None = None) -> tuple[Array, Array]:
        """Places (K, 3), m, and motions away from the rest pose (K, 4) of all bones.

        `position` (B, 3) and `quaternion` (B, 4) are the physical body's, in the world; the face moves eyes and jaw.
        """
        pos, rot = np.zeros_like(self.figure.rest), np.zeros((len(self.figure.rest), 4))
        low = lowest_points(self._model, BodyPoses(position, quaternion))
        solve(np.ascontiguousarray(position), np.ascontiguousarray(quaternion), low, *self._fixed, pos, rot)
        if face is not None:
            self._move_face(rot, face)
        return pos, rot

    def _move_face(self, rot: Array, face: Face) -> None:
        for k, (part, side) in enumerate(zip(self.figure.parts, self.figure.sides, strict=True)):
            if part is BonePart.EYE:
                yaw = face.gaze_yaw - (1.0 if side == SIDES[1] else -1.0) * face.cross_eyed
                turn = rotation.multiply(
                    rotation.from_axis_angle((0.0, 0.0, 1.0), GAZE_SHARE * yaw),
                    rotation.from_axis_angle((0.0, 1.0, 0.0), -GAZE_SHARE * face.gaze_pitch),
                )
            elif part is BonePart.JAW:
                turn = rotation.from_axis_angle((0.0, 1.0, 0.0), JAW_ANGLE * face.open)
            else:
                continue
            rot[k] = rotation.multiply(rot[k], turn)

    def _follow(self) -> None:
        """Which bodies each bone turns with. What lies between two bodies shares their turn evenly."""
        figure, roles = self.figure, self._model.roles
        pelvis, torso, head = roles.find(BodyPart.PELVIS), roles.torso, roles.head
        spine = [k for k, part in enumerate(figure.parts) if part in (BonePart.SPINE, BonePart.TORSO)]
        neck = [k for k, part in enumerate(figure.parts) if part is BonePart.NECK]
        for k, (part, side) in enumerate(zip(figure.parts, figure.sides, strict=True)):
            if k in spine:
                self._turn(k, pelvis, torso, (spine.index(k) + 1) / len(spine))
            elif k in neck:
                self._turn(k, torso, head, (neck.index(k) + 1) / (len(neck) + 1))
            elif part in (BonePart.PELVIS, BonePart.HEAD):
                self._turn(k, *((pelvis, pelvis) if part is BonePart.PELVIS else (head, head)), 0.0)
            elif part not in (BonePart.CLAVICLE, BonePart.EYE, BonePart.JAW, BonePart.TOES):
                body = roles.find(BodyPart(part.value), side)
                self._turn(k, body, body, 0.0)
        if not spine and BonePart.TORSO not in figure.parts:  # arms and legs hang on one bone
            self._turn(0, pelvis, torso, 0.5)

    def _turn(self, bone: int, a: int, b: int, share: float) -> None:
        self._body_a[bone], self._body_b[bone], self._share[bone] = a, b, share

    def _limb(self, side: str, chain: tuple[BonePart, ...]) -> tuple[list[int], Array, Array, Array, Array]:
        """A row of the solver's `limbs`, and of offset, end_rest, tips and backs; aligns the limb's bones."""
        figure, model = self.figure, self._model
        upper, lower, end, last = (figure.find(part, side) for part in chain)
        if upper < 0 or lower < 0:
            raise FigureError(f"{figure.name} has no {side} {chain[0] if upper < 0 else chain[1]}")
        rest, is_leg = figure.rest, chain is _LEG
        mine = figure.contact_point[np.isin(figure.contact_bone, [k for k in (end, last, lower) if k >= 0])]
        end_rest = rest[end] if end >= 0 else _farthest(mine, rest[upper], rest[lower])
        self._align[upper] = arc(rest[lower] - rest[upper], _DOWN)
        straight = turned(self._align[upper], end_rest - rest[lower])
        self._align[lower] = rotation.multiply(arc(straight, _DOWN), self._align[upper])
        soft = figure.contact_point[np.isin(figure.contact_bone, [k for k in (end, last) if k >= 0])]
        tip = _farthest(soft, end_rest, end_rest) if len(soft) else end_rest
        back = np.array([0.0, 0.0, 1.0])
        body = model.roles.find(BodyPart.FOOT if is_leg else BodyPart.HAND, side)
        offset = np.zeros(3)
        if is_leg:
            shape = model.shapes[body]
            offset[2] = shape.center[2] - 0.5 * shape.edges[2] + end_rest[2]
            if last >= 0 or len(soft):
                toe = rest[last] if last >= 0 else tip
                yaw = np.arctan2(toe[1] - end_rest[1], toe[0] - end_rest[0])
                if end >= 0 and abs(yaw) < 1.2:
                    self._align[end] = rotation.from_axis_angle((0.0, 0.0, 1.0), -yaw)
        elif end >= 0:
            straight = turned(self._align[lower], tip - end_rest)
            self._align[end] = rotation.multiply(arc(straight, _DOWN), self._align[lower])
            # away from the palm, which faces inwards where the arm hangs
            outward = np.array([0.0, -1.0 if side == SIDES[0] else 1.0, 0.0])
            back = rotation.rotate_inverse(self._align[end], outward)
        bodies = [
            model.roles.find(BodyPart(part.value), side)
            for part in (chain[0], chain[1], BonePart.FOOT if is_leg else BonePart.HAND)
        ]
        return [upper, lower, end, *bodies, last], offset, end_rest, tip, back


def _farthest(points: Array, from_: Array, default: Array) -> Array:
    """The point of (n, 3) that is farthest from one (3,)."""
    return points[int(np.linalg.norm(points - from_, axis=1).argmax())] if len(points) else default
