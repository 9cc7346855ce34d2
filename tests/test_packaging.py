"""What an installation holds: every package and kind of data that it needs, on every supported Python, and no more."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from game.scene.paths import models_dir, policies_dir

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64"))


def config() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def groups() -> dict[str, list[str]]:
    """The tools' dependency groups: what each names itself."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return {str(name): [line for line in lines if isinstance(line, str)] for name, lines in table.items()}


def game_requirements() -> list[Requirement]:
    lines = config()["options"]["install_requires"].splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a copy of the clone: a build leaves folders behind."""
    clone, built = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    passed_over = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("game", "models", "policies"):
        shutil.copytree(ROOT / name, clone / name, ignore=passed_over)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(built)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=clone, check=True, capture_output=True, timeout=120)
    return zipfile.ZipFile(next(built.glob("*.whl")))


def card_of(wheel: zipfile.ZipFile) -> Message:
    return message_from_bytes(wheel.read(next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))))


def test_every_package_is_installed() -> None:
    listed = set(config()["options"]["packages"].split())
    folders = {".".join(f.parent.relative_to(ROOT).parts) for f in (ROOT / "game").rglob("__init__.py")}
    assert listed == folders | {"game.models", "game.policies"}


def test_all_data_inside_packages_is_installed() -> None:
    patterns = dict(config()["options.package_data"])
    for file in (ROOT / "game").rglob("*"):
        if not file.is_file() or file.suffix == ".py" or "__pycache__" in file.parts:
            continue
        package = next(p for p in file.parents if (p / "__init__.py").is_file())
        name = ".".join(package.relative_to(ROOT).parts)
        assert any(file in package.glob(p) for p in patterns.get(name, "").split()), f"{file} is not in package_data"


def test_models_and_policies_are_found() -> None:
    assert (models_dir() / "humanoid" / "humanoid.json").is_file()
    assert list(policies_dir().glob("*.onnx"))


def test_the_wheel_holds_what_plays(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {"game/__main__.py", "game/py.typed", "game/view/shaders/sky.frag", "game/policies/README.md"} <= names
    for folder, pattern in (("policies", "*.onnx"), ("models/sets", "*.json"), ("models/humanoid", "*")):
        files = [file for file in (ROOT / folder).glob(pattern) if file.is_file()]
        assert files
        assert {f"game/{file.relative_to(ROOT).as_posix()}" for file in files} <= names


def test_the_wheel_holds_no_checkpoints_logs_tools_or_pictures(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"game"}
    inside = [Path(name) for name in wheel.namelist() if name.startswith("game/policies/")]
    assert {file.suffix for file in inside if file.name != "README.md"} == {".onnx"}
    assert {file.parent.as_posix() for file in inside} == {"game/policies"}
    assert not [name for name in wheel.namelist() if "/media/" in name]


def test_the_wheel_offers_no_extras_for_tools_that_it_does_not_have(wheel: zipfile.ZipFile) -> None:
    card = card_of(wheel)
    assert card.get_all("Provides-Extra") is None
    assert not [line for line in card.get_all("Requires-Dist") or [] if "extra" in line]
    assert {Requirement(line).name for line in card.get_all("Requires-Dist") or []} == {
        requirement.name for requirement in game_requirements()
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_each_system_takes_one_bullet_and_all_the_rest(wheel: zipfile.ZipFile, python: str) -> None:
    assert python in SpecifierSet(card_of(wheel)["Requires-Python"])
    for system, machine in SYSTEMS:
        place = {"sys_platform": system, "platform_machine": machine, "python_version": python}
        taken = [r.name for r in game_requirements() if r.marker is None or r.marker.evaluate(place)]
        original = (system, machine, python) == ("linux", "x86_64", "3.11")
        assert [n for n in taken if n.startswith("pybullet")] == ["pybullet" if original else "pybullet-arm64"]
        assert len(taken) == len(game_requirements()) - 1


def test_pythons_are_named_alike_everywhere() -> None:
    classifiers = config()["metadata"]["classifiers"].split("\n")
    assert [c.rpartition(":: ")[2] for c in classifiers if "Python ::" in c] == list(PYTHONS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"PYTHONS := {' '.join(f'python{p}' for p in reversed(PYTHONS))}\n" in makefile
    for unsupported in ("3.10", "3.14"):
        assert unsupported not in SpecifierSet(config()["options"]["python_requires"])


def test_make_test_installs_every_group() -> None:
    flags = " ".join(f"--group {name}" for name in sorted(groups()))
    assert f"--editable . {flags}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_everything_is_pinned_once() -> None:
    requirements = game_requirements() + [Requirement(line) for lines in groups().values() for line in lines]
    assert len(requirements) > 15
    pins: dict[str, set[str]] = {}
    for requirement in requirements:
        assert [s.operator for s in requirement.specifier] == ["=="], f"{requirement} is not pinned"
        pins.setdefault(requirement.name, set()).add(str(requirement.specifier))
    assert [name for name, versions in pins.items() if len(versions) > 1] == []


def fake_pythons(folder: Path, working: tuple[str, ...]) -> dict[str, str]:
    """An environment whose PATH has these Pythons, and one of every other supported version that cannot run."""
    for version in PYTHONS:
        command = folder / f"python{version}"
        command.write_text(f"#!/bin/sh\nexit {0 if version in working else 127}\n")
        command.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def make(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("working", "chosen"), [(PYTHONS, "3.13"), (("3.11", "3.12"), "3.12"), (("3.11",), "3.11"), (("3.13",), "3.13")]
)
def test_make_takes_the_newest_python_that_runs(tmp_path: Path, working: tuple[str, ...], chosen: str) -> None:
    ran = make("--dry-run", "check-python", environment=fake_pythons(tmp_path, working))
    assert f'[ -n "python{chosen}" ]' in ran.stdout


def test_make_says_what_to_install_where_there_is_no_python(tmp_path: Path) -> None:
    ran = make("check-python", environment=fake_pythons(tmp_path, ()))
    assert ran.returncode != 0
    assert "sudo apt-get install python3-venv" in ran.stdout
    ran = make("check-python", "PYTHON=python3.11", environment=fake_pythons(tmp_path, ()))
    assert ran.returncode != 0
    assert "python3.11 is missing" in ran.stdout
