"""Stage 3, a first try: how much of the clip the performer does that has never seen it."""

from __future__ import annotations

from game.policy.library import PolicyLibrary
from game.scene.paths import policies_dir
from game.sim.model import HUMANOID, CharacterModel
from game.sim.motion import MotionClip
from tools.evaluate.unseen_clips import LOOP_SECONDS, unseen_scores
from tools.learn.journal import Result
from tools.learn.task import Task

PERFORMER = "performer"


def try_first(task: Task) -> Result:
    """`tracked`: the share of the clip that is followed; none where there is no performer. Raises PolicyError."""
    if not (policies_dir() / f"{PERFORMER}.onnx").is_file():
        return {"said": "there is no performer", "tracked": None}
    if task.options.character != HUMANOID:
        return {"said": "the performer knows the humanoid's body alone", "tracked": None}
    library = PolicyLibrary(CharacterModel.load())
    try:
        row = unseen_scores(library, PERFORMER, [task.clip], seed=0)["clips"][task.clip.stem]
    finally:
        library.close()
    clip = MotionClip.load(task.clip)
    seconds = max(clip.duration, LOOP_SECONDS) if clip.loop else clip.duration
    tracked = min(1.0, row["mean_seconds"] / seconds)
    return {"said": f"{tracked:.0%} of it followed, untrained", "tracked": round(tracked, 3), **row}
