"""GaitGate: whether the reference stands, walks or runs, which one expert of the performer does, or does anything else.

python -m tools.train.performer.gait_gate CHECKPOINT trains it: it sees nothing but the reference, so that its labels
are known, and a minute of one core is enough.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from torch import Tensor, nn

from game.play.clip_library import ClipLibrary
from game.sim.kinematics import standing_state
from game.sim.model import CharacterModel
from tools.command_line import parse
from tools.train import checkpoint, quaternion
from tools.train.checkpoint import CheckpointError
from tools.train.performer.gait_plans import GaitPlans
from tools.train.performer.joining import joined, met
from tools.train.performer.motion_table import MotionTable, columns, stand_table, state_of
from tools.train.performer.performer_frames import PerformerFrames
from tools.train.performer.performer_inputs import AHEAD, NUM_AHEAD, pose_parts
from tools.train.performer.repertoire import load_table, read_motions
from tools.train.performer.stick import WAYS

WIDTH = 48
GAITS = ("walk", "run", "stand")
"""motions of the repertoire that are gaits"""
OTHERS = ("kick", "punch", "spin", "dance_a", "dance_b", "backflip", "squat", "bow")
"""clips besides the repertoire, so that it knows more of what is no gait"""
PLANS, PLAN_SECONDS, JOINED = 64, 12.0, 0.3
"""of gaits, and their s; share of the windows whose beginning is blended in from another motion"""


class GaitGate(nn.Module):
    """A number 0 to 1 from the reference's next poses, in its own frame."""

    def __init__(self, model: CharacterModel) -> None:
        super().__init__()
        size = NUM_AHEAD * (6 * model.num_joints + 3 + 1) + 3 * (NUM_AHEAD - 1)
        self.layers = nn.Sequential(nn.Linear(size, WIDTH), nn.ELU(), nn.Linear(WIDTH, 1))

    def forward(self, pos: Tensor, frames: PerformerFrames) -> Tensor:
        """The share (B, 1) of the gaits' expert, of the reference's root (B, K, 3) at AHEAD, with its frames."""
        return torch.sigmoid(self.layers(self._seen(pos, frames.shown, frames.moved, frames.posture)))

    def seen(self, pos: Tensor, rot: Tensor, joints: Tensor) -> Tensor:
        """What its layers get (B, size), of root and joints (B, K, ...) at AHEAD."""
        shown, posture = quaternion.axes(rot, NUM_AHEAD), quaternion.tangent_normal(joints)
        return self._seen(pos, shown, pos[:, 1:] - pos[:, :1], posture)

    def _seen(self, pos: Tensor, shown: Tensor, moved: Tensor, posture: Tensor) -> Tensor:
        # the joints; the world's up in the root's frame; its way in its present one; its height
        seen = [posture, shown[..., 2], 2.0 * (moved @ shown[:, 0].transpose(-1, -2)), pos[..., 2]]
        return torch.cat([part.flatten(1) for part in seen], 1)


@dataclass(frozen=True)
class GaitGateOptions:
    """The command line."""

    checkpoint: tyro.conf.Positional[Path]
    """a run's checkpoint.pt, whose gate is replaced"""
    windows: int = 20_000
    """that it is trained on"""
    epochs: int = 40
    seed: int = 0


class Windows:
    """Draws what the gate sees, with its labels."""

    def __init__(self, model: CharacterModel, seed: int) -> None:
        self.model, self.rng, self.cols = model, np.random.default_rng(seed), columns(model)
        allowed = stand_table(model, standing_state(model), 1.0).allowed
        self.gait = GaitPlans(model, ClipLibrary(model).gait, allowed)
        motions = [m for m in read_motions() if m.name != "stand"]
        self.motions = {m.name: load_table(m, model) for m in motions}
        for name in OTHERS:
            self.motions[name] = load_table(type(motions[0])(name, name), model)
        self.plans: list[MotionTable] = []

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Rows (count, K, pose) at AHEAD, and labels (count,), half of each."""
        rng = self.rng
        self.plans = [self._plan() for _ in range(PLANS)]
        windows, labels = [], []
        for k in range(count):
            gaited = k % 2 == 0
            table = self._gait() if gaited else self._other()
            first = int(rng.integers(max(1, len(table.rows) - 4 * max(AHEAD) - 1)))
            rows = table.rows[first : first + 4 * max(AHEAD) + 1]
            if rng.random() < JOINED:
                other = self._other() if gaited else self._gait()
                state = state_of(other.rows[int(rng.integers(len(other.rows)))][None], self.model)[0]
                rows = joined(rows, met(state, rows[0], self.model), self.model, rng.uniform(0.3, 0.6))
            index = np.minimum(4 * np.array(AHEAD), len(rows) - 1)
            windows.append(rows[index, self.cols.pose])
            labels.append(float(gaited))
        return torch.from_numpy(np.stack(windows)).float(), torch.tensor(labels)

    def _plan(self) -> MotionTable:
        rng = self.rng
        return self.gait.random(rng, PLAN_SECONDS, way=str(rng.choice(WAYS)), hard=float(rng.random()))

    def _gait(self) -> MotionTable:
        names = [name for name in self.motions if name in GAITS]
        if self.rng.random() < 0.1:
            return self.motions[str(self.rng.choice(names))]
        return self.plans[int(self.rng.integers(len(self.plans)))]

    def _other(self) -> MotionTable:
        return self.motions[str(self.rng.choice([name for name in self.motions if name not in GAITS]))]


def train(gate: GaitGate, rows: Tensor, labels: Tensor, epochs: int, size: int = 256) -> float:
    """Fit the gate to windows (N, K, pose) and their labels (N,); the share of the last tenth, which it does not learn
    from, that it gets right.
    """
    optimizer = torch.optim.Adam(gate.parameters(), 1e-3, weight_decay=1e-5)
    count = len(rows) - len(rows) // 10
    with torch.no_grad():
        seen = gate.seen(*pose_parts(rows))
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = 1e-3 * (1.0 - epoch / epochs)
        for part in torch.split(torch.randperm(count), size):
            logit = gate.layers(seen[part])[:, 0]
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward([nn.functional.binary_cross_entropy_with_logits(logit, labels[part])])
            optimizer.step()
    with torch.no_grad():
        logit = gate.layers(seen[count:])[:, 0]
    return float(((logit > 0.0) == (labels[count:] > 0.5)).float().mean())


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(GaitGateOptions, "tools.train.performer.gait_gate", __doc__, arguments)
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    model = CharacterModel.load()
    try:
        content = checkpoint.load(options.checkpoint)
    except CheckpointError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    gate = GaitGate(model)
    share = train(gate, *Windows(model, options.seed).draw(options.windows), options.epochs)
    for networks in (content["graph"], content.get("averaged") or {}):
        networks.update({f"sight.gait.{name}": value.clone() for name, value in gate.state_dict().items()})
    checkpoint.save(options.checkpoint, content)
    print(f"{options.checkpoint}: of new windows {share:.3f} are told apart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
