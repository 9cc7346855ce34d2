"""How well the score of "can it be learned?" ranks the clips of policies/LOG.md by what their training took.

python -m tools.learn.correlation
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import torch
import tyro
from scipy.stats import spearmanr

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.command_line import parse
from tools.learn.beginnings import untrained
from tools.learn.clip_setting import contact_bodies
from tools.learn.learn_options import Effort
from tools.learn.learnability import COMPARED, measured, score
from tools.train.config import TrainConfig
from tools.train.sampling import symmetric

NEVER = 100.0
TOOK = {
    "crawl_mended": 0.0, "run": 1.8, "walk": 2.2, "jump": 4.8, "spinkick": 5.8, "getup_facedown_mended": 6.8,
    "roll_mended": 9.5, "cartwheel_mended": 10.3, "getup_faceup_mended": 12.5, "backflip": 21.9,
    "captured_landing": NEVER, "kick": NEVER, "dance_a": NEVER,
}  # fmt: skip
"""Million samples until he survived from the beginning of the clip, those inherited included; NEVER: given up"""


@dataclass(frozen=True)
class CorrelationOptions:
    """The command line."""

    clips: tyro.conf.Positional[tuple[str, ...]] = tuple(TOOK)
    """which of them"""


def main(arguments: list[str] | None = None) -> int:
    """Print a table of the clips, then Spearman's rank correlation of the score, and of each part of it."""
    options = parse(CorrelationOptions, "tools.learn.correlation", __doc__, arguments)
    if unknown := [name for name in options.clips if name not in TOOK]:
        print(f"error: nothing is known of {', '.join(unknown)}; there are {', '.join(TOOK)}", file=sys.stderr)
        return 1
    torch.set_num_threads(1)
    model, effort, rows = CharacterModel.load(), Effort(), []
    for name in options.clips:
        clip = MotionClip.load(name)
        lateral = 0.5 if symmetric(clip, model) else 0.8
        config = TrainConfig(name, lateral=lateral, contact_bodies=contact_bodies(clip, clip, model))
        measures = measured(clip, config, untrained(config, effort.try_worlds, COMPARED), effort.candidates)
        rows.append({"score": score(measures), **measures})
        took = "never" if TOOK[name] == NEVER else f"{TOOK[name]:g} M"
        print(name, took, *(f"{key} {value:.2f}" for key, value in rows[-1].items()), sep=" | ", flush=True)
    for key in rows[0]:
        found = spearmanr([TOOK[name] for name in options.clips], [row[key] for row in rows])
        words = f"{found.statistic:.2f} (p {found.pvalue:.2f}, {len(rows)} clips)"
        print(f"rank correlation of {key} with the samples: {words}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
