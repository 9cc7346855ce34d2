"""PhoneCamera: a phone or a VR tracker as the camera: its position and rotation arrive over OSC (UDP).

Addresses: `/camera/position x y z` (m, z up), `/camera/rotation x y z w` (a quaternion: the camera looks along its x
axis, y is left, z up in the picture), `/camera/euler yaw pitch roll` (degrees, up positive), `/camera/fov degrees`.
"""

from __future__ import annotations

import math
import threading

import numpy as np
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from game.camera.camera_pose import CameraPose
from game.sim import rotation

FOV = math.radians(42.0)
"""rad, until one is received"""
FOV_LIMITS = math.radians(5.0), math.radians(140.0)
FARTHEST = 1000.0
"""m from the origin: what is farther is no position"""


class PhoneCameraError(OSError):
    """The port cannot be opened; the message says why."""


class PhoneCamera:
    """Listens on a UDP port of all interfaces; `pose` is what was received last."""

    def __init__(self, port: int) -> None:
        """Raises PhoneCameraError."""
        self._position = np.array([0.0, -3.0, 1.4])
        self._rotation = rotation.from_heading(0.5 * math.pi)
        self._fov = FOV
        self._lock = threading.Lock()
        self.received = 0
        """messages that made sense"""
        dispatcher = Dispatcher()
        for name, handler in (
            ("position", self._set_position), ("rotation", self._set_rotation), ("euler", self._set_euler),
            ("fov", self._set_fov),
        ):  # fmt: skip
            dispatcher.map(f"/camera/{name}", handler)
        try:
            self._server = BlockingOSCUDPServer(("0.0.0.0", port), dispatcher)
        except (OSError, OverflowError) as error:
            raise PhoneCameraError(f"--camera-port {port}: the port cannot be opened: {error}") from error
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="phone camera", daemon=True)
        self._thread.start()

    @property
    def pose(self) -> CameraPose | None:
        """Where the phone is; None until something has been received."""
        with self._lock:
            return CameraPose(self._position, self._rotation, self._fov) if self.received else None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _set_position(self, _address: str, *values: object) -> None:
        numbers = _numbers(values, 3)
        if numbers is not None and np.abs(numbers).max() < FARTHEST:
            self._keep(position=numbers)

    def _set_rotation(self, _address: str, *values: object) -> None:
        numbers = _numbers(values, 4)
        if numbers is not None and float(np.linalg.norm(numbers)) > 1e-3:
            self._keep(turn=rotation.normalize(numbers))

    def _set_euler(self, _address: str, *values: object) -> None:
        numbers = _numbers(values, 3)
        if numbers is not None:
            yaw, pitch, roll = np.radians(numbers).tolist()
            turn = rotation.multiply(
                rotation.from_heading(yaw), rotation.from_axis_angle((0.0, 1.0, 0.0), -pitch)
            )  # fmt: skip
            self._keep(turn=rotation.multiply(turn, rotation.from_axis_angle((1.0, 0.0, 0.0), roll)))

    def _set_fov(self, _address: str, *values: object) -> None:
        numbers = _numbers(values, 1)
        if numbers is not None:
            self._keep(fov=min(max(math.radians(float(numbers[0])), FOV_LIMITS[0]), FOV_LIMITS[1]))

    def _keep(
        self,
        position: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None,
        turn: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None,
        fov: float | None = None,
    ) -> None:
        with self._lock:
            self._position = self._position if position is None else position
            self._rotation = self._rotation if turn is None else turn
            self._fov = self._fov if fov is None else fov
            self.received += 1


def _numbers(values: tuple[object, ...], count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
    """(count,) finite numbers; None where a message holds anything else."""
    if len(values) != count or any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        return None
    numbers = np.array(values, float)
    return numbers if np.isfinite(numbers).all() else None
