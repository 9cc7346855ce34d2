"""CameraRig: the chosen camera: the free one that the mouse turns, one of `game.camera.rigs`, a shot, or cuts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from game.camera import rigs
from game.camera.camera_pose import CameraPose
from game.camera.cuts import CUTS, Cuts
from game.camera.keyframes import Keyframes
from game.camera.orbit_camera import FreeCamera, OrbitCamera
from game.camera.rigs import Camera, CutCamera
from game.scene.set_spec import SetSpec
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

FREE, SHOT = "free", "shot"
PHONE = "phone"
"""a phone or a tracker in somebody's hand, where one sends"""
RING = (FREE, "follow", "side", "handheld", "pan", "dolly", "ceiling", "eyes", "orbit", "tripod")
TITLES = {
    "free": "the free camera", "side": "side-on", "handheld": "hand-held", "eyes": "first person",
    "pan": "a tripod that pans late", "dolly": "a dolly on its rail", PHONE: "your phone", CUTS: "as the script cuts",
}  # fmt: skip


class CameraRig:
    """Looks at a set through one camera at a time. Pushes and throws go along its `forward` and `right`."""

    def __init__(self, spec: SetSpec, keyframes: Keyframes, cuts: Cuts | None = None) -> None:
        """`spec`: the set; `keyframes` and `cuts`: as soon as there are some, they are a camera, too."""
        self._keyframes = keyframes
        self._cuts = Cuts() if cuts is None else cuts
        self.phone: Callable[[], CameraPose | None] | None = None
        """where a phone is; None where none is listened to"""
        self.begin(spec)

    def begin(self, spec: SetSpec) -> None:
        """Begins anew in a set, with the free camera where the set's view is."""
        self._spec = spec
        self._free = FreeCamera(spec)
        self._camera: Camera = self._free
        self.name = FREE
        self.pose = self._free.pose

    @property
    def orbit(self) -> OrbitCamera:
        """Of the free camera."""
        return self._free.orbit

    @property
    def names(self) -> tuple[str, ...]:
        """All cameras that there are now."""
        there = {PHONE: self.phone is not None, SHOT: len(self._keyframes) > 0, CUTS: len(self._cuts) > 0}
        return (*RING, *(name for name, is_there in there.items() if is_there))

    def choose(self, name: str, subject: int = 0) -> str:
        """Looks through a camera; returns a message for the screen. Raises CameraError."""
        self._camera = (
            CutCamera(self._cuts, partial(self._begun, subject)) if name == CUTS else self._begun(subject, name)
        )
        self.name = name
        return f"camera: {TITLES.get(name, name)}"

    def _begun(self, subject: int, name: str) -> Camera:
        """A camera of `names` but the cuts, begun anew; there is only one free one, which a shot leaves where it is."""
        if name in (FREE, SHOT, PHONE):
            return self._free
        return rigs.camera(name, self._spec, extra=self._keyframes.extra(), subject=subject)

    def cycle(self, steps: int, subject: int = 0) -> str:
        """Looks through the camera so many places further, round and round."""
        names = self.names
        at = names.index(self.name) if self.name in names else 0
        return self.choose(names[(at + steps) % len(names)], subject)

    def home(self) -> None:
        """Puts the free camera where the set's view is, and looks through it."""
        self.begin(self._spec)

    def drag(self, dx: float, dy: float) -> None:
        """Turns by a mouse movement, in widths and heights of the window; any other camera is left where it is."""
        self._take_over()
        self.orbit.drag(dx, dy)

    def zoom(self, steps: float) -> None:
        """Comes nearer (positive) or goes farther."""
        self._take_over()
        self._free.zoom(steps)

    def _take_over(self) -> None:
        """Makes the free camera go on from where the present one stands."""
        if self.name != FREE:
            away = float(np.linalg.norm(self.pose.position - self.orbit.target))
            self.orbit.look_from(self.pose.position, self.pose.position + max(away, 1.0) * self.pose.forward)
            self.name, self._camera = FREE, self._free

    def update(self, snapshot: Snapshot, subject: int, seconds: float, time: float) -> CameraPose:
        """Moves on by `seconds` and looks.

        Args:
            snapshot: what is shown.
            subject: the character that the free camera follows.
            seconds: since the last update.
            time: s, of the take, for a shot.
        """
        self._free.subject = subject
        if self.name != FREE:
            self._free.update(snapshot, 0.0)
        shot = self._keyframes.shot
        phone = self.phone() if self.phone is not None and self.name == PHONE else None
        if phone is not None:
            self.pose = phone
            self._keyframes.record(time, phone)
        elif self.name == SHOT and shot is not None:
            self.pose = shot.at(time)
        else:
            if self.name == SHOT:  # its keyframes are gone
                self.name = FREE
            self.pose = self._camera.update(snapshot, seconds)
        return self.pose

    # ---------------------------------------------------------------- which way the viewer looks
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
