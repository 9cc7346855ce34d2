"""Marker files: the motion comes back from Plug-in Gait markers, and damaged files are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tests.support.marker_suit import markers
from tools.clip_clinic.edit import cut
from tools.import_motion import c3d_file
from tools.import_motion.read import ImportOptions, read

Array = NDArray[np.float64]
MODEL = CharacterModel.load()
AS_IS = ImportOptions(ground=False)


def c3d_bytes(points: dict[str, Array], fps: float, unit: str = "mm", order: str = "<", whole: bool = False) -> bytes:
    """A C3D file of floats, or of whole numbers at 0.1 mm; nan is an unseen marker."""
    scale = 0.1 if whole else -1.0
    per_metre = {"mm": 1000.0, "cm": 100.0, "m": 1.0}[unit]
    frames, labels = len(next(iter(points.values()))), list(points)

    def parameter(group: int, name: str, kind: int, shape: list[int], body: bytes) -> bytes:
        told = struct.pack("bB", kind, len(shape)) + bytes(shape) + body + b"\0"
        return struct.pack("bb", len(name), group) + name.encode() + struct.pack(f"{order}H", len(told) + 2) + told

    records = struct.pack("bb", 5, -1) + b"POINT" + struct.pack(f"{order}H", 3) + b"\0"
    text = "".join(f"S:{label}".ljust(8) for label in labels).encode()
    records += parameter(1, "LABELS", -1, [8, len(labels)], text)
    records += parameter(1, "UNITS", -1, [len(unit)], unit.encode())
    records += parameter(1, "RATE", 4, [], struct.pack(f"{order}f", fps))
    blocks = -(-(4 + len(records) + 2) // 512)
    section = bytes([1, 0x50, blocks, 84 if order == "<" else 86]) + records
    section += bytes(512 * blocks - len(section))
    header = bytes([2, 0x50]) + struct.pack(f"{order}5H", len(labels), 0, 1, frames, 0)
    header += struct.pack(f"{order}fHHf", scale, 2 + blocks, 0, fps)
    values = np.stack([points[label] for label in labels], axis=1) * per_metre
    hidden = ~np.isfinite(values).all(axis=-1, keepdims=True)
    rows = np.concatenate([np.where(hidden, 0.0, values), np.where(hidden, -1.0, 0.0)], axis=-1)
    if whole:
        rows[..., :3] /= scale
        rows = np.round(rows)
    return header + bytes(512 - len(header)) + section + rows.astype(f"{order}{'i2' if whole else 'f4'}").tobytes()


def short(name: str) -> MotionClip:
    return cut(MotionClip.load(name), 0.0, 1.2).placed()


def distance(clip: MotionClip, other: MotionClip) -> Array:
    """(F, B) of the joints, the floor's height apart."""
    pos = [body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).pos - c.root_pos[0] * np.array([1.0, 1.0, 0.0])
           for c in (clip, other)]  # fmt: skip
    difference = pos[0] - pos[1]
    return np.asarray(np.linalg.norm(difference - difference.mean(axis=(0, 1)) * np.array([0.0, 0.0, 1.0]), axis=-1))


@pytest.mark.parametrize(("unit", "order", "whole"), [("mm", "<", False), ("m", ">", False), ("mm", "<", True)])
@pytest.mark.parametrize("name", ["walk", "cartwheel"])
def test_a_motion_comes_back(name: str, unit: str, order: str, whole: bool, tmp_path: Path) -> None:
    clip = short(name)
    (tmp_path / "a.c3d").write_bytes(c3d_bytes(markers(clip), clip.fps, unit, order, whole))
    got = read(tmp_path / "a.c3d", AS_IS)
    apart = distance(got.clip, clip)
    # knees are placed by the pelvis' side, which a turned leg does not share
    assert np.median(apart) < 0.01
    assert apart.max() < 0.06
    assert np.degrees(np.median(rotation.angle_between(got.clip.joint_rot, clip.joint_rot))) < 3.0
    assert any("z is up" in remark for remark in got.remarks)


def test_gaps_are_filled_and_told(tmp_path: Path) -> None:
    clip = short("walk")
    points = markers(clip)
    points["LKNE"][10:16] = np.nan
    (tmp_path / "a.c3d").write_bytes(c3d_bytes(points, clip.fps))
    got = read(tmp_path / "a.c3d", AS_IS)
    assert any("gaps of up to 6 frames (LKNE)" in remark for remark in got.remarks)
    assert distance(got.clip, clip).max() < 0.08


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    clip = short("walk")
    points = markers(clip)
    hidden = {**points, "RELB": np.full_like(points["RELB"], np.nan)}
    without = {label: pos for label, pos in points.items() if label != "RKNE"}
    for wrong, message in ((hidden, "RELB is seen in 0 of"), (without, "no marker RKNE; there are C7, CLAV, RASI")):
        (tmp_path / "a.c3d").write_bytes(c3d_bytes(wrong, clip.fps))
        with pytest.raises(ClipError, match=message):
            read(tmp_path / "a.c3d")


GOOD = c3d_bytes(markers(cut(MotionClip.load("walk"), 0.0, 0.3)), 30.0)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "not a C3D"),
        (bytes(2000), "not a C3D"),
        (GOOD[:-500], "cut short: 10 frames need 4160 bytes"),
        (GOOD[:4] + b"\xff\xff" + GOOD[6:], "cut short|points"),
        (GOOD[:8] + b"\xff\xff" + GOOD[10:], "cut short|frames"),
        (GOOD[:2] + b"\0\0" + GOOD[4:], "no points"),
        (GOOD[:20] + b"\0\0\0\0" + GOOD[24:], "0 frames a second"),
        (GOOD[:512] + b"\1\x50\2\x55" + GOOD[516:], "byte order 85"),
        (b"\xff" + GOOD[1:], "broken C3D"),
    ],
)
def test_broken_files_are_refused(data: bytes, match: str, tmp_path: Path) -> None:
    (tmp_path / "a.c3d").write_bytes(data)
    with pytest.raises(ClipError, match=match):
        read(tmp_path / "a.c3d")


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_read_or_are_refused(data: st.DataObject, tmp_path: Path) -> None:
    broken = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, 1400))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.c3d").write_bytes(broken[: data.draw(st.integers(1000, len(GOOD)))])
    try:
        found = c3d_file.read(tmp_path / "a.c3d")
        assert found.pos.shape[1:] == (len(found.labels), 3)
        assert np.isfinite(read(tmp_path / "a.c3d").clip.root_pos).all()
    except ClipError as error:
        assert "\n" not in str(error)
