"""python -m tools.bloopers --policy P --attempts 100 --out DIR: many attempts, and a film of the best falls.

DIR gets reel.mp4, sheet.png (a row for every cut), takes/ (the best ones, to be filmed again with tools.record)
and attempts.json (what was done in every attempt, and what came of it). `tools/bloopers/score.py` says how falls are
ranked.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.record.take import TakeError
from game.scene.json_fields import SetError
from game.scene.paths import policies_dir
from game.scene.set_file import load_set
from game.scene.set_spec import SetSpec
from game.session.opening import find_policy
from game.sim.model import CharacterModel
from game.view.film import FilmError
from game.view.quality import Tier
from tools.bloopers.blooper_attempts import BlooperAttempt, best, run
from tools.bloopers.luck import draw
from tools.bloopers.reel import CAMERAS, Cut, Style, make
from tools.footage.studio import StudioError


class BloopersError(ValueError):
    """What was asked for makes no reel; says why."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m tools.bloopers", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    top.add_argument("--policy", help="a policy or a skill; all of its ages are tried (default: backflip)")
    top.add_argument("--policies", type=Path, action="append", default=[], metavar="DIR", help="a further folder")
    top.add_argument("--attempts", type=int, default=100, metavar="N")
    top.add_argument("--out", type=Path, required=True, metavar="DIR")
    top.add_argument("--seconds", type=float, default=6.0, help="of an attempt (default: 6)")
    top.add_argument("--best", type=int, default=5, help="how many are cut into the film (default: 5)")
    top.add_argument("--set", default="living_room", help="(default: living_room)")
    top.add_argument("--seed", type=int, default=0)
    top.add_argument("--size", default="1280x720", help="WIDTHxHEIGHT (default: 1280x720)")
    top.add_argument("--fps", type=int, default=30)
    top.add_argument("--quality", default="std", choices=get_args(Tier))
    return top


def bloopers(told: argparse.Namespace) -> tuple[list[BlooperAttempt], float]:
    """Runs and films; returns all attempts and the film's length in seconds.

    Raises:
        BloopersError, PolicyError, SetError, StudioError, FilmError, TakeError, OSError.
    """
    style = Style(_size(told.size), told.fps, told.quality)
    if not (1 <= told.attempts <= 100_000 and 1 <= told.best <= 100 and 1.0 <= told.seconds <= 60.0):
        raise BloopersError("expected --attempts 1..100000, --best 1..100 and --seconds 1..60")
    spec = load_set(told.set)
    library = PolicyLibrary(CharacterModel.load(), [policies_dir(), *told.policies])
    try:
        attempts = _try_all(told, library, spec)
        chosen = best(attempts, told.best)
        # the same luck and seed give the same run: what is kept of all the others is a line
        takes = {a.luck.number: run(a.luck, library, spec, told.seconds, a.seed)[1] for a in chosen}
    finally:
        library.close()
    if not chosen:
        raise BloopersError(f"nobody fell in {len(attempts)} attempts: try more of them, or a younger policy")
    told.out.mkdir(parents=True, exist_ok=True)
    for number, take in takes.items():
        take.save(told.out / "takes" / f"attempt_{number:03}.zip")
    (told.out / "attempts.json").write_text(json.dumps([_card(a) for a in attempts], indent=1), encoding="utf-8")
    # the best comes last
    cuts = [
        Cut(
            takes[a.luck.number], a.measures, f"BlooperAttempt {a.luck.number}", a.luck.words, CAMERAS[i % len(CAMERAS)]
        )
        for i, a in enumerate(reversed(chosen))
    ]
    length = make(cuts, spec, told.out / "reel.mp4", told.out / "sheet.png", style, _ending(attempts))
    return attempts, length


def _try_all(told: argparse.Namespace, library: PolicyLibrary, spec: SetSpec) -> list[BlooperAttempt]:
    name = find_policy(library, told.policy)
    if name is None:
        raise BloopersError("there is no policy")
    ages = library.family(name)
    attempts = []
    for number in tqdm(range(1, told.attempts + 1), desc="attempts", disable=None):
        luck = draw(number, told.seed, ages)
        attempts.append(run(luck, library, spec, told.seconds, told.seed * 1_000_003 + number)[0])
    return attempts


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and min(int(width), int(height)) >= 2):
        raise BloopersError(f"--size {text}: expected WIDTHxHEIGHT such as 1280x720")
    return int(width), int(height)


def _ending(attempts: list[BlooperAttempt]) -> str:
    stood = sum(not a.measures.fell for a in attempts)
    return f"{len(attempts)} attempts. {stood} on his feet."


def _card(attempt: BlooperAttempt) -> dict[str, object]:
    return {
        "number": attempt.luck.number,
        "policy": attempt.luck.policy,
        "words": attempt.luck.words,
        "score": round(attempt.score, 3),
        "flips": attempt.flips,
        "seed": attempt.seed,
        **asdict(attempt.measures),
    }


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    told = parser().parse_args(arguments)
    try:
        attempts, length = bloopers(told)
    except (BloopersError, PolicyError, SetError, StudioError, FilmError, TakeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    fell = [a for a in attempts if a.measures.fell]
    print(f"{told.out / 'reel.mp4'}: {length:.1f} s; {len(fell)} of {len(attempts)} attempts were falls")
    for attempt in sorted(attempts, key=lambda a: -a.score)[:10]:
        print(f"  {attempt.score:5.2f}  attempt {attempt.luck.number}: {' '.join(attempt.luck.words)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
