"""The plan: the stages in their order, each done once. What stands in the journal is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.learn.exam import examine_policy
from tools.learn.first_try import try_first
from tools.learn.intake import bring
from tools.learn.journal import Result
from tools.learn.learnability import judge_clip
from tools.learn.listing import list_policies
from tools.learn.mending import mend_clip
from tools.learn.practising import practise, unfinished
from tools.learn.six_ages import keep_ages
from tools.learn.story_film import film_story
from tools.learn.task import Task
from tools.learn.tracking import search_feedback


@dataclass(frozen=True)
class LearnStage:
    """One step of the way."""

    name: str
    title: str
    """for the bar"""
    run: Callable[[Task], Result]
    """does it; done twice it does the same; `said` of what it returns is a line for people. Raises KeyboardInterrupt"""
    seconds: float
    """that it usually takes"""
    again: Callable[[Task], bool] = lambda _: False
    """whether it has to go on although it was done"""


STAGES = (
    LearnStage("source", "the clip", bring, 60.0),
    LearnStage("clinic", "the clinic", mend_clip, 5.0),
    LearnStage("first try", "a first try by the performer", try_first, 30.0),
    LearnStage("feedback", "a feedback that keeps him along it", search_feedback, 90.0),
    LearnStage("learnability", "can it be learned?", judge_clip, 40.0),
    LearnStage("training", "training", practise, 3600.0, unfinished),
    LearnStage("evaluation", "evaluation", examine_policy, 60.0),
    LearnStage("ages", "ages", keep_ages, 30.0),
    LearnStage("film", "the film", film_story, 60.0),
    LearnStage("list", "the game's list", list_policies, 5.0),
)
"""In their order."""


def follow(task: Task, stages: Sequence[LearnStage] = STAGES) -> None:
    """Do what is not done yet; each result is kept before the next stage begins.

    Raises:
        LearnError and what the stages raise.
        KeyboardInterrupt: somebody ended it; what is done is kept.
    """
    journal, names = task.journal, [stage.name for stage in stages]
    for number, stage in enumerate(stages):
        if stage.name in journal and stage.again(task):
            journal.forget(names[number:])
        if stage.name in journal:
            continue
        task.progress.begin(stage.name, stage.title)
        began = time.monotonic()
        result = stage.run(task)
        journal.done(stage.name, result, time.monotonic() - began)
        task.progress.say(f"{stage.title}: {result['said']}")


def weights(hours: float, stages: Sequence[LearnStage] = STAGES) -> dict[str, float]:
    """Seconds that each stage takes, for the bar; training at most its hours."""
    return {stage.name: 3600.0 * hours if stage.name == "training" else stage.seconds for stage in stages}
