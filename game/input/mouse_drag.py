"""MouseDrag: what the mouse holds, pulled on a spring in the plane that the camera sees it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from game.input.picking import Ray, RayHit, pick
from game.play.events import Drag, Event, Grab, Release, Vec3
from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

STILL = 1e-3
"""m that the hand moves before it is worth an event"""


class MouseDrag:
    """Takes hold, moves and lets go; each an event for `post`."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post
        self._held: RayHit | None = None
        self._depth = 0.0
        self._target = np.zeros(3)

    @property
    def holds(self) -> bool:
        """Whether there is something in it."""
        return self._held is not None

    def grab(self, ray: Ray, forward: Array, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> bool:
        """Takes hold of the first thing in a line of sight that can be moved.

        Args:
            ray: from the eye through the cursor.
            forward: (3,) unit, where the camera looks.
            snapshot: what is seen.
            items: what each of its props is, by id.

        Returns:
            Whether there was something: a body, or a prop that can move.
        """
        hit = pick(ray, snapshot, items)
        if hit is None:
            return False
        self._held, self._target = hit, hit.point
        self._depth = hit.distance * float(ray.direction @ forward)
        body = snapshot.model.body_names[hit.body]
        self._post(Grab(_vec3(hit.point), _vec3(hit.point_b), body, max(hit.character, 0), hit.prop))
        return True

    def move(self, ray: Ray, forward: Array) -> None:
        """Takes what it holds to the cursor, as far in front of the camera as it was."""
        if self._held is None:
            return
        along = float(ray.direction @ forward)
        target = ray.at(self._depth / max(along, 0.05))
        target[2] = max(target[2], 0.0)
        if float(np.linalg.norm(target - self._target)) > STILL:
            self._target = target
            self._post(Drag(_vec3(target)))

    def release(self) -> None:
        """Lets go."""
        if self._held is not None:
            self._held = None
            self._post(Release())

    def line(self, snapshot: Snapshot) -> tuple[Array, Array] | None:
        """(3,) where it holds and (3,) where it pulls to; None where it holds nothing, or that is gone."""
        held = self._held
        if held is None:
            return None
        if held.prop is not None:
            if held.prop not in snapshot.props.ids:
                return None
            k = snapshot.props.ids.index(held.prop)
            pos, rot = snapshot.props.pos[k], snapshot.props.rot[k]
        elif held.character < snapshot.num_characters:
            pos, rot = snapshot.body_pos[held.character, held.body], snapshot.body_rot[held.character, held.body]
        else:
            return None
        return pos + rotation.rotate(rot, held.point_b), self._target


def _vec3(vector: Array) -> Vec3:
    x, y, z = vector.tolist()
    return (x, y, z)
