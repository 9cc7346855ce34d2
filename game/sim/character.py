"""Character: one body in a PyBullet client; states in and out, torques in."""

from __future__ import annotations

import struct
from itertools import chain
from typing import Any

from numpy.typing import NDArray

from game.sim.bullet import pb, quiet
from game.sim.model import CharacterModel
from game.sim.packing import Packing

Bytes = Any
"""uint8 view of a float array: a writable buffer, which numpy's types do not say"""

_FLAGS = (
    pb.URDF_MAINTAIN_LINK_ORDER
    | pb.URDF_USE_INERTIA_FROM_FILE
    | pb.URDF_USE_SELF_COLLISION
    | pb.URDF_USE_SELF_COLLISION_EXCLUDE_ALL_PARENTS
)


class Character:
    """Loads the model's URDF with joint motors off and reads and writes flat rows (see `Packing`)."""

    def __init__(
        self, client: int, model: CharacterModel, packing: Packing, position: tuple[float, float, float]
    ) -> None:
        self.client = client
        self.model = model
        self.packing = packing
        with quiet():
            self.bullet_id: int = pb.loadURDF(str(model.urdf), position, flags=_FLAGS, physicsClientId=client)
        self.links = [int(b) for b in model.joint_body]
        for link in range(-1, model.num_bodies):
            pb.changeDynamics(
                self.bullet_id,
                link,
                lateralFriction=model.friction,
                linearDamping=0.0,
                angularDamping=0.0,
                jointDamping=0.0,
                physicsClientId=client,
            )
        self._switch_motors_off()
        row = struct.Struct(f"{13 + packing.num_q + packing.num_v}d")
        self._pack, self._stride = row.pack_into, row.size

    def set_mass_scale(self, scale: float) -> None:
        """Make every body `scale` times as dense: its mass and inertia grow alike."""
        for body, (mass, inertia) in enumerate(zip(self.model.mass, self.model.inertia, strict=True)):
            pb.changeDynamics(
                self.bullet_id,
                body,
                mass=float(scale * mass),
                localInertiaDiagonal=(scale * inertia).tolist(),
                physicsClientId=self.client,
            )

    def _switch_motors_off(self) -> None:
        """Bullet gives every joint a velocity motor; a torque-driven joint needs it at zero force."""
        for joint, link in enumerate(self.links):
            if self.model.joint_is_hinge[joint]:
                pb.setJointMotorControl2(
                    self.bullet_id, link, pb.VELOCITY_CONTROL, force=0.0, physicsClientId=self.client
                )
            else:
                pb.setJointMotorControlMultiDof(
                    self.bullet_id,
                    link,
                    pb.POSITION_CONTROL,
                    targetPosition=[0.0, 0.0, 0.0, 1.0],
                    positionGain=0.0,
                    velocityGain=0.0,
                    force=[0.0, 0.0, 0.0],
                    physicsClientId=self.client,
                )

    def read(self, n: int, buffer: Bytes) -> None:
        """Write this character's state into row n: root position, rotation, velocity, angular velocity, q, qd."""
        body, client = self.bullet_id, self.client
        position, orientation = pb.getBasePositionAndOrientation(body, client)
        linear, angular = pb.getBaseVelocity(body, client)
        joints = pb.getJointStatesMultiDof(body, self.links, client)
        q, qd = [joint[0] for joint in joints], [joint[1] for joint in joints]
        flat = chain.from_iterable((position, orientation, linear, angular, *q, *qd))
        self._pack(buffer, self._stride * n, *flat)

    def write(
        self, root_pos: NDArray[Any], root_rot: NDArray[Any], root_vel: NDArray[Any], root_ang_vel: NDArray[Any],
        q: NDArray[Any], qd: NDArray[Any],
    ) -> None:  # fmt: skip
        """Put the body into a state given by flat rows (Q,) and (V,)."""
        body, client = self.bullet_id, self.client
        pb.resetBasePositionAndOrientation(body, root_pos.tolist(), root_rot.tolist(), physicsClientId=client)
        pb.resetBaseVelocity(body, root_vel.tolist(), root_ang_vel.tolist(), physicsClientId=client)
        positions, rates = q.tolist(), qd.tolist()
        pb.resetJointStatesMultiDof(
            body,
            self.links,
            [positions[s] for s in self.packing.q_slices],
            [rates[s] for s in self.packing.v_slices],
            physicsClientId=client,
        )

    def apply(self, torque: list[float]) -> None:
        """Set the joint torques (V,) for the next physics step."""
        # lists only: PyBullet crashes on tuples here
        forces = [torque[s] for s in self.packing.v_slices]
        pb.setJointMotorControlMultiDofArray(
            self.bullet_id, self.links, pb.TORQUE_CONTROL, forces=forces, physicsClientId=self.client
        )
