"""What the game and the tools load writes nothing about the user, and calls nobody."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CALLS_WITHIN = 12.0
"""s; onnxruntime 1.32 looks its collector's address up 9 s after it is imported"""
LOADS_A_POLICY = textwrap.dedent(
    """
    import time

    from game.policy.policy import Policy
    from game.scene.paths import policies_dir
    from game.sim.model import CharacterModel
    Policy((policies_dir() / "backflip.onnx").read_bytes(), CharacterModel.load())
    """
)


def fresh_user(home: Path) -> dict[str, str]:
    """The environment of a user who has no files yet. onnxruntime reports nothing where it sees a CI's variables."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    home.mkdir()
    return kept | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def test_a_policy_leaves_nothing_in_the_users_folders(tmp_path: Path) -> None:
    home = tmp_path / "home"
    subprocess.run([sys.executable, "-c", LOADS_A_POLICY], cwd=ROOT, env=fresh_user(home), check=True, timeout=120)
    assert [str(file.relative_to(home)) for file in home.rglob("*")] == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing: sudo apt-get install strace")
def test_nobody_is_called(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    script = f"{LOADS_A_POLICY}\ntime.sleep({CALLS_WITHIN})"
    strace = ["strace", "--follow-forks", "--trace=network,execve", f"--output={log}"]
    run = subprocess.run(
        [*strace, sys.executable, "-c", script], cwd=ROOT, env=fresh_user(tmp_path / "home"), timeout=180
    )
    assert run.returncode == 0
    calls = log.read_text(errors="replace").splitlines()
    assert any("execve(" in call for call in calls)
    assert [call for call in calls if "AF_INET" in call] == []


@pytest.mark.parametrize("module", ["game.policy.policy", "tools.capture.pose"])
def test_onnxruntime_is_silenced_before_it_is_imported(module: str) -> None:
    """Whatever comes first: a finder sees what the environment says as onnxruntime is looked for."""
    script = f"""
        import os, sys
        class Watch:
            def find_spec(self, name, path=None, target=None):
                if name == "onnxruntime":
                    print(os.environ.get("ORT_DISABLE_TELEMETRY"))
        sys.meta_path.insert(0, Watch())
        import {module}
    """
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.stdout == "1\n"
