"""python -m tools.bloopers --policy P --attempts 100 --out DIR: many attempts, and a film of the best falls.

DIR gets reel.mp4, sheet.png (a row for every cut), takes/ (the best ones, to be filmed again with tools.record)
and attempts.json (what was done in every attempt, and what came of it). `tools/bloopers/score.py` says how falls are
ranked.
"""

from __future__ import annotations

import sys

from tools.bloopers.bloopers_options import BloopersOptions
from tools.command_line import parse


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(BloopersOptions, "tools.bloopers", __doc__, arguments)
    # the physics and the renderer take a second to load: --help does without
    from game.policy.policy import PolicyError
    from game.record.take import TakeError
    from game.scene.json_fields import SetError
    from game.view.figure_parts import FigureError
    from game.view.film import FilmError
    from tools.bloopers.best_of import BloopersError, make_best_of
    from tools.footage.studio import StudioError

    try:
        attempts, length = make_best_of(options)
    except (BloopersError, FigureError, PolicyError, SetError, StudioError, FilmError, TakeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    fell = [a for a in attempts if a.measures.fell]
    print(f"{options.out / 'reel.mp4'}: {length:.1f} s; {len(fell)} of {len(attempts)} attempts were falls")
    for attempt in sorted(attempts, key=lambda a: -a.score)[:10]:
        print(f"  {attempt.score:5.2f}  attempt {attempt.luck.number}: {' '.join(attempt.luck.words)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
