"""The tools' command lines: --help is quick and complete, missing arguments end with 2, sizes and loops are read."""

import dataclasses
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from tools.bench.__main__ import BenchOptions
from tools.bloopers.bloopers_options import BloopersOptions
from tools.build_avatar.options import AvatarConfig
from tools.capture.benchmark import BenchmarkOptions
from tools.capture.capture_options import CaptureOptions
from tools.capture.ground_truth import GroundTruthOptions
from tools.cast.cast_options import CastOptions
from tools.clip_clinic.__main__ import ClinicOptions
from tools.clip_clinic.loops import SHORTEST
from tools.command_line import frame_rate, parse
from tools.evaluate.evaluate_options import EvaluateOptions
from tools.export import PolicyExportOptions
from tools.export_motion.__main__ import ExportOptions
from tools.import_deepmimic.__main__ import PublishedOptions
from tools.import_motion.__main__ import ImportCommand
from tools.record import RecordOptions
from tools.room.__main__ import RoomOptions
from tools.train.config import TrainConfig
from tools.view_clip import ViewClipOptions

ROOT = Path(__file__).resolve().parents[1]
TOOLS: dict[str, type] = {
    "bench": BenchOptions,
    "bloopers": BloopersOptions,
    "build_avatar": AvatarConfig,
    "capture": CaptureOptions,
    "cast": CastOptions,
    "capture.benchmark": BenchmarkOptions,
    "capture.ground_truth": GroundTruthOptions,
    "clip_clinic": ClinicOptions,
    "evaluate": EvaluateOptions,
    "export": PolicyExportOptions,
    "export_motion": ExportOptions,
    "import_deepmimic": PublishedOptions,
    "import_motion": ImportCommand,
    "record": RecordOptions,
    "room": RoomOptions,
    "train": TrainConfig,
    "view_clip": ViewClipOptions,
}
SLOW = ("torch", "cv2", "matplotlib", "skimage", "onnxruntime", "onnx")
"""Libraries that take long to load, and that no --help waits for."""
RUN = f"""
import runpy, sys
sys.argv = ["tool", "--help"]
try:
    runpy.run_module(sys.orig_argv[-1], run_name="__main__", alter_sys=True)
finally:
    print("loaded:", *sorted(set({SLOW!r}) & set(sys.modules)))
"""


@pytest.mark.parametrize("tool", TOOLS)
def test_help_is_quick(tool: str) -> None:
    done = subprocess.run([sys.executable, "-c", RUN, f"tools.{tool}"], cwd=ROOT, capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"usage: python -m tools.{tool}" in done.stdout
    assert done.stdout.rstrip().endswith("loaded:")


@pytest.mark.parametrize("tool", TOOLS)
def test_every_option_is_explained(tool: str) -> None:
    source = Path(sys.modules[TOOLS[tool].__module__].__file__ or "").read_text("utf-8")
    body = source[source.index(f"class {TOOLS[tool].__name__}") :]
    assert dataclasses.fields(TOOLS[tool])
    undocumented = [
        field.name
        for field in dataclasses.fields(TOOLS[tool])
        if not body.split(f"\n    {field.name}: ")[1].split("\n")[1].startswith('    """')
    ]
    assert undocumented == []


@pytest.mark.parametrize("options", [BloopersOptions, ClinicOptions, ExportOptions, ImportCommand, RecordOptions,
                                     GroundTruthOptions, ViewClipOptions])  # fmt: skip
def test_missing_arguments_end_with_2(options: type) -> None:
    with pytest.raises(SystemExit) as end:
        parse(options, "tools.x", "", [])
    assert end.value.code == 2


def test_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(ViewClipOptions, "tools.x", "", ["walk", "--size", "640x360"]).size == (640, 360)
    for wrong in ("640", "640x", "0x360", "axb", "640x360x2"):
        with pytest.raises(SystemExit) as end:
            parse(ViewClipOptions, "tools.x", "", ["walk", "--size", wrong])
        assert end.value.code == 2
        assert "expected WIDTHxHEIGHT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ("30", 30),
        ("25.0", 25),
        ("12.5", Fraction(25, 2)),
        ("29.97", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("2997/100", Fraction(2997, 100)),
        ("240", 240),
    ],
)
def test_frame_rates(words: str, rate: int | Fraction) -> None:
    assert frame_rate(words) == rate
    assert parse(RecordOptions, "tools.x", "", ["a.zip", "--out", "a.mp4", "--fps", words]).fps == rate


@pytest.mark.parametrize("words", ["0", "241", "0.5", "1/0", "-30", "nan", "1e9", "3\u0660", "30/", "9" * 400])
def test_no_frame_rates(words: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 240"):
        frame_rate(words)


@pytest.mark.parametrize(
    ("options", "first"), [(RecordOptions, ["a"]), (BloopersOptions, []), (ViewClipOptions, ["a"])]
)
def test_a_frame_rate_is_refused(options: type, first: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(options, "tools.x", "", [*first, "--out", "a.mp4", "--fps", "0"])
    assert end.value.code == 2
    assert "expected 1 to 240" in capsys.readouterr().err.replace("\n", " ")


def test_a_loop_with_and_without_a_length() -> None:
    def loop(*arguments: str) -> float | None:
        return parse(ClinicOptions, "tools.x", "", ["run", *arguments]).loop

    assert loop() is None
    assert loop("--loop", "--fix") == SHORTEST
    assert loop("--loop", "1", "--fix") == 1.0


def test_flags_are_named_as_before() -> None:
    record = parse(RecordOptions, "tools.x", "", ["a.zip", "--out", "a.mp4", "--from", "1", "--to", "2", "--slow",
                                                  "0.5", "--slow-between", "1.2", "1.5", "--mute"])  # fmt: skip
    assert (record.begin, record.end, record.slow_between, record.mute) == (1.0, 2.0, (1.2, 1.5), True)
    capture = parse(CaptureOptions, "tools.x", "", ["a.mp4", "--at", "0.7", "0.3", "--slow-motion", "4", "--no-film"])
    assert (capture.video, capture.at, capture.slow_motion, capture.no_film) == (Path("a.mp4"), (0.7, 0.3), 4.0, True)
    export = parse(ExportOptions, "tools.x", "", ["a", "--out", "b.glb", "--camera", "eyes", "--camera", "side"])
    assert export.camera == ("eyes", "side")
    benchmark = parse(BenchmarkOptions, "tools.x", "", ["backflip", "--hard"])
    assert (benchmark.clips, benchmark.hard) == (("backflip",), ())
