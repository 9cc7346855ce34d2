"""Mechanics: what props do besides lying there: they come off, break, smear, and blow; and go back to their places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec, Vec3
from game.sim import rotation
from game.sim.contact import Contact
from game.sim.contents import Contents
from game.sim.engine import Engine
from game.sim.forces import Forces
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.shards import BURST, shards_of
from game.sim.wind import LEAST, body_areas, item_area, wind_force

Array = NDArray[np.float64]

TOUCH = 0.05
"""N s in a tick: less is no touch that smears"""


REBOUND = 1.3
"""share of the blow that throws back what came loose"""
ROCKS, ROCK_SHARE = 0.8, 0.25
"""N s in a tick: a harder blow along its axle turns a hinged prop; by so much of the blow, at the place of the blow"""


KICK_LOAD, KICK_PAUSE = 1.5, 30
"""N s in a tick that sets off what kicks; ticks before it can kick again"""


class Mechanics:
    """Of the props of one world. A function of what happened, so that takes repeat."""

    def __init__(self, engine: Engine, contents: Contents, forces: Forces) -> None:
        self._engine, self._contents, self._forces = engine, contents, forces
        self._came: dict[int, ItemSpec] = {}
        """every prop that was put into the world and not removed, as it came"""
        self._fast: set[int] = set()
        """props that still stand fast, see `ItemSpec.holds`"""
        self._smears: dict[tuple[int, int], tuple[int, float]] = {}
        """of a character's body: the tick until which it is slippery, and its friction"""
        self._kicked: dict[int, int] = {}
        """the tick at which a prop kicked last"""
        self.pieces: set[int] = set()
        """props that are pieces of others"""
        self.next_prop = 0

    # ---------------------------------------------------------------- come and go
    def add(self, item: ItemSpec, velocity: Vec3 | Array, ang_vel: Vec3 | Array) -> int:
        """Put an item into the world; returns its id."""
        prop = self._new_id()
        self._came[prop] = item
        self._put(prop, item, velocity, ang_vel)
        return prop

    def _new_id(self) -> int:
        self.next_prop += 1
        return self.next_prop - 1

    def _put(self, prop: int, item: ItemSpec, velocity: Vec3 | Array, ang_vel: Vec3 | Array) -> None:
        stands = item.holds > 0.0 and item.hinge is None
        self._engine.add_prop(prop, replace(item, mass=0.0) if stands else item, velocity, ang_vel)
        if item.holds > 0.0:
            self._fast.add(prop)
        self._contents.props[prop] = item

    def remove(self, prop: int) -> None:
        """Take a prop away for good."""
        self._came.pop(prop, None)
        self.pieces.discard(prop)
        self._take(prop)

    def _take(self, prop: int) -> None:
        self._forces.release_from(prop=prop)
        self._engine.remove_prop(prop)
        self._fast.discard(prop)
        self._kicked.pop(prop, None)
        del self._contents.props[prop]

    def tidy(self) -> None:
        """Put everything back where it came into the world, whole and at rest; nobody is slippery any more."""
        for prop in sorted(self.pieces):
            self.remove(prop)
        for prop, item in self._came.items():
            if prop not in self._contents.props:
                self._put(prop, item, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
            elif item.mass:
                self._take(prop)
                self._put(prop, item, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        for character, body in list(self._smears):
            self._dry(character, body)

    def forget_character(self, character: int) -> None:
        """A character is gone."""
        self._smears = {key: smear for key, smear in self._smears.items() if key[0] != character}

    # ---------------------------------------------------------------- ticks
    def before_tick(self, poses: BodyPoses, velocities: BodyVelocities) -> None:
        """Let everything blow that blows; poses and velocities (N, B, ...) are those of the characters."""
        blowing = [prop for prop, item in self._contents.props.items() if item.wind is not None]
        for prop in blowing:
            self._blow(prop, poses, velocities)

    def _blow(self, prop: int, poses: BodyPoses, velocities: BodyVelocities) -> None:
        props, engine = self._contents.props, self._engine
        wind = props[prop].wind
        assert wind is not None
        source = engine.prop_motion(prop)
        areas = body_areas(self._contents.model)
        for character in range(len(poses.pos)):
            pushes = wind_force(
                wind, source.rot, source.pos, poses.pos[character], velocities.vel[character], areas
            )  # fmt: skip
            for body in np.flatnonzero(np.linalg.norm(pushes, axis=1) > LEAST).tolist():
                self._forces.push(character, body, pushes[body], 1)
        loose = [other for other, item in props.items() if item.mass and other != prop and other not in self._fast]
        if loose:
            states = engine.prop_states(loose)
            area = np.array([item_area(props[other]) for other in loose])
            pushes = wind_force(wind, source.rot, source.pos, states[:, :3], states[:, 7:10], area)
            for k in np.flatnonzero(np.linalg.norm(pushes, axis=1) > LEAST).tolist():
                self._forces.push_prop(loose[k], pushes[k], 1)

    def after_tick(self, tick: int, contacts: tuple[Contact, ...]) -> None:
        """Look at what touched what in the tick that ended, and do what follows."""
        self._smear(tick, contacts)
        self._kick(tick, contacts)
        hit: dict[int, float] = {}
        hardest: dict[int, tuple[float, Array, Array]] = {}
        for contact in contacts:
            impulse = contact.impulse
            for prop, sign in ((_first_prop(contact), 1.0), (_second_prop(contact), -1.0)):
                if prop < 0:
                    continue
                hit[prop] = hit.get(prop, 0.0) + impulse
                if impulse > hardest.get(prop, (0.0,))[0]:
                    hardest[prop] = impulse, sign * impulse * np.array(contact.normal), np.array(contact.point)
        for prop in sorted(hit):
            item = self._contents.props.get(prop)
            if item is None:
                continue
            if item.breaks is not None and hit[prop] > item.breaks.impulse:
                self._break(prop, item)
            elif prop in self._fast and hit[prop] > item.holds:
                self._loosen(prop, item, hardest[prop][1])
            elif item.hinge is not None and hardest[prop][0] > ROCKS:
                self._rock(prop, item, *hardest[prop])

    def _kick(self, tick: int, contacts: tuple[Contact, ...]) -> None:
        """Whoever steps on something that kicks gets it, once a second."""
        for contact in contacts:
            if contact.kind != "prop" or contact.character < 0 or contact.impulse < KICK_LOAD:
                continue
            item = self._contents.props.get(contact.other)
            if item is None or item.hinge is None or not item.hinge.kick or contact.normal[2] < 0.5:
                continue
            if tick < self._kicked.get(contact.other, -KICK_PAUSE) + KICK_PAUSE:
                continue
            self._kicked[contact.other] = tick
            motion = self._engine.prop_motion(contact.other)
            axis = rotation.rotate(motion.rot, np.array(item.hinge.axis))
            arm = rotation.rotate(motion.rot, -np.array(item.hinge.point))
            way = np.cross(axis, arm)
            way = way / max(float(np.linalg.norm(way)), 1e-9)
            self._engine.push_prop(contact.other, item.hinge.kick * self._contents.model.physics_hz * way, motion.pos)

    def _smear(self, tick: int, contacts: tuple[Contact, ...]) -> None:
        for contact in contacts:
            if contact.kind != "prop" or contact.character < 0 or contact.impulse < TOUCH:
                continue
            item = self._contents.props.get(contact.other)
            if item is None or item.smear is None:
                continue
            key = contact.character, contact.body
            if self._smears.get(key, (0, -1.0))[1] != item.smear.friction:
                self._engine.set_body_friction(*key, item.smear.friction)
            until = tick + round(item.smear.seconds * self._contents.model.control_hz)
            self._smears[key] = until, item.smear.friction
        for key, (until, _) in list(self._smears.items()):
            if tick > until:
                self._dry(*key)

    def _dry(self, character: int, body: int) -> None:
        del self._smears[character, body]
        self._engine.set_body_friction(character, body, self._contents.model.friction)

    def _rock(self, prop: int, item: ItemSpec, impulse: float, along: Array, point: Array) -> None:
        """A blow along the axle turns a prop on it all the same: a picture that is hit beside its nail hangs crooked.

        impulse: N s. along: (3,) N s, its vector. point: (3,) m, where.
        """
        assert item.hinge is not None
        axis = rotation.rotate(self._engine.prop_motion(prop).rot, np.array(item.hinge.axis))
        if abs(float(along @ axis)) > 0.7 * impulse:
            down = np.array([0.0, 0.0, -ROCK_SHARE * impulse * self._contents.model.physics_hz])
            self._engine.push_prop(prop, down, point)

    def _loosen(self, prop: int, item: ItemSpec, impulse: Array) -> None:
        """Let a prop go that stood fast; the impulse (3,), N s, that was too much for it throws its top back.

        It was fast to something, mostly a wall: it can only come back from there.
        """
        motion = self._engine.prop_motion(prop)
        self._fast.discard(prop)
        self._forces.release_from(prop=prop)
        self._engine.remove_prop(prop)
        here = _at(replace(item, hinge=None), motion.pos, motion.rot)
        self._engine.add_prop(prop, here, motion.vel, motion.ang_vel)
        top = motion.pos + rotation.rotate(motion.rot, np.array([0.0, 0.0, _top(item)]))
        back = np.array([-impulse[0], -impulse[1], 0.0])
        self._engine.push_prop(prop, REBOUND * back * self._contents.model.physics_hz, top)

    def _break(self, prop: int, item: ItemSpec) -> None:
        motion = self._engine.prop_motion(prop)
        self._take(prop)
        for shard, away in shards_of(item):
            arm = rotation.rotate(motion.rot, np.array(shard.position))
            turn = rotation.multiply(motion.rot, np.array(shard.quaternion))
            apart = BURST * rotation.rotate(motion.rot, np.array(away))
            velocity = motion.vel + np.cross(motion.ang_vel, arm) + apart
            piece = self._new_id()
            self._put(piece, _at(shard, motion.pos + arm, turn), velocity, motion.ang_vel)
            self.pieces.add(piece)


def _top(item: ItemSpec) -> float:
    """m, from an item's origin up to its highest part's middle, or for tall parts to nine tenths of their half."""
    return max(
        part.position[2] + (0.45 * part.size[2] if part.shape == "box" else 0.0) for part in item.parts
    )  # fmt: skip


def _first_prop(contact: Contact) -> int:
    """The prop whose contact it is, -1 where it is a character's."""
    return contact.body if contact.character < 0 else -1


def _second_prop(contact: Contact) -> int:
    """The prop on the other side, -1 where that is none."""
    return contact.other if contact.kind == "prop" else -1


def _at(item: ItemSpec, pos: Array, rot: Array) -> ItemSpec:
    x, y, z = pos.tolist()
    a, b, c, d = rotation.normalize(rot).tolist()
    return replace(item, position=(x, y, z), quaternion=(a, b, c, d))
