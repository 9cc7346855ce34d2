"""--clip: motions that a performer never saw: how far it follows them, and how far they are from what it knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.sim import kinematics
from game.sim.motion import ClipError, MotionClip
from tools.evaluate.clip_distance import nearest
from tools.evaluate.lineup import Lineup
from tools.evaluate.measured_skill import skill_of, skills_of

Array = NDArray[np.float64]

STARTS = 4
"""of each clip, from its beginning; all but the first with noise"""
MAX_ERROR = 0.5
"""m, mean over the bodies: from then on a clip is not followed any more"""
LOOP_SECONDS = 10.0
"""for which at least a clip that loops is followed"""


class Tracking(NamedTuple):
    """How one start went."""

    seconds: float
    """until the error grew too large, or all"""
    to_the_end: bool
    error: float
    """m, mean over bodies and over the ticks that were followed"""


def unseen_scores(library: PolicyLibrary, policy: str, files: Sequence[Path], seed: int) -> dict[str, Any]:
    """`clip_success`: the share followed to the end with a mean body error under MAX_ERROR in every tick.

    Raises:
        PolicyError: the policy follows no reference.
        ClipError: a file is no clip of this body.
    """
    if not library.get(policy).spec.lookahead:
        raise PolicyError(f"{policy} has its own clip; --clip is for a performer, which follows references")
    known = {skill.sampler.clip.name: skill.sampler.clip for skill in skills_of(library, policy)}
    rows: dict[str, Any] = {}
    for path in files:
        starts = _follow(library, policy, path, seed)
        name, distance = nearest(MotionClip.load(path.absolute()), known, library.model)
        rows[path.stem] = {
            "success": sum(start.to_the_end for start in starts) / len(starts),
            "mean_seconds": round(sum(start.seconds for start in starts) / len(starts), 2),
            "body_error": round(sum(start.error for start in starts) / len(starts), 3),
            "nearest": name,
            "distance": round(distance, 3),
        }
    return {"clip_success": round(float(np.mean([row["success"] for row in rows.values()])), 3), "clips": rows}


def _follow(library: PolicyLibrary, policy: str, path: Path, seed: int) -> list[Tracking]:
    """STARTS of a clip."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClipError(f"{path}: {error.strerror}") from error
    rng = np.random.default_rng(seed)
    with Lineup(library, STARTS) as lineup:
        clips = lineup.runtime.clips
        clips.add(path.stem, data)
        skill = skill_of(clips, path.stem, policy, library.get(policy), path.stem)
        clip = skill.sampler.clip
        seconds = max(clip.duration, LOOP_SECONDS) if clip.loop else clip.duration
        # the tick after the last one would be another clip's, or standing
        ticks = max(1, int(seconds * lineup.hz - 1e-6))
        lineup.start([(skill, 0.0)] * STARTS)
        lineup.nudge(rng, range(1, STARTS))
        apart = np.empty((ticks, STARTS))
        for tick in range(ticks):
            if tick:
                lineup.tick()
            apart[tick] = body_errors(lineup)
    lost = apart >= MAX_ERROR
    followed = np.where(lost.any(axis=0), lost.argmax(axis=0), ticks).tolist()
    return [Tracking(f / lineup.hz, f == ticks, float(apart[: max(f, 1), k].mean())) for k, f in enumerate(followed)]


def body_errors(lineup: Lineup) -> Array:
    """(N,) m: mean distance of the bodies from where the reference has them now, after a tick."""
    world, ahead = lineup.runtime.world, np.array([1.0 / lineup.hz])
    found = np.empty(len(lineup.agents))
    for k, agent in enumerate(lineup.agents):
        assert agent.performance is not None
        wanted = kinematics.body_poses(world.model, *agent.performance.poses(ahead)).pos[0]
        found[k] = np.linalg.norm(world.body_poses.pos[k] - wanted, axis=-1).mean()
    return found
