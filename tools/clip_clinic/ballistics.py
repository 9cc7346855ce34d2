"""Mends flights: the path of the centre of mass and the spin that physics requires, given how the limbs move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses, center_of_mass, com_positions
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.flight import GRAVITY, HOVER, Flight, flights, poses_of

Array = NDArray[np.float64]

_MAX_ARC = 0.06
"""m, largest change of a flight's path"""
_GRAVITY_LEEWAY, _MAX_LONG_ARC = 0.2, 0.15
"""a flight whose own gravity differs by at most this share may be changed by this many m; one whose gravity differs
more is slow motion or hovering, which no change of the path mends"""
_SPIN_LEEWAY = 0.1
"""a smaller spread of the angular momentum is not mended"""
_MAX_TURN = np.radians(75.0)
"""rad, largest turn of the body; if more is needed, the flight is left alone"""


def mend_flights(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Make each flight a free fall, from the frame before take-off to the one after landing.

    The limbs move as before. The root turns such that the angular momentum about the centre of mass is constant
    and both ends stay as they are; the centre of mass takes the arc of a thrown stone between its places at both ends
    (Shin, Kovar, Gleicher, "Physical Touch-Up of Human Motions", 2003).

    Returns the clip, and sentences about what was done or left alone, and why.
    """
    model, done = CharacterModel.load(clip.character), []
    for flight in flights(clip):
        first, last = max(flight.first - 1, 0), min(flight.past, clip.num_frames - 1)
        com = center_of_mass(model, poses_of(clip))[first : last + 1]
        arc = stone(com[0], com[-1], len(com), clip.fps)
        off = float(np.linalg.norm(arc - com, axis=-1).max())
        if off > (_MAX_LONG_ARC if abs(flight.gravity / GRAVITY - 1.0) < _GRAVITY_LEEWAY else _MAX_ARC):
            if flight.error > 0.025:
                left = f"left the flight at frame {flight.first} alone, {100 * off:.0f} cm off"
                done.append(f"{left}: its gravity is {flight.gravity:.1f} m/s2{_why(flight.gravity)}")
            continue
        clip, said = _turn(clip, model, flight, first, last)
        done += said
        com = center_of_mass(model, poses_of(clip))[first : last + 1]
        root_pos = clip.root_pos.copy()
        root_pos[first : last + 1] += arc - com
        clip = replace(clip, root_pos=root_pos)
        if off > 0.005:
            done.append(f"bent the flight at frame {flight.first} by up to {100 * off:.1f} cm")
    return clip, tuple(done)


def _turn(
    clip: MotionClip, model: CharacterModel, flight: Flight, first: int, last: int
) -> tuple[MotionClip, tuple[str, ...]]:
    """Frames first..last of the root turned so that the flight's angular momentum is constant."""
    if flight.spread < _SPIN_LEEWAY:
        return clip, ()
    part = slice(first, last + 1)
    turned = spun(model, clip.root_rot[[first, last]], clip.joint_rot[part], clip.fps, flight.mean_momentum)
    off = np.inf if turned is None else float(rotation.angle_between(turned, clip.root_rot[part]).max())
    if turned is None or off > _MAX_TURN:
        return clip, (f"left the spin of the flight at frame {flight.first} alone: it is too far from any free fall's",)
    root_rot = clip.root_rot.copy()
    root_rot[part] = turned
    spread = f"as the spin in the air varied by {100 * flight.spread:.0f} %"
    said = f"turned the body by up to {np.degrees(off):.0f} degrees from frame {first} on, {spread}"
    return replace(clip, root_rot=root_rot), (said,)


def stone(start: Array, end: Array, num_frames: int, fps: float) -> Array:
    """Path (num_frames, 3), m, of a thrown stone from `start` to `end` (3,)."""
    time = np.arange(num_frames)[:, None] / fps
    arc = start + (end - start) * time / time[-1]
    arc[:, 2] += 0.5 * GRAVITY * (time * (time[-1] - time))[:, 0]
    return np.asarray(arc)


def spun(model: CharacterModel, ends: Array, joint_rot: Array, fps: float, guess: Array) -> Array | None:
    """Root orientations (F, 4) of a body in free fall, from ends[0] to ends[1] (2, 4), while its joints move as given.

    Newton's method over the angular momentum (3,), from `guess`, kg m2/s. None if it does not converge.
    """
    inertia, own = _limbs(model, joint_rot, fps)
    momentum, step = np.array(guess, float), 0.01

    def miss(momentum: Array) -> tuple[Array, Array]:
        path = _fall(ends[0], inertia, own, fps, momentum)
        return path, rotation.difference(ends[1], path[-1])

    for _ in range(30):
        path, gap = miss(momentum)
        if np.linalg.norm(gap) < 1e-7:
            # exactly the given end
            path[-1] = ends[1]
            return path
        slope = np.stack([(miss(momentum + step * axis)[1] - gap) / step for axis in np.eye(3)], axis=-1)
        if np.linalg.cond(slope) > 1e6:
            return None
        momentum = momentum - np.linalg.solve(slope, gap)
    return None


def _limbs(model: CharacterModel, joint_rot: Array, fps: float) -> tuple[Array, Array]:
    """Inertia about the centre of mass, (F - 1, 3, 3), and the angular momentum of the limbs' own movement, (F - 1, 3).

    Both in the root's frame and in the middle of each interval between frames.
    """
    count = len(joint_rot)
    poses = body_poses(model, np.zeros((count, 3)), np.tile(rotation.IDENTITY, (count, 1)), joint_rot)
    arms = com_positions(model, poses) - center_of_mass(model, poses)[:, None]
    middle, velocity = 0.5 * (arms[1:] + arms[:-1]), (arms[1:] - arms[:-1]) * fps
    rate = rotation.difference(poses.rot[:-1], poses.rot[1:]) * fps
    rot = rotation.multiply(poses.rot[:-1], rotation.from_rotvec(0.5 * rate / fps))
    own = np.einsum("b,fbk->fk", model.mass, np.cross(middle, velocity))
    own = own + rotation.rotate(rot, model.inertia * rate).sum(axis=1)
    matrix = rotation.to_matrix(rot)
    inertia = np.einsum("fbij,bj,fbkj->fik", matrix, model.inertia, matrix)
    inertia += np.einsum("b,fbi,fbi->f", model.mass, middle, middle)[:, None, None] * np.eye(3)
    inertia -= np.einsum("b,fbi,fbj->fij", model.mass, middle, middle)
    return inertia, own


def _fall(start: Array, inertia: Array, own: Array, fps: float, momentum: Array) -> Array:
    """Root orientations (F, 4) at a constant angular momentum (3,): I w + own = R' momentum, by the midpoint rule."""
    path, inverse = [start], np.linalg.inv(inertia)
    for k in range(len(inertia)):
        middle = path[-1]
        for _ in range(3):
            rate = inverse[k] @ (rotation.rotate_inverse(middle, momentum) - own[k])
            middle = rotation.multiply(path[-1], rotation.from_rotvec(0.5 * rate / fps))
        path.append(rotation.multiply(path[-1], rotation.from_rotvec(rate / fps)))
    return np.array(path)


def _why(gravity: float) -> str:
    """A likely reason for a flight's gravity, in words."""
    if gravity < HOVER * GRAVITY:
        return "; he hovers rather than flies"
    if gravity < 0.8 * GRAVITY:
        return f"; were it slow motion, real speed would be {np.sqrt(GRAVITY / gravity):.2f} times as fast"
    return ""
