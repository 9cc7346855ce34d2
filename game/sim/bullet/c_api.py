"""Bullet's C API, in the library that pybullet installs: the functions that this project calls, declared once.

pybullet's Python functions make tuples and lists of every state and torque, which costs more than half of a physics
step. The library under them exports the API that they are written in (bullet3's examples/SharedMemory/
PhysicsClientC_API.h and SharedMemoryPublic.h); `game.sim.bullet.client` and `game.sim.bullet.substeps` speak that.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

PYBULLET = "3.2.7"
"""the version whose library this is written for"""


class BulletError(RuntimeError):
    """Bullet is missing, is not the expected version, or a command failed."""


_HANDLE, _INT, _DOUBLE, _NUMBERS = ctypes.c_void_p, ctypes.c_int, ctypes.c_double, ctypes.c_void_p
_COMMAND, _BODY_LINK = (_HANDLE,), (_INT, _INT)

SIGNATURES: dict[str, tuple[Any, ...]] = {
    # result, arguments: a client, command or status is a handle, a vector the address of its doubles
    "b3ConnectPhysicsDirect": (_HANDLE,),
    "b3DisconnectSharedMemory": (None, _HANDLE),
    "b3SubmitClientCommand": (_INT, _HANDLE, _HANDLE),
    "b3ProcessServerStatus": (_HANDLE, _HANDLE),
    "b3GetStatusBodyIndex": (_INT, _HANDLE),
    "b3GetStatusCollisionShapeUniqueId": (_INT, _HANDLE),
    "b3InitPhysicsParamCommand": (_HANDLE, _HANDLE),
    "b3PhysicsParamSetTimeStep": (_INT, *_COMMAND, _DOUBLE),
    "b3PhysicsParamSetNumSubSteps": (_INT, *_COMMAND, _INT),
    "b3PhysicsParamSetNumSolverIterations": (_INT, *_COMMAND, _INT),
    "b3PhysicsParameterSetDeterministicOverlappingPairs": (_INT, *_COMMAND, _INT),
    "b3PhysicsParamSetGravity": (_INT, *_COMMAND, _DOUBLE, _DOUBLE, _DOUBLE),
    "b3LoadUrdfCommandInit": (_HANDLE, _HANDLE, ctypes.c_char_p),
    "b3LoadUrdfCommandSetFlags": (_INT, *_COMMAND, _INT),
    "b3LoadUrdfCommandSetUseFixedBase": (_INT, *_COMMAND, _INT),
    "b3LoadUrdfCommandSetStartOrientation": (_INT, *_COMMAND, _DOUBLE, _DOUBLE, _DOUBLE, _DOUBLE),
    "b3LoadUrdfCommandSetStartPosition": (_INT, *_COMMAND, _DOUBLE, _DOUBLE, _DOUBLE),
    "b3CreateCollisionShapeCommandInit": (_HANDLE, _HANDLE),
    "b3CreateCollisionShapeAddPlane": (_INT, *_COMMAND, _NUMBERS, _DOUBLE),
    "b3CreateCollisionShapeAddBox": (_INT, *_COMMAND, _NUMBERS),
    "b3CreateCollisionShapeAddSphere": (_INT, *_COMMAND, _DOUBLE),
    "b3CreateCollisionShapeAddCapsule": (_INT, *_COMMAND, _DOUBLE, _DOUBLE),
    "b3CreateCollisionShapeAddCylinder": (_INT, *_COMMAND, _DOUBLE, _DOUBLE),
    "b3CreateCollisionShapeSetChildTransform": (None, *_COMMAND, _INT, _NUMBERS, _NUMBERS),
    "b3CreateMultiBodyCommandInit": (_HANDLE, _HANDLE),
    "b3CreateMultiBodyBase": (_INT, *_COMMAND, _DOUBLE, _INT, _INT, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS),
    "b3InitRemoveBodyCommand": (_HANDLE, _HANDLE, _INT),
    "b3InitChangeDynamicsInfo": (_HANDLE, _HANDLE),
    "b3ChangeDynamicsInfoSetMass": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE),
    "b3ChangeDynamicsInfoSetLocalInertiaDiagonal": (_INT, *_COMMAND, *_BODY_LINK, _NUMBERS),
    "b3ChangeDynamicsInfoSetLateralFriction": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE),
    "b3ChangeDynamicsInfoSetRollingFriction": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE),
    "b3ChangeDynamicsInfoSetSpinningFriction": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE),
    "b3ChangeDynamicsInfoSetRestitution": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE),
    "b3ChangeDynamicsInfoSetJointDamping": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE),
    "b3ChangeDynamicsInfoSetLinearDamping": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3ChangeDynamicsInfoSetAngularDamping": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3ChangeDynamicsInfoSetContactStiffnessAndDamping": (_INT, *_COMMAND, *_BODY_LINK, _DOUBLE, _DOUBLE),
    "b3CollisionFilterCommandInit": (_HANDLE, _HANDLE),
    "b3SetCollisionFilterPair": (None, *_COMMAND, _INT, _INT, _INT, _INT, _INT),
    "b3SetCollisionFilterGroupMask": (None, *_COMMAND, *_BODY_LINK, _INT, _INT),
    "b3CreatePoseCommandInit": (_HANDLE, _HANDLE, _INT),
    "b3CreatePoseCommandSetBasePosition": (_INT, *_COMMAND, _DOUBLE, _DOUBLE, _DOUBLE),
    "b3CreatePoseCommandSetBaseOrientation": (_INT, *_COMMAND, _DOUBLE, _DOUBLE, _DOUBLE, _DOUBLE),
    "b3CreatePoseCommandSetBaseLinearVelocity": (_INT, *_COMMAND, _NUMBERS),
    "b3CreatePoseCommandSetBaseAngularVelocity": (_INT, *_COMMAND, _NUMBERS),
    "b3CreatePoseCommandSetQ": (_INT, *_COMMAND, _INT, _NUMBERS, ctypes.c_void_p),
    "b3CreatePoseCommandSetQdots": (_INT, *_COMMAND, _INT, _NUMBERS, ctypes.c_void_p),
    "b3JointControlCommandInit2": (_HANDLE, _HANDLE, _INT, _INT),
    "b3JointControlSetDesiredPositionMultiDof": (_INT, *_COMMAND, _INT, _NUMBERS, _INT),
    "b3JointControlSetDesiredVelocity": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3JointControlSetKp": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3JointControlSetKd": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3JointControlSetDamping": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3JointControlSetDesiredForceTorque": (_INT, *_COMMAND, _INT, _DOUBLE),
    "b3ApplyExternalForceCommandInit": (_HANDLE, _HANDLE),
    "b3ApplyExternalForce": (None, *_COMMAND, *_BODY_LINK, _NUMBERS, _NUMBERS, _INT),
    "b3InitStepSimulationCommand": (_HANDLE, _HANDLE),
    "b3RequestActualStateCommandInit": (_HANDLE, _HANDLE, _INT),
    "b3RequestActualStateCommandComputeLinkVelocity": (_INT, *_COMMAND, _INT),
    # status; addresses where to put body, sizes of q and qd, and pointers to: inertial frame, q, qd, reaction forces
    "b3GetStatusActualState": (_INT, _HANDLE, *(_HANDLE,) * 7),
    "b3GetLinkState": (_INT, _HANDLE, _HANDLE, _INT, _NUMBERS),
    "b3InitRequestContactPointInformation": (_HANDLE, _HANDLE),
    # the address of an int, how many there are, and of a pointer to that many POINTs, each in 8 bytes
    "b3GetContactPointInformation": (None, _HANDLE, _HANDLE),
}

POINT = np.dtype(
    [
        ("flags", "i4"), ("body", "i4", (2,)), ("link", "i4", (2,)), ("on_a", "f8", (3,)), ("on_b", "f8", (3,)),
        ("normal", "f8", (3,)), ("distance", "f8"), ("force", "f8"), ("friction", "f8", (2,)),
        ("friction_direction", "f8", (2, 3)),
    ],
    align=True,
)  # fmt: skip
"""b3ContactPointData: bodies and links a and b, places on both, the normal from b towards a, N along it"""

LINK = np.dtype(
    [
        ("com_pos", "f8", (3,)), ("com_rot", "f8", (4,)), ("inertial_pos", "f8", (3,)), ("inertial_rot", "f8", (4,)),
        ("pos", "f8", (3,)), ("rot", "f8", (4,)), ("com_vel", "f8", (3,)), ("ang_vel", "f8", (3,)),
        ("lower", "f8", (3,)), ("upper", "f8", (3,)),
    ],
    align=True,
)  # fmt: skip
"""b3LinkState: centre of mass and its velocity, the inertial frame in the link's, the link's frame, bounds; world"""

MAINTAIN_LINK_ORDER, INERTIA_FROM_FILE, SELF_COLLISION, EXCLUDE_ALL_PARENTS = 131072, 2, 8, 32
"""flags of b3LoadUrdfCommandSetFlags"""
VELOCITY_CONTROL, TORQUE_CONTROL, POSITION_CONTROL = 0, 1, 2
"""modes of b3JointControlCommandInit2"""
WORLD_FRAME = 2
"""of b3ApplyExternalForce's force and position"""


def load(path: Path) -> Any:
    """The library at a path, its functions declared. Raises BulletError where it cannot be or lacks one."""
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise BulletError(f"Bullet's library cannot be loaded: {error}") from error
    for name, (result, *arguments) in SIGNATURES.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise BulletError(f"{path.name} has no {name}; expected the library of pybullet {PYBULLET}") from None
        function.restype, function.argtypes = result, arguments
    return library


def address(function: Any) -> int:
    """Where a function of the library is."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@contextmanager
def quiet() -> Iterator[None]:
    """Send what C code writes to stdout and stderr nowhere until the end: the last line belongs to our JSON."""
    runtime = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    sys.stdout.flush()
    sys.stderr.flush()
    runtime.fflush(None)
    saved, null = (os.dup(1), os.dup(2)), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        yield
    finally:
        runtime.fflush(None)
        for stream, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(null)


def _installed() -> Path:
    spec = find_spec("pybullet")
    if spec is None or spec.origin is None:
        raise BulletError(f"pybullet is not installed; expected {PYBULLET}")
    return Path(spec.origin)


bullet: Any = load(_installed())
"""the C API; the library is loaded, pybullet itself is not imported"""
