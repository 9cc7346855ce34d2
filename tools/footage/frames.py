"""Frames: a take, run again, as what each picture of a film shows, with the sound up to it."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose, blend
from game.camera.rigs import Camera, CutCamera, ShotCamera, camera, focus
from game.record.playback import Playback
from game.record.take import Take
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim.snapshot import Snapshot, interpolate
from game.sound.life import Life
from game.sound.track import HZ, STEMS, SoundTrack
from tools.footage.lens import AT_ONCE, Exposure
from tools.footage.timing import Timing

Samples = NDArray[np.float32]
_Block = dict[str, Samples]
"""a piece of sound: the mix, and the stems where they are wanted"""
MIX = "mix"
PAST_TICKS = 300
"""that are kept for moments before a picture: more than a picture is long, however fast the film"""


@dataclass(frozen=True, eq=False)
class Moment:
    """A part of the time that a picture is exposed for."""

    snapshot: Snapshot
    items: Mapping[int, ItemSpec]
    pose: CameraPose


@dataclass(frozen=True, eq=False)
class FilmFrame:
    """One picture."""

    snapshot: Snapshot
    """what it shows; its contacts are those of the last tick that is over"""
    items: Mapping[int, ItemSpec]
    """what each prop is, by id"""
    pose: CameraPose
    seconds: float
    """of the take, since the frame before"""
    sound: Samples
    """(num_samples, 2) that is ready now; all frames' together are as long as the film"""
    moments: tuple[Moment, ...] = ()
    """what the shutter sees one after another, the last one nearly the picture's own; empty: only that"""
    target: NDArray[np.float64] | None = None
    """(3,) m, what is in focus"""
    stems: Mapping[str, Samples] = field(default_factory=dict)
    """the same by kind of source, dry; only where they are wanted"""


@dataclass(frozen=True, eq=False)
class _Tick:
    """The end of a tick."""

    snapshot: Snapshot
    items: Mapping[int, ItemSpec]
    pose: CameraPose
    cut: bool
    """see PlaybackTick"""
    new_camera: bool
    """another camera looks than in the tick before"""


def frames(take: Take, spec: SetSpec, timing: Timing, fps: int | Fraction, camera_name: str, *, subject: int = 0,
           seed: int = 0, voice: bool = True, stems: bool = False,
           exposure: Exposure = AT_ONCE) -> Iterator[FilmFrame]:  # fmt: skip
    """Every picture of a film, in order.

    The camera moves with the ticks and is interpolated like everything else, so the film is the same film at any rate
    and speed. Snapshot k of the take, made by its k-th tick, is what a picture at k / control_hz seconds shows.

    Args:
        take: what is run again, from its beginning.
        spec: its set.
        timing: which of it is shown when.
        fps: pictures a second, any number.
        camera_name: see game.camera.rigs.camera.
        subject: the character that the camera looks at.
        seed: of what is random about the camera.
        voice: whether he cries out.
        stems: whether the frames' `stems` are filled.
        exposure: how many moments each frame has, over which time.

    Raises:
        TakeError, CameraError, ShotError, CutError.
    """
    look = camera(camera_name, spec, extra=take.extra, subject=subject, seed=seed)
    ticks = _ticks(take, look)
    before = after = next(ticks)
    hz = before.snapshot.model.control_hz
    track = SoundTrack(spec, before.snapshot.model, life=Life(spec, HZ, voice=voice), stems=stems)
    total = round(timing.duration * HZ)
    silent = min(max(round(timing.film_time(before.snapshot.tick / hz) * HZ), 0), total)
    sound: list[_Block] = [_silence(silent, stems), _sound(track, before, timing, hz)]
    last, count, given = timing.begin, timing.num_frames(fps), 0
    past = _Past(before, look)
    for number in range(count):
        time = timing.take_time(float(number / fps))
        while after.snapshot.tick < time * hz - 1e-6 and (following := next(ticks, None)) is not None:
            before, after = after, following
            past.add(after)
            sound.append(_sound(track, after, timing, hz))
        fraction = min(1.0, max(0.0, 1.0 - (after.snapshot.tick - time * hz)))
        pose = look.shot.at(time) if isinstance(look, ShotCamera) else _pose(before, after, fraction)
        opened = exposure.shutter / 360.0 / float(fps)
        moments = () if exposure.single else tuple(
            past.at(timing.take_time(max(float(number / fps) - opened * (1.0 - (k + 0.5) / exposure.moments), 0.0)))
            for k in range(exposure.moments)
        )  # fmt: skip
        if number == count - 1:
            sound += [_sound(track, tick, timing, hz) for tick in _until(ticks, timing.end * hz)]
            sound.append(_silence(total - given - sum(len(block[MIX]) for block in sound), stems))
        ready = {name: np.concatenate([block[name] for block in sound]) for name in sound[0]}
        mix = ready.pop(MIX)
        shown = _shown(before, after, fraction)
        yield FilmFrame(shown, after.items, pose, time - last, mix, moments, focus(shown, subject), ready)
        sound, given, last = [_silence(0, stems)], given + len(mix), time


class _Past:
    """The last ticks, for moments before a picture's own."""

    def __init__(self, first: _Tick, look: Camera) -> None:
        self._look = look
        self._ticks = deque([first], maxlen=PAST_TICKS)

    def add(self, tick: _Tick) -> None:
        if tick.cut or tick.new_camera:  # what was before is another picture
            self._ticks.clear()
        self._ticks.append(tick)

    def at(self, time: float) -> Moment:
        """What there is to see at a time of the take, s; at the earliest what is still known."""
        ticks = list(self._ticks)
        hz = ticks[0].snapshot.model.control_hz
        place = bisect_left([tick.snapshot.tick for tick in ticks], time * hz - 1e-6)
        after = ticks[min(place, len(ticks) - 1)]
        before = ticks[min(max(place - 1, 0), len(ticks) - 1)]
        fraction = min(1.0, max(0.0, 1.0 - (after.snapshot.tick - time * hz)))
        if before is after:
            fraction = 1.0
        shot = self._look.shot if isinstance(self._look, ShotCamera) else None
        pose = shot.at(time) if shot is not None else _pose(before, after, fraction)
        return Moment(_shown(before, after, fraction), after.items, pose)


def _until(ticks: Iterator[_Tick], end: float) -> Iterator[_Tick]:
    """The ticks before `end`, a number of ticks."""
    return takewhile(lambda tick: tick.snapshot.tick < end, ticks)


def _ticks(take: Take, look: Camera) -> Iterator[_Tick]:
    """The end of every tick; of a take without any, its start. Raises TakeError."""
    with Playback.of(take) as playback:
        start = playback.runtime.snapshot
        if take.num_ticks == 0:
            yield _Tick(start, {}, look.update(start, 0.0), True, True)
        for snapshot, items, cut in playback:
            seconds = 1.0 / snapshot.model.control_hz if snapshot.tick > 1 else 0.0
            pose = look.update(snapshot, seconds)
            yield _Tick(snapshot, items, pose, cut, isinstance(look, CutCamera) and look.has_cut)


def _shown(before: _Tick, after: _Tick, fraction: float) -> Snapshot:
    if after.cut or fraction >= 1.0:
        return after.snapshot
    between = interpolate(before.snapshot, after.snapshot, fraction)
    # what happens in a tick is seen when it is over, which is when it is heard
    return replace(between, tick=before.snapshot.tick, contacts=before.snapshot.contacts, fallen=before.snapshot.fallen)


def _pose(before: _Tick, after: _Tick, fraction: float) -> CameraPose:
    jumps = float(np.linalg.norm(after.pose.position - before.pose.position)) > 1.0
    return after.pose if after.cut or after.new_camera or jumps else blend(before.pose, after.pose, fraction)


def _silence(count: int, stems: bool) -> _Block:
    return {name: np.zeros((count, 2), np.float32) for name in ((MIX, *STEMS) if stems else (MIX,))}


def _sound(track: SoundTrack, tick: _Tick, timing: Timing, hz: int) -> _Block:
    """What of a tick's sound lies within the film."""
    begin, end = (round(timing.film_time(k / hz) * HZ) for k in (tick.snapshot.tick, tick.snapshot.tick + 1))
    block = track.add(tick.snapshot, tick.items, num_samples=end - begin, ear=tick.pose)
    total = round(timing.duration * HZ)
    inside = slice(min(max(-begin, 0), len(block)), max(min(total, end) - begin, 0))
    return {MIX: block[inside], **{name: stem[inside] for name, stem in track.stems.items()}}
