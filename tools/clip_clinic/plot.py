"""A chart of a clip's physics over time, optionally before and after mending."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from game.sim.kinematics import center_of_mass, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.checks import joint_accelerations, spikes
from tools.clip_clinic.feet import PLANT_SPEED, planted, slip, sole_corners
from tools.clip_clinic.flight import GRAVITY, angular_momentum, flights, poses_of

_AFTER, _BEFORE = "#1b6ca8", "#d98c5f"


def save(path: Path, clip: MotionClip, before: MotionClip | None = None) -> None:
    """Write a PNG, SVG or PDF by the path's ending; `before` is drawn behind in another colour."""
    figure = Figure(figsize=(11.0, 11.0), layout="constrained")
    axes = figure.subplots(5, 1, sharex=True)
    for one, color, label in ((before, _BEFORE, "before"), (clip, _AFTER, "after" if before else clip.name)):
        if one is not None:
            _draw(axes, one, color, label)
    titles = (
        "lowest point over the floor, cm (flights shaded)",
        "centre of mass, m (dashed: a thrown stone's arc)",
        "slip of standing feet, m/s",
        "joint acceleration, rad/s2: fastest joint (dots: spikes)",
        "angular momentum about the centre of mass, kg m2/s",
    )
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=9, loc="left")
        axis.grid(alpha=0.3)
    axes[0].axhline(0.0, color="black", linewidth=0.8)
    axes[0].legend(loc="upper right", fontsize=8)
    axes[-1].set_xlabel("s")
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "pratfall"}):
        figure.savefig(path, dpi=90)


def _draw(axes: list[Axes], clip: MotionClip, color: str, label: str) -> None:
    model, poses = CharacterModel.load(clip.character), poses_of(clip)
    time = np.arange(clip.num_frames) / clip.fps
    com = center_of_mass(model, poses)
    axes[0].plot(time, 100.0 * lowest_point(model, poses), color=color, label=label)
    axes[1].plot(time, com[:, 2], color=color)
    for flight in flights(clip):
        span = slice(flight.first, flight.past)
        axes[0].axvspan(time[flight.first], time[flight.past - 1], color=color, alpha=0.12)
        t = time[span] - time[flight.first]
        line = np.polynomial.polynomial.polyfit(t, com[span, 2] + 0.5 * GRAVITY * t**2, 1)
        axes[1].plot(time[span], line[0] + line[1] * t - 0.5 * GRAVITY * t**2, color="black", linestyle="--")
    feet = slip(sole_corners(model, poses))
    speed = np.linalg.norm(feet.step, axis=-1) * clip.fps
    stands = planted(feet, clip.fps)
    for foot, style in enumerate(("-", ":")):
        axes[2].plot(time[:-1], np.where(stands[:, foot], speed[:, foot], np.nan), color=color, linestyle=style)
    axes[2].set_ylim(0.0, PLANT_SPEED)
    acceleration = joint_accelerations(clip).max(axis=1)
    axes[3].plot(time[1:-1], acceleration, color=color)
    flags = np.asarray(spikes(clip).any(axis=1))[1:-1]
    axes[3].plot(time[1:-1][flags], acceleration[flags], "o", color=color)
    for axis, style in enumerate(("-", "--", ":")):
        axes[4].plot(time, angular_momentum(model, poses, clip.fps)[:, axis], color=color, linestyle=style)
