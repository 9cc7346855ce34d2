"""What is played comes out of OpenAL, without a gap, late by the lead alone."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np

PLAY = """
import time
import numpy as np
from game.view import pick_pipe
from game.view.sound_player import SoundPlayer
pick_pipe.configure()
agent = SoundPlayer()
tone = np.repeat(0.5 * np.sin(2 * np.pi * 480 * np.arange(48000) / 48000)[:, None], 2, axis=1).astype(np.float32)
start, block = time.monotonic(), 0
while (now := time.monotonic() - start) < 0.8:
    agent.update()
    while now * 30 > block:
        agent.muted = block >= 15
        agent.play(tone[1600 * block: 1600 * (block + 1)] * (block >= 6))
        block += 1
    time.sleep(0.005)
agent.play(np.zeros((48000, 2), np.float32))
assert agent.buffered < 0.3
agent.close()
"""
NOTHING = """
from game.view.sound_player import SoundPlayer, SoundError
try:
    SoundPlayer()
except SoundError as error:
    print(error)
"""


def play(code: str, folder: Path, driver: str) -> str:
    conf, wave = folder / "alsoft.conf", folder / "out.wav"
    conf.write_text(f"[general]\ndrivers={driver}\n[wave]\nfile={wave}\n")
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "ALSOFT_CONF": str(conf)}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_tone_comes_out_whole(tmp_path: Path) -> None:
    """Silence, 0.3 s of tone, and silence again once it is muted."""
    play(PLAY, tmp_path, "wave")
    with av.open(str(tmp_path / "out.wav")) as wave:
        hz = wave.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in wave.decode(audio=0)])
    loud = np.abs(sound[: len(sound) // 441 * 441, 0]).reshape(-1, 441).max(axis=1) > 0.5 * np.abs(sound).max()
    at = np.flatnonzero(loud) * 441 / hz
    assert 0.15 < at[0] < 0.45
    assert 0.2 < at[-1] - at[0] < 0.42
    assert loud[int(at[0] * hz / 441) + 1 : int(at[-1] * hz / 441)].mean() > 0.9


def test_no_device_is_said(tmp_path: Path) -> None:
    assert "no sound: OpenAL found no device" in play(NOTHING, tmp_path, "none")
