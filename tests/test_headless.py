"""The command without a window: what it runs, prints, saves, films and refuses."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import game
from game.__main__ import main
from game.record.take import Take
from game.sound.track import HZ

ROOT = Path(__file__).resolve().parents[1]
FIELDS = {"ticks", "falls", "flips", "sim_ms_per_tick", "realtime_factor", "take_sha256"}
SCRIPT = [
    {"tick": 10, "type": "push", "body": "torso", "force": [900, 0, 0]},
    {"tick": 20, "type": "gravity", "vector": [0, 0, -1.62]},
    {"tick": 25, "type": "play", "policy": "deepmimic_walk"},
]


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """The last line that a run prints."""
    assert main(["--headless", *map(str, arguments)]) == 0
    card: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return card


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["--headless", *map(str, arguments)]) == 1
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.err


def test_a_backflip_by_its_skill(capsys: pytest.CaptureFixture[str]) -> None:
    card = report(capsys, "--policy", "backflip", "--seconds", 2.5)
    assert card.keys() == FIELDS
    assert (card["ticks"], card["falls"], card["flips"]) == (75, 0, 1)
    assert card["realtime_factor"] == pytest.approx(1000 / 30 / card["sim_ms_per_tick"], rel=0.01)


def test_a_script_gives_the_same_run_twice(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script, saved = tmp_path / "events.json", tmp_path / "new" / "take.zip"
    script.write_text(json.dumps(SCRIPT))
    first = report(capsys, "--events", script, "--seconds", 1.5, "--save-take", saved)
    assert [timed.tick for timed in Take.load(saved).events] == [0, 10, 20, 25]
    again = report(capsys, "--take", saved)
    assert again.keys() == FIELDS | {"repeats"}
    assert again["repeats"]
    assert again["take_sha256"] == first["take_sha256"] == Take.load(saved).sha256
    other = report(capsys, "--events", script, "--seconds", 1.5, "--policy", "deepmimic_jump")
    assert other["take_sha256"] != first["take_sha256"]


def test_a_script_is_played_to_its_end(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It ends 2 s after its last step; the take has its cuts, and repeats."""
    script, saved = tmp_path / "stunt.json", tmp_path / "take.zip"
    steps = [{"do": "camera", "name": "ceiling"}, {"do": "wait", "seconds": 0.5}, {"do": "camera", "name": "side"},
             {"do": "event", "event": {"type": "friction", "value": 0.9}}]  # fmt: skip
    script.write_text(json.dumps({"steps": steps}))
    card = report(capsys, "--script", script, "--save-take", saved, "--record", tmp_path / "a.mp4")
    assert card.keys() == FIELDS | {"script_finished"}
    assert (card["ticks"], card["script_finished"]) == (15 + 60, True)
    take = Take.load(saved)
    assert take.extra == {"cuts": [[0, "ceiling"], [15, "side"]]}
    assert [timed.tick for timed in take.events] == [0, 15]
    again = report(capsys, "--take", saved)
    assert again["repeats"]
    assert again["take_sha256"] == card["take_sha256"]
    with av.open(str(tmp_path / "a.mp4")) as film:
        pictures = [frame.to_ndarray(format="gray").astype(float) for frame in film.decode(video=0)]
    changes = [abs(b - a).mean() for a, b in pairwise(pictures)]
    assert changes.index(max(changes)) == 14  # picture 15, counted from 0, is the first from the side


def test_a_script_may_be_cut_short(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "stunt.json"
    script.write_text('{"set": "park", "steps": [{"do": "wait"}, {"do": "wait", "seconds": 9}]}')
    assert main(["--headless", "--script", str(script), "--seconds", "1.5", "--save-take", str(tmp_path / "a")]) == 0
    printed = capsys.readouterr()
    assert "ended in step 2 of 2: wait 9 s" in printed.err
    assert json.loads(printed.out.splitlines()[-1])["script_finished"] is False
    assert Take.load(tmp_path / "a").set_name == "park"
    script.write_text('{"steps": [{"do": "fly"}]}')
    assert "stunt.json: step 1: do 'fly'; there are wait" in refusal(capsys, "--script", script)
    assert "--script away" in refusal(capsys, "--take", tmp_path / "a", "--script", script)


def test_it_films(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    card = report(capsys, "--seconds", 0.5, "--record", tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as film:
        assert len(list(film.decode(video=0))) == card["ticks"] == 15
    with av.open(str(tmp_path / "a.mp4")) as film:
        sound = np.concatenate([block.to_ndarray() for block in film.decode(audio=0)], axis=1)
    assert sound.shape[1] == pytest.approx(0.5 * HZ, abs=1024)  # whole blocks of AAC
    assert np.abs(sound).max() > 0.001  # his steps


def test_a_take_that_no_longer_repeats_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report(capsys, "--seconds", 0.5, "--save-take", tmp_path / "a")
    take = Take.load(tmp_path / "a")
    rows = [*take.trace[:9], ("0" * 16, [[9.0, 0.0, 0.9]]), *take.trace[10:]]
    Take(**{**vars(take), "trace": tuple(rows)}).save(tmp_path / "b")
    assert main(["--headless", "--take", str(tmp_path / "b")]) == 1
    printed = capsys.readouterr()
    assert "diverges at tick 9, by 9" in printed.err
    assert json.loads(printed.out.splitlines()[-1])["repeats"] is False


def test_refusals(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no policy 'yoga'; there are" in refusal(capsys, "--policy", "yoga")
    assert "expected more than 0" in refusal(capsys, "--seconds", "-1")
    assert "expected more than 0" in refusal(capsys, "--seconds", "nan")
    assert "nowhere.json" in refusal(capsys, "--events", tmp_path / "nowhere.json")
    assert "nowhere.zip" in refusal(capsys, "--take", tmp_path / "nowhere.zip")
    assert "leave --policy" in refusal(capsys, "--take", _saved(capsys, tmp_path), "--policy", "walk")
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    assert "cannot film into" in refusal(capsys, "--seconds", 0.1, "--record", folder)
    assert "a.mov: expected FILE.mp4" in refusal(capsys, "--record", tmp_path / "a.mov")
    assert "nowhere: there is no such folder" in refusal(capsys, "--policies", tmp_path / "nowhere")


def test_refused_policies_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    assert main(["--headless", "--seconds", "0.1", "--policies", str(tmp_path)]) == 0
    errors = capsys.readouterr().err.splitlines()
    assert [line for line in errors if line.startswith("refused broken.onnx: not an ONNX model")] == errors


@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["--seconds"], 2), (["--bogus"], 2)])
def test_the_command_line_itself(capsys: pytest.CaptureFixture[str], arguments: list[str], status: int) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == status
    printed = capsys.readouterr()
    if status:
        assert printed.err.startswith("usage: pratfall [-h] [OPTIONS]\n")
    else:
        assert printed.out == f"pratfall {game.__version__}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "expected a JSON list of events, found dict"),
        ('[{"tick": 1}]', "there are play, "),
        ('[{"tick": -1, "type": "reset"}]', "tick -1"),
        ('[{"tick": 1, "type": "push"}]', "force"),
        ('[{"tick": 1, "type": "push", "force": [1, 0, 0], "body": "tail"}]', "no body 'tail'; there are pelvis"),
        ("[" * 100_000, "events.json"),
        ('[{"tick": 1, "type":', "events.json"),
    ],
)
def test_wrong_events_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, message: str) -> None:
    script = tmp_path / "events.json"
    script.write_text(text)
    assert message in refusal(capsys, "--events", script, "--seconds", 0.2)


def test_events_after_the_end_are_noted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "events.json"
    script.write_text(json.dumps(SCRIPT))
    assert main(["--headless", "--events", str(script), "--seconds", "0.5"]) == 0
    assert "2 events come after the end, the first at tick 20" in capsys.readouterr().err


def _saved(capsys: pytest.CaptureFixture[str], folder: Path) -> Path:
    report(capsys, "--seconds", 0.1, "--save-take", folder / "saved.zip")
    assert zipfile.is_zipfile(folder / "saved.zip")
    return folder / "saved.zip"


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches a child process differently there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_run_and_keeps_it(tmp_path: Path, number: signal.Signals) -> None:
    """In a fresh process, which also shows that a run without a film loads no renderer."""
    code = "import sys; from game.__main__ import main; main(); sys.exit('panda3d' in sys.modules)"
    script = tmp_path / "events.json"
    script.write_text('[{"tick": 1000000, "type": "reset"}]')  # its note comes as the run begins
    command = [sys.executable, "-c", code, "--headless", "--seconds", "3600", "--events", str(script)]
    child = subprocess.Popen(
        [*command, "--save-take", str(tmp_path / "a")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    assert "note: 1 events" in child.stderr.readline()
    time.sleep(0.5)
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 0, err
    ticks = json.loads(out.splitlines()[-1])["ticks"]
    assert 0 < ticks < 108_000
    assert Take.load(tmp_path / "a").num_ticks == ticks


def test_after_a_fall_he_gets_up_if_that_is_wanted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "events.json"
    script.write_text(json.dumps([{"tick": 10, "type": "push", "body": "torso", "force": [0, 900, 0], "seconds": 0.3}]))
    kinds: dict[str, set[str]] = {}
    for mode in ("stay", "retry", "get_up"):
        saved = tmp_path / f"{mode}.zip"
        report(
            capsys, "--policy", "walk", "--events", script, "--seconds", 4, "--after-fall", mode, "--save-take", saved
        )
        kinds[mode] = {type(timed.event).__name__ for timed in Take.load(saved).events}
        assert report(capsys, "--take", saved)["repeats"]
    assert kinds == {"stay": {"Play", "Push"}, "retry": {"Play", "Push", "Reset"},
                     "get_up": {"Play", "Push", "Strength", "GetUp"}}  # fmt: skip
    assert "leave --after-fall away" in refusal(capsys, "--take", tmp_path / "stay.zip", "--after-fall", "get_up")


def test_a_film_that_fails_costs_neither_the_run_nor_the_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from game.view.film import FilmError, FilmWriter

    write, count = FilmWriter.write, [0]

    def full(film: FilmWriter, *arguments: Any) -> None:
        count[0] += 1
        if count[0] > 3:
            raise FilmError("filming failed: No space left on device; what came before is playable")
        write(film, *arguments)

    monkeypatch.setattr(FilmWriter, "write", full)
    status = main(["--headless", "--seconds", "0.3", "--record", str(tmp_path / "a.mp4"), "--save-take",
                   str(tmp_path / "t.zip")])  # fmt: skip
    out, err = capsys.readouterr()
    assert status == 1
    assert "error: filming failed: No space left on device" in err
    assert json.loads(out.splitlines()[-1])["ticks"] == 9
    assert Take.load(tmp_path / "t.zip").num_ticks == 9
    assert count == [4]
    assert (tmp_path / "a.mp4").stat().st_size > 1000


def test_a_take_that_cannot_be_saved_costs_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    assert main(["--headless", "--seconds", "0.1", "--save-take", str(mine)]) == 1
    out, err = capsys.readouterr()
    assert "mine is there already and is no take" in err
    assert json.loads(out.splitlines()[-1])["ticks"] == 3
    assert (mine / "letter.txt").read_text() == "dear"
