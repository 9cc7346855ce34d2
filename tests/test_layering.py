"""The structure of the code, enforced: a complete table of packages in order; imports only point up it."""

import ast
import subprocess
import sys
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = (
    "game.compiled_cache",
    "game.scene",
    "game.sim",
    "game.sim.bullet",
    "game.policy",
    "game.camera",
    "game.play",
    "game.record",
    "game.session",
    "game.input",
    "game.sound",
    "game.view",
    "game.view.panel",
    "game.app",
    "game.__main__",
    "tools.command_line",
    "tools.substep_clock",
    "tools.gltf_writer",
    "tools.half_weights",
    "tools.policy_file",
    "tools.footage",
    "tools.clip_clinic",
    "tools.key_clip",
    "tools.view_clip",
    "tools.import_motion",
    "tools.cast",
    "tools.export_motion",
    "tools.capture",
    "tools.room",
    "tools.build_avatar",
    "tools.train",
    "tools.export",
    "tools.import_deepmimic",
    "tools.evaluate",
    "tools.record",
    "tools.bloopers",
    "tools.learn",
    "tools.bench",
)
"""Every package, and every tool of one file, in order: each may import from itself and from what stands above it."""
NOT_YET: set[tuple[str, str]] = set()
"""Pairs that still import each other."""
CIRCLES = 0
"""Circles of files that are left."""

DRAWS = {"panda3d", "direct", "p3dimgui", "imgui_bundle"}
SIMULATES = ("game.scene", "game.sim", "game.sim.bullet", "game.policy", "game.camera", "game.play", "game.record")
"""What runs a take never knows what draws."""
ONLY = {
    "pybullet": ("game.sim.bullet",),
    "pybullet_data": ("game.sim.bullet",),
    "onnxruntime": ("game.policy",),
    "panda3d": ("game.view", "game.view.panel", "game.app"),
    "direct": ("game.view", "game.view.panel", "game.app"),
    "p3dimgui": ("game.view.panel",),
    "imgui_bundle": ("game.view.panel",),
    "torch": (),
    "gymnasium": (),
    "tyro": (),
    "tensorboard": (),
    "tests": (),
    "tools": (),
    "pytest": (),
    "hypothesis": (),
}
"""Which packages of the game may import a library: nobody else may."""


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> set[str]:
    """Every module that the file imports, anywhere in it (also for types only), relative imports resolved."""
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


def python_files(*folders: str) -> list[Path]:
    return sorted(f for folder in folders for f in (ROOT / folder).rglob("*.py"))


FILES = {module_name(f): f for f in python_files("game", "tools")}
IMPORTS = {name: imports(file) for name, file in FILES.items()}


def package_of(module: str) -> str | None:
    """The package in the table that a module lies in: the innermost one."""
    parts = module.split(".")
    names = (".".join(parts[:k]) for k in range(len(parts), 0, -1))
    return next((name for name in names if name in PACKAGES), None)


def test_the_walk_sees_the_code() -> None:
    assert len(FILES) > 100
    assert "game.scene.paths" in FILES


def test_imports_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "game" / "view" / "hud.py"
    file.parent.mkdir(parents=True)
    file.write_text("from ..sim import world\nfrom . import camera\ndef f():\n    import torch.nn\n")
    assert imports(file) == {"game.sim", "game.sim.world", "game.view", "game.view.camera", "torch.nn"}


def test_every_file_has_a_place() -> None:
    homeless = [name for name in FILES if package_of(name) is None and name not in ("game", "tools")]
    assert homeless == [], "no package in PACKAGES holds them"
    assert [name for name in PACKAGES if name not in FILES] == []


def test_imports_point_up_the_table() -> None:
    place = {name: k for k, name in enumerate(PACKAGES)}
    wrong = {
        (mine, theirs)
        for name, found in IMPORTS.items()
        for theirs in map(package_of, found)
        for mine in [package_of(name)]
        if mine and theirs and place[theirs] > place[mine]
    }
    assert wrong == NOT_YET


def test_no_file_imports_in_a_circle() -> None:
    graph = {name: {m for m in found if m in FILES and m != name} for name, found in IMPORTS.items()}
    for name in [n for n, file in FILES.items() if file.name == "__init__.py"]:
        graph.pop(name)
    graph = {name: {m for m in found if m in graph} for name, found in graph.items()}
    circles = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
            break
        except CycleError as error:
            circle = error.args[1]
            circles.append(circle)
            for name in circle:
                graph[name] = set()
    assert len(circles) <= CIRCLES, circles


def test_libraries_stay_where_they_belong() -> None:
    wrong = [
        f"{name} imports {library}"
        for name, found in IMPORTS.items()
        if name.startswith("game")
        for library in {module.split(".")[0] for module in found}
        if library in ONLY and package_of(name) not in ONLY[library]
    ]
    assert wrong == []


def test_nothing_that_runs_imports_the_tests() -> None:
    wrong = [n for n, found in IMPORTS.items() if {m.split(".")[0] for m in found} & {"tests", "pytest", "hypothesis"}]
    assert wrong == []


def test_there_is_one_showbase() -> None:
    users = [n for n, found in IMPORTS.items() if any(m.startswith("direct.showbase.ShowBase") for m in found)]
    assert [n for n in users if n.startswith("game")] == ["game.app.window"]


def test_no_file_is_called_as_another() -> None:
    stems = Counter(file.stem for file in FILES.values() if not file.stem.startswith("__"))
    assert [stem for stem, count in stems.items() if count > 1] == []


def test_no_class_is_called_as_another() -> None:
    names: dict[str, list[str]] = {}
    for module, file in FILES.items():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                names.setdefault(node.name, []).append(module)
    assert {name: where for name, where in names.items() if len(where) > 1} == {}


def test_the_simulation_loads_without_a_renderer() -> None:
    """The imports above are direct ones; this holds for all that they pull in, too."""
    modules = sorted(name for name in FILES if package_of(name) in SIMULATES)
    code = (
        f"import importlib, sys\nfor m in {modules!r}: importlib.import_module(m)\n"
        f"print(*sorted({{m.split('.')[0] for m in sys.modules}} & {DRAWS | {'torch'}!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
