"""Stage 4, the feedback: gains that keep him along the clip, below whatever will be learned."""

from __future__ import annotations

from game.sim.motion import MotionClip
from tools.learn.clip_setting import setting
from tools.learn.journal import Result
from tools.learn.task import Task
from tools.train import checkpoint
from tools.train.tracker_search import ROUNDS, TrackerSearch

LONGEST = 20.0
"""s; longer clips do without: a second takes 0.2 MB in the policy's file"""


def search_feedback(task: Task) -> Result:
    """Search it and keep it in the task's folder. Raises ClipError, ModelError, CheckpointError."""
    seconds = MotionClip.load(task.clip).duration
    if seconds > LONGEST:
        return {"said": f"none: the clip takes {seconds:.0f} s, more than {LONGEST:g}", "samples": 0}
    search = TrackerSearch(setting(task), task.effort.search_worlds)
    try:
        rounds = task.effort.excursions or ROUNDS
        for number, (each, ticks) in enumerate(rounds):
            for part in search.round(each, ticks):
                task.progress.show((number + part) / len(rounds))
    finally:
        search.close()
    checkpoint.save(task.tracker, search.found)
    return {"said": f"found in {search.samples:,} control steps", "samples": search.samples}
