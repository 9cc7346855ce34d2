"""Character: one body in a Bullet client, its motors off, put into states."""

from __future__ import annotations

from game.sim.bullet.client import Client
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel
from game.sim.state import CharacterState


class Character:
    """Loads the model's URDF with joint motors off; its state is read by `substeps.read_states`."""

    def __init__(
        self, client: Client, model: CharacterModel, joint_layout: JointLayout, position: tuple[float, float, float]
    ) -> None:
        self.client = client
        self.model = model
        self.joint_layout = joint_layout
        self.bullet_id = client.add_urdf(model.urdf, position)
        links = range(-1, model.num_bodies)
        for link in links:
            client.set_surface(self.bullet_id, link, friction=model.friction)
        client.set_damping(self.bullet_id, 0.0, links)
        # Bullet gives every joint a velocity motor; a torque-driven joint needs it at zero force
        for hinge, q, v in zip(model.joint_is_hinge, joint_layout.q_slices, joint_layout.v_slices, strict=True):
            if hinge:
                client.free_hinge(self.bullet_id, v.start)
            else:
                client.free_ball(self.bullet_id, q.start, v.start)

    def set_mass_scale(self, scale: float) -> None:
        """Make every body `scale` times as dense: its mass and inertia are multiplied by it."""
        for body, (mass, inertia) in enumerate(zip(self.model.mass, self.model.inertia, strict=True)):
            self.client.set_mass(self.bullet_id, body, scale * mass, scale * inertia)

    def write(self, state: CharacterState) -> None:
        """Put the body into a state, without batch."""
        client, body = self.client, self.bullet_id
        client.set_pose(body, state.root_pos, state.root_rot)
        client.set_velocity(body, state.root_vel, state.root_ang_vel)
        layout = self.joint_layout
        q, qd = layout.pack_rotations(state.joint_rot[None]), layout.pack_velocities(state.joint_vel[None])
        client.set_joints(body, q[0], qd[0])
