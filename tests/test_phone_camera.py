"""A phone as the camera: real OSC messages over this machine's own network."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from game.camera.camera_rig import PHONE, RING, SHOT, CameraRig
from game.camera.keyframes import RECORD_STEP, Keyframes
from game.camera.rigs import camera
from game.input.phone_camera import PhoneCamera, PhoneCameraError
from game.scene.set_file import load_set
from tests.support.standing import standing

ROOM = load_set("living_room")


@pytest.fixture
def phone() -> Iterator[PhoneCamera]:
    made = PhoneCamera(0)
    yield made
    made.close()


def post(phone: PhoneCamera, name: str, values: list[Any]) -> None:
    message = OscMessageBuilder(f"/camera/{name}")
    for value in values:
        message.add_arg(value)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message.build().dgram, ("127.0.0.1", phone.port))


def send(phone: PhoneCamera, *messages: tuple[str, list[float]], expected: int) -> None:
    for name, values in messages:
        post(phone, name, values)
    end = time.monotonic() + 5.0
    while phone.received < expected and time.monotonic() < end:
        time.sleep(0.005)
    assert phone.received == expected


def test_position_rotation_and_field_of_view(phone: PhoneCamera) -> None:
    before = phone.pose
    assert before is None
    send(phone, ("position", [1.0, 2.0, 3.0]), ("euler", [90.0, 0.0, 0.0]), ("fov", [60.0]), expected=3)
    pose = phone.pose
    assert pose is not None
    np.testing.assert_allclose(pose.position, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(pose.forward, [0.0, 1.0, 0.0], atol=1e-6)
    assert pose.fov == pytest.approx(np.pi / 3)
    send(phone, ("euler", [0.0, 30.0, 0.0]), expected=4)
    assert phone.pose is not None
    np.testing.assert_allclose(phone.pose.forward, [np.sqrt(0.75), 0.0, 0.5], atol=1e-6)
    send(phone, ("rotation", [0.0, 0.0, 2.0, 0.0]), expected=5)  # any length will do
    np.testing.assert_allclose(phone.pose.forward, [-1.0, 0.0, 0.0], atol=1e-6)


def test_nonsense_is_left_aside(phone: PhoneCamera) -> None:
    send(phone, ("position", [1.0, 1.0, 1.0]), expected=1)
    nonsense: list[tuple[str, list[Any]]] = [
        ("position", [1.0, 2.0]), ("position", ["a", "b", "c"]), ("position", [float("nan"), 0.0, 0.0]),
        ("position", [1e9, 0.0, 0.0]), ("rotation", [0.0, 0.0, 0.0, 0.0]), ("elsewhere", [3.0]),
    ]  # fmt: skip
    for name, values in nonsense:
        post(phone, name, values)
    send(phone, ("fov", [500.0]), expected=2)
    assert phone.pose is not None
    np.testing.assert_allclose(phone.pose.position, [1.0, 1.0, 1.0])
    assert phone.pose.fov == pytest.approx(np.radians(140.0))


def test_a_port_that_is_taken_says_so(phone: PhoneCamera) -> None:
    with pytest.raises(PhoneCameraError, match=f"--camera-port {phone.port}"):
        PhoneCamera(phone.port)
    with pytest.raises(PhoneCameraError, match="cannot be opened"):
        PhoneCamera(99999)


def test_its_way_is_recorded_as_marks_and_filmed_again(phone: PhoneCamera) -> None:
    keyframes = Keyframes()
    rig = CameraRig(ROOM, keyframes)
    assert rig.names == RING
    rig.phone = lambda: phone.pose
    assert rig.choose(PHONE) == "camera: your phone"
    for tick in range(31):
        send(phone, ("position", [1.0 + 0.05 * tick, -2.0, 1.5]), expected=tick + 1)
        rig.update(standing(), 0, 1 / 30, tick / 30)
    assert rig.pose.position == pytest.approx([2.5, -2.0, 1.5])
    assert 14 <= len(keyframes) <= 16
    assert min(np.diff(keyframes.times)) >= RECORD_STEP - 1e-9
    shot = camera("marked", ROOM, extra=keyframes.extra()).update(standing(), 0.0)
    assert shot.position == pytest.approx([1.0, -2.0, 1.5])
    assert SHOT in rig.names


def test_a_second_take_of_the_same_time_replaces_the_first() -> None:
    keyframes, pose = Keyframes(), CameraRig(ROOM, Keyframes()).pose
    for tick in range(31):
        keyframes.record(tick / 30, pose)
    first = len(keyframes)
    for tick in range(31):
        keyframes.record(0.01 + tick / 30, pose)
    assert len(keyframes) <= first + 2
