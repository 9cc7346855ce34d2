"""TrainConfig: everything that makes a run, on the command line, in its folder and in the policy's metadata."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from game.sim.model import HUMANOID

ACTIONS = ("hidden", "action_scale", "lateral", "lead", "kp_scale", "kd_scale", "stance")
"""settings that a network is trained for: with others its actions mean something else"""

BEFORE_STANCE = {"stance": False}
"""what checkpoints from before there was such a setting do not name"""

_TINY = 1e-9
BOUNDS: dict[tuple[float, float], tuple[str, ...]] = {
    (1, math.inf): ("worlds", "characters", "steps", "minibatch", "ranks", "epochs", "samples", "hidden"),
    (8, math.inf): ("sampling_candidates",),
    (_TINY, math.inf): (
        "hours", "action_scale", "sampling_size", "kp_scale", "kd_scale", "clip_ratio", "target_kl", "actor_rate",
        "actor_rate_range", "critic_rate", "noise", "robust_noise", "cycles", "tracking_error_limit", "drift_limit",
        "push_every", "evaluate_seconds", "good", "age_step", "pushed_error_limit",
    ),
    (0, math.inf): (
        "seed", "lateral", "lead", "sampling_rounds", "explore", "noise_samples", "hold", "final_stage_at",
        "average_samples", "lenient_samples", "start_noise", "robust_at", "robust_samples", "push_force",
        "checkpoint_minutes", "evaluate_samples", "evaluate_noise", "film_minutes", "final_stage_cycles",
    ),
    (0, 1): (
        "start_path", "start_zero", "start_own", "start_weighted", "gae_lambda", "vary_gravity", "vary_friction",
        "vary_strength", "vary_mass",
    ),
}  # fmt: skip
"""Settings, by the smallest and the largest value that makes sense"""


class ConfigError(ValueError):
    """A configuration contradicts itself or the run that it resumes."""


@dataclass(frozen=True)
class TrainConfig:
    """Train a policy that imitates CLIP. A rerun with the same --out resumes."""

    clip: Annotated[str, tyro.conf.Positional]
    """name of a clip in models/clips, or a path to one"""
    out: Path | None = None
    """folder of the run; default runs/CLIP"""
    character: str = HUMANOID
    """whose body: humanoid, or one made by tools.build_avatar --physical; --init may be a run of the humanoid's"""
    hours: float | None = None
    """stop after so many hours of this run, interruptions not counted"""
    samples: int | None = None
    """stop after so many control steps of learning, all ranks together; those of sampling come on top"""
    seed: int = 0
    """of networks, starts and noise"""
    ranks: int = 2
    """processes on this machine; ignored under torchrun, which starts its own"""
    publish: Path | None = None
    """folder where each new age is put for a running game to load"""
    init: Path | None = None
    """checkpoint of a run of a similar motion: start from its networks, and from the path that sampling found there"""

    performer: Path | None = None
    """checkpoint of a performer (tools.train performer): its joint targets for the clip are what the policy corrects"""
    tracker: Path | None = None
    """what tools.train.tracker_search found for the clip: a feedback of the whole state, which the policy corrects"""
    stance: bool = False
    """keep the centre of mass over the feet by a feedback below the policy, while the clip has both on the floor"""
    good: float = 2.0
    """survival in an evaluation of the final stage at which the run ends; over 1: never"""

    worlds: int = 8
    """Bullet worlds of a rank"""
    characters: int = 8
    """characters in a world; they do not collide with each other"""
    steps: int = 32
    """control steps of each character in an iteration"""

    hidden: tuple[int, ...] = (256, 256)
    """widths of the hidden layers, of the actor and of the critic"""
    action_scale: float = 0.5
    """rad of correction for an action of 1; the model's own damping needs 1: with 0.5 it did not learn the backflip"""
    lateral: float = 0.5
    """share of action_scale for turns about x and z: most motions, and so the noise, stay in the sagittal plane"""
    sampling_rounds: int | None = None
    """rounds of sampling (SAMCON) before learning; 0: none; by default 8 for clips with a flight
    or upside down, dropped where the path costs too much, and none for others"""
    sampling_candidates: int = 512
    """candidates in a window of sampling"""
    sampling_size: float = 0.3
    """rad, standard deviation of the first round's corrections; the model's own damping needs 0.5"""
    start_path: float = 0.6
    """share of the starts from the clip that are from sampling's path instead, if there is one; final stage: between"""
    kp_scale: float = 1.0
    """of the model's stiffness; the policy's card names its gains, and the game's controller takes them on"""
    kd_scale: float = 0.375
    """of the model's damping, kp/10, which lags by 0.1 s; less reacts sooner"""
    lead: float = 1.75
    """ticks by which the pose that is corrected is ahead, to cancel the damping's lag; 3 for the model's own damping"""
    gamma: float = 0.97
    """discount of a control step"""
    gae_lambda: float = 0.95
    """lambda of the generalised advantage estimate"""
    epochs: int = 5
    """passes over an iteration's samples"""
    minibatch: int = 1024
    """samples of a gradient step, all ranks together"""
    mirror: bool = False
    """learn every sample mirrored, too; the clip, whose sides must do nearly the same, is made to do exactly so"""
    clip_ratio: float = 0.2
    """PPO's bound on the probability ratio"""
    target_kl: float = 0.06
    """the actor's rate is steered so that an iteration moves the policy by this"""
    actor_rate: float = 2e-4
    """the actor's first learning rate"""
    actor_rate_range: tuple[float, float] = (2e-5, 5e-4)
    """bounds of the steering"""
    critic_rate: float = 6e-4
    """the critic's learning rate"""
    noise: tuple[float, float] = (0.16, 0.07)
    """standard deviation of the actions at the start and after noise_samples; a schedule, not learned"""
    noise_samples: int = 1_500_000
    """samples over which the noise falls"""
    explore: float = 1.0
    """times the noise in the first half second from starts that always fail, in proportion from others; 1: the same"""

    cycles: float = 3.0
    """length of an episode in cycles of a looping clip"""
    hold: float = 2.0
    """s that an episode goes on after the end of a clip that does not loop"""
    tracking_error_limit: tuple[float, float] = (1.0, 0.75)
    """m between a body and the reference's, shifted over the ground to the character, that end the episode: at first,
    and after noise_samples"""
    pushed_error_limit: float = 1.4
    """m, instead of tracking_error_limit, if that is smaller, for two seconds after a push: he may catch up"""
    drift_limit: float = 1.5
    """m between the character and the reference over the ground that end the episode, unless drift is ignored"""
    ignore_drift: bool | None = None
    """whether, until the final stage, drift over the ground costs nothing; by default where sampling found the path"""
    final_stage_at: float = 0.9
    """share of first cycles that land in evaluation at which the final stage begins: DeepMimic's rewards, and the clip
    itself even where sampling found a path; 0: at once; over 1: never"""
    final_stage_cycles: float = 2.0
    """cycles in a row of a loop that must succeed besides, in the mean (of a long clip, 0.7 of what an evaluation has
    room for): a stage that begins with the first landings makes them worse"""
    contact_bodies: tuple[str, ...] = ()
    """bodies that may touch the floor; empty: derived from the clip"""
    average_samples: int = 100_000
    """samples over which the weights that are judged and kept are averaged, from the final stage on; 0: not at all"""
    lenient_samples: tuple[int, int] = (0, 0)
    """samples between which touches of the floor with hands, arms and shins end the episode ever more often: before the
    first never, after the second always; each costs that tick's reward in any case"""
    start_zero: float = 0.1
    """share of episodes that start at the clip's start"""
    start_own: float = 0.3
    """share that start in a state in which an earlier episode began its next cycle"""
    start_weighted: float = 0.5
    """of the remaining, share that start shortly before the phases that fail most; the others are uniform"""
    start_noise: float = 0.02
    """rad and rad/s * 10, standard deviation added to start states"""

    robust_at: float = 0.9
    """survival in evaluation at which the robustness stage begins; over 1: never"""
    robust_samples: int = 1_000_000
    """samples over which the disturbances grow to full size"""
    robust_noise: float = 0.045
    """standard deviation of the actions at the end of the robustness stage, unless it is lower anyway"""
    push_every: float = 3.0
    """mean s between pushes of 0.2 s, robustness stage"""
    push_force: float = 100.0
    """N, the largest push"""
    vary_gravity: float = 0.1
    """largest relative change"""
    vary_friction: float = 0.25
    """largest relative change"""
    vary_strength: float = 0.1
    """largest weakening of the joints' torques"""
    vary_mass: float = 0.1
    """largest relative change of a body's density; its controller does not know"""

    checkpoint_minutes: float = 3.0
    """between checkpoints; a kill loses at most this"""
    evaluate_samples: int = 200_000
    """between evaluations with the deterministic policy"""
    evaluate_seconds: float = 10.0
    """length of an evaluation's episodes"""
    evaluate_noise: float = 0.02
    """as start_noise, of the states in which they begin; in the game, and for tools.evaluate, they have none"""
    age_step: float = 0.1
    """how much better, in an evaluation's score of 0 to 1, the next age must be: 0.1 gives about eight"""
    film_minutes: float = 5.0
    """between short films of the policy in OUT/films; 0: none"""

    def __post_init__(self) -> None:
        for (low, high), names in BOUNDS.items():
            for name in names:
                _check(name, getattr(self, name), low, high)
        if not 0.0 <= self.gamma < 1.0:
            raise ConfigError(f"--gamma {self.gamma:g}: expected from 0 to less than 1, where returns have no end")
        if not 0.0 <= self.start_zero + self.start_own <= 1.0:
            raise ConfigError(f"start_zero + start_own is {self.start_zero + self.start_own}, expected 0..1")

    @property
    def folder(self) -> Path:
        """Where the run lives."""
        return self.out or Path("runs") / Path(self.clip).stem

    @property
    def num_characters(self) -> int:
        """Characters of a rank."""
        return self.worlds * self.characters

    def noise_at(self, samples: int, robust: float = 0.0) -> float:
        """Standard deviation of the actions after so many samples; falls geometrically.

        Also by the share 0..1 of the robustness stage: before, with too little noise, a run stands still.
        """
        first, last = self.noise
        part = min(1.0, samples / max(1, self.noise_samples))
        std = first * (last / first) ** part
        return float(std * min(1.0, self.robust_noise / std) ** robust)

    def lenient_at(self, samples: int) -> float:
        """Probability that a limb on the floor does not end the episode, after so many samples."""
        first, last = self.lenient_samples
        return 1.0 - min(1.0, max(0.0, (samples - first) / max(1, last - first))) if samples < last else 0.0

    def tracking_error_limit_at(self, samples: int) -> float:
        """Distance of a body from the reference's, m, that ends an episode after so many samples."""
        first, last = self.tracking_error_limit
        return first + (last - first) * min(1.0, samples / max(1, self.noise_samples))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a checkpoint, metadata or a file."""
        plain = {k: str(v) if isinstance(v, Path) else v for k, v in dataclasses.asdict(self).items()}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}

    def differing(self, theirs: dict[str, Any]) -> list[str]:
        """Names of the settings that give actions their meaning and differ from `theirs`, a to_json result."""
        ours = self.to_json()
        return [name for name in ACTIONS if name in theirs and theirs[name] != ours[name]]


def _check(name: str, value: float | tuple[float, ...] | None, low: float, high: float) -> None:
    """Raise ConfigError where a setting, or one of its numbers, is out of its bounds."""
    for number in () if value is None else value if isinstance(value, tuple) else (value,):
        if not low <= number <= high or math.isinf(number):
            least = "more than 0" if low == _TINY else f"at least {low:g}"
            raise ConfigError(
                f"--{name.replace('_', '-')} {number}: expected {least if high == math.inf else f'{low:g} to {high:g}'}"
            )
