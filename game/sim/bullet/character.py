"""Character: one body in a Bullet client, its motors off, put into states."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from game.sim import kinematics
from game.sim.bullet.client import Client
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel
from game.sim.state import CharacterState


class Character:
    """Loads the model's URDF with joint motors off; its state is read by `substeps.read_states`."""

    def __init__(
        self, client: Client, model: CharacterModel, packing: JointLayout, position: tuple[float, float, float]
    ) -> None:
        self.client = client
        self.model = model
        self.packing = packing
        self.bullet_id = client.add_urdf(model.urdf, position)
        links = range(-1, model.num_bodies)
        for link in links:
            client.set_surface(self.bullet_id, link, friction=model.friction)
        client.set_damping(self.bullet_id, 0.0, links)
        # Bullet gives every joint a velocity motor; a torque-driven joint needs it at zero force
        for hinge, q, v in zip(model.joint_is_hinge, packing.q_slices, packing.v_slices, strict=True):
            if hinge:
                client.free_hinge(self.bullet_id, v.start)
            else:
                client.free_ball(self.bullet_id, q.start, v.start)

    def set_mass_scale(self, scale: float) -> None:
        """Make every body `scale` times as dense: its mass and inertia grow alike."""
        for body, (mass, inertia) in enumerate(zip(self.model.mass, self.model.inertia, strict=True)):
            self.client.set_mass(self.bullet_id, body, scale * mass, scale * inertia)

    def write(self, state: CharacterState) -> None:
        """Put the body into a state, without batch."""
        client, body = self.client, self.bullet_id
        client.set_pose(body, state.root_pos, state.root_rot)
        client.set_velocity(body, state.root_vel, state.root_ang_vel)
        q, qd = self.packing.pack_rotations(state.joint_rot[None]), self.packing.pack_velocities(state.joint_vel[None])
        client.set_joints(body, q[0], qd[0])


def standing(model: CharacterModel, position_xy: ArrayLike, heading: float = 0.0) -> CharacterState:
    """The default pose at rest, soles on the floor."""
    j = model.num_joints
    still = CharacterState(
        np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]), np.tile([0.0, 0.0, 0.0, 1.0], (j, 1)),
        np.zeros(3), np.zeros(3), np.zeros((j, 3)),
    )  # fmt: skip
    poses = kinematics.body_poses(model, still.root_pos, still.root_rot, still.joint_rot)
    height = -float(kinematics.lowest_point(model, poses))
    x, y = np.asarray(position_xy, float)
    return still.moved(np.array([x, y, height]), heading)
