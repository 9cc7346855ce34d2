"""Checks of whether a clip is physically possible, each with a value, its limits and a verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import center_of_mass, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.balance import imbalance
from tools.clip_clinic.feet import planted, slip, sole_corners
from tools.clip_clinic.flight import GRAVITY, Flight, flights, poses_of
from tools.clip_clinic.freezes import freezes

Array = NDArray[np.float64]

GREEN, AMBER, RED = "green", "amber", "red"
_ORDER = (GREEN, AMBER, RED)
SPIKE_FACTOR = 6.0
"""a spike is an acceleration of a joint of more than this times its median within SPIKE_WINDOW,"""
SPIKE_WINDOW = 0.25
"""s before and after,"""
SPIKE_FLOOR = 600.0
"""and of more than this, rad/s2"""
COM_ACCELERATION = 60.0
"""m/s2 of the centre of mass; a hard landing has 45"""


@dataclass(frozen=True)
class Check:
    """One figure. Larger is worse: green up to `good`, red above `bad`."""

    name: str
    value: float
    unit: str
    good: float
    bad: float
    frame: int = -1
    """frame in which it is worst, or -1"""
    note: str = ""

    @property
    def verdict(self) -> str:
        """green, amber or red."""
        return GREEN if self.value <= self.good else AMBER if self.value <= self.bad else RED


@dataclass(frozen=True)
class ClipReport:
    """All checks of one clip. Those that do not apply, such as the seam of a clip that does not loop, are left out."""

    clip: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> str:
        """The worst one."""
        return max((c.verdict for c in self.checks), key=_ORDER.index)

    def __getitem__(self, name: str) -> Check:
        """The check of a name. Raises KeyError if it did not apply."""
        return {c.name: c for c in self.checks}[name]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        checks = [asdict(c) | {"verdict": c.verdict} for c in self.checks]
        return {"clip": self.clip, "verdict": self.verdict, "checks": checks}


def examine(clip: MotionClip) -> ClipReport:
    """Run every check."""
    found = [check for function in _CHECKS for check in function(clip)]
    return ClipReport(clip.name, tuple(found))


def floor(clip: MotionClip) -> list[Check]:
    """How deep the body is in the floor, and how far the whole clip hovers above it."""
    lowest = lowest_point(CharacterModel.load(clip.character), poses_of(clip))
    deepest = int(lowest.argmin())
    return [
        Check("penetration", max(0.0, -100.0 * float(lowest[deepest])), "cm", 2.0, 6.0, deepest),
        Check("hover", max(0.0, 100.0 * float(lowest[deepest])), "cm", 2.0, 5.0, deepest),
    ]


def foot_slip(clip: MotionClip) -> list[Check]:
    """Mean speed over the floor of feet that should stand on it; rolling from heel to toe is no slip."""
    feet = slip(sole_corners(CharacterModel.load(clip.character), poses_of(clip)))
    stands = planted(feet, clip.fps)
    if not stands.any():
        return []
    speed = np.linalg.norm(feet.step, axis=-1) * clip.fps * stands
    share = 100.0 * stands.mean()
    note = f"a foot stands {share:.0f} % of the time"
    worst = int(speed.max(axis=1).argmax())
    return [Check("foot slip", float(speed.sum() / stands.sum()), "m/s", 0.12, 0.35, worst, note)]


def balance(clip: MotionClip) -> list[Check]:
    """Mean distance of the zero-moment point from the area that touches the floor."""
    off = np.linalg.norm(imbalance(clip), axis=-1)
    return [Check("balance", 100.0 * float(off.mean()), "cm off", 8.0, 25.0, int(off.argmax()))]


def joint_limits(clip: MotionClip) -> list[Check]:
    """How far hinges bend past their limits or about a wrong axis."""
    model = CharacterModel.load(clip.character)
    worst, where, name = 0.0, -1, ""
    for joint in np.flatnonzero(model.joint_is_hinge):
        q = clip.joint_rot[:, joint]
        angle = hinge_angle(q)
        low, high = model.joint_limits[joint]
        off_axis = 2.0 * np.arcsin(np.clip(np.hypot(q[:, 0], q[:, 2]), 0.0, 1.0))
        excess = np.maximum(np.maximum(low - angle, angle - high), off_axis)
        if excess.max() > worst:
            worst, where, name = float(excess.max()), int(excess.argmax()), model.joint_names[joint]
    return [Check("joint limits", np.degrees(worst), "deg", 1.0, 10.0, where, name)]


def hinge_angle(q: Array) -> Array:
    """Turn about y in (-pi, pi] of rotations (..., 4)."""
    return np.asarray((2.0 * np.arctan2(q[..., 1], q[..., 3]) + np.pi) % (2.0 * np.pi) - np.pi)


def joint_rates(clip: MotionClip) -> Array:
    """Angular velocities between frames in the child's frame, (F - 1, J, 3)."""
    return rotation.difference(clip.joint_rot[:-1], clip.joint_rot[1:]) * clip.fps


def joint_accelerations(clip: MotionClip) -> Array:
    """Sizes of the angular accelerations at the inner frames, (F - 2, J), rad/s2."""
    return np.asarray(np.linalg.norm(np.diff(joint_rates(clip), axis=0), axis=-1) * clip.fps)


def com_accelerations(clip: MotionClip) -> Array:
    """Sizes of the centre of mass' acceleration, (F,), m/s2; at both ends a loop's seam, else 0."""
    model = CharacterModel.load(clip.character)
    step = np.diff(center_of_mass(model, poses_of(clip)), axis=0)
    turn = rotation.from_heading(clip.cycle_turn)
    before = rotation.rotate_inverse(turn, step[-1]) if clip.loop else step[0]
    after = rotation.rotate(turn, step[0]) if clip.loop else step[-1]
    return np.asarray(np.linalg.norm(np.diff(np.stack([before, *step, after]), axis=0), axis=-1) * clip.fps**2)


def spikes(clip: MotionClip) -> NDArray[np.bool_]:
    """(F, J) frames in which a joint's acceleration is a spike."""
    acceleration = joint_accelerations(clip)
    flags = np.zeros((clip.num_frames, acceleration.shape[1]), np.bool_)
    if len(acceleration) < 5:
        return flags
    reach = min(max(2, round(SPIKE_WINDOW * clip.fps)), len(acceleration) // 2)
    padded = np.pad(acceleration, ((reach, reach), (0, 0)), mode="reflect")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0), axis=-1)
    jerks = (acceleration > SPIKE_FACTOR * around) & (acceleration > SPIKE_FLOOR)
    # one wrong frame shows as three accelerations, the middle one largest
    before, after = np.pad(acceleration, ((1, 1), (0, 0)))[:-2], np.pad(acceleration, ((1, 1), (0, 0)))[2:]
    flags[1:-1] = jerks & (acceleration >= before) & (acceleration >= after)
    return flags


def speeds(clip: MotionClip) -> list[Check]:
    """The fastest joint, the hardest acceleration and the number of spikes and freezes."""
    model = CharacterModel.load(clip.character)
    rate = np.linalg.norm(joint_rates(clip), axis=-1)
    frame, joint = (int(i) for i in np.unravel_index(rate.argmax(), rate.shape))
    checks = [Check("joint speed", float(rate.max()), "rad/s", 25.0, 40.0, frame, model.joint_names[joint])]
    root = np.linalg.norm(np.diff(clip.root_pos, axis=0), axis=-1) * clip.fps
    checks.append(Check("root speed", float(root.max()), "m/s", 6.0, 12.0, int(root.argmax())))
    push = com_accelerations(clip)
    checks.append(Check("com acceleration", float(push.max()), "m/s2", COM_ACCELERATION, 150.0, int(push.argmax())))
    acceleration = joint_accelerations(clip)
    if acceleration.size:
        frame, joint = (int(i) for i in np.unravel_index(acceleration.argmax(), acceleration.shape))
        name = model.joint_names[joint]
        checks.append(Check("acceleration", float(acceleration.max()), "rad/s2", 1500.0, 4000.0, frame + 1, name))
    flags = spikes(clip)
    first = int(flags.any(axis=1).argmax()) if flags.any() else -1
    per_second = float(flags.any(axis=1).sum() / clip.duration)
    checks.append(Check("spikes", per_second, "1/s", 0.5, 3.0, first))
    frozen = freezes(clip)
    first = frozen[0][0] if frozen else -1
    checks.append(Check("freezes", len(frozen) / clip.duration, "1/s", 0.3, 3.0, first))
    return checks


def flight(clip: MotionClip) -> list[Check]:
    """Errors of the worst flight: the arc of the centre of mass, its gravity, and the spin about it."""
    found = flights(clip)
    if not found:
        return []

    def worst(key: Callable[[Flight], float]) -> Flight:
        return max(found, key=key)

    arc = worst(lambda f: f.error)
    pull = worst(lambda f: abs(f.gravity / GRAVITY - 1.0))
    spin = worst(_loose_spread)
    return [
        Check("flight arc", 100.0 * arc.error, "cm", 2.5, 6.0, arc.first, f"{len(found)} flight(s)"),
        Check("flight gravity", 100.0 * abs(pull.gravity / GRAVITY - 1.0), "% off", 35.0, 70.0, pull.first,
              f"{pull.gravity:.1f} m/s2"),
        Check("flight spin", 100.0 * _loose_spread(spin), "% spread", 40.0, 100.0, spin.first,
              f"{spin.momentum:.1f} kg m2/s"),
    ]  # fmt: skip


def _loose_spread(found: Flight) -> float:
    """Spread of the angular momentum, relative to at least 5 kg m2/s, so that a body that hardly turns is no error."""
    return found.spread * found.momentum / max(found.momentum, 5.0)


def seam(clip: MotionClip) -> list[Check]:
    """Jumps at the seam of a loop: of pose, height and joint speeds."""
    if not clip.loop:
        return []
    model = CharacterModel.load(clip.character)
    gap = rotation.angle_between(clip.joint_rot[-1], clip.joint_rot[0])
    turned = rotation.multiply(rotation.from_heading(clip.cycle_turn), clip.root_rot[0])
    lean = float(rotation.angle_between(clip.root_rot[-1], turned))
    worst = "root" if lean > gap.max() else model.joint_names[int(gap.argmax())]
    rates = joint_rates(clip)
    change = np.linalg.norm(rates[0] - rates[-1], axis=-1)
    height = abs(float(clip.root_pos[-1, 2] - clip.root_pos[0, 2]))
    last, faster = clip.num_frames - 1, model.joint_names[int(change.argmax())]
    return [
        Check("seam pose", float(np.degrees(max(lean, gap.max()))), "deg", 6.0, 25.0, last, worst),
        Check("seam height", 100.0 * height, "cm", 1.0, 5.0, last),
        Check("seam speed", float(change.max()), "rad/s", 6.0, 15.0, last, faster),
    ]


_CHECKS = (floor, foot_slip, balance, joint_limits, speeds, flight, seam)
