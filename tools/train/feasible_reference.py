"""FeasibleReference: the motion that sampling found, as a reference to follow, a feed-forward and start states."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import clip_states
from tools.train.sampling import SETTLE, WINDOW, SampledPath

Array = NDArray[np.float64]
BLEND = 0.75
"""phase from which the path fades back into the clip: a loop has to end where it began, others where one can stand"""


@dataclass(frozen=True)
class FeasibleReference:
    """A clip that obeys physics, and how it was done."""

    clip: MotionClip
    feedforward: Array
    """(ticks, J, 3) rad: what the joint targets have to add to the clip a lead ahead; then the last one"""
    starts: Array
    """(M, width + 1) states on the way, each with its time"""


def feasible(clip: MotionClip, model: CharacterModel, path: SampledPath, lead: float) -> FeasibleReference:
    """Replace a clip's frames by the path's states, near its end gradually by its own again."""
    clip = clip.placed()
    known = np.arange(len(path.states), dtype=np.float64) * (WINDOW / model.control_hz)
    followed = _as_clip(clip, known, path.states, model)
    # where the clip does not loop, the path goes on after its end
    ticks = np.arange(int(np.ceil((clip.duration if clip.loop else known[-1]) * model.control_hz)))
    ahead = (ticks + lead) / model.control_hz
    turn = rotation.from_rotvec(path.correction[np.minimum(ticks // WINDOW, len(path.correction) - 1)])
    target = rotation.multiply(clip.sample(ahead).joint_rot, turn)
    added = rotation.difference(followed.sample(ahead).joint_rot, target)
    added[:, model.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
    begin, end = (BLEND, 1.0) if clip.loop else (1.0, 1.0 + SETTLE / clip.duration)
    added *= (1.0 - _rising(begin, end, ticks / model.control_hz / clip.duration))[:, None, None]
    inside = known < begin * clip.duration
    return FeasibleReference(followed, added, np.concatenate([path.states, known[:, None]], axis=1)[inside])


def _rising(begin: float, end: float, phase: Array) -> Array:
    """Rises smoothly (...) from 0 to 1 between two of the phases (...)."""
    x = np.clip((phase - begin) / (end - begin), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


def _as_clip(clip: MotionClip, known: Array, states: Array, model: CharacterModel) -> MotionClip:
    """The clip with its frames at the path's states: (W + 1, width) at times (W + 1,)."""
    state = clip_states.unpack(states, model.num_joints)
    time = np.arange(clip.num_frames) / clip.fps
    first = np.clip(np.searchsorted(known, time, side="right") - 1, 0, len(known) - 2)
    step = known[1] - known[0]
    part = np.clip((time - known[first]) / step, 0.0, 1.0)
    x, own = part[:, None], _rising(BLEND, 1.0, time / clip.duration)
    # cubic Hermite: the path knows its velocities, and a parabola has to stay one
    pos = (
        (2 * x**3 - 3 * x**2 + 1) * state.root_pos[first]
        + (x**3 - 2 * x**2 + x) * step * state.root_vel[first]
        + (3 * x**2 - 2 * x**3) * state.root_pos[first + 1]
        + (x**3 - x**2) * step * state.root_vel[first + 1]
    )
    root = rotation.slerp(state.root_rot[first], state.root_rot[first + 1], part)
    joints = rotation.slerp(state.joint_rot[first], state.joint_rot[first + 1], x)
    tail_pos, tail_rot = _from_there(clip, int(np.searchsorted(time, BLEND * clip.duration)), pos, root)
    return replace(
        clip,
        root_pos=pos + own[:, None] * (tail_pos - pos),
        root_rot=rotation.slerp(root, tail_rot, own),
        joint_rot=rotation.slerp(joints, clip.joint_rot, own[:, None]),
    )


def _from_there(clip: MotionClip, frame: int, pos: Array, rot: Array) -> tuple[Array, Array]:
    """The clip's root, (F, 3) and (F, 4), moved over the ground to where (F, 3) and (F, 4) have it in one frame.

    Otherwise the path would be drawn back over the ground, and start states would slide sideways.
    """
    frame = min(frame, clip.num_frames - 1)
    _, _, z, w = rotation.multiply(rot[frame], rotation.conjugate(clip.root_rot[frame]))
    turn = rotation.from_heading(2.0 * np.arctan2(z, w))
    moved = rotation.rotate(turn, clip.root_pos - clip.root_pos[frame])
    place = np.array([*pos[frame, :2], clip.root_pos[frame, 2]])
    return moved + place, rotation.multiply(np.broadcast_to(turn, clip.root_rot.shape), clip.root_rot)
