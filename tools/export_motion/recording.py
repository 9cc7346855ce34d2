"""Recording: what moved in a take or a clip, as arrays over time. All that an exporter needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.motion import ClipError, MotionClip
from game.set_file import load_set
from game.sets import ItemSpec, SetSpec
from game.sim.kinematics import BodyPoses, body_poses
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.take import Take
from game.view.camera import FOV, OrbitCamera

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PropTrack:
    """One prop over T frames."""

    item: ItemSpec
    present: Flags
    """(T,) whether it is there; where it is not, its pose is the nearest one that it had"""
    pos: Array
    """(T, 3)"""
    rot: Array
    """(T, 4)"""


@dataclass(frozen=True, eq=False)
class CameraTrack:
    """A camera over T frames."""

    eye: Array
    """(T, 3)"""
    target: Array
    """(T, 3) what it looks at, z up"""
    fov: float
    """rad, of the picture's smaller side"""


@dataclass(frozen=True, eq=False)
class Recording:
    """T frames of N characters."""

    name: str
    fps: float
    model: CharacterModel
    root_pos: Array
    """(T, N, 3)"""
    root_rot: Array
    """(T, N, 4)"""
    joint_rot: Array
    """(T, N, J, 4)"""
    present: Flags
    """(T, N) whether a character is there; where not, its pose is the nearest one that it had"""
    props: tuple[PropTrack, ...]
    camera: CameraTrack
    set_spec: SetSpec | None = None
    """the place, drawn around what moves"""

    @property
    def num_frames(self) -> int:
        return len(self.root_pos)

    @property
    def num_characters(self) -> int:
        return int(self.root_pos.shape[1])

    def poses(self) -> BodyPoses:
        """Of all bodies, (T, N, B, ...)."""
        return body_poses(self.model, self.root_pos, self.root_rot, self.joint_rot)

    @staticmethod
    def of_clip(clip: MotionClip) -> Recording:
        """A clip's own frames, one character."""
        root = clip.root_pos[:, None]
        return Recording(
            clip.name, clip.fps, CharacterModel.load(clip.character), root, clip.root_rot[:, None],
            clip.joint_rot[:, None], np.ones((clip.num_frames, 1), np.bool_), (),
            _follow(root[:, 0], clip.fps, OrbitCamera()),
        )  # fmt: skip

    @staticmethod
    def of_take(take: Take, name: str, with_set: bool = True) -> Recording:
        """Run a take again and keep what moved, in the set that it names unless told otherwise.

        Raises:
            TakeError: it does not run.
            SetError: its set is not here.
            ClipError: it lasts under two ticks.
        """
        place = load_set(take.set_name) if with_set and take.set_name else None
        runtime = take.runtime()
        shown = ((snapshot, {i: p.item for i, p in runtime.world.props.items()}) for snapshot in take.replay(runtime))
        try:
            return Recording.of_snapshots(shown, name, place)
        finally:
            runtime.close()

    @staticmethod
    def of_snapshots(
        shown: Iterable[tuple[Snapshot, Mapping[int, ItemSpec]]], name: str, place: SetSpec | None = None
    ) -> Recording:
        """From snapshots at the control rate, each with what its props are. Raises ClipError for under two."""
        snapshots, items = [], dict[int, ItemSpec]()
        for snapshot, known in shown:
            snapshots.append(snapshot)
            items |= known
        if len(snapshots) < 2:
            raise ClipError(f"{name}: {len(snapshots)} tick(s), expected at least 2")
        model, count = snapshots[0].model, max(s.num_characters for s in snapshots)
        present = np.array([[i < s.num_characters for i in range(count)] for s in snapshots])
        root_pos, root_rot, joint_rot = (
            np.stack(
                [
                    _filled([getattr(s.state, key)[i] if i < s.num_characters else None for s in snapshots])
                    for i in range(count)
                ],
                axis=1,
            )
            for key in ("root_pos", "root_rot", "joint_rot")
        )
        props = tuple(_prop(snapshots, i, items[i]) for i in sorted({i for s in snapshots for i in s.props.ids}))
        fps = float(model.control_hz)
        camera = _follow(root_pos[:, 0], fps, OrbitCamera.of(place.view) if place else OrbitCamera())
        return Recording(name, fps, model, root_pos, root_rot, joint_rot, present, props, camera, place)


def _prop(snapshots: list[Snapshot], prop: int, item: ItemSpec) -> PropTrack:
    places = [s.props.ids.index(prop) if prop in s.props.ids else -1 for s in snapshots]
    pos = _filled([s.props.pos[k] if k >= 0 else None for s, k in zip(snapshots, places, strict=True)])
    rot = _filled([s.props.rot[k] if k >= 0 else None for s, k in zip(snapshots, places, strict=True)])
    return PropTrack(item, np.array(places) >= 0, pos, rot)


def _filled(rows: list[Array | None]) -> Array:
    """(T, ...) with each None replaced by the row before it, or by the first there is."""
    last = next(row for row in rows if row is not None)
    filled = []
    for row in rows:
        last = last if row is None else row
        filled.append(last)
    return np.stack(filled)


def _follow(focus: Array, fps: float, orbit: OrbitCamera) -> CameraTrack:
    """The game's camera, following a character's root (T, 3)."""
    eyes, targets = [], []
    orbit.update(focus[0], 10.0)
    for place in focus:
        orbit.update(place, 1.0 / fps)
        eyes.append(orbit.eye)
        targets.append(orbit.target)
    return CameraTrack(np.array(eyes), np.array(targets), float(np.radians(FOV)))
