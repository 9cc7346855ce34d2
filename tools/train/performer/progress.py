"""How far the performer has come: the deterministic policy, fixed starts, no mercy.

python -m tools.train.performer.progress runs/performer/checkpoint.pt
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from tools.train import distributed
from tools.train.performer.performer_environment import Assignment, PerformerEnvironment
from tools.train.performer.performer_graph import PerformerGraph
from tools.train.performer.situations import STAND, Situations
from tools.train.performer.walkers import Steered

Array = NDArray[np.float64]
Rows = dict[str, list[float]]
MOMENTS = (37, 52, 66)
"""ticks of one motion after which the next one begins"""
CHAIN_SECONDS = 4.0


def follow(
    environment: PerformerEnvironment, graph: PerformerGraph, episodes: list[Assignment], ticks: int
) -> tuple[NDArray[np.bool_], Array, Array]:
    """Run an episode of each of the N characters, for `ticks` at most: (N,) whether it did not fall, how many ticks it
    lasted, and the sum of its rewards until then.
    """
    n = environment.num_characters
    environment.begin(np.arange(n), episodes)
    alive, life, reward = np.ones(n, bool), np.zeros(n), np.zeros(n)
    span = np.minimum(np.array([e.ticks for e in episodes]), ticks)
    for tick in range(int(span.max())):
        with torch.inference_mode():
            observation, pose = graph.sight(environment.inputs())
            step = environment.step(graph.target(pose, graph.act(observation)).double().numpy())
        running = tick < span
        alive &= ~(step.fell & running)
        life += alive & running
        reward += np.where(alive & running, step.reward.numpy(), 0.0)
        done = np.flatnonzero(~alive | (tick + 1 >= span))
        if len(done) == n:
            break
        # who is done stands somewhere, out of the way: a heap of bodies costs four times the step
        environment.tick[done] = np.minimum(environment.tick[done], span[done] - 1)
        down = np.flatnonzero(~alive & step.fell)
        if len(down):
            keep = environment.tick[down].copy()
            environment.begin(down, [episodes[k] for k in down])
            environment.tick[down] = np.minimum(keep, span[down] - 1)
    return alive, life, reward


def play(environment: PerformerEnvironment, graph: PerformerGraph, episodes: list[Assignment], ticks: int) -> Rows:
    """Run episodes, one a character at a time as many as there are characters; per kind [share alive at the end, mean
    s alive, mean reward], of all ranks, each of which plays its own."""
    hz, sums = environment.model.control_hz, {}  # type: ignore[var-annotated]
    n = environment.num_characters
    for first in range(0, len(episodes), n):
        batch = episodes[first : first + n]
        filled = [*batch, *batch[:1] * (n - len(batch))]
        alive, life, reward = follow(environment, graph, filled, ticks)
        span = [min(e.ticks, ticks) for e in batch]
        for k, episode in enumerate(batch):
            entry = sums.setdefault(episode.kind, [0.0, 0.0, 0.0, 0.0])
            entry[0] += float(alive[k])
            entry[1] += float(life[k]) / hz
            entry[2] += float(reward[k]) / float(span[k])
            entry[3] += 1.0
    found = {}
    for kind, total in distributed.total_by_name(sums).items():
        found[kind] = [round(v / total[3], 2) for v in total[:3]]
    return found


def clip_survival(
    environment: PerformerEnvironment, graph: PerformerGraph, situations: Situations, seconds: float = 10.0,
    each: int = 8,
) -> Rows:  # fmt: skip
    """10 s of every motion from phases all over it, `each` a rank."""
    before, situations.rng = situations.rng, np.random.default_rng(7 + distributed.rank())
    ticks = round(seconds * environment.model.control_hz)
    size, place = each * distributed.world_size(), distributed.rank()
    episodes = []
    for name, table in situations.tables.items():
        for k in range(each):
            row = int((k * distributed.world_size() + place) / size * table.starts) if k else 0
            episodes.append(situations.of_clip(name, row, ticks=ticks))
    found = play(environment, graph, episodes, ticks)
    situations.rng = before
    return found


def stand_still(
    environment: PerformerEnvironment, situations: Situations, seconds: float = 10.0, num: int = 8
) -> list[Assignment]:
    """Standing, from small errors."""
    ticks = round(seconds * environment.model.control_hz)
    keep, situations.ticks = situations.ticks, ticks
    found = []
    for _ in range(num):
        episode = situations.standing()
        found.append(replace(episode, kind="stand still"))
    situations.ticks = keep
    return found


def hub_survival(
    environment: PerformerEnvironment, graph: PerformerGraph, situations: Situations, each: int = 10
) -> Rows:
    """Coming to a stand, beginning a motion from it, from one motion to the next, steered, and up from heaps."""
    before, situations.rng = situations.rng, np.random.default_rng(11 + distributed.rank())
    episodes = stand_still(environment, situations, num=each)
    names = situations.bank.names(but="stand")
    episodes += [situations.to_stand(name) for name in names for _ in range(each // 2)]
    for name in ("walk", "run", "jump", "spinkick"):
        if name in situations.tables:
            episodes += [situations.to_motion("leave", name, "stand") for _ in range(each // 2)]
    if situations.gait is not None:
        episodes += [situations.steered() for _ in range(4 * each)]
    if situations.heaps:
        episodes += [situations.rising() for _ in range(2 * each)]
    found = play(environment, graph, episodes, situations.ticks)
    situations.rng = before
    return found


def chain_survival(environment: PerformerEnvironment, graph: PerformerGraph, situations: Situations) -> Rows:
    """Ordered pairs of the upright motions, the second joined to the first after each of MOMENTS; by the second one."""
    names, episodes = situations.upright, []
    for moment in MOMENTS:
        for first in range(0, len(names), environment.num_characters):
            group = names[first : first + environment.num_characters]
            starts = [situations.of_clip(name, 0, noise=0.0) for name in group]
            filled = [*starts, *starts[:1] * (environment.num_characters - len(starts))]
            environment.begin(np.arange(environment.num_characters), filled)
            for _ in range(moment):
                with torch.inference_mode():
                    observation, pose = graph.sight(environment.inputs())
                    environment.step(graph.target(pose, graph.act(observation)).double().numpy())
            states = environment.states(np.arange(len(group)))
            for k, name in enumerate(group):
                for other in names:
                    if other == name:
                        continue
                    episode = (
                        situations.to_stand(name, state=states[k])
                        if other == "stand"
                        else situations.to_motion("chain", other, name, 0.4, state=states[k])
                    )
                    episodes.append(replace(episode, kind=f"chain to {other}"))
    return play(environment, graph, episodes, round(CHAIN_SECONDS * environment.model.control_hz))


def long_runs(graph: PerformerGraph, situations: Situations, seconds: float = 60.0, num: int = 16) -> Rows:
    """Standing, and steered at random, for a minute: [share that never fell, mean s alive, reward]."""
    model = situations.model
    ticks = round(seconds * model.control_hz)
    environment = PerformerEnvironment(model, max(1, num // 8), 8, ticks)
    keep, situations.ticks = situations.ticks, ticks
    episodes = [replace(situations.standing(), kind="stand a minute") for _ in range(num)]
    found = play(environment, graph, episodes, ticks)
    episodes = []
    allowed = situations.tables[STAND].allowed
    for _ in range(num):
        command = situations.stick("start", 1.0, ticks)
        start = situations.blurred(situations.going(command, None), 0.005)
        episodes.append(Assignment(start, allowed, "steered a minute", walk=Steered(command), reanchor=False, low=1.0))
    found |= play(environment, graph, episodes, ticks)
    environment.close()
    situations.ticks = keep
    return found


def main() -> None:
    """Measure a checkpoint in one process and print JSON lines."""
    import json
    import sys
    from pathlib import Path

    from game.sim.model import CharacterModel
    from tools.train.performer.banks import heaps
    from tools.train.performer.performer_export import load_performer
    from tools.train.performer.repertoire import load_ends, load_expert, load_table, read_motions, read_stages

    torch.set_num_threads(1)
    model, motions = CharacterModel.load(), read_motions()
    tables = {m.name: load_table(m, model, load_expert(m, model) if m.expert else None) for m in motions}
    stages, upright = read_stages(), [m.name for m in motions if m.upright]
    situations = Situations(model, tables, upright, 180, 5, stages, ends=load_ends(stages, model))
    graph, _ = load_performer(Path(sys.argv[1]), model)
    wanted = sys.argv[2:] or ["clips", "hub", "chain", "long"]
    environment = PerformerEnvironment(model, 8, 8, 300)
    if "hub" in wanted:
        situations.lay(heaps(model, tables["walk"], situations.rng))
        print(json.dumps(hub_survival(environment, graph, situations)), flush=True)
    if "clips" in wanted:
        print(json.dumps(clip_survival(environment, graph, situations, each=6)), flush=True)
    if "chain" in wanted:
        print(json.dumps(chain_survival(environment, graph, situations)), flush=True)
    if "long" in wanted:
        print(json.dumps(long_runs(graph, situations)), flush=True)


if __name__ == "__main__":
    main()
