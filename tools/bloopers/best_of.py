"""Runs many attempts, keeps the best falls as takes and films them."""

from __future__ import annotations

import json
from dataclasses import asdict

from tqdm import tqdm

from game.policy.library import PolicyLibrary
from game.scene.paths import all_policies_dirs
from game.scene.set_file import load_set
from game.scene.set_spec import SetSpec
from game.session.opening import DEFAULT_SKILL, find_policy
from game.sim.model import CharacterModel
from game.view.figure_folder import find_figure
from tools.bloopers.blooper_attempts import BlooperAttempt, best, run
from tools.bloopers.bloopers_options import BloopersOptions
from tools.bloopers.luck import draw
from tools.bloopers.reel import CAMERAS, Cut, Style, make


class BloopersError(ValueError):
    """No reel can be made of these options; the message says why."""


def make_best_of(options: BloopersOptions) -> tuple[list[BlooperAttempt], float]:
    """Runs and films; returns all attempts and the film's length in seconds.

    Raises:
        BloopersError, FigureError, PolicyError, SetError, StudioError, FilmError, TakeError, OSError.
    """
    style = Style(options.size, options.fps, options.quality, find_figure(options.avatar))
    if not (1 <= options.attempts <= 100_000 and 1 <= options.best <= 100 and 1.0 <= options.seconds <= 60.0):
        raise BloopersError("expected --attempts 1..100000, --best 1..100 and --seconds 1..60")
    spec = load_set(options.set)
    library = PolicyLibrary(CharacterModel.load(), all_policies_dirs(options.policies))
    try:
        attempts = _run_all(options, library, spec)
        chosen = best(attempts, options.best)
        # the chosen ones run again as takes: the same luck and seed give the same run
        takes = {a.luck.number: run(a.luck, library, spec, options.seconds, a.seed)[1] for a in chosen}
    finally:
        library.close()
    if not chosen:
        raise BloopersError(f"nobody fell in {len(attempts)} attempts: try more of them, or a younger policy")
    options.out.mkdir(parents=True, exist_ok=True)
    for number, take in takes.items():
        take.save(options.out / "takes" / f"attempt_{number:03}.zip")
    (options.out / "attempts.json").write_text(json.dumps([_card(a) for a in attempts], indent=1), encoding="utf-8")
    # the best comes last
    cuts = [
        Cut(takes[a.luck.number], a.measures, f"Attempt {a.luck.number}", a.luck.words, CAMERAS[i % len(CAMERAS)])
        for i, a in enumerate(reversed(chosen))
    ]
    length = make(cuts, spec, options.out / "reel.mp4", options.out / "sheet.png", style, _ending(attempts))
    return attempts, length


def _run_all(options: BloopersOptions, library: PolicyLibrary, spec: SetSpec) -> list[BlooperAttempt]:
    name = find_policy(library, options.policy, [DEFAULT_SKILL])
    if name is None:
        raise BloopersError("there is no policy")
    ages = library.family(name)
    attempts = []
    for number in tqdm(range(1, options.attempts + 1), desc="attempts", disable=None):
        luck = draw(number, options.seed, ages)
        attempts.append(run(luck, library, spec, options.seconds, options.seed * 1_000_003 + number)[0])
    return attempts


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
