"""python -m tests.support.fuzz --count 20000: damaged files into every reader of outside files, in bounded memory.

Every file must be read, or refused by the reader's own error in one line, within SECONDS and MEMORY. Prints what was
not, and a line of JSON: how many files, how many were refused, the slowest, and the memory.
"""

from __future__ import annotations

import argparse
import io
import json
import pickle
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from game.app.headless import RunError, read_events
from game.input.bindings import ActionError, load_actions
from game.play.events import Play, Push, Spawn, Timed, to_json
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.record.take import Take, TakeError
from game.record.take_folder import TakeFolder
from game.scene.json_fields import SetError
from game.scene.paths import models_dir
from game.scene.set_file import load_prop, load_set
from game.session.script import Script
from game.session.script_step import ScriptError
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.view.skin import Skin, SkinError
from tests.support.damage import damaged
from tests.support.foreign_rigs import bvh_text, glb_bytes, rig
from tests.support.small_policy import graph, spec, with_card
from tools.clip_clinic.edit import cut
from tools.import_motion.read import read as import_motion

SECONDS = 10.0
MEMORY = 2 << 30
"""bytes beyond what the program itself takes"""
MODEL = CharacterModel.load()


class Reader(NamedTuple):
    """Something that reads files of one kind."""

    name: str
    """of the file, with its ending"""
    sample: bytes
    """a good one"""
    read: Callable[[Path], object]
    error: type[Exception]


class TooSlowError(Exception):
    """A file took longer than SECONDS."""


def readers() -> list[Reader]:
    """All readers of outside files."""
    clip = cut(MotionClip.load("walk"), 0.0, 0.2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip.save(folder / "clip.json")
        clip_json = (folder / "clip.json").read_bytes()
        policy = with_card(graph(), spec())
        (folder / "keep.onnx").write_bytes(policy)
        take = _take(folder)
    ball = load_prop("ball")
    events = json.dumps([to_json(Timed(3, Push((1.0, 2.0, 3.0)))), to_json(Timed(4, Spawn(ball)))]).encode()
    script = json.dumps({"set": "park", "steps": [{"do": "wait", "seconds": 1.5}, {"do": "walk", "to": [1.5, 0.5]},
                         {"do": "event", "event": {"type": "push", "force": [500, 0, 0]}}]}).encode()  # fmt: skip
    skin = next(iter(sorted((models_dir() / "humanoid").glob("*.glb"))))
    mimickit = pickle.dumps({"fps": 30, "loop_mode": 0, "frames": np.zeros((4, 34)).tolist()})
    arrays = io.BytesIO()
    np.savez(arrays, poses=np.zeros((8, 66)), trans=np.zeros((8, 3)), mocap_framerate=np.array(120))
    deepmimic = json.dumps({"Loop": "wrap", "Frames": [[0.03, 0, 0.9, 0, 1, 0, 0, 0, *([1, 0, 0, 0] * 2),
                           *[1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0] * 2]] * 4}).encode()  # fmt: skip
    motion = [
        Reader("rig.bvh", bvh_text(rig(clip, "cmu")).encode(), import_motion, ClipError),
        Reader("rig.glb", glb_bytes(rig(clip, "mixamo")), import_motion, ClipError),
        Reader("clip.pkl", mimickit, import_motion, ClipError),
        Reader("clip.npz", arrays.getvalue(), import_motion, ClipError),
        Reader("clip.txt", deepmimic, import_motion, ClipError),
        Reader("marks.c3d", c3d_bytes(), import_motion, ClipError),
    ]
    return [
        Reader("policy.onnx", policy, lambda path: Policy.load(path, MODEL), PolicyError),
        Reader("take.zip", take, Take.load, TakeError),
        Reader("listed.zip", take, lambda path: TakeFolder(path.parent).takes(), TakeError),
        Reader("set.json", (models_dir() / "sets" / "park.json").read_bytes(), load_set, SetError),
        Reader("prop.json", (models_dir() / "props" / "ball.json").read_bytes(), load_prop, SetError),
        Reader("clip.json", clip_json, MotionClip.load, ClipError),
        Reader("keys.json", b'{"mute": "f4", "quit": ["escape"]}', load_actions, ActionError),
        Reader("events.json", events, _play_events, RunError),
        Reader("script.json", script, Script.load, ScriptError),
        Reader("skin.glb", skin.read_bytes(), Skin.load, SkinError),
        *motion,
    ]


def _take(folder: Path) -> bytes:
    runtime = Runtime(PolicyLibrary(MODEL, [folder]))
    runtime.tick([Play("keep", place=True), Push((10.0, 0.0, 0.0))], strict=True)
    for _ in range(5):
        runtime.tick()
    Take.of(runtime, set_name="park").save(folder / "take.zip")
    runtime.library.close()
    runtime.close()
    return (folder / "take.zip").read_bytes()


def _play_events(path: Path) -> None:
    """Reads events and carries them out: none may end the run."""
    runtime = Runtime(PolicyLibrary(MODEL, []))
    try:
        runtime.tick([timed.event for timed in read_events(path)][:20])
    finally:
        runtime.close()


def c3d_bytes() -> bytes:
    """Two markers in four frames, as real numbers."""
    head = bytearray(512)
    head[0], head[1] = 2, 0x50
    for at, value in ((2, 2), (4, 0), (6, 1), (8, 4), (16, 3)):
        head[at : at + 2] = value.to_bytes(2, "little")
    head[12:16] = np.float32(-1.0).tobytes()
    head[20:24] = np.float32(120.0).tobytes()
    parameters = bytearray(512)
    parameters[2], parameters[3] = 1, 84
    body = b"".join([
        bytes([5, 255]), b"POINT", (3).to_bytes(2, "little"), bytes([0]),
        bytes([6, 1]), b"LABELS", (15).to_bytes(2, "little"), bytes([255, 2, 4, 2]), b"LASIRASI", bytes([0]),
    ])  # fmt: skip
    parameters[4 : 4 + len(body)] = body
    return bytes(head + parameters) + np.ones((4, 2, 4), "<f4").tobytes()


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise TooSlowError(f"over {SECONDS:g} s")


def fuzz(count: int, seed: int) -> dict[str, Any]:
    """Reads so many damaged files. Returns figures, and under "wrong" a line for each that was not refused rightly."""
    all_readers = readers()
    used = _memory()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _too_slow)
    wrong: list[str] = []
    refused, slowest = 0, (0.0, "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(count):
            reader = all_readers[number % len(all_readers)]
            data = damaged(reader.sample, random.Random(f"{seed} {number}"))
            path = folder / reader.name
            path.write_bytes(data)
            start = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                reader.read(path)
            except reader.error as error:
                refused += 1
                if "\n" in str(error) or not 3 < len(str(error)) < 3000:
                    wrong.append(
                        f"{number} {reader.name}: a message of {len(str(error))} letters: {str(error)[:300]!r}"
                    )
            except BaseException as error:  # noqa: BLE001 - that is what is looked for
                wrong.append(f"{number} {reader.name}: {type(error).__name__}: {str(error)[:300]}")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0.0)
            path.unlink()
            slowest = max(slowest, (time.process_time() - start, f"{number} {reader.name}"))
    peak = _peak()
    return {"files": count, "refused": refused, "slowest_s": round(slowest[0], 2), "slowest": slowest[1],
            "peak_mib": peak >> 20, "cpu_s": round(time.process_time(), 1), "wrong": wrong}  # fmt: skip


def _peak() -> int:
    """Bytes of memory that this process has used at most; getrusage would count what its parent had when it forked."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


def _memory() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def main() -> int:
    """Returns 0, or 1 where a file was neither read nor refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="of files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = fuzz(options.count, options.seed)
    for line in found["wrong"]:
        print(line, file=sys.stderr)
    print(json.dumps({**found, "wrong": len(found["wrong"])}))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
