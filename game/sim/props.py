"""Props: things made of a few solid parts, as PyBullet bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from game.sets import ItemSpec, PartSpec
from game.sim.bullet import pb


@dataclass(frozen=True)
class Prop:
    """A thing in a world. Its frame is the item's own: PyBullet's base lies at the item's origin."""

    item: ItemSpec
    bullet_id: int
    mass: float


def spawn(client: int, item: ItemSpec, velocity: ArrayLike, ang_vel: ArrayLike) -> Prop:
    """Make the item's body in a PyBullet client, moving with velocity (3,) and ang_vel (3,)."""
    shape = pb.createCollisionShapeArray(**_shape_arrays(item.parts), physicsClientId=client)
    body: int = pb.createMultiBody(
        item.mass, shape, -1, list(item.position), list(item.quaternion), physicsClientId=client
    )
    surface = {
        "lateralFriction": item.friction,
        "rollingFriction": item.rolling_friction,
        "spinningFriction": item.rolling_friction,
        "restitution": item.restitution,
    }
    if item.contact_stiffness is not None and item.contact_damping is not None:
        surface |= {"contactStiffness": item.contact_stiffness, "contactDamping": item.contact_damping}
    pb.changeDynamics(body, -1, **surface, linearDamping=0.02, angularDamping=0.02, physicsClientId=client)
    linear, angular = (np.asarray(v, float).tolist() for v in (velocity, ang_vel))
    pb.resetBaseVelocity(body, linear, angular, physicsClientId=client)
    return Prop(item, body, item.mass)


def _shape_arrays(parts: tuple[PartSpec, ...]) -> dict[str, list[object]]:
    """createCollisionShapeArray's arguments: one entry a part."""
    types = {"box": pb.GEOM_BOX, "sphere": pb.GEOM_SPHERE, "capsule": pb.GEOM_CAPSULE, "cylinder": pb.GEOM_CYLINDER}
    round_parts = [p.size if p.shape in ("capsule", "cylinder", "sphere") else (0.0, 0.0) for p in parts]
    return {
        "shapeTypes": [types[p.shape] for p in parts],
        "halfExtents": [[0.5 * v for v in p.size] if p.shape == "box" else [0.0, 0.0, 0.0] for p in parts],
        "radii": [size[0] for size in round_parts],
        "lengths": [size[1] if len(size) > 1 else 0.0 for size in round_parts],
        "collisionFramePositions": [list(p.position) for p in parts],
        "collisionFrameOrientations": [list(p.quaternion) for p in parts],
    }
