"""States of nerves, as data: what they do to what he senses and to what he does."""

from __future__ import annotations

from game.events import Nerves

NERVES: dict[str, Nerves] = {
    "steady": Nerves(),
    "tired": Nerves(delay=1, act_noise=0.03),
    "drunk": Nerves(delay=2, sense_noise=0.12, act_noise=0.06),
    "jelly": Nerves(act_noise=0.35),
    "stage fright": Nerves(sense_noise=0.06, act_noise=0.12),
}
"""By name, in the order of the key. Ticks, rad."""


def nerves_name(nerves: Nerves) -> str | None:
    """Which of NERVES these are, whoever has them; None where none of them."""
    plain = (nerves.delay, nerves.sense_noise, nerves.act_noise)
    for name, preset in NERVES.items():
        if plain == (preset.delay, preset.sense_noise, preset.act_noise):
            return name
    return None
