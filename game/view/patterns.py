"""Patterns: computed textures of materials. Images are (n, n, 3) sRGB 0..1."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.photo_file import read_photo

Array = NDArray[np.float64]

TILE = {"planks": 2.4, "grass": 3.0, "gravel": 1.2, "earth": 2.0}
"""m, edge of the square that a pattern covers before it repeats; others cover a part's face once"""


def noise(n: int, octaves: int, seed: int, stretch: tuple[int, int] = (1, 1)) -> Array:
    """(n, n) fractal noise 0..1 that tiles."""
    random = np.random.default_rng(seed)
    total, weight = np.zeros((n, n)), 0.0
    for octave in range(octaves):
        cells = (min(4 * 2**octave * stretch[0], n), min(4 * 2**octave * stretch[1], n))
        total += _smooth(random.random(cells), n) * 0.5**octave
        weight += 0.5**octave
    return total / weight


def _smooth(grid: Array, n: int) -> Array:
    """A small grid (a, b) enlarged to (n, n) by smooth interpolation; its opposite edges fit together."""
    for axis in (0, 1):
        at = np.arange(n) / n * grid.shape[axis]
        low = at.astype(int)
        f = at - low
        f = f * f * (3 - 2 * f)
        f = f[:, None] if axis == 0 else f[None]
        grid = np.take(grid, low, axis) * (1 - f) + np.take(grid, (low + 1) % grid.shape[axis], axis) * f
    return grid


def planks(n: int, seed: int, boards: int = 16) -> Array:
    """Parquet: boards of different tone, with grain and dark joints."""
    random = np.random.default_rng(3 + seed)
    y, x = np.mgrid[0:n, 0:n] / n
    row = (y * boards).astype(int)
    across = y * boards - row
    along = x * 2 + random.random(boards)[row]
    column = along.astype(int) % 2
    tone = random.random((boards, 2))[row, column]
    grain = 0.5 * noise(n, 5, 1, (12, 1)) + 0.5 * noise(n, 4, 2, (28, 2))
    light, dark = np.array([0.74, 0.53, 0.34]), np.array([0.55, 0.36, 0.215])
    m = np.clip((grain - 0.35) * 0.85 + (tone - 0.5) * 0.42 + 0.35, 0, 1)[..., None]
    f = along - np.floor(along)
    joint = np.minimum(np.minimum(across, 1 - across) / boards, np.minimum(f, 1 - f) / 2) * n
    return np.asarray((light * (1 - m) + dark * m) * (1 - 0.42 * np.exp(-((joint / 1.1) ** 2)))[..., None])


def rug(n: int, seed: int) -> Array:
    """A rug with rings and diamonds."""
    y, x = np.mgrid[-1 : 1 : n * 1j, -1 : 1 : n * 1j]
    r, angle = np.hypot(x, y), np.arctan2(y, x)
    teal, coral, gold = (0.20, 0.36, 0.40), (0.80, 0.41, 0.29), (0.88, 0.66, 0.31)
    image = np.ones((n, n, 3)) * [0.92, 0.88, 0.79]
    for low, high, color in (
        (0.93, 1.0, teal),
        (0.80, 0.86, coral),
        (0.70, 0.72, teal),
        (0.30, 0.34, coral),
        (0, 0.1, teal),
    ):
        image[(r >= low) & (r < high)] = color
    wave = np.abs(((angle * 12 / (2 * np.pi)) % 1) - 0.5) * 2
    image[(r > 0.40) & (r < 0.66) & (np.abs((r - 0.53) / 0.13) + wave < 0.75)] = gold
    return np.asarray(image * (0.92 + 0.14 * np.random.default_rng(seed).random((n, n, 1))))


def art(n: int, seed: int) -> Array:
    """A print of circles and bars."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : n * 1j, 0 : 1 : n * 1j]
    palette = np.array(
        [[0.95, 0.90, 0.82], [0.84, 0.38, 0.27], [0.16, 0.32, 0.42], [0.93, 0.72, 0.32], [0.40, 0.58, 0.52]]
    )
    image: Array = np.ones((n, n, 3)) * palette[0]
    for i in range(5):
        cx, cy, radius = random.uniform(0.15, 0.85), random.uniform(0.15, 0.85), random.uniform(0.10, 0.34)
        image[np.hypot(x - cx, y - cy) < radius] = palette[1 + i % 4]
        if i % 2:
            image[(np.abs(x - cx) < 0.02 + 0.06 * random.random()) & (y > cy)] = palette[1 + (i + 1) % 4]
    return image


def grass(n: int, seed: int) -> Array:
    f = np.clip((0.5 * noise(n, 6, 11, (6, 6)) + 0.5 * noise(n, 3, 12, (32, 32)) - 0.3) * 1.6, 0, 1)[..., None]
    image = np.array([0.33, 0.48, 0.18]) * (1 - f) + np.array([0.50, 0.61, 0.25]) * f
    return np.asarray(image * (0.93 + 0.14 * np.random.default_rng(seed).random((n, n, 1))))


def gravel(n: int, seed: int) -> Array:
    f = 0.5 * noise(n, 5, 5, (16, 16)) + 0.5 * np.random.default_rng(seed).random((n, n))
    return np.asarray(np.array([0.84, 0.76, 0.63]) * (0.82 + 0.28 * f[..., None]))


def earth(n: int, seed: int) -> Array:
    return np.asarray(np.array([0.44, 0.33, 0.24]) * (0.75 + 0.5 * noise(n, 6, seed, (8, 8))[..., None]))


def cardboard(n: int, seed: int) -> Array:
    """Brown, with a strip of tape."""
    image = np.array([0.73, 0.56, 0.38]) * (0.95 + 0.08 * noise(n, 4, seed, (1, 24))[..., None])
    middle = np.abs(np.arange(n) / n - 0.5) < 0.07
    image[:, middle] = image[:, middle] * 0.4 + np.array([0.78, 0.66, 0.47]) * 0.6
    return np.asarray(image)


_PATTERNS: dict[str, Callable[[int, int], Array]] = {
    "planks": planks, "rug": rug, "art": art, "grass": grass, "gravel": gravel, "earth": earth, "cardboard": cardboard,
}  # fmt: skip


def has_pattern(material: str) -> bool:
    """Whether a material has a texture."""
    return material in _PATTERNS


@cache
def texture(material: str, size: int, anisotropy: int, seed: int = 0) -> p3d.Texture:
    """A material's pattern, ready to use. Raises KeyError when it has none."""
    n = size if material in TILE else min(size, 512)
    image = np.round(np.clip(_PATTERNS[material](n, seed), 0, 1) * 255).astype(np.uint8)
    result = from_image(image, material)
    result.set_anisotropic_degree(anisotropy)
    if material not in TILE:
        result.set_wrap_u(p3d.SamplerState.WM_clamp)
        result.set_wrap_v(p3d.SamplerState.WM_clamp)
    return result


@cache
def picture_shape(path: Path) -> float:
    """Height over width of a user's picture. Raises SetError."""
    height, width = read_photo(path).shape[:2]
    return float(height / width)


@cache
def user_picture(path: Path, size: int, anisotropy: int) -> p3d.Texture:
    """A user's own picture as a texture that repeats, at most twice `size` px wide. Raises SetError."""
    picture = read_photo(path)
    step = max(1, -(-max(picture.shape[:2]) // (2 * size)))
    rows, columns = (n // step * step for n in picture.shape[:2])
    small = picture[:rows, :columns].reshape(rows // step, step, columns // step, step, 3).mean((1, 3))
    result = from_image(np.round(small).astype(np.uint8), path.name)
    result.set_anisotropic_degree(anisotropy)
    return result


@cache
def white() -> p3d.Texture:
    """The texture of materials without a pattern."""
    result = from_image(np.full((2, 2, 3), 255, np.uint8), "white")
    result.set_minfilter(p3d.SamplerState.FT_nearest)
    result.set_magfilter(p3d.SamplerState.FT_nearest)
    return result


def from_image(image: NDArray[np.uint8], name: str) -> p3d.Texture:
    """A mipmapped texture of an image (n, m, 3), sRGB."""
    result = p3d.Texture(name)
    result.setup_2d_texture(image.shape[1], image.shape[0], p3d.Texture.T_unsigned_byte, p3d.Texture.F_srgb)
    result.set_ram_image(np.ascontiguousarray(image[::-1, :, ::-1]).tobytes())
    result.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
    result.set_magfilter(p3d.SamplerState.FT_linear)
    return result
