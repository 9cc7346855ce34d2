"""What is checked before a run starts, and the lock that keeps a second run out of its folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from filelock import BaseFileLock, FileLock, Timeout

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint
from tools.train.config import BEFORE_STANCE, ConfigError, TrainConfig
from tools.train.foundation import foundation_of, read_foundation
from tools.train.mirror import symmetrized
from tools.train.performer.performer_inputs import KD_SCALE
from tools.train.sampling import symmetric
from tools.train.subject import body_of, clip_of
from tools.train.warm_start import WarmStart

ANOTHER = "give another --out"
SAME = 1e-4
"""m, or length of a quaternion's difference, up to which frames are the same"""


def check(config: TrainConfig) -> None:
    """Check a configuration, and make the run's folder.

    Raises:
        ClipError: there is no such clip.
        CheckpointError: what lies in the run's folder, or at --init, cannot be read.
        ConfigError: what lies there belongs to another clip or network, a setting does not fit the clip, or a folder
            cannot be written.
    """
    clip, file = clip_of(config), config.folder / "checkpoint.pt"
    model = body_of(config)
    if config.mirror and not symmetric(clip, model):
        raise ConfigError(f"--mirror: left and right do not do the same in {clip.name}")
    if file.is_file():
        _check_resumed(file, config, clip)
    else:
        _check_beginning(config, clip, model)
    path = config.folder / "path.pt"
    if path.is_file() and "of" in (content := checkpoint.load(path)):
        searched = checkpoint.clip_from_tensors(content["of"])
        expected = symmetrized(clip, model) if config.mirror else clip
        if not same(searched, expected):
            raise ConfigError(f"{path} leads through {_clip(searched)}; expected {_clip(expected)}; {ANOTHER}")
    _check_writable(config.folder, "--out")
    if config.publish is not None:
        _check_writable(config.publish, "--publish")


def _check_beginning(config: TrainConfig, clip: MotionClip, model: CharacterModel) -> None:
    """What a run begins with: another run's networks, and what lies below its own."""
    if config.init is not None:
        WarmStart(config.init).check(config, clip)
    if config.performer is not None and (config.kp_scale, config.kd_scale) != (1.0, KD_SCALE):
        raise ConfigError(f"--performer: its gains are --kp-scale 1 --kd-scale {KD_SCALE:g}; expected the same here")
    foundation_of(model, clip, config.lead, read_foundation(config))


def hold(folder: Path) -> BaseFileLock:
    """Lock a run's folder for this process; the lock ends with the process, whatever ends it.

    Raises ConfigError where another process holds it.
    """
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(f"another run is training in {folder}; {ANOTHER}") from error
    return lock


def same(a: MotionClip, b: MotionClip) -> bool:
    """Whether two clips show the same motion, whatever they are called and wherever they came from."""
    return (
        (a.num_frames, a.loop, a.character) == (b.num_frames, b.loop, b.character)
        and abs(a.fps - b.fps) < SAME * b.fps
        and all(
            np.abs(getattr(a, name) - getattr(b, name)).max() < SAME for name in ("root_pos", "root_rot", "joint_rot")
        )
    )


def _check_resumed(file: Path, config: TrainConfig, clip: MotionClip) -> None:
    content = checkpoint.load(file, ("config",))
    theirs, ours = BEFORE_STANCE | content["config"], config.to_json()
    # what a run follows may be a path through its clip; then the clip itself is kept, too
    kept = content.get("shown", content.get("clip"))
    if kept is None:
        other = theirs["clip"] != ours["clip"]
    else:
        learned = checkpoint.clip_from_tensors(kept)
        mirrored = config.mirror and "shown" not in content
        expected = symmetrized(clip, body_of(config)) if mirrored else clip
        other = not same(learned, expected)
        theirs, ours = theirs | {"clip": learned.name}, ours | {"clip": expected.name}
        if other and learned.name == expected.name:
            theirs, ours = theirs | {"clip": _clip(learned)}, ours | {"clip": _clip(expected) + " with other frames"}
    differ = ["clip"] * other + config.differing(theirs)
    if differ:
        raise ConfigError(
            f"{file} was trained with {_written(theirs, differ)}; expected {_written(ours, differ)}; {ANOTHER}"
        )


def _clip(clip: MotionClip) -> str:
    return f"{clip.name} of {clip.duration:.2f} s"


def _written(config: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} {config[name]}" for name in names)


def _check_writable(folder: Path, option: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(f"{option}: {folder} cannot be written: {error.strerror or error}") from error
