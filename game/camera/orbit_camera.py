"""OrbitCamera: turns about a point that may follow somebody. FreeCamera: the one that the mouse turns in a set."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.camera.framing import Framing
from game.camera.obstacles import Obstacles
from game.scene.set_spec import SetSpec, ViewSpec
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

FOV = math.radians(42.0)
"""rad, of the picture's smaller side"""
NEAREST, FARTHEST = 0.8, 25.0
"""m from the target, by the mouse wheel"""
LEASH = 8.0
"""m from the target: a camera that stands still while he walks away comes along from here on"""
FLOOR_CLEARANCE = 0.08
"""m, the eye stays this far above the floor"""


def _home() -> Array:
    return np.array([0.0, 0.0, 0.95])


@dataclass
class OrbitCamera:
    """Looks at `target` from `distance`, `yaw` and `pitch` away."""

    target: Array = field(default_factory=_home)
    """(3,) m"""
    yaw: float = -1.15
    """rad, direction from the target to the eye about z; 0 is +x"""
    pitch: float = 0.12
    """rad, above the horizon"""
    distance: float = 4.2
    """m"""
    follows: bool = True
    """whether `update` moves the target"""
    stands: bool = False
    """whether the eye stays in its place and only turns while it follows; otherwise it moves with the target"""
    rate: float = 6.0
    """1/s, how quickly it follows"""

    @staticmethod
    def of(view: ViewSpec) -> OrbitCamera:
        """The camera of a set's first view; it stands there."""
        camera = OrbitCamera(np.array(view.target), stands=True)
        camera.look_from(np.array(view.position))
        return camera

    def look_from(self, eye: Array, target: Array | None = None) -> None:
        """Looks from an eye (3,) at a target (3,), by default at the one that it has."""
        self.target = self.target if target is None else target
        away = eye - self.target
        self.distance = float(np.linalg.norm(away))
        self.yaw, self.pitch = math.atan2(away[1], away[0]), math.asin(away[2] / self.distance)

    @property
    def eye(self) -> Array:
        """(3,) where it looks from."""
        flat = math.cos(self.pitch)
        direction = np.array([flat * math.cos(self.yaw), flat * math.sin(self.yaw), math.sin(self.pitch)])
        eye = self.target + self.distance * direction
        eye[2] = max(eye[2], FLOOR_CLEARANCE)
        return np.asarray(eye)

    @property
    def pose(self) -> CameraPose:
        """The eye that looks at the target."""
        return CameraPose.look(self.eye, self.target, FOV)

    @property
    def forward(self) -> Array:
        """(3,) horizontal unit vector away from the viewer."""
        return np.array([-math.cos(self.yaw), -math.sin(self.yaw), 0.0])

    @property
    def right(self) -> Array:
        """(3,) horizontal unit vector to the right of the picture."""
        return np.array([-math.sin(self.yaw), math.cos(self.yaw), 0.0])

    def drag(self, dx: float, dy: float) -> None:
        """Turns by a mouse movement, in widths and heights of the window, right and up positive."""
        self.yaw -= dx * math.pi
        self.pitch = min(max(self.pitch - dy * math.pi / 2, -0.3), 1.45)

    def zoom(self, steps: float) -> None:
        """Comes nearer (positive) or goes farther by steps of the wheel."""
        self.distance = min(max(self.distance * 0.9**steps, NEAREST), FARTHEST)

    def update(self, focus: Array, seconds: float) -> None:
        """Follows a focus (3,): sideways all of the way, up and down half of it, so that a jump is seen as a jump."""
        if not self.follows or not np.isfinite(focus).all():
            return
        goal = np.array([focus[0], focus[1], 0.5 * (focus[2] + _home()[2])])
        eye = self.eye
        self.target = self.target + (goal - self.target) * (1.0 - math.exp(-self.rate * seconds))
        if self.stands:
            self.look_from(eye)
            self.distance = min(max(self.distance, NEAREST), LEASH)


class FreeCamera:
    """An orbit camera in a set: it begins where the set's view is, and stays clear of walls and furniture."""

    def __init__(self, spec: SetSpec, subject: int = 0) -> None:
        """`subject`: the character that it follows."""
        self.subject = subject
        self.orbit = OrbitCamera.of(spec.view)
        self._obstacles = Obstacles(spec)
        self._framing = Framing(self._obstacles)

    @property
    def pose(self) -> CameraPose:
        """Where it is: on the orbit, or nearer to the target where the orbit leads through an obstacle."""
        return self._obstacles.clear(self.orbit.pose, max(self.orbit.distance - NEAREST, 0.0))

    def zoom(self, steps: float) -> None:
        """Comes nearer (positive) or goes farther, from where it is seen to be."""
        moved = float(np.linalg.norm(self.pose.position - self.orbit.eye))
        self.orbit.distance = max(self.orbit.distance - moved, NEAREST)
        self.orbit.zoom(steps)

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        """Moves on by `seconds` and looks."""
        if self.subject >= snapshot.num_characters or not self.orbit.follows:
            return self.pose
        self.orbit.update(np.asarray(snapshot.state.root_pos[self.subject]), seconds)
        return self._framing.framed(self.pose, snapshot, self.subject, seconds)
