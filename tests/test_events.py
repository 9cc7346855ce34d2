"""Events as JSON: every kind there and back, and readable complaints."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.play import events as ev
from game.play.event_handlers import EventHandlers
from game.play.events import EventError, Timed
from game.play.handler_registry import handles, without_handler
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.scene.set_file import load_prop
from tests.support.small_policy import MODEL

SAMPLES: list[ev.Event] = [
    ev.Play("walk", character=2, phase=0.5, place=True),
    ev.Play(None),
    ev.Perform("jump", cycles=2),
    ev.Steer((0.9, -0.3)),
    ev.Halt(1),
    ev.GetUp(specialist=True),
    ev.Reset(1),
    ev.Crowd(4),
    ev.Push((1.0, 2.0, 3.0), "head", 1, 0.5),
    ev.Grab((0.0, 0.0, 2.0), prop=3),
    ev.Drag((0.0, 0.0, 1.0), hand=1),
    ev.Release(),
    ev.Gravity((0.0, 0.0, -1.6)),
    ev.Friction(0.1),
    ev.Strength(0.0, "left_leg"),
    ev.Nerves(3, 0.1, 0.1),
    ev.Spawn(load_prop("wheelie_chair"), velocity=(1.0, 0.0, 0.0)),
    ev.Remove(1),
    ev.Restitution(0.5),
    ev.Tidy(),
]


def test_every_kind_is_sampled() -> None:
    assert {type(e).__name__.lower() for e in SAMPLES} == set(ev.Event.TYPES)


def test_every_kind_has_one_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_handler() == []
    with pytest.raises(TypeError, match="Push has two handlers"):
        handles(ev.Push)(EventHandlers.push)
    monkeypatch.setattr(ev.Event, "TYPES", dict(ev.Event.TYPES))

    class Sneeze(ev.Event):
        pass

    assert without_handler() == ["sneeze"]
    with pytest.raises(EventError, match="no handler for Sneeze"):
        Runtime(PolicyLibrary(MODEL, [])).tick([Sneeze()], strict=True)
    with pytest.raises(TypeError, match="two events are called 'sneeze'"):
        type("Sneeze", (ev.Event,), {})


@pytest.mark.parametrize("event", SAMPLES, ids=lambda e: type(e).__name__)
def test_there_and_back(event: ev.Event) -> None:
    timed = Timed(7, event)
    assert ev.from_json(json.loads(json.dumps(ev.to_json(timed)))) == timed


def test_defaults_may_be_left_out() -> None:
    card = {"tick": 30, "type": "push", "body": "torso", "force": [400, 0, 0]}
    assert ev.from_json(card) == Timed(30, ev.Push((400.0, 0.0, 0.0), "torso"))


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ([], "a JSON list"),
        ({"type": "push"}, "tick None"),
        ({"tick": -1, "type": "push"}, "tick -1"),
        ({"tick": 1.5, "type": "push"}, "tick 1.5"),
        ({"tick": 0, "type": "sneeze"}, "there are play, perform, steer"),
        ({"tick": 0, "type": "push"}, "force"),
        ({"tick": 0, "type": "push", "force": [1, 2]}, "force"),
        ({"tick": 0, "type": "push", "force": [1, 2, 3], "colour": "red"}, "colour"),
        ({"tick": 0, "type": "gravity", "vector": ["a", "b", "c"]}, "vector"),
    ],
)
def test_nonsense_is_explained(card: object, reason: str) -> None:
    with pytest.raises(EventError, match=reason):
        ev.from_json(card)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)))
def test_no_json_crashes_the_reader(card: object) -> None:
    with pytest.raises(EventError):
        ev.from_json(card)
