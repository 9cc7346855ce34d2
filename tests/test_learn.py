"""tools.learn at toy size: every stage once, its resume, and what it says of wrong input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.edit import cut
from tools.learn import LearnError, plan
from tools.learn.__main__ import main
from tools.learn.beginnings import beginnings
from tools.learn.clip_setting import contact_bodies
from tools.learn.intake import fingerprint, path_of
from tools.learn.journal import Journal
from tools.learn.learn_options import Effort, LearnOptions, check_options, name_of
from tools.learn.learn_progress import LearnProgress
from tools.learn.learnability import score
from tools.learn.mending import with_loop
from tools.learn.plan import STAGES, LearnStage, follow, weights
from tools.learn.practising import arguments, evaluations, over, progress_words, summary
from tools.learn.six_ages import Age, spread
from tools.learn.task import Task
from tools.train.config import TrainConfig
from tools.train.preflight import hold

MODEL = CharacterModel.load()
TOY = Effort(
    good=2.0,
    worlds=1, characters=2, steps=4, hidden=(8,), minibatch=8, samples=16, evaluate_samples=8, evaluate_seconds=0.2,
    try_worlds=1, search_worlds=1, excursions=((1, 2),), candidates=8, exam_episodes=2, ages=3, film_size=(96, 54),
    film_seconds=0.1,
)  # fmt: skip


@pytest.fixture
def short_bow(tmp_path: Path) -> Path:
    """Half a second of a clip: a file that is nobody's clip yet."""
    path = tmp_path / "nod.json"
    replace(cut(MotionClip.load("bow"), 0.0, 0.7), name="nod").save(path)
    return path


def task_in(folder: Path, source: str = "walk") -> Task:
    folder.mkdir(parents=True, exist_ok=True)
    options = LearnOptions(source, ranks=1)
    return Task(options, TOY, folder, Journal(folder), LearnProgress(weights(1.0)))


def test_from_a_clip_to_the_games_list(
    short_bow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ten stages; then nothing is done again; then only what lies behind more time."""
    runs, listed = tmp_path / "runs", tmp_path / "listed"
    given = [str(short_bow), "--ranks", "1", "--publish", str(listed), "--hours", "0.5"]
    assert main(given, TOY, runs) == 0
    folder = runs / "nod"
    journal = Journal(folder)
    assert all(stage.name in journal for stage in STAGES)
    assert journal["source"]["kind"] == "a clip"
    assert 0.0 <= journal["first try"]["tracked"] <= 1.0
    assert 0.0 < journal["learnability"]["score"] < 1.0
    assert set(journal["learnability"]["untrained"]) >= {"nothing", "performer"}
    training = journal["training"]
    assert training["samples"] >= 16 and not training["good"]
    assert str(folder) in training["command"]
    policy = Policy.load(listed / "nod.onnx", MODEL)
    assert policy.spec.skill == "nod" and policy.spec.scores["survival"] == journal["evaluation"]["survival"]
    ages = sorted(file.stem for file in listed.glob("nod_age_*.onnx"))
    assert ages == [f"nod_age_{k}" for k in range(len(journal["ages"]["ages"]))] and ages
    parts = journal["film"]["captions"]
    # the age that is the policy itself is not shown twice
    assert parts[0].startswith("nod: attempt ") and len(parts) == len(set(parts))
    assert all("landed" not in caption for caption in parts)
    with av.open(str(folder / "nod.mp4")) as film:
        assert film.streams.video[0].frames == journal["film"]["pictures"] == 3 * len(parts)
    said = capsys.readouterr().out
    assert "10 of 10, the game's list" in said and "training: not good yet" in said

    state = (folder / "state.json").read_bytes()
    assert main(given, TOY, runs) == 0
    assert (folder / "state.json").read_bytes() == state

    done: list[str] = []
    watched = [replace(stage, run=_noting(done, stage)) for stage in STAGES]
    monkeypatch.setattr(plan, "STAGES", watched)
    longer = Task(replace(_options(given), hours=0.6), TOY, folder, Journal(folder), LearnProgress(weights(1.0)))
    follow(longer, watched)
    assert done == ["training", "evaluation", "ages", "film", "list"]


def _options(given: list[str]) -> LearnOptions:
    return LearnOptions(given[0], ranks=1, publish=Path(given[4]), hours=float(given[6]))


def _noting(done: list[str], stage: LearnStage):  # type: ignore[no-untyped-def]
    def run(_: Task) -> dict[str, object]:
        done.append(stage.name)
        return {"said": "", "good": True}

    return run


@pytest.mark.parametrize("stopped", range(len(STAGES)))
def test_ctrl_c_in_any_stage_and_the_next_run_goes_on_from_there(stopped: int, tmp_path: Path) -> None:
    done: list[str] = []
    stages = [replace(stage, run=_noting(done, stage), again=lambda _: False) for stage in STAGES]

    def interrupted(_: Task) -> dict[str, object]:
        raise KeyboardInterrupt

    broken = [replace(s, run=interrupted) if k == stopped else s for k, s in enumerate(stages)]
    with pytest.raises(KeyboardInterrupt):
        follow(task_in(tmp_path), broken)
    assert done == [stage.name for stage in STAGES[:stopped]]
    follow(task_in(tmp_path), stages)
    assert done == [stage.name for stage in STAGES]


def test_ctrl_c_while_it_trains_keeps_what_was_learned(short_bow: Path, tmp_path: Path) -> None:
    """A process of its own, as a terminal has it: the trainer writes its checkpoint, and the next run goes on."""
    runs = tmp_path / "runs"
    code = (
        "import sys\nfrom pathlib import Path\nfrom dataclasses import replace\nfrom tools.learn.__main__ import main\n"
        "from tests.test_learn import TOY\n"
        f"sys.exit(main([{str(short_bow)!r}, '--ranks', '1', '--publish', {str(tmp_path / 'p')!r}],"
        f" replace(TOY, samples=10**9), Path({str(runs)!r})))"
    )
    root = Path(__file__).resolve().parents[1]
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.PIPE, start_new_session=True)
    run = runs / "nod" / "train"
    end = time.monotonic() + 200.0
    while not evaluations(run) and time.monotonic() < end:
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=90.0)
    assert process.returncode == 130
    assert "the same command goes on from there" in said.decode()
    assert (run / "checkpoint.pt").is_file()
    journal = Journal(runs / "nod")
    assert "learnability" in journal and "training" not in journal


def test_a_second_process_in_the_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "walk_learned").mkdir()
    with hold(tmp_path / "walk_learned"):
        assert main(["walk"], TOY, tmp_path) == 1
    assert "another run is training in" in capsys.readouterr().err


def test_another_source_under_the_same_name_is_refused(
    short_bow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nod").mkdir()
    Journal(tmp_path / "nod").begin(fingerprint("walk"))
    assert main([str(short_bow)], TOY, tmp_path) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "holds walk as it was then; give another --out" in line


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nowhere"], "nowhere: there is no such file; give a video, a motion file, or one of the clips backflip,"),
        (["walk", "--hours", "0"], "--hours 0: expected more than 0"),
        (["walk", "--out", "a/b"], "--out a/b: expected a name of letters, digits, - and _"),
        (["walk", "--ranks", "0"], "--ranks 0: expected 1 or more"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_line(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(given, TOY, tmp_path) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_broken_files_are_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("a.json", b'{"schema": 1}'), ("b.bvh", b"HIERARCHY"), ("c.mp4", b"no film")):
        (tmp_path / name).write_bytes(content)
        assert main([str(tmp_path / name)], TOY, tmp_path / "runs") == 1
        assert capsys.readouterr().err.strip(), name
    broken = tmp_path / "runs" / "walk_learned"
    broken.mkdir(parents=True)
    (broken / "state.json").write_text("{}", "utf-8")
    assert main(["walk"], TOY, tmp_path / "runs") == 1
    assert "state.json cannot be read" in capsys.readouterr().err


def test_names() -> None:
    assert name_of(LearnOptions("films/My Flip (2).mp4")) == "My_Flip__2_"
    assert name_of(LearnOptions("walk")) == "walk_learned"
    assert name_of(LearnOptions("walk", out="stroll")) == "stroll"
    assert path_of("walk").name == "walk.json"
    with pytest.raises(LearnError, match="--hours nan"):
        check_options(LearnOptions("walk", hours=float("nan")))


def test_a_loop_is_found_where_most_of_a_clip_is_one() -> None:
    walk = MotionClip.load("walk")
    state = walk.sample(np.arange(200) / 60.0)
    long = MotionClip("long", 60.0, False, state.root_pos, state.root_rot, state.joint_rot)
    part, said = with_loop(long)
    assert part.loop and said
    # whole cycles of the walk
    assert abs(part.duration / walk.duration - round(part.duration / walk.duration)) < 0.03
    assert with_loop(MotionClip.load("getup_faceup"))[0].loop is False
    assert with_loop(walk) == (walk, ())
    run = MotionClip.load("run")
    step = replace(run, fps=2.0 * run.fps)
    twice, done = with_loop(step)
    assert step.duration < 0.6 and "2 make the loop" in done[0]
    assert twice.loop and twice.duration == pytest.approx(2.0 * step.duration)
    assert twice.cycle_shift == pytest.approx(2.0 * step.cycle_shift)
    assert twice.sample(0.9).joint_rot == pytest.approx(step.sample(0.9).joint_rot)


def test_the_other_side_may_touch_the_floor_too() -> None:
    crawl = contact_bodies(MotionClip.load("crawl"), MotionClip.load("crawl_mended"), MODEL)
    index = {name: k for k, name in enumerate(MODEL.body_names)}
    opposite = {MODEL.body_names[MODEL.roles.opposite_body[index[name]]] for name in crawl}
    assert opposite == set(crawl) and len(crawl) > 4
    walk = MotionClip.load("walk")
    assert contact_bodies(walk, walk, MODEL) == tuple(MODEL.body_names[b] for b in sorted(MODEL.feet))


def test_a_like_run_is_a_beginning(tmp_path: Path) -> None:
    clip = MotionClip.load("backflip_mended")
    kinds = {beginning.kind: beginning.file for beginning in beginnings(clip, MODEL, tmp_path)}
    assert list(kinds) == ["nothing", "performer", "likest"]
    assert kinds["likest"] is not None and kinds["likest"].parent.name == "backflip"
    assert [b.kind for b in beginnings(MotionClip.load("walk"), MODEL, tmp_path)] == ["nothing", "performer"]


def test_the_score_falls_with_everything_that_makes_it_hard() -> None:
    easy = {"out_of_balance_cm": 0.0, "flight_seconds": 0.0, "alone": 1.0, "path_cost": 0.0}
    assert score(easy) == pytest.approx(1.0)
    for harder in (
        {"out_of_balance_cm": 9.0},
        {"flight_seconds": 0.5},
        {"alone": 0.5},
        {"path_cost": 20.0},
    ):
        assert score(easy | harder) < score(easy) - 0.02


def test_ages_are_spread_over_what_was_learned() -> None:
    ages = [Age(Path(f"{k}.pt"), s, 0, 0.0, 0) for k, s in enumerate([0.1, 0.12, 0.2, 0.5, 0.55, 0.9])]
    assert [age.score for age in spread(ages, 3)] == [0.1, 0.5, 0.9]
    assert spread(ages, 6) == ages == spread(ages, 9)
    # many alike at the end: each is taken once
    assert [age.file.stem for age in spread(ages, 5)] == ["0", "2", "3", "4", "5"]


def test_a_configuration_is_a_command_line() -> None:
    config = TrainConfig(
        "/a/walk.json", out=Path("/o"), noise=(0.1, 0.05), ranks=1, contact_bodies=("x", "y"), stance=True
    )
    words = arguments(config)
    assert words == [
        "/a/walk.json",
        "--out",
        "/o",
        "--ranks",
        "1",
        "--stance",
        "--noise",
        "0.1",
        "0.05",
        "--contact-bodies",
        "x",
        "y",
    ]


def test_what_a_training_gave_is_read_from_its_table(tmp_path: Path) -> None:
    rows = [
        {"kind": "evaluation", "survival": s, "survival_zero": 1.0, "reward": 0.5, "samples": n, "seconds": 60.0 * n}
        for n, s in ((1, 0.5), (2, 0.97), (3, 0.9))
    ]
    lines = [json.dumps(row) for row in [{"kind": "train"}, *rows]]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*lines, '{"kind": "eval']), "utf-8")
    found = summary(evaluations(tmp_path), 0.95)
    assert (found["good"], found["survival"], found["samples"], found["minutes"]) == (False, 0.97, 3, 3.0)
    assert summary(evaluations(tmp_path)[:2], 0.95)["good"]


def test_a_training_that_something_else_ended_is_not_over() -> None:
    config = TrainConfig("walk", hours=0.5, good=0.95)
    row = {"survival": 0.8, "seconds": 325.0, "samples": 90_112}
    assert not over(row, config)
    assert over(row | {"survival": 0.95}, config)
    assert over(row | {"seconds": 1800.0}, config)
    assert over(row, replace(config, samples=90_000))


def test_the_bar_says_how_training_goes_between_two_evaluations() -> None:
    assert progress_words([]) == "it starts"
    rows = [{"kind": "train", "samples": 4096, "seconds": 9.0}]
    assert progress_words(rows) == "0.00 M samples"
    rows.append({"kind": "evaluation", "samples": 4096, "seconds": 12.0, "survival": 0.8, "cycles": 2.75})
    rows.append({"kind": "train", "samples": 61440, "seconds": 90.0})
    assert progress_words(rows) == "0.06 M samples; survival 80%, 2.8 cycles at 0.00 M"


def test_the_bar_knows_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    bar = LearnProgress({"a": 60.0, "b": 180.0})
    bar.begin("b", "the second")
    bar.show(0.5, "half of it")
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{'█' * 6}{'░' * 18} 2 of 2, the second, at most 3 min left"
    assert second == f"{'█' * 15}{'░' * 9} 2 of 2, the second: half of it, at most 2 min left"
