"""OrbitCamera: turns about a point that may follow somebody. Numbers only; `place` hands them to Panda3D."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.set_spec import ViewSpec

Array = NDArray[np.float64]

FOV = 42.0
"""degrees, of the picture's smaller side"""
NEAR, FAR = 0.05, 200.0
NEAREST, FARTHEST, LEASH = 0.8, 25.0, 8.0
"""m from the target: by the wheel; and a camera that stands is taken along at the leash"""
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
    """whether following turns it where it stands, as in a room, rather than taking it along"""
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
        """Draws near to a focus (3,) when it follows; sideways at once, up and down less, so that jumps show."""
        if not self.follows or not np.isfinite(focus).all():
            return
        wanted = np.array([focus[0], focus[1], 0.5 * (focus[2] + _home()[2])])
        eye = self.eye
        self.target = self.target + (wanted - self.target) * (1.0 - math.exp(-self.rate * seconds))
        if self.stands:
            self.look_from(eye)
            self.distance = min(max(self.distance, NEAREST), LEASH)

    def place(self, node: p3d.NodePath) -> None:
        """Puts a Panda3D camera where this one is."""
        node.set_pos(*self.eye)
        node.look_at(p3d.Point3(*self.target))


def make_lens(lens: p3d.Lens) -> None:
    """Gives a lens the game's field of view and range."""
    lens.min_fov = FOV
    lens.set_near_far(NEAR, FAR)
