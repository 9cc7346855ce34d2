"""Banks of states to begin from: good moments of his own, and heaps on the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.batched_worlds import BatchedWorlds
from tools.train.performer.motion_table import MotionTable, columns, state_of

Array = NDArray[np.float64]
CAPACITY = 240
END = 0.025
"""of a cycle, before and after its end"""
LIMP = 0.03
"""strength of a body that drops"""


class Bank:
    """States by motion; a full one forgets at random."""

    def __init__(self) -> None:
        self.states: dict[str, list[CharacterState]] = {}

    def add(self, name: str, state: CharacterState, rng: np.random.Generator) -> None:
        """Keep a state (no batch)."""
        kept = self.states.setdefault(name, [])
        if len(kept) < CAPACITY:
            kept.append(state)
        else:
            kept[int(rng.integers(CAPACITY))] = state

    def names(self, but: str = "", least: int = 4) -> list[str]:
        """Motions of which there are some."""
        return [name for name, kept in self.states.items() if name != but and len(kept) >= least]

    def draw(self, name: str, rng: np.random.Generator) -> CharacterState:
        """One of a motion's states."""
        kept = self.states[name]
        return kept[int(rng.integers(len(kept)))]


def upright(state: CharacterState, head: Array, lowest: float = 1.1) -> NDArray[np.bool_]:
    """(M,) which states (M,) with heads at heights (M,), at least `lowest`, m, are on their feet."""
    up = rotation.rotate(state.root_rot, np.array([0.0, 0.0, 1.0]))[..., 2]
    return np.asarray((up > 0.75) & (head > lowest))


def from_tables(bank: Bank, tables: dict[str, MotionTable], names: list[str], model: CharacterModel,
                rng: np.random.Generator, each: int = 40, lowest: float = 1.1) -> None:  # fmt: skip
    """Fill a bank with the motions' own upright moments, until there are better ones."""
    cols = columns(model)
    for name in names:
        table = tables[name]
        rows = table.rows[rng.integers(table.starts, size=8 * each)]
        states = state_of(rows, model)
        body = rows[:, cols.body_pos].reshape(len(rows), -1, 3)
        good = np.flatnonzero(upright(states, body[:, model.roles.head, 2].astype(np.float64), lowest))
        for k in good[:each]:
            bank.add(name, states[k], rng)


def from_end(bank: Bank, table: MotionTable, model: CharacterModel, rng: np.random.Generator, each: int = 40) -> str:
    """Keep moments around the end of a cycle, in which who did it once is when somebody else takes over; their name."""
    name = f"end of {table.name}"
    rows = (table.starts * (1.0 + rng.uniform(-END, END, each))).astype(np.int64) % table.starts
    states = state_of(table.rows[rows], model)
    for k in range(each):
        bank.add(name, states[k], rng)
    return name


def heaps(model: CharacterModel, table: MotionTable, rng: np.random.Generator, worlds: int = 8) -> CharacterState:
    """States (8 worlds,) of limp bodies that were dropped in any attitude and lie there."""
    crowd = BatchedWorlds(model, worlds, 8)
    n = crowd.num_characters
    state = state_of(table.rows[rng.integers(table.starts, size=n)], model)
    lift = np.tile([0.0, 0.0, 1.1], (n, 1)) + crowd.places
    crowd.reset(
        np.arange(n),
        replace(
            state, root_rot=rotation.normalize(rng.normal(size=(n, 4))), root_pos=lift,
            root_vel=rng.normal(size=(n, 3)) * np.array([1.5, 1.5, 0.5]), root_ang_vel=2.0 * rng.normal(size=(n, 3)),
        ),
    )  # fmt: skip
    for world in crowd.worlds:
        world.strength[:] = LIMP
    target = state.joint_rot.copy()
    for _ in range(int(rng.integers(45, 70))):
        crowd.step(target)
    found = crowd.state[np.arange(n)]
    crowd.close()
    return replace(found, root_pos=found.root_pos * np.array([0.0, 0.0, 1.0]))
