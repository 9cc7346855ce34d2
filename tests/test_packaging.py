"""What an installation holds: every package and every kind of data that the clone has."""

from configparser import ConfigParser
from pathlib import Path

from game.scene.paths import models_dir, policies_dir

ROOT = Path(__file__).resolve().parents[1]


def config() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


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


def test_make_test_installs_every_extra() -> None:
    extras = ",".join(sorted(config()["options.extras_require"]))
    assert f"'.[{extras}]'" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_everything_is_pinned() -> None:
    sections = config()
    lines = sections["options"]["install_requires"].split()
    for extra in sections["options.extras_require"].values():
        lines += extra.split()
    assert len(lines) > 15
    assert [line for line in lines if "==" not in line and not line.startswith(("#", "%"))] == []
