"""The light of a photographed room: where it comes from, how strong and of what colour, for whoever falls in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.room.furniture import Box
from tools.room.room_camera import RoomCamera
from tools.room.shell import FLOOR, hits

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

GRID = 160
"""px, width of the reduced picture that is looked at"""
BRIGHT = 0.72
"""linear light, of windows and lamps"""
LOWEST, HIGHEST = math.radians(32.0), math.radians(78.0)
"""how high the light stands"""
CLEAR_SHADOW = 0.22
"""by how much the logarithm of the light must fall in the shadows of furniture for their direction to be believed"""
PALE = 0.42
"""share of the light that rooms throw back, in the mean"""


@dataclass(frozen=True)
class Daylight:
    """What the set's light is made of."""

    direction: tuple[float, float, float]
    """towards the light"""
    sun: tuple[float, float, float]
    """linear light"""
    sky: tuple[float, float, float]
    bounce: tuple[float, float, float]
    source: str
    """what showed the direction"""


def linear(picture: Picture | Array) -> Array:
    """Linear light 0..1 of sRGB 0..255."""
    c = np.asarray(picture, float) / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def find_daylight(picture: Picture, camera: RoomCamera, bounds: Array, boxes: list[Box], spot: Array,
                  sun_degrees: tuple[float, float] | None = None) -> Daylight:  # fmt: skip
    """The light in a picture.

    Args:
        picture: (height, width, 3) RGB.
        camera: that took it.
        bounds: of the shell, see `Shell.bounds`.
        boxes: furniture; its shadows tell the direction if they can be seen.
        spot: (3,) m, where the character stands.
        sun_degrees: azimuth (0 the right, 90 straight ahead) and height, if somebody knows them.
    """
    height, width = picture.shape[:2]
    step = max(1, width // GRID)
    v, u = np.mgrid[step // 2 : height : step, step // 2 : width : step]
    light = linear(picture[v, u])
    pixels = np.stack([u, v], -1).reshape(-1, 2) + 0.5
    luminance = (light @ np.array([0.2126, 0.7152, 0.0722])).reshape(-1)
    face, place = hits(camera, bounds, pixels)
    contrast = 1.0
    if sun_degrees is not None:
        direction, source = _direction(*map(math.radians, sun_degrees)), "as given"
    else:
        shadow = _by_shadows(luminance, face, place, boxes)
        direction, source = (
            _by_brightness(luminance, place, spot) if shadow is None else (shadow[0], "furniture's shadows")
        )
        contrast = 1.0 if shadow is None else shadow[1]
    mean = np.maximum(light.reshape(-1, 3).mean(0), 1e-3)
    floor = light.reshape(-1, 3)[face == FLOOR]
    floor_color = floor.mean(0) if len(floor) else mean
    level = float(np.clip(luminance.mean() / PALE, 0.12, 1.6))
    tint = (mean / mean.mean()) ** 0.6
    bright = light.reshape(-1, 3)[luminance >= np.quantile(luminance, 0.95)].mean(0)
    sun_tint = (np.maximum(bright, 1e-3) / np.maximum(bright, 1e-3).mean()) ** 0.8
    sky = level * 0.85 * tint
    bounce = level * 0.55 * (np.maximum(floor_color, 1e-3) / max(float(floor_color.mean()), 1e-3)) ** 0.6
    return Daylight(direction, _rgb(level * 1.5 * contrast * sun_tint), _rgb(sky), _rgb(bounce), source)


def _rgb(values: Array) -> tuple[float, float, float]:
    r, g, b = (round(float(x), 3) for x in values)
    return r, g, b


def _direction(azimuth: float, rise: float) -> tuple[float, float, float]:
    flat = math.cos(rise)
    return flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(rise)


def _by_brightness(luminance: Array, place: Array, spot: Array) -> tuple[tuple[float, float, float], str]:
    """From the spot towards windows and lamps; without any, towards the brighter side of the room."""
    head = spot + np.array([0.0, 0.0, 1.0])
    near = np.abs(place - spot).max(1) < 40.0
    weight = np.where(near & (place[:, 2] > 0.9), np.maximum(luminance - BRIGHT, 0.0), 0.0)
    source = "the brightest places of the picture"
    if weight.sum() < 0.002 * len(weight):
        weight = np.where(near & (place[:, 2] > 0.9), np.maximum(luminance - np.quantile(luminance, 0.7), 0.0), 0.0)
        source = "the brighter side of the picture, as there is no window or lamp in it"
    if weight.sum() <= 0.0:
        return _direction(math.radians(120.0), math.radians(50.0)), "nothing in the picture; it is a guess"
    way = place - head
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 0.3)
    mean = (way * weight[:, None]).sum(0) / weight.sum()
    rise = math.atan2(mean[2], math.hypot(mean[0], mean[1]))
    return _direction(math.atan2(mean[1], mean[0]), min(max(rise, LOWEST), HIGHEST)), source


def _by_shadows(luminance: Array, face: NDArray[np.int64], place: Array,
                boxes: list[Box]) -> tuple[tuple[float, float, float], float] | None:  # fmt: skip
    """The direction whose shadows of the boxes are darkest on the floor, and how strong the light is by them."""
    floor = face == FLOOR
    if not boxes or floor.sum() < 60:
        return None
    points, log_light = place[floor], np.log(luminance[floor] + 0.01)
    free = ~np.any([_inside(box, points, 0.03) for box in boxes], axis=0)
    near = np.any([np.hypot(*(points - box.center)[:, :2].T) < 1.2 + max(box.size) for box in boxes], axis=0)
    points, log_light = points[free & near], log_light[free & near]
    best, best_score, best_fall = None, 0.0, 0.0
    for azimuth in np.radians(np.arange(0, 360, 10)):
        for rise in np.radians([35.0, 45.0, 55.0, 65.0]):
            direction = _direction(float(azimuth), float(rise))
            dark = np.any([_shaded(box, points, np.array(direction)) for box in boxes], axis=0)
            if dark.sum() < 15 or (~dark).sum() < 15:
                continue
            fall = float(np.median(log_light[~dark]) - np.median(log_light[dark]))
            score = fall * math.sqrt(min(dark.mean(), 0.5))
            if score > best_score:
                best, best_score, best_fall = direction, score, fall
    if best is None or best_fall < CLEAR_SHADOW:
        return None
    return best, float(np.clip(math.expm1(best_fall), 0.4, 2.5))


def _inside(box: Box, points: Array, margin: float) -> NDArray[np.bool_]:
    c, s = math.cos(box.yaw), math.sin(box.yaw)
    off = points[:, :2] - box.center[:2]
    x, y = off[:, 0] * c + off[:, 1] * s, off[:, 1] * c - off[:, 0] * s
    return np.asarray((np.abs(x) < 0.5 * box.size[0] + margin) & (np.abs(y) < 0.5 * box.size[1] + margin))


def _shaded(box: Box, points: Array, direction: Array) -> NDArray[np.bool_]:
    """Which points of the floor a box hides from the light: those from which the ray meets it."""
    dark = np.zeros(len(points), np.bool_)
    for level in np.linspace(0.0, box.size[2], 6):
        dark |= _inside(box, points + direction * level / direction[2], 0.0)
    return dark
