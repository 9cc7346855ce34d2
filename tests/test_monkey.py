"""A monkey at the keyboard: whatever is pressed when, in whatever order, the game goes on and its take repeats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from game.app.game import Game
from game.input.bindings import ACTIONS
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.record.playback import verify
from game.record.take import Take
from game.session.opening import PERFORMER
from game.session.session import Session
from tests.support.fake_display import FakeDisplay
from tests.support.small_policy import MODEL, puppet_graph, puppet_spec, with_card, write

ELSEWHERE = {"save_take", "save_last", "set_next"}
"""what a run of this length has no time for: half a second each"""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_monkey_plays(tmp_path: Path, seed: int) -> None:
    write(tmp_path / "keep.onnx")
    library = PolicyLibrary(MODEL, [tmp_path])
    library.add(PERFORMER, Policy(with_card(puppet_graph(), puppet_spec(repertoire={"jump": "jump_mended"})), MODEL))
    game = Game(Session(Runtime(library), "keep"), FakeDisplay(), out=tmp_path / "out")
    rng = np.random.default_rng(seed)
    known = [a for a in ACTIONS if a.name in game.handlers and a.name not in ELSEWHERE]
    assert len(known) > 30
    held = []
    for _ in range(250):
        action = known[int(rng.integers(len(known)))]
        game.begin(action.name, int(rng.integers(max(1, len(action.keys)))))
        if action.held:
            held.append(action.name)
        if held and rng.random() < 0.5:
            game.end(held.pop())
        game.steering.update()
        game.advance(float(rng.uniform(0.0, 0.1)))
        game.messages()
        assert np.isfinite(game.session.snapshot.body_pos).all()
    game.session.end_replay()
    assert game.session.runtime.tick_count > 20
    assert verify(Take.of(game.session.runtime)) is None
    game.close()
    game.session.runtime.close()
    library.close()
