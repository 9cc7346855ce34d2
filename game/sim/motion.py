"""MotionClip: a reference motion, sampled at any time.

A clip is a JSON file (models/README.md documents it): a card, then one root pose and one rotation per joint for
each frame. The last frame of a looping clip is the first one of the next cycle: it lasts (num_frames - 1) / fps.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.scene.json_text import JsonError, parse_object, read_object
from game.scene.paths import models_dir
from game.scene.refusal import refused_as
from game.scene.whole_file import written_whole
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

Array = NDArray[np.float64]

SCHEMA = 1
_ARRAYS = ("root_pos", "root_rot", "joint_rot")
_FIELDS = ("name", "fps", "loop", *_ARRAYS, "character", "source", "licence")
MAX_DISTANCE = 1e4
"""m from the origin, of a root"""
CYCLE_TOLERANCE = 1e-4
"""Cycles. A time that is so little short of a whole cycle counts as the next one: ticks, seconds and float32 inside a
policy's graph round a clip of a whole number of ticks to either side."""


class ClipError(ValueError):
    """A clip's file or arrays are not what a clip needs."""


def cycle_of(time: ArrayLike, duration: float, loop: bool) -> Array:
    """Which cycle of a clip it is at times (...), s since its phase 0; whole numbers, always 0 where it does not loop.

    The one rule by which a new cycle begins and its anchor is set, in the game, in training and in policies' graphs.
    """
    time = np.asarray(time, float)
    return np.asarray(np.floor(time / duration + CYCLE_TOLERANCE) if loop else np.zeros_like(time))


@dataclass(frozen=True, eq=False)
class MotionClip:
    """A reference motion of one character. F frames, J joints."""

    name: str
    fps: float
    loop: bool
    """Whether it wraps, carrying its way and turn over the ground along; else it holds its last frame."""
    root_pos: Array
    """(F, 3)"""
    root_rot: Array
    """(F, 4)"""
    joint_rot: Array
    """(F, J, 4)"""
    character: str = "humanoid"
    source: str = ""
    licence: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model = CharacterModel.load(self.character)
        frames = len(self.root_pos)
        shapes = {
            "root_pos": (frames, 3),
            "root_rot": (frames, 4),
            "joint_rot": (frames, model.num_joints, 4),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ClipError(f"{self.name}: {name} has shape {array.shape}, expected {shape}")
            if not np.isfinite(array).all():
                frame = int(np.argwhere(~np.isfinite(array))[0][0])
                raise ClipError(f"{self.name}: {name} is not finite at frame {frame}")
        if frames < 2:
            raise ClipError(f"{self.name}: {frames} frame(s), expected at least 2")
        if (far := float(np.abs(self.root_pos).max())) > MAX_DISTANCE:
            raise ClipError(f"{self.name}: root_pos reaches {far:.3g} m, expected at most {MAX_DISTANCE:g}")
        if not (np.isfinite(self.fps) and 0.0 < self.fps <= 1000.0):
            raise ClipError(f"{self.name}: fps {self.fps}, expected 0..1000")
        for name in ("root_rot", "joint_rot"):
            q = getattr(self, name)
            norm = np.linalg.norm(q, axis=-1)
            if np.abs(norm - 1.0).max() > 0.01:
                worst = norm.flat[np.abs(norm - 1.0).argmax()]
                raise ClipError(f"{self.name}: {name} has a quaternion of length {worst:.3f}")
            # neighbours in one hemisphere: what is stored is what is interpolated
            object.__setattr__(self, name, rotation.continuous(q / norm[..., None]))

    def on_body(self, model: CharacterModel) -> MotionClip:
        """The clip for a body; for one of other lengths its way is scaled as the legs are, and its pace is another.

        A leg swings as a pendulum does: one that is longer by a factor takes the root of that longer.

        Raises ClipError if the body is another altogether.
        """
        if self.character == model.name:
            return self
        if self.character != model.based_on:
            raise ClipError(f"{self.name} moves {self.character!r}, expected {model.name!r}")
        return replace(
            self,
            character=model.name,
            root_pos=self.root_pos * model.leg_scale,
            fps=self.fps / math.sqrt(model.leg_scale),
        )

    @property
    def num_frames(self) -> int:
        return len(self.root_pos)

    @property
    def duration(self) -> float:
        """Seconds of one cycle."""
        return (self.num_frames - 1) / self.fps

    @property
    def rotations(self) -> Array:
        """Of the root and the joints, (F, 1 + J, 4), a copy."""
        return np.concatenate([self.root_rot[:, None], self.joint_rot], axis=1)

    @cached_property
    def cycle_turn(self) -> float:
        """Turn about z per cycle, rad; 0 where the clip does not loop. Under 10 degrees counts as seam noise."""
        if not self.loop:
            return 0.0
        _, _, z, w = rotation.multiply(self.root_rot[-1], rotation.conjugate(self.root_rot[0]))
        turn = (2.0 * np.arctan2(z, w) + np.pi) % (2.0 * np.pi) - np.pi
        return float(turn) if abs(turn) > np.radians(10.0) else 0.0

    @cached_property
    def cycle_shift(self) -> Array:
        """(3,) displacement over the ground per cycle; 0 where the clip does not loop."""
        shift = self.root_pos[-1] - self.root_pos[0]
        return shift * np.array([1.0, 1.0, 0.0]) if self.loop else np.zeros(3)

    @cached_property
    def _frame_velocities(self) -> tuple[Array, Array, Array]:
        """Central differences: root (F, 3), root angular (F, 3) in the clip's frame, joints (F, J, 3)."""
        rates = []
        for array in (self.root_pos, self.root_rot, self.joint_rot):
            step = array[1:] - array[:-1]
            if array.shape[-1] == 4:
                step = rotation.difference(array[:-1], array[1:])
            wrap = self.loop and self.num_frames > 2
            before, after = (step[-1:], step[:1]) if wrap else (step[:1], step[-1:])
            rates.append(0.5 * self.fps * (np.concatenate([before, step]) + np.concatenate([step, after])))
        return rates[0], rotation.rotate(self.root_rot, rates[1]), rates[2]

    def phase(self, time: ArrayLike) -> Array:
        """Phase in [0, 1] at time (...): wrapped where the clip loops, else held at 1."""
        phase = np.asarray(time, float) / self.duration
        return np.asarray(phase % 1.0 if self.loop else np.clip(phase, 0.0, 1.0))

    def sample(self, time: ArrayLike) -> CharacterState:
        """The reference at times (...), s: positions and velocities linear between frames, rotations slerp."""
        time = np.asarray(time, float)
        cycle = np.floor(time / self.duration) if self.loop else np.zeros_like(time)
        position = self.phase(time) * (self.num_frames - 1)
        first = np.minimum(position.astype(np.int64), self.num_frames - 2)
        frames = CharacterState(self.root_pos, self.root_rot, self.joint_rot, *self._frame_velocities)
        state = frames[first].towards(frames[first + 1], position - first)
        held = (not self.loop) & ((time < 0.0) | (time > self.duration))
        moving = np.where(held, 0.0, 1.0)[..., None]
        state = replace(
            state,
            root_vel=state.root_vel * moving,
            root_ang_vel=state.root_ang_vel * moving,
            joint_vel=state.joint_vel * moving[..., None],
        )
        return self.carried(state, cycle)

    def carried(self, state: CharacterState, cycle: Array) -> CharacterState:
        """A state of cycle 0 as it is in cycle (...): moved over the ground as all whole cycles before it move."""
        if not self.loop:
            return state
        if self.cycle_turn == 0.0:
            return state.moved(cycle[..., None] * self.cycle_shift)
        # whole turns of the seam's rigid motion T: x -> R x + s, applied `cycle` times
        base = self.root_pos[0] * np.array([1.0, 1.0, 0.0])
        turn = rotation.from_heading(self.cycle_turn)
        step = self.root_pos[-1] * np.array([1.0, 1.0, 0.0]) - rotation.rotate(turn, base)
        center = np.zeros(3)
        center[:2] = np.linalg.solve(np.eye(2) - rotation.to_matrix(turn)[:2, :2], step[:2])
        return state.moved(-center).moved(center, cycle * self.cycle_turn)

    def placed(self) -> MotionClip:
        """The same motion starting above the origin with heading 0."""
        turn = rotation.from_heading(-rotation.heading(self.root_rot[0]))
        start = self.root_pos[0] * np.array([1.0, 1.0, 0.0])
        return MotionClip(
            self.name,
            self.fps,
            self.loop,
            rotation.rotate(turn, self.root_pos - start),
            rotation.multiply(np.broadcast_to(turn, self.root_rot.shape), self.root_rot),
            self.joint_rot,
            self.character,
            self.source,
            self.licence,
            self.notes,
        )

    def save(self, path: Path) -> None:
        """Write the clip's JSON, atomically."""
        card = {
            "schema": SCHEMA,
            "name": self.name,
            "character": self.character,
            "fps": round(self.fps, 6),
            "loop": self.loop,
            "source": self.source,
            "licence": self.licence,
            "notes": self.notes,
        }
        head = json.dumps(card, indent=1)[:-2]
        rows = [f' "{name}": [\n' + ",\n".join(_row(r) for r in getattr(self, name)) + "\n ]" for name in _ARRAYS]
        with written_whole(path) as file:
            file.write_text(head + ",\n" + ",\n".join(rows) + "\n}\n", "utf-8")

    @staticmethod
    def load(source: str | Path) -> MotionClip:
        """Read a clip from a file, or by name from models/clips. Raises ClipError."""
        path = Path(source)
        if not path.suffix:
            path = models_dir() / "clips" / f"{source}.json"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in (models_dir() / "clips").glob("*.json")))
            raise ClipError(f"no clip at {source}; there are {known}")
        try:
            return MotionClip._of(read_object(path), path.name)
        except JsonError as error:
            raise ClipError(str(error)) from error

    @staticmethod
    def parse(data: bytes, name: str) -> MotionClip:
        """Read a clip's JSON; `name` is what messages call it. Raises ClipError."""
        try:
            return MotionClip._of(parse_object(data, name), name)
        except JsonError as error:
            raise ClipError(str(error)) from error

    @staticmethod
    def _of(card: dict[str, Any], name: str) -> MotionClip:
        with refused_as(ClipError, name):
            if card.get("schema") != SCHEMA:
                raise ClipError(f"{name}: not a clip of schema {SCHEMA}")
            if missing := [key for key in _FIELDS if key not in card]:
                raise ClipError(f"{name}: has no {', '.join(map(repr, missing))}")
            arrays = {name: np.array(card[name], float) for name in _ARRAYS}
            return MotionClip(
                str(card["name"]),
                float(card["fps"]),
                bool(card["loop"]),
                **arrays,
                character=str(card["character"]),
                source=str(card["source"]),
                licence=str(card["licence"]),
                notes=dict(card.get("notes", {})),
            )


def _row(frame: Array) -> str:
    return "  " + json.dumps(np.round(frame, 6).tolist(), separators=(",", ":"))
