"""Lamp: the warm lamp of a set, where the item that carries it is now, and how it flickers when that is hit."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec, LightSpec, SetSpec
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

HIT = 1.2
"""N s in a tick that makes it flicker; standing on a table takes less"""
FLICKER_SECONDS = 1.4
DIM = 0.12
"""brightness in the dark moments of a flicker"""
FALLEN_BRIGHTNESS = 0.7
FALLEN_COSINE = 0.5
"""of the angle to upright: below, it has fallen"""
LAMP_OFF = 0.5
"""brightness of the glass of a lamp that gives no light"""


def lamp_glow(light: LightSpec) -> tuple[float, float, float]:
    """How bright, and in which tint, a lamp's own shade and bulb are; 1 is a white that shines by day."""
    strongest = max(light.lamp)
    if strongest <= 0.0:
        return LAMP_OFF, LAMP_OFF, LAMP_OFF
    bright = 1.0 + 1.2 * light.lamp_key
    r, g, b = (bright * (1.0 - 0.5 * light.lamp_key * (1.0 - c / strongest)) for c in light.lamp)
    return r, g, b


class Lamp:
    """Follows one set's lamp. Its flicker is a function of the tick, so that every drawing of a take is the same."""

    def __init__(self, spec: SetSpec) -> None:
        self._light: LightSpec = spec.light
        carrier = next((item for item in spec.items if item.name == spec.light.lamp_item), None)
        self._offset = np.zeros(3)
        if carrier is not None:
            away = np.array(spec.light.lamp_position) - np.array(carrier.position)
            self._offset = rotation.rotate_inverse(np.array(carrier.quaternion), away)
        self._flickers_until = -1

    def state(self, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> tuple[Array, float]:
        """Where the light is (3,), m, and how bright, 0..1."""
        light, props = self._light, snapshot.props
        found = [k for k, prop in enumerate(props.ids) if items[prop].name == light.lamp_item]
        if not found or not light.lamp_item:
            return np.array(light.lamp_position), 1.0
        k = found[0]
        hardest = max((c.impulse for c in snapshot.contacts if _touches(c.character, c.body, c.kind, c.other,
                                                                        props.ids[k])), default=0.0)  # fmt: skip
        hz = snapshot.model.control_hz
        if hardest > HIT:
            self._flickers_until = snapshot.tick + round(FLICKER_SECONDS * hz)
        position = props.pos[k] + rotation.rotate(props.rot[k], self._offset)
        upright = float(rotation.rotate(props.rot[k], np.array([0.0, 0.0, 1.0]))[2])
        bright = 1.0 if upright > FALLEN_COSINE else FALLEN_BRIGHTNESS
        if snapshot.tick <= self._flickers_until < snapshot.tick + 10 * hz and _dark(snapshot.tick, 0.55):
            bright = DIM
        elif upright <= FALLEN_COSINE and _dark(snapshot.tick, 0.12):
            bright = 0.4
        return position, bright


def _touches(character: int, body: int, kind: str, other: int, prop: int) -> bool:
    return (character < 0 and body == prop) or (kind == "prop" and other == prop)


def _dark(tick: int, share: float) -> bool:
    """Whether an uneven flicker is dark at a tick: two ticks at a time, for about so large a share of them."""
    return math.modf(abs(math.sin(12.9898 * (tick // 2)) * 43758.5453))[0] < share
