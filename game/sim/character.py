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
        self._pack_pose = struct.Struct("4d").pack_into
        self._pack_vel = struct.Struct("3d").pack_into
        self._pack_q = struct.Struct(f"{packing.num_q}d").pack_into
        self._pack_qd = struct.Struct(f"{packing.num_v}d").pack_into

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

    def read(
        self, n: int, root_pos: Bytes, root_rot: Bytes, root_vel: Bytes, root_ang: Bytes,
        q: Bytes, qd: Bytes,
    ) -> None:  # fmt: skip
        """Write this character's state into row n of the flat arrays (their bytes)."""
        body, client = self.bullet_id, self.client
        position, orientation = pb.getBasePositionAndOrientation(body, client)
        linear, angular = pb.getBaseVelocity(body, client)
        joints = pb.getJointStatesMultiDof(body, self.links, client)
        self._pack_vel(root_pos, 24 * n, *position)
        self._pack_pose(root_rot, 32 * n, *orientation)
        self._pack_vel(root_vel, 24 * n, *linear)
        self._pack_vel(root_ang, 24 * n, *angular)
        self._pack_q(q, 8 * self.packing.num_q * n, *chain.from_iterable([joint[0] for joint in joints]))
        self._pack_qd(qd, 8 * self.packing.num_v * n, *chain.from_iterable([joint[1] for joint in joints]))

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
