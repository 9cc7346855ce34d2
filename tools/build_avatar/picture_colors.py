"""Colours of skin, hair and clothes, and how far the clothes reach, out of a photograph of a person."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.build_avatar.options import HairStyle
from tools.build_avatar.photo_person import (
    ANKLES,
    ELBOWS,
    EYES,
    HIPS,
    KNEES,
    MOUTH,
    NOSE,
    SHOULDERS,
    TOES,
    WRISTS,
    PhotoPerson,
    along,
)
from tools.build_avatar.sdf import Array

FEWEST_EYE_PIXELS = 4.0
"""px between the eyes, below which a face is too small for its colours"""
APART = 12.0
"""distance of two colours (CIE Lab, lightness halved) from which on they can be told apart"""
ALIKE = 9.0
"""and up to which they may be the same thing in another light"""
RARE = 0.1
"""share of the samples, below which a colour of a cloth is a logo, a belt or a hand"""
STEPS = np.linspace(0.02, 0.98, 25)
SLEEVE_SPAN, LEG_SPAN = 0.534, 0.831
"""m of our body, from shoulder to wrist and from hip to ankle"""
SHARE_ARM, SHARE_LEG = 0.515, 0.507
"""where elbow and knee are on that way"""


@dataclass(frozen=True)
class Seen:
    """What a photograph tells about colours and clothes; what it does not tell is left out of `found`."""

    found: dict[str, str | float]
    """fields of AvatarConfig"""
    measured: tuple[str, ...]
    missing: tuple[str, ...]
    """each with its reason"""


def look_at(person: PhotoPerson) -> Seen:
    """The colours of the person's parts; sleeves and trousers end where the skin begins."""
    found: dict[str, str | float] = {}
    missing: list[str] = []
    skin = _skin(person, missing)
    shirts = _cloth(person, _trunk(person), "shirt", missing)
    legs = _cloth(person, _thighs(person), "trousers", missing)
    feet = _cloth(person, _feet(person), "shoes", missing)
    if skin is not None:
        found["skin"] = hex_of(skin)
        found |= _hair(person, skin, missing)
    for keys, lab in ((("shirt", "stripe", "trim"), shirts), (("trousers",), legs), (("shoes",), feet)):
        if lab is not None:
            found |= dict.fromkeys(keys, hex_of(_main_color(lab)))
    for name, cloth, joints, span, share in (
        ("sleeve", shirts, (SHOULDERS, ELBOWS, WRISTS), SLEEVE_SPAN, SHARE_ARM),
        ("trouser_leg", legs, (HIPS, KNEES, ANKLES), LEG_SPAN, SHARE_LEG),
    ):
        words = {"sleeve": "sleeves", "trouser_leg": "trouser legs"}[name]
        if cloth is None or skin is None:
            continue
        if _apart(_main_color(cloth), skin) < APART:
            missing.append(f"{words} (cloth and skin have the same colour)")
            continue
        palette = _palette(cloth[np.linalg.norm((cloth - skin) * [0.5, 1.0, 1.0], axis=1) >= APART])
        ends = [_end(person, [j[k] for j in joints], palette, skin, share) for k in (0, 1)]
        known = [e for e in ends if e is not None]
        if known:
            found[name] = round(span * float(np.mean(known)), 3)
        else:
            missing.append(f"{words} (hidden or outside the picture)")
    names = {"stripe": "", "trim": "", "sleeve": "sleeves", "trouser_leg": "trouser legs", "style": ""}
    return Seen(found, tuple(words for key in found if (words := names.get(key, key))), tuple(missing))


def hex_of(lab: Array) -> str:
    """ "#rrggbb" of a colour (3,), CIE Lab."""
    return hex_of_rgb(cv2.cvtColor(lab.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0])


def hex_of_rgb(rgb: Array) -> str:
    """ "#rrggbb" of a colour (3,), sRGB 0..1."""
    r, g, b = np.round(np.clip(rgb, 0.0, 1.0) * 255).astype(int)
    return f"#{r:02x}{g:02x}{b:02x}"


def lab_at(picture: NDArray[np.uint8], points: Array) -> Array:
    """(n, 3) CIE Lab of those of (N, 2) points, px, that lie in the picture."""
    height, width = picture.shape[:2]
    xy = np.round(points).astype(int)
    xy = xy[(xy >= 0).all(1) & (xy < [width, height]).all(1)]
    rgb = picture[xy[:, 1], xy[:, 0]].astype(np.float32)[None] / np.float32(255.0)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0], float) if len(xy) else np.zeros((0, 3))


def _apart(a: Array, b: Array) -> float:
    return float(np.linalg.norm((a - b) * [0.5, 1.0, 1.0], axis=-1))


def _main_color(lab: Array) -> Array:
    """(3,) the colour that most of (n, 3) are near to, so that a logo, a belt or a hand does not count."""
    near = _near(lab)
    return np.asarray(np.median(lab[near[near.sum(1).argmax()]], axis=0))


def _near(lab: Array) -> NDArray[np.bool_]:
    """(n, n) which of (n, 3) colours are alike."""
    return np.asarray(np.linalg.norm((lab[:, None] - lab[None]) * [0.5, 1.0, 1.0], axis=-1) < ALIKE)


def _palette(lab: Array) -> Array:
    """(m, 3) the colours of a cloth that are not rare, of stripes too."""
    return np.asarray(lab[_near(lab).mean(1) >= RARE])


def _cloth(person: PhotoPerson, points: Array | None, name: str, missing: list[str]) -> Array | None:
    """(n, 3) the colours at some points of a cloth."""
    lab = lab_at(person.picture, points) if points is not None else np.zeros((0, 3))
    if len(lab) < 4:
        missing.append(f"{name} (hidden or outside the picture)")
        return None
    return lab


def _trunk(person: PhotoPerson) -> Array | None:
    if not person.inside(*SHOULDERS):
        return None
    steps = np.linspace(0.2, 0.85, 8)
    sides = [along(person, SHOULDERS[k], HIPS[k], steps) for k in (0, 1)]
    inner = [sides[0] + share * (sides[1] - sides[0]) for share in (0.15, 0.35, 0.65, 0.85)]
    return np.concatenate(inner)


def _thighs(person: PhotoPerson) -> Array | None:
    sides = [k for k in (0, 1) if person.sees(HIPS[k], KNEES[k])]
    steps, aside = np.linspace(0.2, 0.45, 6), np.array([-0.05, 0.0, 0.05])
    return np.concatenate([along(person, HIPS[k], KNEES[k], steps, aside) for k in sides]) if sides else None


def _feet(person: PhotoPerson) -> Array | None:
    sides = [k for k in (0, 1) if person.sees(ANKLES[k], TOES[k])]
    steps = np.linspace(0.15, 0.6, 8)
    return np.concatenate([along(person, ANKLES[k], TOES[k], steps) for k in sides]) if sides else None


def _face_frame(person: PhotoPerson) -> tuple[Array, Array, Array]:
    """Middle of the eyes, and the ways (2,) from there to the left eye and down to the mouth, px."""
    xy = person.reading.xy
    middle = xy[list(EYES)].mean(0)
    return middle, xy[EYES[0]] - middle, xy[list(MOUTH)].mean(0) - middle


def _skin(person: PhotoPerson, missing: list[str]) -> Array | None:
    """Of cheeks and nose."""
    if person.from_behind:
        missing.append("skin, hair and face (seen from behind)")
        return None
    if not person.sees(*EYES, NOSE, *MOUTH) or person.eye_distance < FEWEST_EYE_PIXELS:
        missing.append(
            f"skin and hair (no face to be seen, or too small: {person.eye_distance:.0f} px between the eyes)"
        )
        return None
    middle, across, down = _face_frame(person)
    grid = [middle + u * across + v * down for u in (-0.9, -0.6, -0.3, 0.3, 0.6, 0.9) for v in (0.4, 0.55, 0.7)]
    lab = lab_at(person.picture, np.array(grid))
    return _main_color(lab) if len(lab) >= 4 else None


def _hair(person: PhotoPerson, skin: Array, missing: list[str]) -> dict[str, str | float]:
    """Colour of the hair on top of the head; where that is skin, he is bald."""
    middle, across, down = _face_frame(person)
    grid = [middle + u * across - v * down for u in (-0.8, -0.4, 0.0, 0.4, 0.8) for v in (1.25, 1.35, 1.45, 1.55)]
    lab = lab_at(person.picture, np.array(grid))
    if len(lab) < 10:
        missing.append("hair (the top of the head is outside the picture)")
        return {}
    spread = np.linalg.norm((lab - np.median(lab, axis=0)) * [0.5, 1.0, 1.0], axis=1)
    if np.median(spread) > 2.0 * APART:
        missing.append("hair (no single colour on top of the head)")
        return {}
    color = _main_color(lab)
    if _apart(color, skin) < APART and abs(color[0] - skin[0]) < 2.0 * APART:
        return {"style": "bald"}
    return {"hair": hex_of(color), "style": _style(person, color, skin)}


def _style(person: PhotoPerson, hair: Array, skin: Array) -> HairStyle:
    """Long where there is hair beside the jaw on both sides, else short."""
    middle, across, down = _face_frame(person)
    beside = [
        lab_at(
            person.picture, np.array([middle + s * u * across + v * down for u in (1.9, 2.2, 2.5) for v in (0.9, 1.2)])
        )
        for s in (-1.0, 1.0)
    ]
    long = [len(lab) > 0 and float(np.mean([_apart(c, hair) < APART for c in lab])) > 0.5 for lab in beside]
    return "long" if all(long) and _apart(hair, skin) > APART else "parted"


def _end(person: PhotoPerson, joints: list[int], cloth: Array, skin: Array, share: float) -> float | None:
    """Share of the way from the first of three joints to the last at which cloth, of colours (m, 3), ends."""
    first, middle, last = joints
    if not person.sees(first, middle):
        return None
    steps, aside = STEPS, np.array([-0.04, 0.0, 0.04])
    ways = [(first, middle, 0.0, share)]
    if person.sees(middle, last):
        ways.append((middle, last, share, 1.0))
    at, bare = [], []
    for a, b, low, high in ways:
        points = along(person, a, b, steps, aside).reshape(len(aside), len(steps), 2)
        for i, step in enumerate(steps):
            lab = lab_at(person.picture, points[:, i])
            if len(lab):
                color = np.median(lab, axis=0)
                at.append(low + step * (high - low))
                bare.append(np.clip((min(_apart(color, c) for c in cloth) - _apart(color, skin)) / APART, -1.0, 1.0))
    # the cut that leaves most cloth above it and most skin below
    signed = np.array(bare)
    score = np.concatenate([[0.0], np.cumsum(-signed)]) + np.concatenate([np.cumsum(signed[::-1])[::-1], [0.0]])
    return float(np.array([0.0, *at])[int(score.argmax())])
