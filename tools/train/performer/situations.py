"""Situations: where an episode begins and what is to be done from there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from game.play.clip_library import ClipLibrary
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.performer.banks import Bank, from_end, from_tables
from tools.train.performer.gait_plans import GaitPlans
from tools.train.performer.joining import joined, met
from tools.train.performer.motion_table import QUARTERS, Floats, MotionTable, columns, derived, state_of
from tools.train.performer.performer_environment import Assignment, planned
from tools.train.performer.repertoire import Stages
from tools.train.performer.stick import WAYS, random_stick
from tools.train.performer.walkers import Steered

Array = NDArray[np.float64]
BINS = 24
NOISE = 0.02
"""rad, standard deviation of start poses; of velocities ten times"""
ENDS_NOISE = 0.08
"""the same, of states in which a motion ended"""
MEMORY = 0.9
"""share of what is remembered of a bin when an episode from there ends"""
STAND = "stand"
GETUPS = ("getup_faceup", "getup_facedown")
"""for who lies on his back, and for who does not"""
LOW = 1.1
"""m, height of the head under which who shall be on his feet has fallen"""
GAITED = ("walk", "run", "gait")
"""motions that are stopped by walking slower"""
EASY = 0.1
"""of the steering, at first"""
RISING = 0.85
"""m, height of the head over which who gets up may go on to a stand"""
STRIDE = 4
"""rows between those that a best match is looked for in"""


class Situations:
    """Draws episodes of the motions in `tables`; learns from which phases they fail."""

    def __init__(
        self, model: CharacterModel, tables: dict[str, MotionTable], upright: list[str], ticks: int, seed: int,
        stages: Stages, weights: dict[str, float] | None = None, ends: Iterable[MotionTable] = (),
    ) -> None:  # fmt: skip
        """
        Args:
            upright: motions that are come to and gone on from on the feet
            ticks: of an episode at most
            stages: share of the characters in each class of situations, and what he comes to a stand from
            weights: of the motions, 1 where none is given
            ends: motions from the end of whose cycle he comes to a stand
        """
        self.model, self.tables, self.ticks = model, tables, ticks
        self.cols = columns(model)
        self.rng = np.random.default_rng(seed)
        self.upright = [name for name in upright if name in tables]
        self.mix, self.stages, self.weights = dict(stages.mix), stages, dict(weights or {})
        self.failing = {name: np.full(BINS, 0.5) for name in tables}
        """by the phase in which an episode began, how often it ended early"""
        self.ended: dict[str, float] = {}
        """by kind, how often its episodes end early"""
        self.bank = Bank()
        from_tables(self.bank, tables, self.upright, model, self.rng)
        # these clips end as he rises
        from_tables(self.bank, tables, [name for name in GETUPS if name in tables], model, self.rng, lowest=RISING)
        self.ends = [from_end(self.bank, table, model, self.rng) for table in ends]
        self.heaps: dict[str, CharacterState] = {}
        """by the getup that is theirs"""
        self.features = {name: _features(tables[name].rows[: tables[name].starts : STRIDE], model) for name in tables}
        self.gait: GaitPlans | None = None
        if "walk" in tables and "run" in tables and STAND in tables:
            clips = ClipLibrary(model).gait
            self.gait = GaitPlans(model, clips, tables[STAND].allowed)
        self.hard = dict.fromkeys(WAYS, EASY)
        """how wildly he is steered, 0 to 1, by how the plan begins"""

    def harden(self) -> None:
        """After an iteration: steer the more wildly, the oftener he keeps up with it."""
        for way, hard in self.hard.items():
            fails = self.ended.get(f"steer:{way}", 1.0)
            self.hard[way] = float(np.clip(hard + (0.012 if fails < 0.5 else -0.004), EASY, 1.0))

    # ---------------------------------------------------------------- drawing
    def draw(self, present: list[str]) -> tuple[Assignment, str, int]:
        """An episode of the class that is most wanting among the present kinds; its motion and row."""
        share = dict.fromkeys(self.mix, 0)
        for kind in present:
            group = kind.partition(":")[0]
            if group in share:
                share[group] += 1
        total = max(1, len(present))
        wanted = [group for group, part in self.mix.items() if part > 0.0]
        group = max(wanted, key=lambda g: self.mix[g] - share[g] / total + 0.01 * self.rng.random())
        return self.of_group(group)

    def of_group(self, group: str) -> tuple[Assignment, str, int]:
        """An episode of a class, the motion that it is counted for, and the row that it began in."""
        rng = self.rng
        if group == "hub":
            return self.to_stand(), STAND, 0
        if group == "stand":
            return self.standing(), STAND, 0
        if group in ("leave", "join"):
            name = self._wanting(group, [n for n in self.upright if n != STAND])
            source = STAND if group == "leave" else str(rng.choice(self.bank.names(but=name)))
            return self.to_motion(group, name, source), name, 0
        if group == "fallen" and self.heaps:
            return self.rising(), GETUPS[0], 0
        if group == "steer" and self.gait is not None:
            return self.steered(), "walk", 0
        name = self._wanting("clip", list(self.tables))
        row = self.start_row(name)
        return self.of_clip(name, row), name, row

    def _wanting(self, group: str, names: list[str]) -> str:
        """A motion, the likelier the more often its episodes end early."""
        weight = np.array(
            [(0.25 + self.ended.get(f"{group}:{name}", 0.5)) * self.weights.get(name, 1.0) for name in names]
        )
        return str(self.rng.choice(names, p=weight / weight.sum()))

    def plan(self, rows: Floats, row: int, ticks: int) -> tuple[Floats, Floats]:
        """The plan and the poses that are corrected, `ticks` and what lies ahead of them, from a row on."""
        return planned(rows, row, ticks, self.cols.pose)

    def start_row(self, name: str) -> int:
        """A row to begin in: half of the time uniform, else where it fails."""
        table, rng = self.tables[name], self.rng
        if table.starts <= 1:
            return 0
        if rng.random() < 0.1:
            return 0
        phase = rng.random()
        if rng.random() < 0.5:
            weight = 0.1 + np.minimum(self.failing[name], 0.9)
            phase = (rng.choice(BINS, p=weight / weight.sum()) + phase) / BINS
        return int(phase * table.starts)

    def learn(self, name: str, row: int, failed: bool) -> None:
        """What became of an episode that began in a row."""
        table = self.tables[name]
        b = min(BINS - 1, int(BINS * row / max(1, table.starts)))
        self.failing[name][b] = MEMORY * self.failing[name][b] + (1.0 - MEMORY) * failed

    def of_clip(
        self, name: str, row: int | None = None, *, noise: float = NOISE, ticks: int | None = None
    ) -> Assignment:
        """A motion from its own pose in a row."""
        table = self.tables[name]
        row = self.start_row(name) if row is None else row
        ticks = self.ticks if ticks is None else ticks
        if not table.loop:
            left = (len(table.rows) - row) // QUARTERS
            ticks = min(ticks, max(30, left))
        plan, lead = self.plan(table.rows, row, ticks)
        state = self.blurred(state_of(plan[:1], self.model)[0], noise)
        return Assignment(state, table.allowed, f"clip:{name}", plan, lead)

    def standing(self) -> Assignment:
        """Standing, from standing."""
        table, rng = self.tables[STAND], self.rng
        state = state_of(table.rows[:1], self.model)[0]
        if rng.random() < 0.5 and STAND in self.bank.states:
            state = met(self.bank.draw(STAND, rng), table.rows[0], self.model)
        else:
            state = self.blurred(state, NOISE * rng.random())
        return self.walking(state, np.zeros((self.ticks, 2)), STAND, stray=1.6)

    def to_stand(self, name: str = "", state: CharacterState | None = None) -> Assignment:
        """Coming to a stand from a moment of another motion, with the steps that it needs."""
        rng, given = self.rng, state is not None
        known = self.bank.names(but=STAND)
        stops = (*self.stages.stop, *self.ends)
        name = name or self._wanting("hub", [n for n in known if n in stops] or known)
        state = self.bank.draw(name, rng) if state is None else state
        if name in self.ends:
            # whoever did it did it more or less so
            state = self.blurred(state, ENDS_NOISE * rng.random())
        if name not in GAITED:
            # mostly moments that are near to standing: somersaults do not end in mid-air
            nearest = self.features[STAND][0]
            for _ in range(0 if given or name in self.ends else int(rng.choice([0, 4, 8]))):
                other = self.bank.draw(name, rng)
                one, two = (((_features_of(s, self.model) - nearest) ** 2).sum() for s in (state, other))
                state = other if two < one else state
        state = met(state, self.tables[STAND].rows[0], self.model)
        return self.walking(state, np.zeros((self.ticks, 2)), f"hub:{name}", grace=20)

    def walking(
        self, state: CharacterState, command: Array, kind: str, *, drift: float = 2.5, stray: float = 1.0,
        grace: int = 0,
    ) -> Assignment:  # fmt: skip
        """Steered by commands (T, 2), m/s, from a state on."""
        return Assignment(
            state, self.tables[STAND].allowed, kind, walk=Steered(command), reanchor=False, low=LOW, drift=drift,
            stray=stray, grace=grace,
        )  # fmt: skip

    def to_motion(
        self, group: str, name: str, source: str, seconds: float = 0.0, state: CharacterState | None = None
    ) -> Assignment:
        """Beginning a motion from a moment of another one, in one of the rows that match it best."""
        rng, table = self.rng, self.tables[name]
        state = self.bank.draw(source, rng) if state is None else state
        seen = _features_of(state, self.model)
        apart = ((self.features[name] - seen) ** 2).sum(1)
        if group == "leave" and rng.random() < 0.3 and not table.loop:
            row = 0
        else:
            row = int(np.argmin(apart * (1.0 + 0.5 * rng.random(len(apart))))) * STRIDE
        state = met(state, table.rows[row], self.model)
        rows = joined(table.rows[row:], state, self.model, seconds or rng.uniform(0.3, 0.7))
        ticks = self.ticks if table.loop else min(self.ticks, max(30, len(rows) // QUARTERS))
        plan, lead = self.plan(rows, 0, ticks)
        return Assignment(state, table.allowed, f"{group}:{name}", plan, lead, drift=2.5, stray=1.4, grace=15)

    def rising(self, seconds: float = 0.0) -> Assignment:
        """Getting up from a heap."""
        rng = self.rng
        name = str(rng.choice(list(self.heaps)))
        heap, table = self.heaps[name], self.tables[name]
        row = int(0.1 * rng.random() * table.starts) if rng.random() < 0.5 else 0
        state = met(heap[int(rng.integers(len(heap.root_pos)))], table.rows[row], self.model)
        rows = joined(table.rows[row:], state, self.model, seconds or rng.uniform(0.4, 1.2))
        plan, lead = self.plan(rows, 0, min(self.ticks, int(30 * (table.duration + 2.0))))
        everything = np.ones(self.model.num_bodies, bool)
        return Assignment(
            state, everything, f"fallen:{name}", plan, lead, reanchor=False, drift=2.5, stray=1.0, grace=45
        )

    def lay(self, heap: CharacterState) -> None:
        """Take heaps (M,) into the bank, each under the getup for how it lies."""
        chest = rotation.rotate(heap.root_rot, np.array([1.0, 0.0, 0.0]))[:, 2]
        for name, chosen in zip(GETUPS, (chest > 0.0, chest <= 0.0), strict=True):
            if name in self.tables and chosen.any():
                self.heaps[name] = heap[np.flatnonzero(chosen)]

    def steered(self) -> Assignment:
        """Walking and running as somebody plays with the stick."""
        rng, running = self.rng, self.stages.running
        way = "run" if rng.random() < running else str(rng.choice(WAYS[:3], p=(0.25, 0.6, 0.15)))
        # a half as hard as he can take, and the other as it comes: what fails at once is learned from, too
        free = rng.random() < 0.5
        command = self.stick(way, float(rng.random()) if free else self.hard[way], self.ticks)
        sources = [name for name in self.stages.stop or GAITED if len(self.bank.states.get(name, [])) > 4]
        if way == "walk" and rng.random() < 0.15 and sources:
            state = self.bank.draw(str(rng.choice([*sources, STAND])), rng)
            state = met(state, self.tables[STAND].rows[0], self.model)
            return self.walking(state, command, "steer:join", stray=0.8, grace=15)
        state = self.blurred(self.going(command, None if way == "start" else float(rng.random())), NOISE)
        return self.walking(state, command, f"steer:{way}{' freely' if free else ''}", stray=0.8)

    def stick(self, way: str, hard: float, ticks: int) -> Array:
        """(ticks, 2) m/s of a random stick; way and hard: as `stick.random_stick` has them."""
        assert self.gait is not None
        hz = self.model.control_hz
        speed, direction = random_stick(self.rng, ticks / hz + 0.1, hz, self.gait.clips.paces, way, hard)
        return np.stack([speed * np.cos(direction), speed * np.sin(direction)], axis=1)[:ticks]

    def going(self, command: Array, phase: float | None) -> CharacterState:
        """The state (no batch) of who walks steadily as the first of commands (T, 2) has it; no phase: who stands."""
        assert self.gait is not None
        speed, toward = float(np.hypot(*command[0])), float(np.arctan2(command[0, 1], command[0, 0]))
        table = self.gait.plan(np.full(3, speed), np.zeros(3), phase=phase)
        state = state_of(table.rows[1:2], self.model).moved(np.zeros(3), toward)[0]
        return state.moved(-state.root_pos * np.array([1.0, 1.0, 0.0]))

    def blurred(self, state: CharacterState, noise: float) -> CharacterState:
        """A state with small random errors."""
        rng, model = self.rng, self.model
        joint = rng.normal(0.0, noise, state.joint_vel.shape)
        joint[model.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
        speed = rng.normal(0.0, 10.0 * noise, state.joint_vel.shape)
        speed[model.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
        return CharacterState(
            state.root_pos,
            rotation.multiply(rotation.from_rotvec(rng.normal(0.0, noise, 3)), state.root_rot),
            rotation.multiply(state.joint_rot, rotation.from_rotvec(joint)),
            state.root_vel + rng.normal(0.0, 5.0 * noise, 3),
            state.root_ang_vel + rng.normal(0.0, 5.0 * noise, 3),
            state.joint_vel + speed,
        )


def _features(rows: Floats, model: CharacterModel) -> Floats:
    """(M, F) of rows (M, width): by which moments of motions are compared, in the root's own frame."""
    cols, m = columns(model), len(rows)
    part = rows.astype(np.float64)
    rot = rotation.normalize(part[:, cols.root_rot])
    body = part[:, cols.body_pos].reshape(m, -1, 3) - part[:, None, cols.root_pos]
    own = rotation.rotate_inverse(np.repeat(rot[:, None], body.shape[1], 1), body).reshape(m, -1)
    up = rotation.rotate_inverse(rot, np.array([0.0, 0.0, 1.0]))
    vel = rotation.rotate_inverse(rot, part[:, cols.root_vel])
    turn = rotation.rotate_inverse(rot, part[:, cols.root_ang_vel])
    joint = part[:, cols.joint_vel]
    found = np.concatenate([own, up, part[:, 2:3], 0.3 * vel, 0.05 * turn, 0.03 * joint], 1)
    return found.astype(np.float32)


def _features_of(state: CharacterState, model: CharacterModel) -> Floats:
    """(F,) of a state."""
    one = state[None]
    found: Floats = _features(derived(model, one, np.zeros(1), np.zeros((1, 3))), model)[0]
    return found
