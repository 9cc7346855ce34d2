"""Settings: what pending events will change."""

from __future__ import annotations

from game.play.events import Crowd, Event, Friction, Gravity, Nerves, Strength
from game.play.settings import Settings
from game.sim.model import CharacterModel

MODEL = CharacterModel.load()
NOW = Settings((1.0,) * 12, Nerves(), (0.0, 0.0, -9.8), 0.9, 1)


def test_settings_after_events() -> None:
    strengths: list[Event] = [Strength(0.5, "left_arm"), Strength(0.2, "neck"), Strength(0.0, "all", 1)]
    others: list[Event] = [Nerves(3, character=1), Crowd(2), Gravity((1.0, 0.0, 0.0)), Friction(0.1)]
    then = NOW.after(strengths, 0, MODEL).after(others, 0, MODEL)
    strength = dict(zip(MODEL.joint_names, then.strength, strict=True))
    assert (strength["left_elbow"], strength["neck"], strength["right_elbow"]) == (0.5, 0.2, 1.0)
    assert (then.nerves, then.gravity, then.friction, then.crowd) == (Nerves(), (1.0, 0.0, 0.0), 0.1, 2)


def test_a_part_that_does_not_exist_changes_nothing() -> None:
    assert NOW.after([Strength(0.5, "tail")], 0, MODEL) == NOW
