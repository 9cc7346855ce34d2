"""The bench at toy size: its figures are there and make sense; how fast the machine is, is no test."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from game.play.events import Perform
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.scene.set_spec import GroundSpec, SetSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view.pick_pipe import Output
from game.view.quality import QUALITIES, Tier
from tests.support.small_policy import puppet_graph, puppet_spec, with_card
from tools.bench import __main__ as command
from tools.bench import drawing, measurements


def test_the_command_prints_its_figures_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--ticks", "3"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(figures) == {"sim_overhead", "sim_overhead_1", "characters_realtime", "inference_us", "swap_ms"}
    assert all(math.isfinite(value) for value in figures.values())
    # a tick contains its physics steps
    assert figures["sim_overhead"] > 1.0
    assert figures["sim_overhead_1"] > 1.0
    assert figures["characters_realtime"] > 0.0


def test_a_stopwatch_puts_back_what_it_watched() -> None:
    class Thing:
        def work(self) -> int:
            return 7

    watch, before = measurements.Stopwatch(), Thing.work
    with watch.on(Thing, "work", "w"):
        assert Thing().work() == 7
        assert Thing.work is not before
    assert Thing.work is before
    assert set(watch.read()) == {"w"}
    assert watch.read() == {}


def test_one_policy_can_take_both_places() -> None:
    library = PolicyLibrary(CharacterModel.load())
    assert measurements.policies(library, None)[1] == "walk"
    assert measurements.policies(library, "run") == ("run", "run")
    with pytest.raises(PolicyError, match="no_such"):
        measurements.policies(library, "no_such")
    library.close()


def test_nonsense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--ticks", "0"]) == 1
    assert "--ticks 0: expected a positive number" in capsys.readouterr().err
    assert command.main(["--ticks", "1", "--policy", "no_such"]) == 1
    assert "no_such" in capsys.readouterr().err


def test_the_split_of_a_tick_adds_up() -> None:
    library = PolicyLibrary(CharacterModel.load())
    crowd, _ = measurements.policies(library, None)
    for row in measurements.ticks(library, crowd, 2, 3):
        assert set(measurements.SPLIT) <= set(row)
        assert min(row[part] for part in ("step", "read", "pd", "set", "contacts", "inference")) > 0.0
        assert sum(row[part] for part in measurements.SPLIT) == pytest.approx(row["total"])
    library.close()


def test_a_performers_crowd_does_its_repertoire_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "somebody.onnx"
    path.write_bytes(with_card(puppet_graph(), puppet_spec(repertoire={"walk": "walk", "kick": "kick"})))
    library = PolicyLibrary(CharacterModel.load(), [tmp_path])
    (first,), (second,), (third,) = (measurements.beginning(library, "somebody", n) for n in range(3))
    assert first == Perform("walk", 0, policy="somebody")
    assert second == Perform("kick", 1, policy="somebody") and third == Perform("walk", 2, policy="somebody")
    assert len(measurements.ticks(library, "somebody", 3, 2)) == 2
    library.close()


@pytest.mark.usefixtures("shaders")
def test_every_quality_is_drawn_and_compared(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[np.ndarray] = []
    draw = drawing._Screen.cost

    def watched(screen: drawing._Screen, snapshot: Snapshot) -> drawing.Cost:
        cost = draw(screen, snapshot)
        assert not screen.active
        drawn.append(np.frombuffer(bytes(screen._picture.get_ram_image()), np.uint8))
        return cost

    monkeypatch.setattr(drawing._Screen, "cost", watched)
    spec = SetSpec("t", ground=GroundSpec(material="chalk", size=(6.0, 6.0)))
    before = len(output.engine.windows)
    found = drawing.measure_drawing(spec, 2, (64, 36))
    assert set(found) == {f"draw_{t}_{u}" for t in QUALITIES for u in ("ms", "cpu_ms")} | {
        "draw_lite_of_std",
        "draw_film_of_std",
    }
    assert all(math.isfinite(value) and value > 0.0 for value in found.values())
    assert len(drawn) == 3 * (2 + drawing.WARM_UP)
    assert all(picture.std() > 5.0 for picture in drawn)
    assert len(output.engine.windows) == before


def test_ratios_are_of_pictures_drawn_in_the_same_round() -> None:
    costs: dict[Tier, list[drawing.Cost]] = {
        "lite": [drawing.Cost(1.0, 2.0), drawing.Cost(1.0, 30.0), drawing.Cost(1.0, 2.0)],
        "std": [drawing.Cost(2.0, 4.0), drawing.Cost(2.0, 60.0), drawing.Cost(4.0, 4.0)],
    }
    in_software, by_card = (drawing.figures(costs, software=s) for s in (True, False))
    assert in_software["draw_lite_of_std"] == 0.5 and by_card["draw_lite_of_std"] == 0.5
    assert in_software["draw_lite_ms"] == 1000.0 and in_software["draw_std_cpu_ms"] == 4000.0
