"""Films of a run: made by a process of their own, and nothing is left of one that was cut off."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tools.footage.caption import SHADE, Caption
from tools.footage.studio import StudioError
from tools.train import checkpoint, checkpoint_film
from tools.train.config import TrainConfig
from tools.train.films import NO_GRAPHICS, Films
from tools.train.trainer import Trainer

TOY = {"worlds": 1, "characters": 2, "steps": 4, "hidden": (8,), "sampling_rounds": 0, "evaluate_seconds": 0.2}


def config(out: Path, **more: Any) -> TrainConfig:
    return TrainConfig("backflip", out=out, **{**TOY, **more})


def once(films: Films, until: Callable[[], bool], content: Callable[[], dict[str, Any]]) -> None:
    """Consider again and again until something is so."""
    deadline = time.monotonic() + 100.0
    while not until():
        assert time.monotonic() < deadline
        films.consider(content)
        time.sleep(0.05)


def test_a_run_films_its_policy(tmp_path: Path) -> None:
    trainer = Trainer(config(tmp_path, film_minutes=60.0, samples=8))
    trainer.run()
    trainer.films.close()
    assert [f.name for f in (tmp_path / "films").iterdir()] == ["000.mp4"]
    with av.open(str(tmp_path / "films" / "000.mp4")) as shown:
        pictures = [f.to_ndarray(format="rgb24").astype(float) for f in shown.decode(video=0)]
    assert len(pictures) == 180 and pictures[0].shape == (270, 480, 3)
    # he moves, the words stay
    below, above = np.s_[60:, :, :], np.s_[:40, :150, :]
    assert np.abs(pictures[60][below] - pictures[0][below]).mean() > 1.0
    assert pictures[60][above].max() > 230.0
    # a rerun goes on counting, and its first film is not due yet
    again = Films(config(tmp_path, film_minutes=60.0))
    again.consider(lambda: pytest.fail("not due"))
    assert again._next == 1


def test_one_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    trainer = Trainer(config(tmp_path, film_minutes=60.0))
    folder = tmp_path / "films"
    once(trainer.films, lambda: any(folder.glob("*.part.mp4")), trainer._policy)
    process = trainer.films._process
    assert process is not None
    trainer.films.close()
    assert process.returncode not in (None, 0)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("status", "goes_on"), [(NO_GRAPHICS, False), (1, True)])
def test_a_machine_that_cannot_draw_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, goes_on: bool
) -> None:
    said: list[str] = []
    films = Films(config(tmp_path, film_minutes=60.0), said.append)
    monkeypatch.setattr("sys.executable", str(_fake(tmp_path, status)))
    once(films, lambda: bool(said), lambda: {"episodes": 0})
    assert said == [f"{'no film' if goes_on else 'no films'}: out of paint"] and films.active is goes_on
    films.close()
    assert not any((tmp_path / "films").iterdir())


def _fake(folder: Path, status: int) -> Path:
    """A command that fails."""
    path = folder / "fake"
    path.write_text(f"#!/bin/sh\necho out of paint >&2\nexit {status}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_without_graphics_the_exit_status_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint.save(tmp_path / "x.pt", {"config": {}})

    def refuse(*_: object, **__: object) -> None:
        raise StudioError("no shaders here")

    monkeypatch.setattr(checkpoint_film, "Studio", refuse)
    assert checkpoint_film.main(tmp_path / "x.pt", tmp_path / "x.mp4") == NO_GRAPHICS
    assert "no shaders here" in capsys.readouterr().err


def test_films_are_off_when_asked(tmp_path: Path) -> None:
    Films(config(tmp_path, film_minutes=0.0)).consider(lambda: pytest.fail("asked"))
    assert not (tmp_path / "films").exists()


def test_the_attempts_of_training_count() -> None:
    content: dict[str, Any] = {"clip": {"name": "walk"}, "episodes": 1233, "seconds": 90.0, "samples": 25_000}
    told = "walk, attempt 1,234\n1.5 min of training, 25,000 samples"
    assert (
        checkpoint_film.words(content, 1)
        == checkpoint_film.words({"clip": content["clip"], "counters": content}, 1)
        == told
    )


def test_a_caption_darkens_its_strip_and_leaves_the_rest() -> None:
    picture = np.full((100, 160, 4), 200, np.uint8)
    caption = Caption((160, 100))
    burned = caption.burn(picture, "III")
    assert picture.min() == 200
    assert (burned[40:] == 200).all() and burned.shape == picture.shape
    assert burned[0, 0, :3].tolist() == [round(200 * SHADE)] * 3
    ink = burned[:12, :, 0] > 120
    assert ink.sum() == 12 and not ink[:, 9:].any()  # three strokes of four pixels
    assert caption.burn(picture, "") is picture
