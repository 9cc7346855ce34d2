"""Stage 7, evaluation: what tools.evaluate says of the best policy, which goes onto its card."""

from __future__ import annotations

from dataclasses import replace

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from tools.evaluate.evaluate_options import EvaluateOptions
from tools.evaluate.measures import measure
from tools.learn.journal import Result
from tools.learn.task import Task
from tools.policy_file import rewrite_card
from tools.train.policy_export import export_checkpoint


def examine_policy(task: Task) -> Result:
    """Export it and measure it: survival and return, from random phases and from phase 0 (`_phase0`).

    Raises:
        CheckpointError, PolicyError, ClipError.
    """
    task.policies.mkdir(parents=True, exist_ok=True)
    export_checkpoint(task.run / "best.pt", task.policy, name=task.name, skill=task.name, age=1.0)
    effort = task.effort
    options = EvaluateOptions(
        (task.policy,), character=task.options.character, episodes=effort.exam_episodes, seconds=effort.evaluate_seconds
    )
    ((_, scores),) = measure([task.policy], options)
    spec = Policy.load(task.policy, CharacterModel.load(task.options.character)).spec
    rewrite_card(task.policy, replace(spec, scores={**spec.scores, **scores}))
    seconds, zero = f"{effort.evaluate_seconds:g} s", scores["survival_phase0"]
    said = f"survival of {seconds} {scores['survival']:.2f}, from the beginning {zero:.2f}; "
    return {"said": f"{said}return {scores['normalized_return']:.2f}", **scores}
