"""PropBodies: the props of a world as rigid bodies in a Bullet client: loose, fixed, on an axle, or a moving belt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.bullet.client import Client
from game.sim.engine import RigidMotion

Array = NDArray[np.float64]

DAMPING = 0.02
"""1/s, of a prop's velocities"""


class PropBodies:
    """Props by the ids that the World gives them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.bodies: dict[int, int] = {}
        """Bullet's body of each prop"""
        self._hinged: dict[int, Array] = {}
        """(3,) of a prop on an axle: the hinge in the item's frame"""
        self._belts: dict[int, ItemSpec] = {}

    def add(self, prop: int, item: ItemSpec, velocity: ArrayLike, ang_vel: ArrayLike) -> None:
        """Make an item's body, moving with velocity (3,) and ang_vel (3,); one on an axle begins at rest."""
        client, link = self._client, -1
        if item.hinge is not None and item.mass:
            body, link = client.add_hinged(item.parts, item.mass, item.hinge, item.position, item.quaternion), 0
            self._hinged[prop] = np.array(item.hinge.point)
        else:
            body = client.add_solid(item.parts, item.mass, item.position, item.quaternion)
            client.set_velocity(body, np.asarray(velocity, float), np.asarray(ang_vel, float))
        softness = None
        if item.contact_stiffness is not None and item.contact_damping is not None:
            softness = (item.contact_stiffness, item.contact_damping)
        client.set_surface(
            body,
            link,
            friction=item.friction,
            rolling_friction=item.rolling_friction,
            restitution=item.restitution,
            softness=softness,
        )
        client.set_damping(body, DAMPING)
        if any(item.belt):
            self._belts[prop] = item
        self.bodies[prop] = body

    def remove(self, prop: int) -> None:
        """Remove a prop's body."""
        self._client.remove(self.bodies.pop(prop))
        self._hinged.pop(prop, None)
        self._belts.pop(prop, None)

    def states(self, props: Sequence[int]) -> Array:
        """(P, 13) position, rotation, velocity and angular velocity of props."""
        states = self._client.bases([self.bodies[prop] for prop in props])
        if self._hinged or self._belts:
            for row, prop in enumerate(props):
                if prop in self._hinged:
                    motion = self.motion(prop)
                    states[row] = np.concatenate([motion.pos, motion.rot, motion.vel, motion.ang_vel])
                elif prop in self._belts:
                    item = self._belts[prop]
                    states[row] = np.concatenate([item.position, item.quaternion, np.zeros(6)])
        return states

    def motion(self, prop: int) -> RigidMotion:
        """How a prop moves; its centre of mass is its origin."""
        body = self.bodies[prop]
        if prop not in self._hinged:
            pos, rot, vel, ang_vel = self._client.base(body)
            return RigidMotion(pos, rot, pos, vel, ang_vel)
        link = self._client.link(body, 0)
        pos = link["pos"] - rotation.rotate(link["rot"], self._hinged[prop])
        return RigidMotion(pos, link["rot"], pos, link["com_vel"], link["ang_vel"])

    def push(self, prop: int, force: Array, point: Array) -> None:
        """Apply a force (3,), N, at a point (3,) for the next physics step; world frame."""
        self._client.push(self.bodies[prop], 0 if prop in self._hinged else -1, force, point)

    # ---------------------------------------------------------------- belts
    @property
    def move(self) -> bool:
        """Whether there is a belt: `run_belts` is then due before every physics step."""
        return bool(self._belts)

    def run_belts(self) -> None:
        """Give every belt its velocity, at its own place: what lies on it is carried along, the belt stays."""
        for prop, item in self._belts.items():
            body = self.bodies[prop]
            self._client.set_pose(body, item.position, item.quaternion)
            along = rotation.rotate(np.array(item.quaternion), np.array(item.belt))
            self._client.set_velocity(body, along, np.zeros(3))
