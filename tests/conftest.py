"""What several tests share: a display of their own, and temporary homes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A private X server, 1280x720; yields its name for the environment variable DISPLAY."""
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("Xvfb is missing: sudo apt-get install xvfb xdotool libgl1")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write_end), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
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
