"""CameraRig: which camera is looked through: the free one that the mouse turns, or one of `game.camera.rigs`."""

from __future__ import annotations

import math

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.camera import rigs
from game.camera.camera_pose import CameraPose
from game.camera.keyframes import Keyframes
from game.camera.rigs import Camera
from game.scene.set_spec import ViewSpec
from game.sim.snapshot import Snapshot
from game.view.camera_node import place
from game.view.orbit_camera import FOV, OrbitCamera

Array = NDArray[np.float64]

FREE, SHOT = "free", "shot"
RING = (FREE, "follow", "side", "handheld", "ceiling", "eyes", "orbit", "tripod")
TITLES = {"free": "the free camera", "side": "side-on", "handheld": "hand-held", "eyes": "first person"}


class CameraRig:
    """What the window is seen through. It is also the Eye of the controls."""

    def __init__(self, view: ViewSpec, marks: Keyframes) -> None:
        """`view`: the set's own; `marks`: once there are some, their shot is a camera too."""
        self._marks = marks
        self.set_view(view)

    def set_view(self, view: ViewSpec) -> None:
        """Begins anew in another set."""
        self._view = view
        self.orbit = OrbitCamera.of(view)
        self.name = FREE
        self._camera: Camera | None = None
        self.pose = self._free()

    @property
    def names(self) -> tuple[str, ...]:
        """All cameras that there are now."""
        return (*RING, SHOT) if len(self._marks) else RING

    def choose(self, name: str, subject: int = 0) -> str:
        """Looks through a camera; returns what to tell the person. Raises CameraError."""
        self._camera = None if name in (FREE, SHOT) else rigs.camera(name, self._view, subject=subject)
        self.name = name
        return f"camera: {TITLES.get(name, name)}"

    def cycle(self, steps: int, subject: int = 0) -> str:
        """Looks through the camera so many places further, round and round."""
        names = self.names
        at = names.index(self.name) if self.name in names else 0
        return self.choose(names[(at + steps) % len(names)], subject)

    def home(self) -> None:
        """Puts the free camera where the set's view is, and looks through it."""
        self.set_view(self._view)

    def drag(self, dx: float, dy: float) -> None:
        """Turns by a mouse movement, in widths and heights of the window; any other camera is left where it is."""
        self._take_over()
        self.orbit.drag(dx, dy)

    def zoom(self, steps: float) -> None:
        """Comes nearer (positive) or goes farther."""
        self._take_over()
        self.orbit.zoom(steps)

    def _take_over(self) -> None:
        """Makes the free camera go on from where the present one stands."""
        if self.name != FREE:
            away = float(np.linalg.norm(self.pose.position - self.orbit.target))
            self.orbit.look_from(self.pose.position, self.pose.position + max(away, 1.0) * self.pose.forward)
            self.name, self._camera = FREE, None

    def update(self, snapshot: Snapshot, subject: int, seconds: float, time: float) -> CameraPose:
        """Moves on by `seconds` and looks at a character of what is shown; `time`, s, is that of the take."""
        if subject < snapshot.num_characters:
            self.orbit.update(np.asarray(snapshot.state.root_pos[subject]), seconds if self.name == FREE else 0.0)
        shot = self._marks.shot
        if self.name == SHOT and shot is not None:
            self.pose = shot.at(time)
        elif self._camera is not None:
            self.pose = self._camera.update(snapshot, seconds)
        else:
            self.name = FREE
            self.pose = self._free()
        return self.pose

    def place(self, node: p3d.NodePath, lens: p3d.Lens | None = None) -> None:
        """Puts a Panda3D camera there."""
        place(self.pose, node, lens)

    def _free(self) -> CameraPose:
        return CameraPose.look(self.orbit.eye, self.orbit.target, math.radians(FOV))

    # ---------------------------------------------------------------- Eye
    @property
    def eye(self) -> Array:
        """(3,) where it looks from."""
        return self.pose.position

    @property
    def forward(self) -> Array:
        """(3,) horizontal unit vector away from the viewer; what is up in the picture where it looks straight down."""
        flat = self.pose.forward * [1.0, 1.0, 0.0]
        if np.linalg.norm(flat) < 0.1:
            flat = self.pose.up * [1.0, 1.0, 0.0]
        return np.asarray(flat / np.linalg.norm(flat))

    @property
    def right(self) -> Array:
        """(3,) horizontal unit vector to the viewer's right."""
        x, y, _ = self.forward.tolist()
        return np.array([y, -x, 0.0])
