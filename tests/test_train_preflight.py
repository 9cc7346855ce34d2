"""What the trainer refuses before it starts, in one line each, and the lock on its folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from game.sim.motion import MotionClip
from tools.train import checkpoint
from tools.train.__main__ import main
from tools.train.config import ConfigError, TrainConfig
from tools.train.preflight import check, hold, same


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"gamma": 1.0}, "--gamma 1: expected from 0 to less than 1"),
        ({"gamma": float("nan")}, "--gamma nan"),
        ({"samples": 0}, "--samples 0: expected at least 1"),
        ({"hours": 0.0}, "--hours 0.0: expected more than 0"),
        ({"gae_lambda": 1.5}, "--gae-lambda 1.5: expected 0 to 1"),
        ({"noise": (0.1, 0.0)}, "--noise 0.0: expected more than 0"),
        ({"hidden": (256, 0)}, "--hidden 0: expected at least 1"),
        ({"push_every": float("inf")}, "--push-every inf: expected more than 0"),
        ({"sampling_candidates": 4}, "--sampling-candidates 4: expected at least 8"),
        ({"start_zero": 0.8, "start_own": 0.8}, "start_zero [+] start_own"),
    ],
)
def test_settings_out_of_their_bounds_are_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig("backflip", **setting)


@pytest.fixture
def trained(tmp_path: Path) -> TrainConfig:
    """A run of a clip, with the parts of its checkpoint that are checked."""
    config = TrainConfig("walk", out=tmp_path / "run")
    content = {"config": config.to_json(), "clip": checkpoint.clip_to_tensors(MotionClip.load("walk"))}
    checkpoint.save(config.folder / "checkpoint.pt", content)
    return config


def test_the_same_clip_by_name_and_by_path_is_the_same(trained: TrainConfig, tmp_path: Path) -> None:
    clip = MotionClip.load("walk")
    replace(clip, name="stroll").save(tmp_path / "stroll.json")
    check(trained)
    check(replace(trained, clip=str(tmp_path / "stroll.json")))
    assert same(MotionClip.load(tmp_path / "stroll.json"), clip)


def test_another_clip_under_the_same_name_is_refused(trained: TrainConfig, tmp_path: Path) -> None:
    clip = MotionClip.load("walk")
    higher = clip.root_pos + np.array([0.0, 0.0, 0.01])
    for other in (replace(clip, root_pos=higher), replace(clip, fps=0.9 * clip.fps)):
        other.save(tmp_path / "walk.json")
        assert not same(other, clip)
        with pytest.raises(ConfigError, match=r"was trained with clip walk of 1.27 s; expected clip walk of "):
            check(replace(trained, clip=str(tmp_path / "walk.json")))


def test_a_search_belongs_to_its_clip(tmp_path: Path) -> None:
    config = TrainConfig("run", out=tmp_path)
    checkpoint.save(tmp_path / "path.pt", {"of": checkpoint.clip_to_tensors(MotionClip.load("run"))})
    check(config)
    with pytest.raises(ConfigError, match=r"path.pt leads through run of 0.80 s; expected walk"):
        check(replace(config, clip="walk"))


def test_one_run_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(ConfigError, match=r"another run is training in .*give another --out"):
        hold(tmp_path)
    hold(tmp_path).release()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for option in ("out", "publish"):
        folders: dict[str, Any] = {"out": tmp_path / "run", option: file / "below"}
        with pytest.raises(ConfigError, match=f"--{option}: .*below cannot be written: Not a directory"):
            check(TrainConfig("walk", **folders))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "init.pt cannot be read: it is no checkpoint"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is no checkpoint"),
        (
            {"rounds": 1, "schema": 2},
            "no checkpoint of a run: it has no config, networks, only rounds, schema",
        ),
        ({"schema": 7}, "schema 7, expected 1 or 2"),
        ({"path": Path()}, "init.pt cannot be read: "),
    ],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(
    tmp_path: Path, content: object, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "init.pt"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        torch.save(content, file)
    assert main(["walk", "--out", str(tmp_path / "run"), "--init", str(file)]) == 1
    printed = capsys.readouterr().err
    assert message in printed and printed.startswith("error: ") and printed.count("\n") == 1


def test_a_full_disk_leaves_the_checkpoint_that_was_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system limits no file's size")
    file = tmp_path / "checkpoint.pt"
    checkpoint.save(file, {"weights": torch.zeros(4)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(checkpoint.CheckpointError, match=r"checkpoint.pt cannot be written: File too large"):
            checkpoint.save(file, {"weights": torch.zeros(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert checkpoint.load(file)["weights"].tolist() == [0.0] * 4
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint.pt"]
