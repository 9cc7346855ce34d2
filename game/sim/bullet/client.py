"""Client: a private Bullet server in this process, and the commands to it that are not in the inner loop."""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.mechanism import HingeSpec
from game.scene.set_spec import PartSpec
from game.sim.bullet import c_api as b3
from game.sim.bullet.c_api import BulletError, bullet
from game.sim.bullet.hinged import hinged_urdf
from game.sim.bullet.substeps import Calls, calls_of, read_states

Array = NDArray[np.float64]

_NO_TURN = (0.0, 0.0, 0.0, 1.0)


class Client:
    """Bodies are the ids that Bullet gives; link -1 is a body's base. Every method raises BulletError if it fails."""

    def __init__(self, dt: float, solver_iterations: int) -> None:
        """Start a server that steps by dt seconds."""
        self._handle: int = bullet.b3ConnectPhysicsDirect() or 0
        if not self._handle:
            raise BulletError("Bullet gives no client")
        self._calls = calls_of(self._handle)
        self._floor = -1
        command = self._parameters()
        bullet.b3PhysicsParamSetNumSolverIterations(command, solver_iterations)
        bullet.b3PhysicsParamSetNumSubSteps(command, 1)
        bullet.b3PhysicsParamSetTimeStep(command, dt)
        bullet.b3PhysicsParameterSetDeterministicOverlappingPairs(command, 0)
        self._send(command)

    def close(self) -> None:
        """End the server; a second time nothing happens."""
        if self._handle:
            bullet.b3DisconnectSharedMemory(self._handle)
            self._handle = 0

    def __del__(self) -> None:
        if getattr(self, "_handle", 0):
            self.close()

    @property
    def handle(self) -> int:
        """The server's, for the C API."""
        if not self._handle:
            raise BulletError("this world has been closed")
        return self._handle

    @property
    def calls(self) -> Calls:
        """What compiled code needs to send commands to the server."""
        if not self._handle:
            raise BulletError("this world has been closed")
        return self._calls

    @calls.setter
    def calls(self, calls: Calls) -> None:
        self._calls = calls

    def _parameters(self) -> Any:
        return bullet.b3InitPhysicsParamCommand(self.handle)

    def _send(self, command: Any) -> Any:
        bullet.b3SubmitClientCommand(self.handle, command)
        status = bullet.b3ProcessServerStatus(self.handle)
        if not status:
            raise BulletError("Bullet gives no answer")
        return status

    # ---------------------------------------------------------------- bodies
    def set_gravity(self, gravity: Sequence[float]) -> None:
        """Set gravity (3,), m/s2."""
        command = self._parameters()
        bullet.b3PhysicsParamSetGravity(command, *gravity)
        self._send(command)

    def add_urdf(self, path: Path, position: Sequence[float]) -> int:
        """Load a body that collides with itself, but not a link with its ancestors."""
        command = bullet.b3LoadUrdfCommandInit(self.handle, str(path).encode())
        flags = b3.MAINTAIN_LINK_ORDER | b3.INERTIA_FROM_FILE | b3.SELF_COLLISION | b3.EXCLUDE_ALL_PARENTS
        bullet.b3LoadUrdfCommandSetFlags(command, flags)
        bullet.b3LoadUrdfCommandSetStartPosition(command, *position)
        with b3.quiet():
            body = int(bullet.b3GetStatusBodyIndex(self._send(command)))
        if body < 0:
            raise BulletError(f"Bullet cannot load {path}")
        return body

    def add_floor(self) -> int:
        """Make the plane z = 0."""
        command = bullet.b3CreateCollisionShapeCommandInit(self.handle)
        bullet.b3CreateCollisionShapeAddPlane(command, _doubles((0.0, 0.0, 1.0)), 0.0)
        self._floor = self._add(command, 0.0, (0.0, 0.0, 0.0), _NO_TURN)
        return self._floor

    def add_solid(
        self, parts: Sequence[PartSpec], mass: float, position: Sequence[float], rotation: Sequence[float]
    ) -> int:
        """Make one rigid body of parts; of mass 0 it never moves."""
        command = bullet.b3CreateCollisionShapeCommandInit(self.handle)
        for part in parts:
            if part.shape == "box":
                shape = bullet.b3CreateCollisionShapeAddBox(command, _doubles([0.5 * v for v in part.size]))
            elif part.shape == "sphere":
                shape = bullet.b3CreateCollisionShapeAddSphere(command, part.size[0])
            elif part.shape == "capsule":
                shape = bullet.b3CreateCollisionShapeAddCapsule(command, *part.size)
            else:
                shape = bullet.b3CreateCollisionShapeAddCylinder(command, *part.size)
            if shape < 0:
                raise BulletError(f"too many parts: {len(parts)}")
            bullet.b3CreateCollisionShapeSetChildTransform(
                command, shape, _doubles(part.position), _doubles(part.quaternion)
            )
        return self._add(command, mass, position, rotation)

    def add_hinged(
        self, parts: tuple[PartSpec, ...], mass: float, hinge: HingeSpec, position: Sequence[float],
        rotation: Sequence[float],
    ) -> int:  # fmt: skip
        """Make a body that turns on an axle: its base is fixed at a pose, its link 0 is what moves."""
        handle, name = tempfile.mkstemp(suffix=".urdf")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(hinged_urdf(parts, mass, hinge))
            command = bullet.b3LoadUrdfCommandInit(self.handle, name.encode())
            bullet.b3LoadUrdfCommandSetUseFixedBase(command, 1)
            bullet.b3LoadUrdfCommandSetStartPosition(command, *position)
            bullet.b3LoadUrdfCommandSetStartOrientation(command, *rotation)
            with b3.quiet():
                body = int(bullet.b3GetStatusBodyIndex(self._send(command)))
        finally:
            Path(name).unlink()
        if body < 0:
            raise BulletError(f"Bullet cannot make a hinged body of {mass} kg")
        self.set_damping(body, 0.0, ())
        if self._floor >= 0:  # the axle holds it: what turns into the floor is not stopped by it
            command = bullet.b3CollisionFilterCommandInit(self.handle)
            bullet.b3SetCollisionFilterPair(command, body, self._floor, 0, -1, 0)
            self._send(command)
        self.hinge_friction(body, hinge.friction, hinge.damping)
        return body

    def _add(self, command: Any, mass: float, position: Sequence[float], rotation: Sequence[float]) -> int:
        shape = bullet.b3GetStatusCollisionShapeUniqueId(self._send(command))
        if shape < 0:
            raise BulletError("Bullet cannot make a shape")
        command = bullet.b3CreateMultiBodyCommandInit(self.handle)
        here = _doubles((0.0, 0.0, 0.0)), _doubles(_NO_TURN)
        bullet.b3CreateMultiBodyBase(command, mass, shape, -1, _doubles(position), _doubles(rotation), *here)
        body = int(bullet.b3GetStatusBodyIndex(self._send(command)))
        if body < 0:
            raise BulletError(f"Bullet cannot make a body of {mass} kg")
        return body

    def remove(self, body: int) -> None:
        """Remove a body."""
        self._send(bullet.b3InitRemoveBodyCommand(self.handle, body))

    # ---------------------------------------------------------------- their properties
    def set_surface(
        self,
        body: int,
        link: int = -1,
        *,
        friction: float | None = None,
        rolling_friction: float | None = None,
        restitution: float | None = None,
        softness: tuple[float, float] | None = None,
    ) -> None:
        """Set coefficients of a link's surface; softness is contact stiffness (N/m) and damping (N s/m)."""
        command = bullet.b3InitChangeDynamicsInfo(self.handle)
        if friction is not None:
            bullet.b3ChangeDynamicsInfoSetLateralFriction(command, body, link, friction)
        if rolling_friction is not None:
            bullet.b3ChangeDynamicsInfoSetSpinningFriction(command, body, link, rolling_friction)
            bullet.b3ChangeDynamicsInfoSetRollingFriction(command, body, link, rolling_friction)
        if restitution is not None:
            bullet.b3ChangeDynamicsInfoSetRestitution(command, body, link, restitution)
        if softness is not None:
            bullet.b3ChangeDynamicsInfoSetContactStiffnessAndDamping(command, body, link, *softness)
        self._send(command)

    def set_mass(self, body: int, link: int, mass: float, inertia: Iterable[float]) -> None:
        """Set a link's mass and principal moments (3,)."""
        command = bullet.b3InitChangeDynamicsInfo(self.handle)
        bullet.b3ChangeDynamicsInfoSetMass(command, body, link, mass)
        bullet.b3ChangeDynamicsInfoSetLocalInertiaDiagonal(command, body, link, _doubles(inertia))
        self._send(command)

    def set_damping(self, body: int, damping: float, joint_links: Sequence[int] = ()) -> None:
        """Set how fast a body's velocities decay, 1/s; the joints of joint_links get no damping of their own."""
        command = bullet.b3InitChangeDynamicsInfo(self.handle)
        bullet.b3ChangeDynamicsInfoSetLinearDamping(command, body, damping)
        bullet.b3ChangeDynamicsInfoSetAngularDamping(command, body, damping)
        self._send(command)
        for link in joint_links:
            command = bullet.b3InitChangeDynamicsInfo(self.handle)
            bullet.b3ChangeDynamicsInfoSetJointDamping(command, body, link, 0.0)
            self._send(command)

    def set_filter(self, body: int, link: int, group: int, mask: int) -> None:
        """Let a link collide only with links whose group is in `mask` and whose mask has `group`."""
        command = bullet.b3CollisionFilterCommandInit(self.handle)
        bullet.b3SetCollisionFilterGroupMask(command, body, link, group, mask)
        self._send(command)

    def hinge_friction(self, body: int, friction: float, damping: float) -> None:
        """Set the dry friction, N m, and the damping, N m s/rad, of the only joint of a body."""
        command = bullet.b3InitChangeDynamicsInfo(self.handle)
        bullet.b3ChangeDynamicsInfoSetJointDamping(command, body, 0, damping)
        self._send(command)
        # a motor that wants to stand still and is as strong as the friction
        command = bullet.b3JointControlCommandInit2(self.handle, body, b3.VELOCITY_CONTROL)
        bullet.b3JointControlSetDesiredVelocity(command, 6, 0.0)
        bullet.b3JointControlSetKd(command, 6, 1.0)
        bullet.b3JointControlSetDesiredForceTorque(command, 6, friction)
        self._send(command)

    def free_hinge(self, body: int, v: int) -> None:
        """Switch the motor of a hinge off; v: the hinge's first column in qd."""
        command = bullet.b3JointControlCommandInit2(self.handle, body, b3.VELOCITY_CONTROL)
        bullet.b3JointControlSetDesiredVelocity(command, 6 + v, 0.0)
        bullet.b3JointControlSetKd(command, 6 + v, 1.0)
        bullet.b3JointControlSetDesiredForceTorque(command, 6 + v, 0.0)
        self._send(command)

    def free_ball(self, body: int, q: int, v: int) -> None:
        """Switch the motor of a spherical joint off; q, v: the joint's first columns in q and qd."""
        command = bullet.b3JointControlCommandInit2(self.handle, body, b3.POSITION_CONTROL)
        bullet.b3JointControlSetDesiredPositionMultiDof(command, 7 + q, _doubles(_NO_TURN), 4)
        bullet.b3JointControlSetKp(command, 6 + v, 0.0)
        bullet.b3JointControlSetKd(command, 6 + v, 0.0)
        for k in range(3):
            bullet.b3JointControlSetDesiredForceTorque(command, 6 + v + k, 0.0)
        bullet.b3JointControlSetDamping(command, 6 + v, 1.0)
        self._send(command)

    # ---------------------------------------------------------------- their motion
    def set_pose(self, body: int, position: Iterable[float], rotation: Iterable[float]) -> None:
        """Put a body's base somewhere, at rest."""
        command = bullet.b3CreatePoseCommandInit(self.handle, body)
        bullet.b3CreatePoseCommandSetBasePosition(command, *position)
        bullet.b3CreatePoseCommandSetBaseOrientation(command, *rotation)
        self._send(command)

    def set_velocity(self, body: int, velocity: Iterable[float], ang_vel: Iterable[float]) -> None:
        """Set the velocities (3,) of a body's base, world."""
        command = bullet.b3CreatePoseCommandInit(self.handle, body)
        bullet.b3CreatePoseCommandSetBaseLinearVelocity(command, _doubles(velocity))
        bullet.b3CreatePoseCommandSetBaseAngularVelocity(command, _doubles(ang_vel))
        self._send(command)

    def set_joints(self, body: int, q: Array, qd: Array) -> None:
        """Set all joints' positions (Q,) and velocities (V,)."""
        command = bullet.b3CreatePoseCommandInit(self.handle, body)
        for values, root, setter in (
            (q, 7, bullet.b3CreatePoseCommandSetQ),
            (qd, 6, bullet.b3CreatePoseCommandSetQdots),
        ):
            all_values = np.concatenate([np.zeros(root), values])
            given = (np.arange(len(all_values)) >= root).astype(np.int32)
            setter(command, len(all_values), all_values.ctypes.data, given.ctypes.data)
        self._send(command)

    def base(self, body: int) -> tuple[Array, Array, Array, Array]:
        """A body's base: position (3,), rotation (4,), velocity (3,), angular velocity (3,), world."""
        state = self.bases([body])[0]
        return state[:3], state[3:7], state[7:10], state[10:]

    def bases(self, bodies: Sequence[int]) -> Array:
        """(N, 13) position, rotation, velocity and angular velocity of bodies without joints."""
        states = np.empty((len(bodies), 13))
        read_states(self.calls, np.array(bodies, np.int64), 0, states)
        return states

    def link(self, body: int, link: int) -> Any:
        """The state of a link, one `bullet.LINK`."""
        command = bullet.b3RequestActualStateCommandInit(self.handle, body)
        bullet.b3RequestActualStateCommandComputeLinkVelocity(command, 1)
        state = np.zeros((), b3.LINK)
        if not bullet.b3GetLinkState(self.handle, self._send(command), link, state.ctypes.data):
            raise BulletError(f"body {body} has no link {link}")
        return state

    def push(self, body: int, link: int, force: Iterable[float], point: Iterable[float]) -> None:
        """Apply a force (3,), N, at a point (3,) to a link for the next step; world."""
        command = bullet.b3ApplyExternalForceCommandInit(self.handle)
        bullet.b3ApplyExternalForce(command, body, link, _doubles(force), _doubles(point), b3.WORLD_FRAME)
        self._send(command)


def _doubles(values: Iterable[float]) -> Any:
    """Numbers that C may read while the call lasts."""
    numbers = tuple(values)
    return (ctypes.c_double * len(numbers))(*numbers)
