"""Substeps: the inner loop of a control tick, compiled: torques in, physics step, contacts and states out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import carray, from_dtype, njit, types  # type: ignore[attr-defined]
from numpy.typing import NDArray

from game.sim.bullet.c_api import POINT, TORQUE_CONTROL, address, bullet
from game.sim.bullet.c_call import c_call, call_compiled, compiled_address, pointer_to
from game.sim.stable_pd import Tree, torques
from game.sim.state_table import StateTable, plausible

_doubles_at, _points_at = pointer_to(types.float64), pointer_to(from_dtype(POINT))
_HANDLE = types.intp
_of_client = c_call(_HANDLE, _HANDLE)
_of_body = c_call(_HANDLE, _HANDLE, types.int32)
_of_body_and_mode = c_call(_HANDLE, _HANDLE, types.int32, types.int32)
_submit = c_call(types.int32, _HANDLE, _HANDLE)
_set_number = c_call(types.int32, _HANDLE, types.int32, types.float64)
_get_state = c_call(types.int32, *(_HANDLE,) * 8)
_get_points = c_call(types.void, _HANDLE, _HANDLE)


class Calls(NamedTuple):
    """A client and the addresses of the functions of the C API that the loop calls."""

    client: int
    submit: int
    status: int
    begin_torques: int
    set_torque: int
    begin_step: int
    begin_contacts: int
    get_contacts: int
    begin_state: int
    get_state: int


FUNCTIONS = {
    "submit": "b3SubmitClientCommand",
    "status": "b3ProcessServerStatus",
    "begin_torques": "b3JointControlCommandInit2",
    "set_torque": "b3JointControlSetDesiredForceTorque",
    "begin_step": "b3InitStepSimulationCommand",
    "begin_contacts": "b3InitRequestContactPointInformation",
    "get_contacts": "b3GetContactPointInformation",
    "begin_state": "b3RequestActualStateCommandInit",
    "get_state": "b3GetStatusActualState",
}
"""the function of the C API behind each address in `Calls`"""


def calls_of(client: int) -> Calls:
    """The addresses of Bullet's functions, for a client's handle."""
    return Calls(client, **{key: address(getattr(bullet, name)) for key, name in FUNCTIONS.items()})


class ContactSums(NamedTuple):
    """Sums over contact points, a row for each pair of links that touched; the arrays grow when they are full."""

    pairs: NDArray[np.int32]
    """(M, 4) bodies a and b, links a and b"""
    sums: NDArray[np.float64]
    """(M, 8) force-weighted point on a and normal towards a, sum of forces (N, over substeps), the largest"""
    used: NDArray[np.int64]
    """(1,) how many rows are in use"""


def no_contacts(capacity: int = 64) -> ContactSums:
    """Empty sums; capacity: rows before they have to grow."""
    return ContactSums(np.empty((capacity, 4), np.int32), np.empty((capacity, 8)), np.zeros(1, np.int64))


@njit(cache=True)
def _send(calls, command):  # type: ignore[no-untyped-def]
    """Send a command and return the address of its status, 0 where there is none."""
    _submit(calls.submit, calls.client, command)
    return _of_client(calls.status, calls.client)


@njit(cache=True)
def read_states(calls: Calls, bodies: NDArray[np.int64], num_q: int, table: NDArray[np.float64]) -> None:
    """Read bodies (N,) into rows (N, 13 + Q + V): root position, rotation, velocity, angular velocity, q (Q), qd.

    Raises RuntimeError where a body is not there.
    """
    found = np.zeros(2, np.int64)
    at, num_v = found.ctypes.data, table.shape[1] - 13 - num_q
    for n in range(len(bodies)):
        status = _send(calls, _of_body(calls.begin_state, calls.client, bodies[n]))
        if status == 0 or _get_state(calls.get_state, status, 0, 0, 0, 0, at, at + 8, 0) == 0:
            raise RuntimeError("Bullet does not give the state of a body")
        q, qd = carray(_doubles_at(found[0]), 7 + num_q), carray(_doubles_at(found[1]), 6 + num_v)
        table[n, :7] = q[:7]
        table[n, 7:13] = qd[:6]
        table[n, 13 : 13 + num_q] = q[7:]
        table[n, 13 + num_q :] = qd[6:]


@njit(cache=True)
def _send_torques(calls, bodies, torque):  # type: ignore[no-untyped-def]
    for n in range(len(bodies)):
        command = _of_body_and_mode(calls.begin_torques, calls.client, bodies[n], TORQUE_CONTROL)
        for k in range(torque.shape[1]):
            # the root's six come first
            _set_number(calls.set_torque, command, 6 + k, torque[n, k])
        _send(calls, command)


@njit(cache=True)
def _add_contacts(calls, contacts):  # type: ignore[no-untyped-def]
    """Add the contact points of the substep that was just made."""
    _send(calls, _of_client(calls.begin_contacts, calls.client))
    found = np.zeros(2, np.int64)
    _get_points(calls.get_contacts, calls.client, found.ctypes.data)
    count = found.view(np.int32)[0]
    pairs, sums, used = contacts
    expected = 0
    for point in carray(_points_at(found[1]), count):
        a, b, link_a, link_b, force = point.body[0], point.body[1], point.link[0], point.link[1], point.force
        total = -1
        # points come in nearly the same order as at the substep before
        for offset in range(used[0]):
            k = (expected + offset) % used[0]
            if pairs[k, 0] == a and pairs[k, 1] == b and pairs[k, 2] == link_a and pairs[k, 3] == link_b:
                total = k
                break
        if total < 0:
            total = used[0]
            if total == len(pairs):
                pairs, sums = np.concatenate((pairs, pairs)), np.concatenate((sums, sums))
            used[0] += 1
            pairs[total, 0], pairs[total, 1], pairs[total, 2], pairs[total, 3] = a, b, link_a, link_b
            # so that a touch without force has a place and a normal, too
            for k in range(3):
                sums[total, k], sums[total, 3 + k] = 1e-9 * point.on_a[k], 1e-9 * point.normal[k]
            sums[total, 6], sums[total, 7] = 1e-9, 0.0
        for k in range(3):
            sums[total, k] += force * point.on_a[k]
            sums[total, 3 + k] += force * point.normal[k]
        sums[total, 6] += force
        if force > sums[total, 7]:
            sums[total, 7] = force
        expected = total
    return ContactSums(pairs, sums, used)


def controller_for(tree: Tree, dt: float, states: StateTable, torque: NDArray[np.float64]) -> int:
    """The address of `stable_pd.torques` for a table of characters."""
    flat = np.empty((len(torque), 1))
    return compiled_address(
        torques, tree, dt, states.root_rot, states.root_ang_vel, states.q, states.qd, flat, flat, flat, flat, torque
    )


@njit(cache=True)
def advance(calls, controller, bodies, tree, dt, states, target, kp, kd, limit, torque, contacts, substeps, detail):  # type: ignore[no-untyped-def]
    """Make physics steps towards targets until all are made or a state is implausible.

    Args:
        calls: the client and the functions to command it.
        controller: see `controller_for`.
        bodies: (N,) Bullet's ids of the characters.
        tree: the controller's `Tree` of them all.
        dt: s, of a substep.
        states: their `StateTable`; read and filled.
        target: (N, Q)
        kp, kd, limit: (N, J) gains and torque limits.
        torque: (N, V) filled with those of the last substep.
        contacts: `ContactSums` of the tick so far.
        substeps: first and one past the last to make, and one past the tick's last.
        detail: whether to read contacts at every substep, else at the tick's last.

    Returns:
        how many of the tick's substeps are made, whether all states are plausible, and the contacts (new arrays where
        they grew).
    """
    first, end, whole = substeps
    all_plausible = True
    for substep in range(first, end):
        call_compiled(
            controller, tree, dt, states.root_rot, states.root_ang_vel, states.q, states.qd,
            target, kp, kd, limit, torque,
        )  # fmt: skip
        _send_torques(calls, bodies, torque)
        _send(calls, _of_client(calls.begin_step, calls.client))
        if detail or substep == whole - 1:
            contacts = _add_contacts(calls, contacts)
        read_states(calls, bodies, states.q.shape[1], states.table)
        all_plausible = plausible(states.table)
        if not all_plausible:
            return substep + 1, all_plausible, contacts
    return end, all_plausible, contacts
