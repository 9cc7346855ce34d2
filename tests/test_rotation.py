"""Rotations: group axioms and values by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.sim import rotation

HALF = np.sqrt(0.5)
numbers = st.floats(-1.0, 1.0)
vectors = st.tuples(numbers, numbers, numbers).map(np.array)
quaternions = (
    st.tuples(numbers, numbers, numbers, numbers)
    .map(np.array)
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(rotation.normalize)
)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two quaternions are one rotation."""
    return bool(abs(a @ b) > 1.0 - 1e-9)


@given(quaternions, quaternions, quaternions)
def test_multiplication_is_a_group(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    m = rotation.multiply
    np.testing.assert_allclose(m(m(a, b), c), m(a, m(b, c)), atol=1e-12)
    np.testing.assert_allclose(m(a, rotation.IDENTITY), a, atol=1e-12)
    np.testing.assert_allclose(m(a, rotation.conjugate(a)), rotation.IDENTITY, atol=1e-12)


@given(quaternions, quaternions, vectors)
def test_rotating_twice_is_rotating_by_the_product(a: np.ndarray, b: np.ndarray, v: np.ndarray) -> None:
    twice = rotation.rotate(a, rotation.rotate(b, v))
    np.testing.assert_allclose(twice, rotation.rotate(rotation.multiply(a, b), v), atol=1e-12)
    np.testing.assert_allclose(rotation.to_matrix(a) @ v, rotation.rotate(a, v), atol=1e-12)
    np.testing.assert_allclose(rotation.rotate_inverse(a, rotation.rotate(a, v)), v, atol=1e-12)


@given(vectors)
def test_logarithm_undoes_the_exponential(v: np.ndarray) -> None:
    np.testing.assert_allclose(rotation.to_rotvec(rotation.from_rotvec(v)), v, atol=1e-9)


@given(quaternions, quaternions)
def test_slerp_starts_and_ends_where_it_should(a: np.ndarray, b: np.ndarray) -> None:
    assert same(rotation.slerp(a, b, np.array(0.0)), a)
    assert same(rotation.slerp(a, b, np.array(1.0)), b)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    q = rotation.from_heading(np.pi / 2)
    np.testing.assert_allclose(q, [0, 0, HALF, HALF], atol=1e-12)
    np.testing.assert_allclose(rotation.rotate(q, np.array([1.0, 0, 0])), [0, 1, 0], atol=1e-12)
    assert rotation.heading(q) == pytest.approx(np.pi / 2)


def test_the_angle_between_is_the_short_way() -> None:
    a, b = rotation.from_heading(0.1), -rotation.from_heading(0.4)
    assert rotation.angle_between(a, b) == pytest.approx(0.3)


@given(quaternions, quaternions)
def test_the_difference_leads_from_one_to_the_other(a: np.ndarray, b: np.ndarray) -> None:
    assert same(rotation.multiply(a, rotation.from_rotvec(rotation.difference(a, b))), b)


def test_continuous_flips_signs_alone() -> None:
    q = rotation.from_heading(np.linspace(0, 3, 5))
    flipped = q * np.array([1, -1, 1, -1, -1])[:, None]
    np.testing.assert_allclose(rotation.continuous(flipped), q)
