"""The performer's ages that ship."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.scene.paths import policies_dir
from game.sim.model import CharacterModel

NAMES = ("performer_age_0", "performer_age_1", "performer_age_2", "performer")
SECONDS = 2.5


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyLibrary]:
    folder: Path = tmp_path_factory.mktemp("policies")
    for name in NAMES:
        shutil.copy(policies_dir() / f"{name}.onnx", folder)
    library = PolicyLibrary(CharacterModel.load(), [folder])
    yield library
    library.close()


def test_they_are_one_family_of_which_the_youngest_is_untrained(library: PolicyLibrary) -> None:
    assert library.family("performer_age_1") == NAMES
    cards = [library.get(name).spec for name in NAMES]
    assert {card.skill for card in cards} == {"performer"} and cards[-1].age == 1.0
    samples = [sum(card.training["samples"].values()) for card in cards]
    assert samples[0] == 0 and samples == sorted(set(samples))
    assert sum(len(library.get(name).data) for name in NAMES[:-1]) < len(library.get("performer").data)


def test_a_newborn_stands_and_falls_with_his_first_step_where_the_grown_up_walks(library: PolicyLibrary) -> None:
    found = {}
    for name in (NAMES[0], NAMES[-1]):
        runtime = Runtime(library)
        runtime.tick([ev.Play(name, place=True)])
        for _ in range(runtime.model.control_hz):
            runtime.tick()
        assert runtime.agents[0].counter.falls == 0
        runtime.tick([ev.Steer((1.0, 0.0))])
        for _ in range(round(SECONDS * runtime.model.control_hz)):
            runtime.tick()
        found[name] = runtime.agents[0].counter.falls, float(runtime.world.state.root_pos[0, 0])
        runtime.close()
    assert found["performer_age_0"][0] == 1 and found["performer"][0] == 0
    assert found["performer"][1] > 1.0
