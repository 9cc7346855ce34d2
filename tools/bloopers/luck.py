"""Luck: the policy, pushes, props and gravity of an attempt, drawn at random from a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from game.play.events import Event, Gravity, Nerves, Push, Spawn, Strength, Timed, Vec3
from game.scene.set_file import load_prop
from game.sim.model import CharacterModel
from game.sim.roles import BodyPart

GRAVITIES: dict[str, tuple[float, float]] = {
    "": (9.8, 0.62),
    "The Moon.": (1.62, 0.10),
    "Mars.": (3.72, 0.10),
    "Jupiter.": (24.8, 0.08),
    "Slightly less gravity.": (7.0, 0.10),
}
"""by the words on the card: m/s2, and the probability"""
BODIES: tuple[tuple[BodyPart, str], ...] = (
    (BodyPart.TORSO, ""), (BodyPart.TORSO, ""), (BodyPart.PELVIS, ""), (BodyPart.HEAD, ""),
    (BodyPart.FOOT, "right"), (BodyPart.SHIN, "left"),
)  # fmt: skip
"""what is pushed: each entry is equally likely"""
CONTROL_HZ = 30


@dataclass(frozen=True)
class Luck:
    """One attempt's circumstances."""

    number: int
    """from 1"""
    policy: str
    events: tuple[Timed, ...]
    """in addition to those that begin every run"""
    words: tuple[str, ...]
    """lines on its card"""
    gives_up: bool = False
    """whether he goes limp soon after a fall; else the policy goes on"""


def draw(number: int, seed: int, policies: tuple[str, ...]) -> Luck:
    """The luck of an attempt; the same for the same seed.

    Args:
        number: of the attempt, from 1.
        seed: of the whole session.
        policies: the ages of a skill, youngest first.
    """
    rng = np.random.default_rng([seed, number])
    chosen = int(rng.integers(len(policies)))
    words: list[str] = []
    events: list[Timed] = []
    if len(policies) > 1:
        words.append(_age(chosen, len(policies)))
    pull = _weighted(rng, {card: share for card, (_, share) in GRAVITIES.items()})
    if pull:
        words.append(pull)
        events.append(Timed(0, Gravity((0.0, 0.0, -GRAVITIES[pull][0]))))
    if rng.random() < 0.55:
        prop_words, prop_events = _prop(rng)
        words.append(prop_words)
        events += prop_events
    if rng.random() < 0.65:
        push_words, push = _push(rng)
        words.append(push_words)
        events.append(push)
    if rng.random() < 0.15:
        words.append("After a long lunch.")
        events.append(Timed(0, Nerves(delay=int(rng.integers(1, 4)), act_noise=0.06)))
    elif rng.random() < 0.1:
        words.append("One leg asleep.")
        events.append(Timed(0, Strength(0.25, str(rng.choice(_legs())))))
    reasons = tuple(words) or ("No reason.",)
    return Luck(number, policies[chosen], tuple(sorted(events, key=lambda t: t.tick)), reasons, rng.random() < 0.65)


def _legs() -> list[str]:
    """The limbs that end in a foot."""
    model = CharacterModel.load()
    ankles = {model.joint_names[j] for j in model.body_joint[list(model.feet)]}
    return [limb for limb, joints in model.roles.limbs.items() if ankles & set(joints)]


def _age(index: int, count: int) -> str:
    """How far the policy is trained, as words on the card."""
    if index == count - 1:
        return "Fully trained."
    return ("First day.", "Second day.", "Still a beginner.", "Almost there.")[min(index, 3) if count > 2 else 0]


def _weighted(rng: np.random.Generator, weights: dict[str, float]) -> str:
    share = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(share), p=share / share.sum()))]


def _push(rng: np.random.Generator) -> tuple[str, Timed]:
    force = float(rng.choice([220.0, 380.0, 600.0, 900.0]))
    angle = float(rng.uniform(-math.pi, math.pi))
    part, side = BODIES[int(rng.integers(len(BODIES)))]
    if part not in (BodyPart.TORSO, BodyPart.PELVIS):
        force *= 0.5
    word = {220.0: "A nudge.", 380.0: "A push.", 600.0: "A firm push."}.get(force, "A shove.")
    if part not in (BodyPart.TORSO, BodyPart.PELVIS):
        word = {BodyPart.HEAD: "A tap on the head."}.get(part, "Somebody held his foot.")
    lift = 0.35 * force if rng.random() < 0.3 else 0.0
    way = (round(force * math.cos(angle), 3), round(force * math.sin(angle), 3), round(lift, 3))
    model = CharacterModel.load()
    body = model.body_names[model.roles.find(part, side)]
    return word, Timed(int(rng.integers(12, 75)), Push(way, body, 0, 0.15))


def _prop(rng: np.random.Generator) -> tuple[str, list[Timed]]:
    kind = str(rng.choice(["ball", "banana", "chair", "boxes", "ice", "anvil", "bin", "trampoline"]))
    angle = float(rng.uniform(-math.pi, math.pi))
    aside = (0.75 * math.cos(angle), 0.75 * math.sin(angle))
    if kind == "ball":
        return "A ball.", [Timed(int(rng.integers(10, 60)), _thrown(rng, angle))]
    if kind == "banana":
        return "A banana skin.", [_put("banana_skin", -0.12 + 0.3 * rng.random(), 0.08, angle)]
    if kind == "chair":
        return "A chair on castors.", [_put("wheelie_chair", aside[0], aside[1], angle)]
    if kind == "boxes":
        return "A delivery.", [
            _put("cardboard_box", aside[0], aside[1], angle),
            _put("small_cardboard_box", aside[0] + 0.3, aside[1] - 0.4, angle),
        ]
    if kind == "ice":
        return "The floor was wet.", [_put("ice_patch", 0.1, 0.0, angle)]
    if kind == "anvil":
        item = load_prop("anvil").at((float(rng.uniform(-0.35, 0.35)), float(rng.uniform(-0.35, 0.35)), 2.35), angle)
        return "An anvil.", [Timed(int(rng.integers(15, 70)), Spawn(item))]
    if kind == "trampoline":
        return "A trampoline.", [_put("trampoline", -0.9, 0.0, 0.0)]
    return "A bin.", [_put("bin", aside[0], aside[1], angle)]


def _put(prop: str, x: float, y: float, yaw: float) -> Timed:
    item = load_prop(prop)
    return Timed(0, Spawn(item.at((float(x), float(y), item.position[2] + 0.015), float(yaw))))


def _thrown(rng: np.random.Generator, angle: float) -> Event:
    speed, height = float(rng.uniform(8.0, 14.0)), float(rng.uniform(0.6, 1.5))
    start: Vec3 = (2.2 * math.cos(angle), 2.2 * math.sin(angle), height)
    velocity: Vec3 = (-speed * math.cos(angle), -speed * math.sin(angle), 1.0)
    return Spawn(load_prop("ball").at(start), velocity)
