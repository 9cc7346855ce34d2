"""Exact stable PD control of floating-base trees, batched and compiled.

Stable PD (Tan, Liu, Turk 2011) predicts the next state with the accelerations that the torques themselves cause:

    acc = (M + dt Kd)^-1 (Kp err - Kd qd - C),    tau = Kp err - Kd (qd + dt acc)

with err from the position predicted for the next step, q + dt qd, to the target. The solve is forward dynamics with an
armature of dt Kd on every driven joint, so one articulated-body pass (Featherstone 2008, ch. 7) does it in O(n), M
never formed. Gravity and the root's linear velocity act on all bodies alike and cancel from the joints' equations, and
contact forces are left out: this is what PyBullet's STABLE_PD_CONTROL computes, to 1e-10 rad/s (tests hold it to that).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim import mat3 as al
from game.sim.model import CharacterModel, Shape

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Tree(NamedTuple):
    """What the controller knows of a character: S = J + 1 segments, the root first, then the body of each joint.

    Bodies that are fixed to another are part of its segment.
    """

    parent: Ints
    """(S,)"""
    hinge: NDArray[np.bool_]
    """(S,)"""
    q_index: Ints
    """(S,) first column of the joint in q"""
    v_index: Ints
    """(S,) first column of the joint in qd and torque"""
    offset: Array
    """(S, 3) of the joint in the parent segment's frame"""
    mass: Array
    """(S,)"""
    moment: Array
    """(S, 3) mass times centre of mass"""
    inertia: Array
    """(S, 6) about the joint: xx xy xz yy yz zz"""


class _Work(NamedTuple):
    """Scratch of one character's pass, a row a segment."""

    rot: Array  # 9
    ang_vel: Array  # 3
    arm: Array  # 3, from the parent's joint to this one, world axes
    gamma: Array  # 3, angular velocity product
    zeta: Array  # 3, centripetal acceleration of the joint
    inertia: Array  # 6, articulated: torque from angular acceleration
    coupling: Array  # 9, torque from linear acceleration
    masses: Array  # 6, force from linear acceleration
    bias_torque: Array  # 3
    bias_force: Array  # 3
    torque: Array  # 3, wanted joint torque: world axes for the inverse, child's for the output
    torque_b: Array  # 3
    inverse: Array  # 6, of the joint-space inertia (first entry for a hinge)
    inverse_coupling: Array  # 9
    column: Array  # 6, articulated inertia times the hinge axis
    rate: Array  # 3, joint acceleration at rest
    acc: Array  # 3, angular acceleration
    lin_acc: Array  # 3


def tree_of(model: CharacterModel) -> Tree:
    """The segments of a model, with the inertias that PyBullet's STABLE_PD_CONTROL assumes (see `shape_inertia`)."""
    segment = np.zeros(model.num_bodies, np.int64)
    shift = np.zeros((model.num_bodies, 3))
    for b, (parent, joint) in enumerate(zip(model.body_parent, model.body_joint, strict=True)):
        if joint >= 0:
            segment[b] = joint + 1
        elif parent >= 0:
            segment[b], shift[b] = segment[parent], shift[parent] + model.body_offset[b]
    size = model.num_joints + 1
    mass, moment, inertia = np.zeros(size), np.zeros((size, 3)), np.zeros((size, 3, 3))
    for b, s in enumerate(segment):
        center = shift[b] + model.com[b]
        mass[s] += model.mass[b]
        moment[s] += model.mass[b] * center
        at_joint = model.mass[b] * (center @ center * np.eye(3) - np.outer(center, center))
        inertia[s] += np.diag(shape_inertia(model.shapes[b], model.mass[b])) + at_joint
    carried = model.joint_body
    widths = np.where(model.joint_is_hinge, 1, 4), np.where(model.joint_is_hinge, 1, 3)
    starts = [np.concatenate([[0, 0], np.cumsum(w)[:-1]]) for w in widths]
    parents = model.body_parent[carried]
    return Tree(
        parent=np.concatenate([[-1], segment[parents]]),
        hinge=np.concatenate([[False], model.joint_is_hinge]),
        q_index=starts[0],
        v_index=starts[1],
        offset=np.concatenate([np.zeros((1, 3)), shift[parents] + model.body_offset[carried]]),
        mass=mass,
        moment=moment,
        inertia=np.stack([inertia[:, i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], axis=1),
    )


def shape_inertia(shape: Shape, mass: float) -> Array:
    """Principal moments (3,) about the shape's centre, as Bullet's RBDUtil computes them.

    Its capsule adds 0.5 h^2 per end cap where 0.25 h^2 is exact (h the cylinder's length). Kept, because the published
    policies were trained with torques that contain it.
    """
    if shape.kind == "sphere":
        return np.full(3, 0.4 * mass * shape.size[0] ** 2)
    if shape.kind == "box":
        squares = np.square(shape.size)
        return np.asarray((squares.sum() - squares) * mass / 12.0)
    radius, length = shape.size
    cylinder, cap = math.pi * radius**2 * length, 2.0 / 3.0 * math.pi * radius**3
    density = mass / (cylinder + 2.0 * cap)
    cylinder, cap = cylinder * density, cap * density
    across = cylinder * (0.25 * radius**2 + length**2 / 12.0)
    across += 2.0 * cap * (0.4 * radius**2 + 0.375 * radius * length + 0.5 * length**2)
    return np.array([across, across, (0.5 * cylinder + 0.8 * cap) * radius**2])


@al.compiled
def _error(q: Array, a: int, w: al.Vec, target: Array, dt: float) -> al.Vec:
    """Rotation vector (child's frame) from the predicted rotation q + dt q' to the target."""
    qx, qy, qz, qw = q[a], q[a + 1], q[a + 2], q[a + 3]
    tx, ty, tz, tw = target[a], target[a + 1], target[a + 2], target[a + 3]
    h = 0.5 * dt
    px = qx + h * (qw * w[0] + qy * w[2] - qz * w[1])
    py = qy + h * (qw * w[1] + qz * w[0] - qx * w[2])
    pz = qz + h * (qw * w[2] + qx * w[1] - qy * w[0])
    pw = qw - h * (qx * w[0] + qy * w[1] + qz * w[2])
    n = 1.0 / math.sqrt(px * px + py * py + pz * pz + pw * pw)
    ex = n * (pw * tx - px * tw - py * tz + pz * ty)
    ey = n * (pw * ty - py * tw - pz * tx + px * tz)
    ez = n * (pw * tz - pz * tw - px * ty + py * tx)
    ew = n * (pw * tw + px * tx + py * ty + pz * tz)
    flip = -1.0 if ew < 0.0 else 1.0
    s = math.sqrt(ex * ex + ey * ey + ez * ez)
    k = 2.0 * flip
    if s > 1e-9:
        k = 2.0 * flip * math.atan2(s, flip * ew) / s
    return (k * ex, k * ey, k * ez)


@njit(cache=True, fastmath=True, error_model="numpy")
def _outward(tree, work, dt, root_rot, root_ang_vel, q, qd, target, kp, kd):  # type: ignore[no-untyped-def]
    """Poses, velocities, PD torques and rigid-body terms, root to leaves."""
    for i in range(len(tree.parent)):
        if i == 0:
            rot = al.quat_matrix(root_rot[0], root_rot[1], root_rot[2], root_rot[3])
            ang_vel = (root_ang_vel[0], root_ang_vel[1], root_ang_vel[2])
        else:
            p, a, v, j = tree.parent[i], tree.q_index[i], tree.v_index[i], i - 1
            parent_rot, parent_vel = al.load9(work.rot, p), al.load3(work.ang_vel, p)
            arm = al.matvec(parent_rot, al.load3(tree.offset, i))
            if tree.hinge[i]:
                rot = al.matmul(parent_rot, al.turn_y(q[a]))
                turn = (0.0, qd[v], 0.0)
                pull = (0.0, kp[j] * (target[a] - q[a] - dt * qd[v]) - kd[j] * qd[v], 0.0)
            else:
                rot = al.matmul(parent_rot, al.quat_matrix(q[a], q[a + 1], q[a + 2], q[a + 3]))
                turn = (qd[v], qd[v + 1], qd[v + 2])
                pull = al.sub(al.scale(kp[j], _error(q, a, turn, target, dt)), al.scale(kd[j], turn))
            joint_vel = al.matvec(rot, turn)
            ang_vel = al.add(parent_vel, joint_vel)
            al.store3(work.arm, i, arm)
            al.store3(work.gamma, i, al.cross(parent_vel, joint_vel))
            al.store3(work.zeta, i, al.cross(parent_vel, al.cross(parent_vel, arm)))
            al.store3(work.torque_b, i, pull)
            al.store3(work.torque, i, al.matvec(rot, pull))
        al.store9(work.rot, i, rot)
        al.store3(work.ang_vel, i, ang_vel)
        inertia = al.sym_rotated(rot, al.load6(tree.inertia, i))
        moment = al.matvec(rot, al.load3(tree.moment, i))
        al.store6(work.inertia, i, inertia)
        al.store9(work.coupling, i, al.skew(moment))
        al.store6(work.masses, i, al.diagonal(tree.mass[i]))
        al.store3(work.bias_torque, i, al.cross(ang_vel, al.symvec(inertia, ang_vel)))
        al.store3(work.bias_force, i, al.cross(ang_vel, al.cross(ang_vel, moment)))


@njit(cache=True, fastmath=True, error_model="numpy")
def _inward(tree, work, dt, kd):  # type: ignore[no-untyped-def]
    """Articulated inertias and biases, leaves to root. Every driven joint has the armature dt kd."""
    for i in range(len(tree.parent) - 1, 0, -1):
        p, armature = tree.parent[i], dt * kd[i - 1]
        inertia, coupling, masses = al.load6(work.inertia, i), al.load9(work.coupling, i), al.load6(work.masses, i)
        gamma, bias_torque = al.load3(work.gamma, i), al.load3(work.bias_torque, i)
        bias_torque = al.add(bias_torque, al.symvec(inertia, gamma))
        if tree.hinge[i]:
            rot = al.load9(work.rot, i)
            axis = (rot[1], rot[4], rot[7])
            column, below = al.symvec(inertia, axis), al.matvec(al.transpose(coupling), axis)
            k = 1.0 / (al.dot(axis, column) + armature)
            rate = k * (work.torque_b[i, 1] - al.dot(axis, bias_torque))
            work.inverse[i, 0], work.rate[i, 0] = k, rate
            al.store6(work.column, i, (column[0], column[1], column[2], below[0], below[1], below[2]))
            bias_force = al.add(al.matvec(al.transpose(coupling), gamma), al.scale(rate, below))
            bias_torque = al.add(bias_torque, al.scale(rate, column))
            inertia = al.sym_sub(inertia, al.sym_scale(k, al.upper(al.outer(column, column))))
            coupling = al.mat_sub(coupling, al.outer(al.scale(k, column), below))
            masses = al.sym_sub(masses, al.sym_scale(k, al.upper(al.outer(below, below))))
        else:
            inverse = al.sym_inverse(al.sym_add(inertia, al.diagonal(armature)))
            torque = al.load3(work.torque, i)
            rate3 = al.symvec(inverse, al.sub(torque, bias_torque))
            solved = al.matmul(al.full(inverse), coupling)
            al.store6(work.inverse, i, inverse)
            al.store9(work.inverse_coupling, i, solved)
            al.store3(work.rate, i, rate3)
            bias_torque = al.sub(torque, al.scale(armature, rate3))
            bias_force = al.matvec(al.transpose(coupling), al.add(gamma, rate3))
            masses = al.sym_sub(masses, al.upper(al.matmul(al.transpose(coupling), solved)))
            # I - I (I + a)^-1 I = a - a^2 (I + a)^-1
            inertia = al.sym_sub(al.diagonal(armature), al.sym_scale(armature * armature, inverse))
            coupling = (
                armature * solved[0],
                armature * solved[1],
                armature * solved[2],
                armature * solved[3],
                armature * solved[4],
                armature * solved[5],
                armature * solved[6],
                armature * solved[7],
                armature * solved[8],
            )
        zeta, arm = al.load3(work.zeta, i), al.load3(work.arm, i)
        bias_force = al.add(al.add(bias_force, al.load3(work.bias_force, i)), al.symvec(masses, zeta))
        bias_torque = al.add(al.add(bias_torque, al.matvec(coupling, zeta)), al.cross(arm, bias_force))
        # shift from this joint to the parent's: B' = B + [r] C, A' = A - B [r] + [r] B'^T
        lever = al.skew(arm)
        shifted = al.matmul(lever, al.full(masses))
        moved = al.mat_sub(coupling, al.mat_sub((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), shifted))
        first = al.matmul(coupling, lever)
        second = al.matmul(lever, al.transpose(moved))
        al.store6(
            work.inertia,
            p,
            al.sym_add(al.load6(work.inertia, p), al.sym_add(inertia, al.upper(al.mat_sub(second, first)))),
        )
        for k9 in range(9):
            work.coupling[p, k9] += moved[k9]
        al.store6(work.masses, p, al.sym_add(al.load6(work.masses, p), masses))
        al.store3(work.bias_torque, p, al.add(al.load3(work.bias_torque, p), bias_torque))
        al.store3(work.bias_force, p, al.add(al.load3(work.bias_force, p), bias_force))


@njit(cache=True, fastmath=True, error_model="numpy")
def _solve_root(work):  # type: ignore[no-untyped-def]
    """Accelerations of the free root: [A B; B^T C] [ang; lin] = -[torque; force], by eliminating A."""
    coupling = al.load9(work.coupling, 0)
    torque, force = al.load3(work.bias_torque, 0), al.load3(work.bias_force, 0)
    inverse = al.sym_inverse(al.load6(work.inertia, 0))
    solved = al.matmul(al.full(inverse), coupling)
    schur = al.sym_sub(al.load6(work.masses, 0), al.upper(al.matmul(al.transpose(coupling), solved)))
    linear = al.symvec(al.sym_inverse(schur), al.sub(al.matvec(al.transpose(solved), torque), force))
    angular = al.symvec(inverse, al.sub(al.sub((0.0, 0.0, 0.0), torque), al.matvec(coupling, linear)))
    al.store3(work.acc, 0, angular)
    al.store3(work.lin_acc, 0, linear)


@njit(cache=True, fastmath=True, error_model="numpy")
def _torques(tree, work, dt, kd, limit, out):  # type: ignore[no-untyped-def]
    """Joint accelerations, root to leaves, and the torques that follow from them, clamped per axis."""
    for i in range(1, len(tree.parent)):
        p, v, armature, most = tree.parent[i], tree.v_index[i], dt * kd[i - 1], limit[i - 1]
        parent_acc = al.load3(work.acc, p)
        linear = al.add(
            al.add(al.load3(work.lin_acc, p), al.load3(work.zeta, i)), al.cross(parent_acc, al.load3(work.arm, i))
        )
        rot = al.load9(work.rot, i)
        pull = al.load3(work.torque_b, i)
        carried = al.add(parent_acc, al.load3(work.gamma, i))
        if tree.hinge[i]:
            column = al.load6(work.column, i)
            load = al.dot((column[0], column[1], column[2]), parent_acc) + al.dot(
                (column[3], column[4], column[5]), linear
            )
            rate = work.rate[i, 0] - work.inverse[i, 0] * load
            al.store3(work.acc, i, al.add(carried, al.scale(rate, (rot[1], rot[4], rot[7]))))
            out[v] = min(max(pull[1] - armature * rate, -most), most)
        else:
            # (I + a)^-1 I x = x - a (I + a)^-1 x
            held = al.sub(parent_acc, al.scale(armature, al.symvec(al.load6(work.inverse, i), parent_acc)))
            rate3 = al.sub(al.sub(al.load3(work.rate, i), held), al.matvec(al.load9(work.inverse_coupling, i), linear))
            al.store3(work.acc, i, al.add(carried, rate3))
            rate_b = al.matvec(al.transpose(rot), rate3)
            for k in range(3):
                out[v + k] = min(max(pull[k] - armature * rate_b[k], -most), most)
        al.store3(work.lin_acc, i, linear)


@njit(cache=True, fastmath=True, error_model="numpy")
def torques(tree, dt, root_rot, root_ang_vel, q, qd, target, kp, kd, limit, out):  # type: ignore[no-untyped-def]
    """Joint torques of N characters for the next physics step of dt seconds.

    Args:
        tree: the `Tree` that all of them share.
        dt: s
        root_rot: (N, 4)
        root_ang_vel: (N, 3) world
        q: (N, Q) per joint a quaternion (child in parent) or a hinge's angle
        qd: (N, V) per joint an angular velocity in the child's frame or a hinge's rate
        target: (N, Q)
        kp, kd, limit: (N, J)
        out: (N, V) torques in the child's frame, N m; filled.
    """
    s = len(tree.parent)
    e = np.empty
    work = _Work(
        e((s, 9)), e((s, 3)), e((s, 3)), e((s, 3)), e((s, 3)), e((s, 6)), e((s, 9)), e((s, 6)), e((s, 3)), e((s, 3)),
        e((s, 3)), e((s, 3)), e((s, 6)), e((s, 9)), e((s, 6)), e((s, 3)), e((s, 3)), e((s, 3)),
    )  # fmt: skip
    for n in range(len(q)):
        _outward(tree, work, dt, root_rot[n], root_ang_vel[n], q[n], qd[n], target[n], kp[n], kd[n])
        _inward(tree, work, dt, kd[n])
        _solve_root(work)
        _torques(tree, work, dt, kd[n], limit[n], out[n])
