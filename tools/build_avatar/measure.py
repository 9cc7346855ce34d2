"""Measures a person's proportions in a photograph, from BlazePose's landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from game.sim import rotation
from game.sim.model import CharacterModel
from tools.build_avatar.photo_person import (
    ANKLES,
    ELBOWS,
    HIPS,
    KNEES,
    SHOULDERS,
    WRISTS,
    PhotoPerson,
)
from tools.build_avatar.proportions import LARGEST, SMALLEST, Proportions
from tools.build_avatar.sdf import Array

UPRIGHT = np.radians(40.0)
"""a thigh that leans more than that does not stand"""
TOO_TURNED = np.radians(45.0)
BONES = {
    "thighs": (HIPS, KNEES), "shins": (KNEES, ANKLES), "upper_arms": (SHOULDERS, ELBOWS), "forearms": (ELBOWS, WRISTS),
}  # fmt: skip
WIDTHS = {"shoulders": SHOULDERS, "hips": HIPS}
READ_AS = {
    "torso": 1.051, "shoulders": 1.147, "hips": 1.175, "thighs": 0.909, "shins": 1.033, "upper_arms": 0.973,
    "forearms": 1.048,
}  # fmt: skip
"""what the network makes of our own figure, over the skeleton it is drawn on: means of five views from the front, which
differ by 1 % each"""


@dataclass(frozen=True)
class Measured:
    """What a photograph tells about a build."""

    proportions: Proportions
    measured: tuple[str, ...]
    missing: tuple[str, ...]
    """each with its reason"""


def measure(person: PhotoPerson) -> Measured:
    """The proportions; what cannot be seen stays as the physical body has it."""
    lengths, missing = _lengths(person)
    reference = reference_lengths()
    # the height of whoever stands there becomes that of the body: what is measured are ratios
    upright = [name for name in ("torso", "thighs", "shins") if name in lengths]
    if not upright:
        missing = [
            *missing,
            *(f"{_words(name)} (nothing to compare it with: the hips are not in the picture)" for name in lengths),
        ]
        return Measured(Proportions(), (), tuple(missing))
    unit = sum(reference[n] for n in upright) / max(sum(lengths[n] for n in upright), 1e-9)
    ratios = {name: length * unit / reference[name] for name, length in lengths.items()}
    wild = [name for name, ratio in ratios.items() if not SMALLEST <= ratio <= LARGEST]
    missing += [f"{_words(n)} (came out as {ratios[n]:.2f} of the usual, kept at the bound)" for n in wild]
    names = tuple(_words(n) for n in ratios if n not in wild)
    return Measured(Proportions(**ratios).within_bounds(), names, tuple(missing))


def _lengths(person: PhotoPerson) -> tuple[dict[str, float], list[str]]:
    """Lengths in pixels by the part's name, and what is missing."""
    place = _places(person)
    found: dict[str, float] = {}
    missing: list[str] = []
    if not (person.sees(*SHOULDERS) and person.inside(*HIPS)):
        missing.append("torso (hidden or outside the picture)")
    else:
        found["torso"] = float(np.linalg.norm(place[list(SHOULDERS)].mean(0) - place[list(HIPS)].mean(0)))
    for name, pair in WIDTHS.items():
        if person.turned > TOO_TURNED:
            missing.append(f"{name} (seen from the side)")
        elif person.sees(*pair):
            found[name] = float(np.linalg.norm(place[pair[0]] - place[pair[1]]))
        else:
            missing.append(f"{name} (hidden or outside the picture)")
    for name, (tops, ends) in BONES.items():
        sides = [k for k in (0, 1) if person.sees(tops[k], ends[k])]
        ways = [place[ends[k]] - place[tops[k]] for k in sides]
        legs = name in ("thighs", "shins")
        if not ways:
            missing.append(f"{_words(name)} (hidden or outside the picture)")
        elif legs and not all(_stands(person, k) for k in sides):
            missing.append(f"{name} (sits, crouches or strides: expected somebody who stands)")
        else:
            found[name] = float(np.mean([np.linalg.norm(w) for w in ways]))
    return found, missing


def _places(person: PhotoPerson) -> Array:
    """(33, 3) px: in the picture as they are, in depth by the network's own idea of it."""
    reading = person.reading
    flat = reading.world[:, 1:] * [-1.0, -1.0]
    seen = reading.visibility >= 0.5
    seen[:11] = False
    a, b = reading.xy[seen] - reading.xy[seen].mean(0), flat[seen] - flat[seen].mean(0)
    px_per_m = float(np.sqrt((a**2).sum() / max((b**2).sum(), 1e-9))) if seen.sum() >= 4 else 0.0
    return np.concatenate([reading.world[:, :1] * px_per_m, reading.xy], axis=1)


def _stands(person: PhotoPerson, side: int) -> bool:
    """Whether a leg hangs down, by the network's idea of its depth."""
    world = person.reading.world
    for a, b in ((HIPS, KNEES), (KNEES, ANKLES)):
        way = world[b[side]] - world[a[side]]
        if -way[2] < np.cos(UPRIGHT) * np.linalg.norm(way):
            return False
    return True


def _words(name: str) -> str:
    return name.replace("_", " ")


@cache
def reference_lengths() -> dict[str, float]:
    """m on the physical body between the places where BlazePose reads the landmarks of our own figure."""
    import torch  # takes a second to load: --help does without

    from tools.capture.landmark_skeleton import LandmarkSkeleton

    model = CharacterModel.load()
    skeleton = LandmarkSkeleton(model)
    still = torch.tensor(rotation.to_matrix(np.tile(rotation.IDENTITY, (1, model.num_joints, 1))), dtype=torch.float32)
    pose = skeleton.pose(torch.zeros(1, 3), torch.eye(3)[None], still, torch.zeros(8))
    rows = dict(zip(skeleton.landmarks.tolist(), skeleton.markers(pose)[0].numpy().astype(float), strict=True))

    def middle(pair: tuple[int, int]) -> Array:
        return np.asarray(0.5 * (rows[pair[0]] + rows[pair[1]]))

    found = {name: float(np.linalg.norm(rows[a[0]] - rows[b[0]])) for name, (a, b) in BONES.items()}
    found |= {name: float(np.linalg.norm(rows[a] - rows[b])) for name, (a, b) in WIDTHS.items()}
    found["torso"] = float(np.linalg.norm(middle(SHOULDERS) - middle(HIPS)))
    return {name: length * READ_AS[name] for name, length in found.items()}
