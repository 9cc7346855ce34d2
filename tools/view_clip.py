"""python -m tools.view_clip CLIP ...: plays clips as they are, without physics, in a window or into an MP4."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase
from tqdm import tqdm

from game.camera.orbit_camera import OrbitCamera
from game.camera.rigs import CameraError, camera
from game.scene.json_fields import SetError
from game.scene.set_file import load_set
from game.sim.kinematics import body_poses, body_velocities
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.sim.snapshot import Ghosts, PropPoses, Snapshot
from game.sim.state import CharacterState
from game.view import pick_pipe
from game.view.camera_node import make_lens, place
from game.view.film import FilmError, FilmWriter
from game.view.film_camera import FilmCamera
from game.view.quality import Quality, Tier, quality
from game.view.shapes import BACKGROUND, ShapesView
from game.view.stage import Stage
from tools.clip_clinic.edit import mirrored
from tools.command_line import Clips, FrameRate, Size, parse

SPACING = 1.5
"""m between clips that are shown side by side"""
GRAVITY = np.array([0.0, 0.0, -9.8])


def snapshot_at(clips: list[MotionClip], time: float, ghost: MotionClip | None = None) -> Snapshot:
    """What clips look like at a time, one character each, side by side, the first one with another clip's ghost.

    All must move the same character.

    Raises:
        ClipError: they move different ones.
    """
    shown = [*clips, *([ghost] if ghost else [])]
    if len({clip.character for clip in shown}) != 1:
        raise ClipError(f"clips of different characters: {', '.join(f'{c.name}: {c.character}' for c in shown)}")
    model = CharacterModel.load(clips[0].character)
    aside = [np.array([0.0, SPACING * (0.5 * (len(clips) - 1) - i), 0.0]) for i in range(len(clips))]
    states = [clip.sample(time).moved(way) for clip, way in zip(clips, aside, strict=True)]
    state = CharacterState(*(np.stack([getattr(s, f.name) for s in states]) for f in fields(CharacterState)))
    poses = body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    speeds = body_velocities(model, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
    count, ghosts = len(clips), None
    if ghost is not None:
        other = ghost.sample(time).moved(aside[0])[None]
        ghosts = Ghosts(lambda: body_poses(model, other.root_pos, other.root_rot, other.joint_rot))
    return Snapshot(
        tick=0,
        model=model,
        state=state,
        body_pos=poses.pos,
        body_rot=poses.rot,
        body_vel=speeds.vel,
        body_ang_vel=speeds.ang_vel,
        strength=np.ones((count, model.num_joints)),
        torque=np.zeros((count, model.num_joints)),
        contacts=(),
        fallen=np.zeros(count, np.bool_),
        props=PropPoses((), np.zeros((0, 3)), np.zeros((0, 4))),
        gravity=GRAVITY,
        ghosts=ghosts,
    )


@dataclass(frozen=True)
class ViewOptions:
    """How clips are shown."""

    size: tuple[int, int] = (1280, 720)
    fps: int | Fraction = 30
    speed: float = 1.0
    set_name: str = "park"
    tier: str = "std"
    shapes: bool = False
    """draw what would collide instead of the avatar"""
    ghost: MotionClip | None = None
    """a clip shown through the first one; not with shapes"""
    camera: str = ""
    """one of game.camera.rigs; none: one that the mouse turns"""


class _Scene:
    """The clips in a set, or as bare shapes, and a camera that follows them."""

    def __init__(self, output: p3d.GraphicsOutput, scene: p3d.NodePath, clips: list[MotionClip],
                 options: ViewOptions, look: Quality) -> None:  # fmt: skip
        self.clips, self._ghost = clips, options.ghost
        self.orbit = OrbitCamera(distance=4.2 + 0.8 * (len(clips) - 1))
        spec = load_set(options.set_name)
        self._camera = camera(options.camera, spec) if options.camera else None
        if len(clips) > 1:
            self.orbit.yaw = -0.5  # they stand side by side as seen from the front
        self.view: Stage | ShapesView
        if options.shapes:
            self.view = ShapesView(scene, CharacterModel.load(clips[0].character))
        else:
            self.view = Stage(output, spec, look, scene)
            self.view.show_ghost = True

    def show(self, time: float, seconds: float, node: p3d.NodePath, lens: p3d.Lens) -> None:
        """The clips at a time, seen by a camera's node and lens; `seconds` since the last call."""
        snapshot = snapshot_at(self.clips, time, self._ghost)
        if isinstance(self.view, Stage):
            self.view.show(snapshot, {}, seconds)
        else:
            self.view.show(snapshot, {})
        if self._camera is not None:
            place(self._camera.update(snapshot, seconds), node, lens)
            return
        # the first picture is framed at once
        self.orbit.update(snapshot.state.root_pos.mean(axis=0), seconds or 10.0)
        place(self.orbit.pose, node, lens)


def film(clips: list[MotionClip], out: Path, seconds: float, options: ViewOptions = ViewOptions()) -> int:
    """Write an MP4 of so many seconds of the clips, fewer or more in the film where `speed` is not 1.

    Returns the number of pictures. Raises CameraError, FilmError, OutputError or SetError.
    """
    pick_pipe.configure()
    output = pick_pipe.open_offscreen()
    look = quality(options.tier)
    if not output.has_shaders:
        options = replace(options, shapes=True)
    output.buffer.clear_color = p3d.LColor(*BACKGROUND)
    root = p3d.NodePath("scene")
    root.set_antialias(p3d.AntialiasAttrib.M_multisample)
    filming = FilmCamera(output.buffer, root, options.size, look.samples)
    make_lens(filming.lens)
    count = max(1, round(seconds / options.speed * float(options.fps)))
    try:
        scene = _Scene(output.buffer, root, clips, options, look)
        with FilmWriter(out, options.size, options.fps) as writer:
            for frame in tqdm(range(count), desc=out.name, unit="frame", disable=None):
                step = 1.0 / float(options.fps) if frame else 0.0
                scene.show(frame * options.speed / float(options.fps), step, filming.node, filming.lens)
                output.engine.render_frame()
                writer.write(filming.frame())
        scene.view.close()
    finally:
        filming.close()
    return count


class _Window(ShowBase):
    """Space holds, arrows step, drag turns, wheel zooms, Escape ends."""

    def __init__(self, clips: list[MotionClip], options: ViewOptions) -> None:
        pick_pipe.configure()
        width, height = options.size
        p3d.load_prc_file_data("", f"window-title {' '.join(c.name for c in clips)}\nwin-size {width} {height}\n")
        pipe = pick_pipe.window_pipe()
        super().__init__(windowType="none")
        if not self.open_default_window(type="onscreen", pipe=pipe):
            raise pick_pipe.OutputError("the display refused to open a window")
        self.disable_mouse()
        self.set_background_color(*BACKGROUND)
        make_lens(self.camLens)
        self._scene = _Scene(self.win, self.render, clips, options, quality(options.tier))
        self._speed, self._time, self._held = options.speed, 0.0, False
        self._mouse: tuple[float, float] | None = None
        self._step = 1.0 / clips[0].fps
        for key, act in (
            ("escape", self.userExit),
            ("space", self._hold),
            ("arrow_left", lambda: self._move(-1)),
            ("arrow_right", lambda: self._move(1)),
            ("wheel_up", lambda: self._scene.orbit.zoom(1)),
            ("wheel_down", lambda: self._scene.orbit.zoom(-1)),
        ):
            self.accept(key, act)
            if key.startswith("arrow"):
                self.accept(f"{key}-repeat", act)
        self.task_mgr.add(self._frame, "frame", sort=10)

    def _hold(self) -> None:
        self._held = not self._held

    def _move(self, frames: int) -> None:
        self._held, self._time = True, max(0.0, self._time + frames * self._step)

    def _frame(self, task: Any) -> int:
        seconds = p3d.ClockObject.get_global_clock().dt
        watcher = self.mouseWatcherNode
        if watcher.has_mouse() and watcher.is_button_down(p3d.MouseButton.one()):
            x, y = watcher.get_mouse()
            if self._mouse is not None:
                self._scene.orbit.drag((x - self._mouse[0]) / 2, (y - self._mouse[1]) / 2)
            self._mouse = (x, y)
        else:
            self._mouse = None
        if not self._held:
            self._time += seconds * self._speed
        clip = self._scene.clips[0]
        if not clip.loop and self._time > clip.duration + 1.0:
            self._time = 0.0  # again, after a second in the last pose
        self._scene.show(self._time, max(seconds, 1e-3), self.camera, self.camLens)
        return int(task.cont)


@dataclass(frozen=True)
class ViewClipOptions:
    """The command line of tools.view_clip."""

    clips: Clips
    """files or names in models/clips, shown side by side"""
    out: Path | None = None
    """film into this .mp4 instead of a window"""
    seconds: float | None = None
    """of the clip to film; all of it by default, a loop twice"""
    speed: float = 1.0
    """0.25 is slow motion"""
    size: Size = (1280, 720)
    """of the window or film, pixels"""
    fps: FrameRate = 30
    """pictures a second of the film, 1 to 240"""
    set: str = "park"
    """where it is shown, a name in models/sets"""
    quality: Tier = "std"
    """how well it is drawn"""
    shapes: bool = False
    """show what would collide, not the avatar"""
    ghost: str | None = None
    """show this other clip through the first one"""
    camera: str = ""
    """one of the game's cameras; by default one that the mouse turns"""
    mirror: bool = False
    """swap left and right"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    command = parse(ViewClipOptions, "tools.view_clip", __doc__, arguments)
    try:
        if not command.speed > 0.0:
            raise ValueError("expected --speed over 0")
        options = ViewOptions(
            size=command.size,
            fps=command.fps,
            speed=command.speed,
            set_name=command.set,
            tier=command.quality,
            shapes=command.shapes,
            ghost=MotionClip.load(command.ghost) if command.ghost else None,
            camera=command.camera,
        )
        clips = [MotionClip.load(clip) for clip in command.clips]
        if command.mirror:
            clips = [mirrored(clip) for clip in clips]
        if command.out is None:
            _Window(clips, options).run()
            return 0
        seconds = command.seconds or max((2.0 if c.loop else 1.0) * c.duration for c in clips)
        count = film(clips, command.out, seconds, options)
        print(f"{command.out}: {count} pictures")
    except (ClipError, CameraError, SetError, FilmError, pick_pipe.OutputError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
