"""What things sound like: some resonances and a burst of noise for each material and each part of the body.

The numbers are not measured; they were tuned to sound like a dry room, a soft person and hard furniture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from game.scene.set_spec import ItemSpec, PartSpec
from game.sim.roles import BodyPart

Mode = tuple[float, float, float]
"""Hz, gain, s until it has fallen to 1/e"""


@dataclass(frozen=True)
class Noise:
    """A burst of noise."""

    low: float
    """Hz"""
    high: float
    """Hz"""
    gain: float
    decay: float
    """s until it has fallen to 1/e"""
    grain: float = 0.0
    """0 smooth .. 1 single crackles, as of gravel"""


@dataclass(frozen=True)
class Timbre:
    """How something sounds when it hits or is hit."""

    modes: tuple[Mode, ...]
    noise: Noise
    softness: float
    """s that a hit lasts; the longer, the fewer high frequencies"""
    mass: float = 1.0
    """kg, moving mass of a part of the body when it hits something; props use their own mass"""


_FLOOR = ((88.0, 0.70, 0.075), (172.0, 0.45, 0.055), (263.0, 0.32, 0.045), (391.0, 0.18, 0.03))
_STONE = Noise(900.0, 6500.0, 0.55, 0.045, 1.0)

MATERIALS: dict[str, Timbre] = {
    "planks": Timbre(_FLOOR, Noise(180.0, 1500.0, 0.22, 0.018), 0.0007),
    "wood": Timbre(((212.0, 0.6, 0.05), (347.0, 0.45, 0.04), (521.0, 0.3, 0.03), (798.0, 0.2, 0.02)),
                   Noise(300.0, 2600.0, 0.2, 0.012), 0.0006),
    "paint": Timbre(((127.0, 0.6, 0.05), (236.0, 0.35, 0.035), (402.0, 0.15, 0.02)),
                    Noise(150.0, 1100.0, 0.2, 0.02), 0.0009),
    "fabric": Timbre(((64.0, 0.5, 0.06),), Noise(90.0, 620.0, 0.4, 0.05), 0.007),
    "velvet": Timbre(((58.0, 0.6, 0.09), (117.0, 0.2, 0.05)), Noise(80.0, 480.0, 0.4, 0.07), 0.01),
    "backdrop": Timbre(_FLOOR, Noise(180.0, 1500.0, 0.22, 0.018), 0.0007),
    "photo": Timbre(((212.0, 0.6, 0.05), (347.0, 0.45, 0.04), (521.0, 0.3, 0.03), (798.0, 0.2, 0.02)),
                    Noise(300.0, 2600.0, 0.2, 0.012), 0.0009),
    "rug": Timbre(((82.0, 0.5, 0.06), (165.0, 0.2, 0.04)), Noise(100.0, 700.0, 0.35, 0.03), 0.005),
    "metal": Timbre(((318.0, 0.35, 0.10), (843.0, 0.4, 0.16), (1711.0, 0.32, 0.13), (2930.0, 0.22, 0.09),
                     (4217.0, 0.12, 0.06)), Noise(900.0, 6000.0, 0.15, 0.006), 0.0004),
    "plastic": Timbre(((452.0, 0.5, 0.03), (908.0, 0.4, 0.024), (1490.0, 0.25, 0.016)),
                      Noise(500.0, 3500.0, 0.2, 0.008), 0.0008),
    "rubber": Timbre(((104.0, 0.7, 0.06), (183.0, 0.35, 0.045)), Noise(120.0, 900.0, 0.2, 0.015), 0.004),
    "ceramic": Timbre(((1260.0, 0.45, 0.07), (2710.0, 0.4, 0.06), (4130.0, 0.25, 0.04)),
                      Noise(2000.0, 8000.0, 0.15, 0.006), 0.0003),
    "cardboard": Timbre(((168.0, 0.5, 0.04), (322.0, 0.35, 0.03)), Noise(240.0, 2600.0, 0.55, 0.04), 0.002),
    "foliage": Timbre((), Noise(1500.0, 7000.0, 0.6, 0.11, 0.5), 0.006),
    "grass": Timbre(((61.0, 0.5, 0.05),), Noise(500.0, 3800.0, 0.16, 0.05, 0.3), 0.006),
    "gravel": Timbre(((74.0, 0.35, 0.04),), _STONE, 0.003),
    "earth": Timbre(((66.0, 0.7, 0.06),), Noise(90.0, 600.0, 0.3, 0.03), 0.006),
    "skin": Timbre(((140.0, 0.4, 0.03),), Noise(500.0, 3000.0, 0.5, 0.01), 0.003),
    "ice": Timbre(((930.0, 0.4, 0.035), (2080.0, 0.35, 0.03), (3870.0, 0.2, 0.02)),
                  Noise(2000.0, 8000.0, 0.25, 0.012), 0.0006),
    "water": Timbre(((310.0, 0.15, 0.03),), Noise(700.0, 5200.0, 0.7, 0.07, 0.4), 0.003),
    "glow": Timbre(((1900.0, 0.3, 0.04),), Noise(2000.0, 7000.0, 0.2, 0.01), 0.0005),
    "shade": Timbre(((240.0, 0.4, 0.03),), Noise(400.0, 3200.0, 0.45, 0.02), 0.002),
    "paper": Timbre(((152.0, 0.35, 0.025),), Noise(400.0, 3600.0, 0.6, 0.016), 0.0015),
    "art": Timbre(((290.0, 0.4, 0.03), (760.0, 0.3, 0.03)), Noise(500.0, 4000.0, 0.3, 0.012), 0.001),
    "chalk": Timbre(((740.0, 0.3, 0.015),), Noise(800.0, 4000.0, 0.3, 0.008), 0.001),
}  # fmt: skip

BODY_PARTS: dict[BodyPart, Timbre] = {
    BodyPart.PELVIS: Timbre(((68.0, 1.0, 0.08), (117.0, 0.5, 0.05)), Noise(120.0, 900.0, 0.40, 0.028), 0.009, 16.0),
    BodyPart.TORSO: Timbre(((61.0, 1.0, 0.09), (103.0, 0.55, 0.06)), Noise(120.0, 800.0, 0.42, 0.030), 0.009, 18.0),
    BodyPart.HEAD: Timbre(((151.0, 0.9, 0.045), (412.0, 0.65, 0.026), (893.0, 0.25, 0.012)),
                          Noise(300.0, 2400.0, 0.3, 0.008), 0.0018, 5.0),
    BodyPart.THIGH: Timbre(((83.0, 0.9, 0.06), (139.0, 0.35, 0.04)), Noise(150.0, 1200.0, 0.45, 0.02), 0.007, 8.0),
    BodyPart.SHIN: Timbre(((122.0, 0.8, 0.04), (318.0, 0.3, 0.02)), Noise(200.0, 1500.0, 0.35, 0.012), 0.0035, 5.0),
    BodyPart.FOOT: Timbre(((97.0, 0.8, 0.04), (188.0, 0.35, 0.025)), Noise(220.0, 2000.0, 0.55, 0.012), 0.003, 6.0),
    BodyPart.UPPER_ARM: Timbre(((108.0, 0.8, 0.05), (181.0, 0.3, 0.03)), Noise(200.0, 1500.0, 0.4, 0.016), 0.006, 4.0),
    BodyPart.FOREARM: Timbre(((149.0, 0.7, 0.04), (337.0, 0.3, 0.02)), Noise(250.0, 2000.0, 0.4, 0.012), 0.004, 3.0),
    BodyPart.HAND: Timbre(((186.0, 0.5, 0.025),), Noise(700.0, 4500.0, 0.95, 0.010), 0.0015, 1.5),
}  # fmt: skip

SQUEAKY = frozenset({"planks", "wood", "paint", "plastic", "ceramic", "metal", "rubber"})
"""materials on which soles squeak"""


def material_of(item: ItemSpec) -> str:
    """The material that has most of the volume of an item's visible parts."""
    parts = (*(() if item.shell and item.decor else item.parts), *item.decor)
    volume: dict[str, float] = {}
    for part in parts:
        volume[part.material] = volume.get(part.material, 0.0) + _volume(part)
    return max(volume, key=lambda word: volume[word])


def _volume(part: PartSpec) -> float:
    """Approximate volume, m3."""
    if part.shape == "sphere":
        return 4.2 * part.size[0] ** 3
    if part.shape in ("capsule", "cylinder"):
        return math.pi * part.size[0] ** 2 * part.size[1]
    if part.shape == "lathe":
        heights = [z for _, z in part.profile]
        return 2.0 * max(r for r, _ in part.profile) ** 2 * (max(heights) - min(heights))
    if part.shape == "plane":
        return part.size[0] * part.size[1] * 0.005
    if part.shape == "leaves":
        return part.size[0] ** 2 * part.size[1] * 0.05
    return math.prod(part.size) if len(part.size) == 3 else math.prod(part.size) * 0.02
