"""PerformerMirror: mirror images of what the performer sees and does; every sample of a rollout teaches twice.

The body's two sides are alike and a mirrored reference is a reference as good as any, so the mirrored problem is the
same problem, whatever the motion (Abdolhosseini et al. 2019, "On Learning Symmetric Locomotion", duplicated tuples).
"""

from __future__ import annotations

from game.sim.model import CharacterModel
from tools.train.mirror import BlockMirror
from tools.train.performer.performer_inputs import NUM_AHEAD
from tools.train.reflection import AXIAL, POLAR

AXES = POLAR + AXIAL
"""of a turned x axis and a turned y axis, which becomes the -y axis"""
UNCHANGED, REVERSED = (1.0,), (-1.0,)


class PerformerMirror(BlockMirror):
    """Reflection in the root's plane y = 0."""

    def __init__(self, model: CharacterModel) -> None:
        joints, bodies = model.roles.opposite_joint.tolist(), model.roles.opposite_body.tolist()
        keys, one = list(model.roles.key_bodies), [0]
        key_sides, ahead = [keys.index(bodies[key]) for key in keys], list(range(NUM_AHEAD))
        ahead_joints = [len(joints) * k + j for k in ahead for j in joints]
        # in the order of RootFrame.forward
        super().__init__(model, (
            (one, UNCHANGED), ([0, 1, 2], POLAR), (one, AXIAL), (key_sides, POLAR), ([0, 1], POLAR), (joints, AXES),
            (joints, AXIAL), (ahead, POLAR), (ahead, UNCHANGED), (ahead, AXES), (ahead_joints, AXES),
            (bodies, UNCHANGED), ([0, 1, 2], UNCHANGED), ([0, 1], REVERSED), (one, UNCHANGED),
        ))  # fmt: skip
