"""Recording: what moved in a take or a clip, as arrays over time. All that an exporter needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.camera.cuts import CUTS
from game.camera.rigs import Camera, camera
from game.camera.shot import shots_of
from game.record.playback import Playback
from game.record.take import Take
from game.scene.set_file import load_set
from game.scene.set_spec import ItemSpec, SetSpec
from game.session.opening import BARE
from game.sim import rotation
from game.sim.kinematics import BodyPoses, body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.sim.snapshot import Snapshot
from game.sound.track import Samples
from tools.export_motion.take_sound import Impact, TakeSound
from tools.view_clip import snapshot_at

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
    """A camera over T frames; its frame has x forward, y left, z up."""

    name: str
    pos: Array
    """(T, 3)"""
    rot: Array
    """(T, 4)"""
    fov: Array
    """(T,) rad, of the picture's smaller side"""


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
    cameras: tuple[CameraTrack, ...]
    set_spec: SetSpec | None = None
    """the place, drawn around what moves"""
    sound: Samples | None = None
    """(M, 2), HZ a second, from the first frame on, from the active camera; None of a clip, which has no physics"""
    impacts: tuple[Impact, ...] = ()
    """what strikes what, in its order"""

    @property
    def num_frames(self) -> int:
        return len(self.root_pos)

    @property
    def num_characters(self) -> int:
        return int(self.root_pos.shape[1])

    @property
    def active_camera(self) -> str:
        """The camera to look through: a take's cuts, else the first one; empty where there is none."""
        names = [track.name for track in self.cameras]
        return CUTS if CUTS in names else next(iter(names), "")

    def poses(self) -> BodyPoses:
        """Of all bodies, (T, N, B, ...)."""
        return body_poses(self.model, self.root_pos, self.root_rot, self.joint_rot)

    @staticmethod
    def of_clip(clip: MotionClip, cameras: Sequence[str] = ("follow",)) -> Recording:
        """A clip's own frames, one character, seen by cameras of these names. Raises CameraError."""
        once = replace(clip, loop=False)  # a loop would show its first frame in place of its last
        nothing: dict[int, ItemSpec] = {}
        shown = ((snapshot_at([once], frame / clip.fps), nothing) for frame in range(clip.num_frames))
        looking = {name: camera(name, BARE) for name in cameras}
        return Recording.of_snapshots(shown, clip.name, looking, clip.fps)

    @staticmethod
    def of_take(take: Take, name: str, cameras: Sequence[str] = ("follow",), with_set: bool = True) -> Recording:
        """Run a take again and keep what moved, in the set that it names unless another is given.

        The take's own shots, and its cuts as one camera, are among them in any case.

        Raises:
            TakeError: it does not run.
            SetError: its set is not here.
            CameraError: there is no camera of such a name; ShotError, CutError for broken ones of the take.
            ClipError: it lasts under two ticks.
        """
        place = load_set(take.set_name) if with_set and take.set_name else None
        own = (*shots_of(take.extra), *([CUTS] if take.extra.get(CUTS) else []))
        looking = {key: camera(key, place or BARE, extra=take.extra) for key in (*cameras, *own)}
        with Playback.of(take) as playback:
            heard = TakeSound(playback.runtime.world.model, place)
            shown = ((tick.snapshot, tick.items) for tick in playback)
            recording = Recording.of_snapshots(shown, name, looking, heard=heard)
            return replace(recording, set_spec=place, sound=heard.samples, impacts=tuple(heard.impacts))

    @staticmethod
    def of_snapshots(
        shown: Iterable[tuple[Snapshot, Mapping[int, ItemSpec]]],
        name: str,
        cameras: Mapping[str, Camera],
        fps: float | None = None,
        heard: TakeSound | None = None,
    ) -> Recording:
        """From snapshots, each with what its props are, and cameras that follow them.

        `fps` is the control rate by default; what is `heard` listens where the cuts' camera is, or else the first one.
        Raises ClipError for under two snapshots.
        """
        ear = CUTS if CUTS in cameras else next(iter(cameras), None)
        snapshots: list[Snapshot] = []
        items: dict[int, ItemSpec] = {}
        looks: dict[str, list[CameraPose]] = {name: [] for name in cameras}
        for snapshot, known in shown:
            seconds = 1.0 / (fps or snapshot.model.control_hz) if snapshots else 0.0
            for key, looking in cameras.items():
                looks[key].append(looking.update(snapshot, seconds))
            if heard is not None:
                heard.add(snapshot, known, None if ear is None else looks[ear][-1])
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
        tracks = tuple(_track(key, poses) for key, poses in looks.items())
        rate = fps or float(model.control_hz)
        return Recording(name, rate, model, root_pos, root_rot, joint_rot, present, props, tracks)


def _track(name: str, poses: list[CameraPose]) -> CameraTrack:
    rot = rotation.continuous(np.stack([pose.rotation for pose in poses]))
    return CameraTrack(name, np.stack([pose.position for pose in poses]), rot, np.array([pose.fov for pose in poses]))


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
