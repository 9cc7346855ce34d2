"""Ages that a training run keeps on the way."""

from __future__ import annotations

from pathlib import Path

from tools.train import checkpoint
from tools.train.ages import Ages


def test_an_age_is_kept_when_it_is_visibly_better_than_the_last(tmp_path: Path) -> None:
    seen: list[tuple[str, float, str]] = []
    ages = Ages(tmp_path, 0.1, "hop", lambda path, age, name: seen.append((path.name, age, name)))
    for samples, score in enumerate((0.0, 0.09, 0.11, 0.05, 0.2, 0.22, 1.3)):
        ages.consider({"samples": samples}, score)
    assert ages.kept == [0.0, 0.11, 0.22, 1.3]
    assert seen == [
        ("00.pt", 0.0, "hop_age_0"), ("01.pt", 0.11, "hop_age_1"), ("02.pt", 0.22, "hop_age_2"),
        ("03.pt", 1.0, "hop_age_3"),
    ]  # fmt: skip
    assert [checkpoint.load(path)["samples"] for path in sorted((tmp_path / "ages").iterdir())] == [0, 2, 5, 6]


def test_a_run_that_goes_on_keeps_no_age_twice(tmp_path: Path) -> None:
    first, again = (Ages(tmp_path, 0.1, "hop") for _ in range(2))
    first.consider({"samples": 1}, 0.5)
    again.load_state_dict(first.state_dict())
    again.consider({"samples": 2}, 0.55)
    assert [path.name for path in (tmp_path / "ages").iterdir()] == ["00.pt"]
