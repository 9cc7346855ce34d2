"""Joint axes: about what the joints turn, in the order of a policy's actions."""

from __future__ import annotations

from game.sim.model import CharacterModel


def joint_axes(model: CharacterModel) -> list[tuple[int, int]]:
    """Joint and axis of every degree of freedom: y of a hinge, x, y and z of a ball joint."""
    return [(j, k) for j, hinge in enumerate(model.joint_is_hinge) for k in ((1,) if hinge else (0, 1, 2))]
