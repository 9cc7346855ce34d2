"""SIGTERM: what is open is closed, and children end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av

from game.record.tool_job import ToolJob

ROOT = Path(__file__).resolve().parents[1]

FILMS = """
import sys, time
import numpy as np
from pathlib import Path
from game.app.termination import exit_on_sigterm
from game.view.film import FilmWriter
exit_on_sigterm()
with FilmWriter(Path(sys.argv[1]), (160, 96), 30) as film:
    for i in range(30):
        film.write(np.full((96, 160, 4), 99, np.uint8))
    print("filming", flush=True)
    for _ in range(600):  # as a game's frames: the signal may reach another thread, which wakes no sleeper
        time.sleep(0.1)
"""


def test_sigterm_closes_a_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    child = subprocess.Popen([sys.executable, "-c", FILMS, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "filming\n"
    child.terminate()
    child.communicate(timeout=30)
    assert child.returncode == 128 + signal.SIGTERM
    assert b"moof" not in path.read_bytes()  # closed: a plain film
    with av.open(str(path)) as film:
        assert sum(1 for _ in film.decode(video=0)) == 30


def test_closing_a_job_ends_a_child_that_does_not_listen(tmp_path: Path) -> None:
    """It ignores SIGTERM, and is killed after a while."""
    ready = tmp_path / "ready"
    code = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    job = ToolJob("tools.record")
    job._process = subprocess.Popen([sys.executable, "-c", code])
    number = job._process.pid
    while not ready.exists():
        time.sleep(0.02)
    job.close(0.2)
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return
    raise AssertionError("the child lives")
