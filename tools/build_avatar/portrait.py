"""Portrait: finds the face of a photograph and lays it flat, as it will lie on the head.

BlazePose tells about where eyes, nose, ears and mouth are; the pupils are then looked for as dark spots between white,
and the mouth as what is redder than the cheeks. Eyes and mouth fix where the picture lies; light from one side is
evened out, and the picture's edge runs into the colour of the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.build_avatar.anatomy import HEAD
from tools.build_avatar.face_parts import MOUTH_HEIGHT
from tools.build_avatar.face_shape import PORTRAIT
from tools.build_avatar.photo_person import EARS, EYES, MOUTH, NOSE, PhotoError, PhotoPerson, find_person
from tools.build_avatar.sdf import Array
from tools.capture.pose import BlazePose, Image, Square

LOW, HIGH = np.array([-0.13, 0.03]), np.array([0.13, 0.33])
"""m, (y, z) of the head's frame at the corners of the flat picture"""
PIXELS_PER_M = 2000.0
SMALLEST = 24.0
"""px between the eyes"""
MOST_ROLL, MOST_TURN = np.radians(35.0), 0.30
"""rad; and how far the nose may be beside the eyes' middle, in distances of the eyes"""
CONTRAST = 6.0
"""of a pupil to both sides of it, in lightness 0..100, below which an eye is hidden or shut"""
RATIOS = (0.8, 1.35)
"""bounds of the distance from eyes to mouth over that of the eyes"""
EVENED = 0.7
"""share of the light's slope that is taken out"""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A face laid flat: row 0 is the top of the head, the columns go from its right to its left."""

    picture: Image
    """(height, width, 3) RGB of the rectangle from LOW to HIGH, at its edge the skin's colour"""
    skin: Array
    """(3,) sRGB 0..1"""
    iris: Array
    """(3,) sRGB 0..1"""


def read_portrait(picture: Image, network: BlazePose | None = None) -> Portrait:
    """The face of whoever is in the picture. Raises PhotoError, which says what was missing."""
    network = network or BlazePose()
    person = find_person(picture, network)
    marks = _marks(person, network)
    eyes, mouth = _checked(picture, marks)
    across = eyes[0] - eyes[1]
    # the picture's pixel of a place (y, z): the left eye has +y and lies on the picture's right
    center = eyes.mean(0)
    right = across / (2.0 * PORTRAIT.eye_center[1])
    normal = np.array([-across[1], across[0]]) / np.linalg.norm(across)
    down = normal * float((mouth - center) @ normal) / (PORTRAIT.eye_center[2] - HEAD[2] - MOUTH_HEIGHT)
    flat = _laid_flat(picture, center, right, down)
    shown, skin = _evened(flat)
    return Portrait(_faded(shown, skin), skin / 255.0, _iris(flat) / 255.0)


def _marks(person: PhotoPerson, network: BlazePose) -> Array:
    """(11, 2) px of the face's landmarks: medians of readings nearer to the face, where it is larger."""
    xy = person.reading.xy
    middle, distance = xy[list(EYES)].mean(0), person.eye_distance
    found = []
    for share in (1.0, 0.75, 0.55):
        size = max(person.reading.square.size * share, 6.0 * distance)
        for above in (1.8, 2.4):
            square = Square(float(middle[0]), float(middle[1] + 0.5 * size - distance * above), size, 0.0)
            reading = network.read(person.picture, square, mirror=True)
            found.append(reading.xy[:11])
    return np.asarray(np.median([xy[:11], *found], axis=0))


def _checked(picture: Image, marks: Array) -> tuple[Array, Array]:
    """(2, 2) px of the left and the right pupil, and (2,) of the mouth's middle. Raises PhotoError."""
    distance = float(np.linalg.norm(marks[EYES[0]] - marks[EYES[1]]))
    if distance < SMALLEST:
        raise PhotoError(f"its face is too small: {distance:.0f} px between the eyes, expected {SMALLEST:.0f} or more")
    across = marks[EYES[0]] - marks[EYES[1]]
    if across[0] <= 0.0 or abs(np.arctan2(across[1], across[0])) > MOST_ROLL:
        raise PhotoError("its head is tilted too far, or seen from behind: expected a face from the front")
    eyes, contrast = _pupils(picture, marks, distance)
    if contrast < CONTRAST:
        raise PhotoError(
            f"no eyes were found in its face (pupils {contrast:.0f} darker than what is beside them, expected "
            f"{CONTRAST:.0f}): they are shut, in the shade or behind glasses"
        )
    axis = (eyes[0] - eyes[1]) / np.linalg.norm(eyes[0] - eyes[1])
    apart = float(np.linalg.norm(eyes[0] - eyes[1]))
    ears = [abs(float((marks[k] - eyes.mean(0)) @ axis)) for k in EARS]
    turn = abs(float((marks[NOSE] - eyes.mean(0)) @ axis)) / apart
    if turn > MOST_TURN or max(ears) > 3.0 * max(min(ears), 1e-6):
        raise PhotoError(f"its face is turned aside (the nose by {turn:.2f} of the eyes' distance): expected the front")
    mouth = _mouth(picture, marks[list(MOUTH)].mean(0), eyes, apart)
    ratio = float(np.linalg.norm(mouth - eyes.mean(0))) / apart
    if not RATIOS[0] < ratio < RATIOS[1]:
        raise PhotoError(f"its mouth was not found: {ratio:.2f} of the eyes' distance below them, expected {RATIOS}")
    return eyes, mouth


def _pupils(picture: Image, marks: Array, distance: float) -> tuple[Array, float]:
    """(2, 2) px, and how much darker the fainter of the two is than what is beside it."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[:, :, 0].astype(np.float32) * np.float32(100.0 / 255.0)
    spot = max(0.045 * distance, 0.7)
    soft = cv2.GaussianBlur(grey, (0, 0), spot)
    axis = (marks[EYES[0]] - marks[EYES[1]]) / distance
    step = np.linspace(-0.28, 0.28, 29) * distance
    u, v = np.meshgrid(step, step)
    best: list[tuple[Array, Array, Array]] = []
    for k in EYES:
        places = marks[k] + u[..., None] * axis + v[..., None] * np.array([-axis[1], axis[0]])
        here = _sampled(soft, places)
        sides = [
            np.max([_sampled(soft, places + s * d * distance * axis) for d in (0.13, 0.17, 0.21)], axis=0)
            for s in (-1.0, 1.0)
        ]
        above = _sampled(soft, places - 0.16 * distance * np.array([-axis[1], axis[0]]))
        contrast = np.minimum(np.minimum(sides[0], sides[1]), above + 6.0) - here
        score = contrast - 10.0 * (u**2 + v**2) / (0.2 * distance) ** 2
        best.append((places.reshape(-1, 2), score.ravel(), contrast.ravel()))
    (left, sl, cl), (right, sr, cr) = best
    # both eyes together: level with each other, as far apart as the network thinks
    tops = [np.argsort(-s)[:60] for s in (sl, sr)]
    pairs = left[tops[0]][:, None] - right[tops[1]][None]
    length = np.linalg.norm(pairs, axis=-1)
    tilt = np.abs(pairs @ np.array([-axis[1], axis[0]])) / distance
    total = sl[tops[0]][:, None] + sr[tops[1]][None] - 60.0 * tilt - 40.0 * np.abs(length / distance - 1.08)
    i, j = np.unravel_index(int(total.argmax()), total.shape)
    a, b = tops[0][i], tops[1][j]
    return np.stack([left[a], right[b]]), float(min(cl[a], cr[b]))


def _mouth(picture: Image, guess: Array, eyes: Array, apart: float) -> Array:
    """(2,) px of the mouth's middle: where it is redder or darker than the cheeks, near the network's guess."""
    axis = (eyes[0] - eyes[1]) / apart
    down = np.array([-axis[1], axis[0]])
    middle = eyes.mean(0)
    expected = 0.5 * (float((guess - middle) @ down) + 1.08 * apart)
    steps = np.linspace(-0.30, 0.30, 41) * apart
    columns = np.linspace(-0.30, 0.30, 21) * apart
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    places = middle + (expected + steps)[:, None, None] * down + columns[None, :, None] * axis
    rows = np.stack([_sampled(lab[:, :, c], places) for c in range(3)], axis=-1).mean(1)
    red, dark = rows[:, 1] - np.median(rows[:, 1]), np.median(rows[:, 0]) - rows[:, 0]
    weight = (np.clip(red, 0.0, None) + 0.4 * np.clip(dark, 0.0, None)) * np.exp(-((steps / (0.22 * apart)) ** 2))
    shift = float((weight * steps).sum() / weight.sum()) if weight.sum() > 1e-6 else 0.0
    return np.asarray(middle + (expected + shift) * down)


def _sampled(plane: NDArray[Any], places: Array) -> Array:
    """(...,) values at places (..., 2), px."""
    flat = places.reshape(-1, 1, 2).astype(np.float32)
    found = cv2.remap(plane, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, float).reshape(places.shape[:-1])


def _laid_flat(picture: Image, center: Array, right: Array, down: Array) -> Image:
    """The rectangle from LOW to HIGH; `right` and `down` (2,) are px per m along +y and -z."""
    size = np.round((HIGH - LOW) * PIXELS_PER_M).astype(int)
    eye = PORTRAIT.eye_center[2]
    linear = np.stack([right, down], axis=1) / PIXELS_PER_M
    start = center + LOW[0] * right + (eye - HIGH[1]) * down
    matrix = np.concatenate([linear, start[:, None]], axis=1).astype(np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, matrix, (int(size[0]), int(size[1])), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def places() -> Array:
    """(height, width, 2) the (y, z) of each pixel of the flat picture, m."""
    size = np.round((HIGH - LOW) * PIXELS_PER_M).astype(int)
    y = LOW[0] + (np.arange(size[0]) + 0.5) / PIXELS_PER_M
    z = HIGH[1] - (np.arange(size[1]) + 0.5) / PIXELS_PER_M
    return np.stack(np.meshgrid(y, z), axis=-1)


def _evened(flat: Image) -> tuple[NDArray[np.float32], Array]:
    """The picture, sRGB 0..255, with most of the light's slope taken out, and the colour (3,) of its skin."""
    lab = cv2.cvtColor(flat.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2LAB)
    at = places()
    y, z = at[..., 0], at[..., 1] - HEAD[2]
    cheeks = (np.abs(np.abs(y) - 0.042) < 0.018) & (np.abs(z + 0.035) < 0.018)
    forehead = (np.abs(y) < 0.03) & (np.abs(z - 0.052) < 0.010)
    usual = np.median(lab[cheeks], axis=0)
    like = np.linalg.norm((lab - usual) * [0.4, 1.0, 1.0], axis=-1) < 16.0
    skin = (cheeks | forehead) & like
    color = np.median(lab[skin], axis=0) if skin.sum() > 50 else usual
    if skin.sum() > 50:
        rows = np.stack([y[skin], z[skin], np.ones(int(skin.sum()))], axis=1)
        slope = np.linalg.lstsq(rows, lab[skin][:, 0], rcond=None)[0]
        tilt = np.clip(slope[0] * y + slope[1] * np.clip(z, -0.10, 0.07), -18.0, 18.0)
        middle = slope[1] * float(z[skin].mean()) + slope[0] * float(y[skin].mean())
        lab[..., 0] = np.clip(lab[..., 0] - EVENED * (tilt - middle), 0.0, 100.0)
    shown = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * np.float32(255.0)
    rgb = cv2.cvtColor(color.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0] * 255.0
    return np.asarray(shown, np.float32), np.asarray(rgb, float)


def png_bytes(picture: Image) -> bytes:
    """A PNG's content."""
    done, data = cv2.imencode(".png", picture[:, :, ::-1])
    if not done:
        raise PhotoError("the picture of the face cannot be written as PNG")
    return bytes(data)


def mask_at(yz: Array) -> Array:
    """(...,) of places (..., 2): 1 on the face, 0 beside it and below the chin; it goes on above the hairline."""
    y, z = np.abs(yz[..., 0]), yz[..., 1] - HEAD[2]
    # an egg: widest at the cheekbones, narrow at the chin
    wide = np.where(
        z < -0.02, 0.084 - 0.42 * np.clip(-0.02 - z, 0.0, 0.2) - 3.0 * np.clip(-0.055 - z, 0.0, 1.0) ** 2, 0.084
    )
    side = np.clip((wide - y) / 0.022, 0.0, 1.0)
    chin = np.clip((z + 0.112) / 0.022, 0.0, 1.0)
    share = side * chin
    return np.asarray(share * share * (3.0 - 2.0 * share))


def _faded(shown: NDArray[np.float32], skin: Array) -> Image:
    share = mask_at(places())[..., None]
    return np.asarray(np.round(np.clip(share * shown + (1.0 - share) * skin, 0.0, 255.0)), np.uint8)


def _iris(flat: Image) -> Array:
    """(3,) sRGB 0..255, between pupil and white of both eyes: the most coloured of what is neither black nor white."""
    at = places()
    y, z = np.abs(at[..., 0]) - PORTRAIT.eye_center[1], at[..., 1] - PORTRAIT.eye_center[2]
    ring = (np.hypot(y, z) < 0.0065) & (np.hypot(y, z) > 0.0025) & (z < 0.002)
    colors = flat[ring].astype(float)
    light = colors.mean(1)
    kept = colors[(light > np.percentile(light, 30)) & (light < np.percentile(light, 75))]
    return np.asarray(np.median(kept, axis=0))
