"""Single sounds as samples: impacts and squeaks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from game.sound.materials import Noise, Timbre

Array = NDArray[np.float64]

MAX_SECONDS = 0.9
"""of an impact"""
FADED = 6.0
"""times the decay time after which a sound is over (-52 dB)"""
DETUNE = 0.04
"""random share of the frequencies, so that no two hits are alike"""


def impact(striker: Timbre, struck: Timbre, loudness: float, hz: int, pitch: float, rng: np.random.Generator) -> Array:
    """One hit, (num_samples,). Both things ring; the softer of them limits the high frequencies.

    Args:
        striker: what hits.
        struck: what is hit.
        loudness: about the peak amplitude; harder hits also have more high frequencies.
        hz: samples a second.
        pitch: 1; less for slow motion, which is lower and longer.
        rng: source of what differs from hit to hit.
    """
    softness = max(striker.softness, struck.softness) * (1.25 - 0.5 * min(loudness, 1.0))
    modes = [(f * (1.0 + DETUNE * rng.uniform(-1.0, 1.0)) * pitch, g, d / pitch) for f, g, d in
             (*striker.modes, *struck.modes)]  # fmt: skip
    noises = (striker.noise, struck.noise)
    longest = max([d for _, _, d in modes] + [n.decay / pitch for n in noises])
    count = round(min(FADED * longest, MAX_SECONDS / pitch) * hz)
    time = np.arange(count) / hz
    wave = np.zeros(count)
    for frequency, gain, decay in modes:
        # spectrum, at this frequency, of a push that lasts `softness` seconds
        push = math.exp(-((1.2 * softness * frequency / pitch) ** 2))
        if gain * push > 1e-3:
            wave += gain * push * np.exp(-time / decay) * np.sin(2.0 * math.pi * frequency * time)
    dullness = min(1.0, 0.002 / softness) ** 0.5
    for noise in noises:
        wave += noise.gain * dullness * burst(noise, count, hz, pitch, rng)
    rise = np.minimum(1.0, time * hz / max(1.0, 0.0008 / pitch * hz))
    fall = np.minimum(1.0, (count - np.arange(count)) / (0.01 * hz))
    return np.asarray(loudness * rise * fall * wave)


def burst(noise: Noise, count: int, hz: int, pitch: float, rng: np.random.Generator) -> Array:
    """Noise in a band that decays, (count,), with a peak of about 1."""
    wave = band_noise(noise.low * pitch, noise.high * pitch, count, hz, rng)
    if noise.grain > 0.0:
        grains = rng.random(count) < 900.0 * pitch / hz
        crackle = np.convolve(grains * rng.exponential(1.0, count), np.exp(-np.arange(96) / (18.0 / pitch)))[:count]
        wave *= (1.0 - noise.grain) + noise.grain * crackle
    wave *= np.exp(-np.arange(count) * pitch / (noise.decay * hz))
    return np.asarray(0.4 * wave)


def band_noise(low: float, high: float, count: int, hz: int, rng: np.random.Generator) -> Array:
    """Noise between two frequencies, Hz, (count,), standard deviation 1; it can be repeated without a click."""
    frequency = np.fft.rfftfreq(count, 1.0 / hz)
    octave = np.log2(np.maximum(frequency, 1.0))
    inside = 1.0 / (1.0 + np.exp(-6.0 * (octave - math.log2(low)))) / (1.0 + np.exp(6.0 * (octave - math.log2(high))))
    # the same power in every octave, which sounds less sharp than white noise
    spectrum = inside / np.sqrt(np.maximum(frequency, low))
    wave = np.fft.irfft(spectrum * np.exp(2j * math.pi * rng.random(len(frequency))), count)
    return np.asarray(wave / max(float(wave.std()), 1e-12))


def squeak(speed: float, loudness: float, hz: int, pitch: float, rng: np.random.Generator) -> Array:
    """The short squeak of a rubber sole that slides at `speed`, m/s, (num_samples,)."""
    seconds = rng.uniform(0.05, 0.10) / pitch
    count = round(seconds * hz)
    along = np.linspace(0.0, 1.0, count)
    base = pitch * (820.0 + 260.0 * min(speed, 3.0)) * rng.uniform(0.9, 1.1)
    frequency = base * (1.0 + 0.22 * along - 0.3 * along**3)
    phase = 2.0 * math.pi * np.cumsum(frequency) / hz
    wave = np.sin(phase) + 0.45 * np.sin(2.0 * phase + 0.4) + 0.25 * np.sin(3.0 * phase + 1.1)
    rasp = 1.0 + 0.35 * band_noise(40.0, 160.0, count, hz, rng)
    return np.asarray(0.5 * loudness * wave * rasp * np.sin(math.pi * along) ** 1.5)
