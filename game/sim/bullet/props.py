"""Props: items of a set as rigid bodies in a Bullet client."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from game.scene.set_spec import ItemSpec
from game.sim.bullet.client import Client

DAMPING = 0.02
"""1/s, of a prop's velocities"""


def add_item(client: Client, item: ItemSpec, velocity: ArrayLike, ang_vel: ArrayLike) -> int:
    """Make an item's body in a client, moving with velocity (3,) and ang_vel (3,), and return it.

    Its base lies at the item's origin.
    """
    body = client.add_solid(item.parts, item.mass, item.position, item.quaternion)
    softness = None
    if item.contact_stiffness is not None and item.contact_damping is not None:
        softness = (item.contact_stiffness, item.contact_damping)
    client.set_surface(
        body,
        friction=item.friction,
        rolling_friction=item.rolling_friction,
        restitution=item.restitution,
        softness=softness,
    )
    client.set_damping(body, DAMPING)
    client.set_velocity(body, np.asarray(velocity, float), np.asarray(ang_vel, float))
    return body
