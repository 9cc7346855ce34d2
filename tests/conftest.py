"""What several tests share: a display of their own, and a renderer without one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from game.view.pick_pipe import Output, configure, open_offscreen

# a shared machine stalls; how long an example takes says nothing
settings.register_profile("pratfall", deadline=None)
settings.load_profile("pratfall")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A private X server, 1280x720; yields its name for the environment variable DISPLAY."""
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("Xvfb is missing: sudo apt-get install xvfb xdotool libgl1")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write_end), "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_end],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        number = pipe.readline().strip()  # written once the server accepts clients
    assert number, f"Xvfb ended with {server.wait()}"
    yield f":{number}"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(scope="session")
def output() -> Iterator[Output]:
    """A renderer without a display: film from it with a FilmCamera."""
    configure()
    output = open_offscreen()
    yield output


@pytest.fixture
def shaders(output: Output) -> None:
    """Skips where the renderer runs no shaders."""
    if not output.has_shaders:
        pytest.skip(f"{output.driver} runs no shaders: install libegl1 and libgl1-mesa-dri")
