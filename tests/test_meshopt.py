"""Packed keys of glTF animations: bytes worked out by hand, files of the form of gltfpack's, damaged ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from game.scene.meshopt import MeshoptError, decode

Bytes = NDArray[np.uint8]


def packed(rows: Bytes) -> bytes:
    """The format by its specification, with the fewest bits for each group of 16."""
    count, stride = rows.shape
    first = rows[0]
    out = bytearray([0xA0])
    most = min((8192 // stride) & ~15, 256)
    last = first
    for start in range(0, count, most):
        block = rows[start : start + most]
        for k in range(stride):
            column = np.concatenate([last[k : k + 1], block[:, k]])
            signed = np.diff(column).view(np.int8).astype(int)  # differences of bytes wrap round
            zigzag = np.where(signed >= 0, 2 * signed, -2 * signed - 1).astype(int)
            zigzag = np.concatenate([zigzag, np.zeros(-len(zigzag) % 16, int)]).reshape(-1, 16)
            modes, data = [], bytearray()
            for group in zigzag:
                bits = next(b for b in (0, 2, 4, 8) if b == 8 or (group < max(1, (1 << b) - 1)).sum() >= 14 or
                            not group.any())  # fmt: skip
                if bits == 0 and group.any():
                    bits = 8
                modes.append((0, 2, 4, 8).index(bits))
                if bits == 8:
                    data += bytes(group.tolist())
                elif bits:
                    small = np.minimum(group, (1 << bits) - 1)
                    per = 8 // bits
                    data += bytes(sum(int(v) << (8 - bits * (i + 1)) for i, v in enumerate(small[j : j + per]))
                                  for j in range(0, 16, per))  # fmt: skip
                    data += bytes(int(v) for v in group if v >= (1 << bits) - 1)
            modes += [0] * (-len(modes) % 4)
            out += bytes(sum(m << (2 * i) for i, m in enumerate(modes[j : j + 4])) for j in range(0, len(modes), 4))
            out += data
        last = block[-1]
    return bytes(out) + bytes(max(0, 32 - stride)) + bytes(first)


def test_by_hand() -> None:
    """Two elements of four bytes, 10 20 30 40 and 11 19 30 40."""
    # per byte one header and, where something changes, 16 differences of two bits: 0 then +1 (2), or 0 then -1 (1)
    data = bytes([0xA0, 1, 0b00100000, 0, 0, 0, 1, 0b00010000, 0, 0, 0, 0, 0]) + bytes(28) + bytes([10, 20, 30, 40])
    assert list(decode(data, 2, 4)) == [10, 20, 30, 40, 11, 19, 30, 40]


@given(
    st.integers(0, 2**32 - 1), st.sampled_from([4, 8, 12, 16]), st.integers(1, 700), st.sampled_from([1, 3, 20, 255])
)
@settings(max_examples=40, deadline=None)
def test_whatever_was_packed_comes_back(seed: int, stride: int, count: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.cumsum(rng.integers(-size, size + 1, (count, stride)), axis=0).astype(np.uint8)
    assert decode(packed(rows), count, stride) == rows.tobytes()


def test_quaternions() -> None:
    """The largest component is left out: (0, 0, sin 30, cos 30) has w largest."""
    scale = 2047 << 2 | 3  # the low bits name the largest one: 3 is w
    stored = np.round(np.array([0.0, 0.0, 0.5]) * np.sqrt(2.0) * scale).astype("<i2")
    rows = np.concatenate([stored, np.array([scale], "<i2")]).astype("<i2").view(np.uint8)[None]
    got = np.frombuffer(decode(packed(rows), 1, 8, "QUATERNION"), "<i2") / 32767.0
    assert got == pytest.approx([0.0, 0.0, 0.5, np.sqrt(0.75)], abs=2e-4)


def test_exponents() -> None:
    """Mantissa 24 bits, exponent 8 bits: 3 x 2^-2 and -5 x 2^3."""
    words = np.array([[(-2 << 24) | 3, (3 << 24) | (-5 & 0xFFFFFF)]], np.int64).astype("<u4")
    got = np.frombuffer(decode(packed(words.view(np.uint8)), 1, 8, "EXPONENTIAL"), "<f4")
    assert list(got) == [0.75, -40.0]


@pytest.mark.parametrize(
    ("data", "count", "stride", "filtered"),
    [
        (b"", 1, 4, "NONE"),
        (bytes(60), 1, 4, "NONE"),
        (bytes([0xA1]) + bytes(60), 1, 4, "NONE"),
        (bytes([0xA0]) + bytes(20), 1, 4, "NONE"),
        (bytes([0xA0]) + bytes(60), 10**9, 4, "NONE"),
        (bytes([0xA0]) + bytes(60), 1, 3, "NONE"),
        (bytes([0xA0]) + bytes([255] * 40), 16, 4, "NONE"),
        (packed(np.zeros((4, 4), np.uint8)), 4, 4, "OCTAHEDRAL"),
        (packed(np.zeros((4, 4), np.uint8)), 4, 4, "QUATERNION"),
    ],
)  # fmt: skip
def test_broken(data: bytes, count: int, stride: int, filtered: str) -> None:
    with pytest.raises(MeshoptError):
        decode(data, count, stride, filtered)


@given(st.binary(min_size=33, max_size=300), st.integers(1, 300), st.sampled_from([4, 8, 16]))
@settings(max_examples=60, deadline=None)
def test_noise_is_refused_or_read(noise: bytes, count: int, stride: int) -> None:
    try:
        assert len(decode(b"\xa0" + noise, count, stride)) == count * stride
    except MeshoptError:
        return
