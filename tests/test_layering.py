"""The structure of the code, enforced: who may import what (the rules stand in game/__init__.py's tree)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DRAWS = {"panda3d", "direct", "p3dimgui", "imgui_bundle"}
# What simulates never knows what draws.
SIMULATES = ("sim", "clock", "events", "library", "motion", "paths", "policy", "runtime", "take")


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> set[str]:
    """Every module that the file imports, anywhere in it, relative imports resolved."""
    name = module_name(file)
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base] if base else parent)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def importers(of: set[str], among: list[Path]) -> list[str]:
    """Names of the files of `among` that import any top-level package of `of`."""
    return [str(f.relative_to(ROOT)) for f in among if {name.split(".")[0] for name in imports(f)} & of]


def python_files(*folders: str) -> list[Path]:
    return sorted(f for folder in folders for f in (ROOT / folder).rglob("*.py"))


GAME = python_files("game")
TOOLS = python_files("tools")


def in_part(file: Path, *parts: str) -> bool:
    """Whether the file is game/PART.py or lies in game/PART/."""
    return file.relative_to(ROOT / "game").with_suffix("").parts[0] in parts


def test_the_walk_sees_the_code() -> None:
    assert len(GAME) > 4
    assert "game.scene.paths" in {module_name(f) for f in GAME}


def test_imports_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "game" / "view" / "hud.py"
    file.parent.mkdir(parents=True)
    file.write_text("from ..sim import world\nfrom . import camera\ndef f():\n    import torch.nn\n")
    assert imports(file) == {"game.sim", "game.sim.world", "game.view", "game.view.orbit_camera", "torch.nn"}


def test_what_simulates_does_not_draw() -> None:
    simulates = [f for f in GAME if in_part(f, *SIMULATES)]
    assert importers(DRAWS, simulates) == []
    assert [f.name for f in simulates if any(n.startswith("game.view") for n in imports(f))] == []


def test_only_view_and_app_draw() -> None:
    others = [f for f in GAME if not in_part(f, "view") and not f.name.startswith("app")]
    assert importers(DRAWS, others) == []


def test_only_sim_knows_pybullet() -> None:
    others = [f for f in GAME if not in_part(f, "sim")]
    assert importers({"pybullet", "pybullet_data", "pybullet_utils"}, others) == []


def test_only_policy_knows_onnxruntime() -> None:
    others = [f for f in GAME if not in_part(f, "policy")]
    assert importers({"onnxruntime"}, others) == []


def test_the_game_imports_no_tools_and_no_torch() -> None:
    assert importers({"tools", "tests", "torch", "gymnasium", "tyro", "tensorboard"}, GAME) == []


def test_there_is_one_showbase() -> None:
    users = [f.name for f in GAME if any(n.startswith("direct.showbase.ShowBase") for n in imports(f))]
    assert users in ([], ["app.py"])


def test_nothing_that_runs_imports_the_tests() -> None:
    assert importers({"tests", "pytest", "hypothesis"}, GAME + TOOLS) == []


def test_the_simulation_loads_without_a_renderer() -> None:
    """The imports above are direct ones; this holds for all that they pull in, too."""
    modules = sorted(module_name(f) for f in GAME if in_part(f, *SIMULATES))
    code = (
        f"import importlib, sys\nfor m in {modules!r}: importlib.import_module(m)\n"
        f"print(*sorted({{m.split('.')[0] for m in sys.modules}} & {DRAWS | {'torch'}!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
