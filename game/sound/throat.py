"""Throat: short cries as samples, by a source of harmonics and noise through three formants that glide."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.sound.voice import band_noise

Array = NDArray[np.float64]
Glide = tuple[tuple[float, float], ...]
"""(part of the cry 0..1, Hz) pairs"""

HARMONICS = 28
BANDWIDTHS = (90.0, 110.0, 170.0)
"""Hz, of the formants"""
FORMANT_GAINS = (1.0, 0.63, 0.25)


@dataclass(frozen=True)
class Cry:
    """How one cry sounds."""

    seconds: float
    pitch: Glide
    """of the vocal cords"""
    formants: tuple[Glide, Glide, Glide]
    breath: float = 0.1
    """share of noise"""
    attack: float = 0.03
    """s"""
    gain: float = 0.5
    """amplitude of the loudest"""


CRIES = {
    "effort": Cry(0.20, ((0.0, 150.0), (0.3, 185.0), (1.0, 160.0)),
                  (((0.0, 560.0), (1.0, 640.0)), ((0.0, 1050.0), (1.0, 1150.0)), ((0.0, 2400.0), (1.0, 2400.0))),
                  0.35, 0.02, 0.32),
    "surprise": Cry(0.52, ((0.0, 170.0), (0.35, 330.0), (1.0, 235.0)),
                    (((0.0, 340.0), (0.35, 480.0), (1.0, 720.0)), ((0.0, 680.0), (0.4, 880.0), (1.0, 1150.0)),
                     ((0.0, 2300.0), (1.0, 2450.0))), 0.06, 0.05, 0.36),
    "pain": Cry(0.34, ((0.0, 235.0), (0.15, 260.0), (1.0, 130.0)),
                (((0.0, 800.0), (0.4, 720.0), (1.0, 380.0)), ((0.0, 1250.0), (0.5, 1050.0), (1.0, 760.0)),
                 ((0.0, 2500.0), (1.0, 2350.0))), 0.10, 0.012, 0.46),
    "grunt": Cry(0.19, ((0.0, 150.0), (1.0, 96.0)),
                 (((0.0, 520.0), (1.0, 430.0)), ((0.0, 1080.0), (1.0, 980.0)), ((0.0, 2300.0), (1.0, 2300.0))),
                 0.45, 0.008, 0.42),
    "relief": Cry(0.75, ((0.0, 190.0), (0.3, 175.0), (1.0, 105.0)),
                  (((0.0, 520.0), (0.4, 420.0), (1.0, 330.0)), ((0.0, 1500.0), (0.5, 1100.0), (1.0, 750.0)),
                   ((0.0, 2500.0), (1.0, 2300.0))), 0.62, 0.12, 0.22),
}  # fmt: skip
"""by what it expresses; a grunt is what a hard hit presses out of him"""


def cry(name: str, loudness: float, hz: int, pitch: float, rng: np.random.Generator) -> Array:
    """One cry, (num_samples,).

    Args:
        name: one of CRIES.
        loudness: 0..1
        hz: samples a second.
        pitch: 1; less for slow motion, which is lower and longer; another person has another one.
        rng: source of what differs from cry to cry.
    """
    made = CRIES[name]
    count = round(made.seconds / pitch * rng.uniform(0.9, 1.12) * hz)
    along = np.linspace(0.0, 1.0, count)
    f0 = pitch * rng.uniform(0.94, 1.08) * _glide(made.pitch, along)
    f0 *= 1.0 + 0.012 * np.sin(2.0 * math.pi * 5.5 * along * made.seconds)  # a person is never quite steady
    phase = 2.0 * math.pi * np.cumsum(f0) / hz
    formants = [_glide(glide, along) * pitch**0.3 for glide in made.formants]
    wave = np.zeros(count)
    for k in range(1, HARMONICS + 1):
        wave += _response(k * f0, formants) / k * np.sin(k * phase)
    noise = band_noise(500.0, 3500.0, count, hz, rng)
    wave = (1.0 - made.breath) * wave / max(float(np.abs(wave).max()), 1e-9) + 0.3 * made.breath * noise
    time = np.arange(count) / hz
    rise = np.minimum(1.0, time / made.attack)
    fall = np.minimum(1.0, (time[-1] - time) / (0.35 * made.seconds / pitch))
    return np.asarray(made.gain * loudness * rise * np.sqrt(np.maximum(fall, 0.0)) * wave)


def _glide(points: Glide, along: Array) -> Array:
    where, values = zip(*points, strict=True)
    return np.asarray(np.interp(along, where, values))


def _response(frequency: Array, formants: list[Array]) -> Array:
    total = np.zeros_like(frequency)
    for center, width, gain in zip(formants, BANDWIDTHS, FORMANT_GAINS, strict=True):
        total += gain / (1.0 + ((frequency - center) / width) ** 2)
    return total
