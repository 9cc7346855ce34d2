"""What goes out with a take beside its motion: sound, impacts, the active camera, and all of it into Blender."""

import importlib
import json
import sys
import wave
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pxr import Usd, UsdMedia

from game.camera.cuts import CUTS
from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.take import Take
from game.scene.set_file import load_prop
from game.sim.model import CharacterModel
from tools.export_motion.__main__ import main
from tools.export_motion.glb_export import write
from tools.export_motion.recording import CameraTrack, Recording
from tools.export_motion.take_sound import BESIDE, LEAST_OF_PROPS

TICKS = 30


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second in which a ball falls on the floor beside him; another camera looks from tick 10 on."""
    runtime = Runtime(PolicyLibrary(CharacterModel.load(), folders=[]), seed=3)
    ball = load_prop("medicine_ball").at((1.5, 0.0, 0.9))
    falls = ev.Spawn(ball, velocity=(0.0, 0.0, -3.0), ang_vel=(0.0, 0.0, 0.0))
    for tick in range(TICKS):
        runtime.tick([falls] if tick == 2 else (), strict=True)
    path = tmp_path_factory.mktemp("take") / "take.zip"
    Take.of(runtime, cuts=[[0, "follow"], [10, "side"]]).save(path)
    runtime.close()
    return path


@pytest.fixture(scope="module")
def folder(take: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    for ending in ("glb", "usdc"):
        assert main([str(take), "--out", str(out / f"a.{ending}"), "--detail", "low"]) == 0
    return out


def scene_of(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    data = path.read_bytes()
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    return document["scenes"][0]["extras"], document


def test_the_sound_lies_beside_and_is_as_long_as_the_take(folder: Path) -> None:
    about, _ = scene_of(folder / "a.glb")
    assert about["sound"] == "a.wav"
    with wave.open(str(folder / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (48_000, 2, TICKS * 1600)
        samples = np.frombuffer(file.readframes(TICKS * 1600), "<i2").reshape(-1, 2)
    landing = next(m["frame"] for m in about["markers"] if m["name"] == "medicine ball on floor")
    # the ball is heard from the frame on in which it lands
    loud = np.abs(samples).reshape(TICKS, -1).max(axis=1)
    assert loud[landing : landing + 2].max() > 3 * loud[landing - 3 : landing].max()


def test_impacts_are_markers_with_their_strengths(folder: Path) -> None:
    about, _ = scene_of(folder / "a.glb")
    hits = [m for m in about["markers"] if m["name"] == "medicine ball on floor"]
    ball = load_prop("medicine_ball")
    # 3 m/s downwards and a fall of about 0.75 m give 4.9 m/s; it bounces little, and its weight presses meanwhile
    assert 0.9 < hits[0]["impulse"] / (4.9 * ball.mass) < 1.6
    assert hits[0]["time"] == pytest.approx(hits[0]["frame"] / 30.0, abs=1e-3)
    assert hits[0]["point"][1] == pytest.approx(0.0, abs=0.02) and hits[0]["point"][2] == pytest.approx(1.5, abs=0.3)
    assert all(m["impulse"] >= LEAST_OF_PROPS for m in about["markers"])
    for name in {m["name"] for m in about["markers"]}:
        frames = [m["frame"] for m in about["markers"] if m["name"] == name]
        assert (np.diff(frames) > BESIDE * 30.0).all()


def test_the_takes_cuts_are_the_camera_to_look_through(folder: Path) -> None:
    about, document = scene_of(folder / "a.glb")
    assert about["camera"] == "camera cuts"
    cameras = [node["name"] for node in document["nodes"] if "camera" in node]
    assert cameras == ["camera cuts", "camera follow"]


def test_usd_has_the_sound_and_the_impacts(folder: Path) -> None:
    stage = Usd.Stage.Open(str(folder / "a.usdc"))
    audio = UsdMedia.SpatialAudio(stage.GetPrimAtPath("/World/sound"))
    assert audio.GetFilePathAttr().Get().path == "./a.wav"
    assert audio.GetAuralModeAttr().Get() == UsdMedia.Tokens.nonSpatial
    about, _ = scene_of(folder / "a.glb")
    prim = stage.GetPrimAtPath("/World/impacts")
    for frame in {m["frame"] for m in about["markers"]}:
        hardest = max((m for m in about["markers"] if m["frame"] == frame), key=lambda m: float(m["impulse"]))
        assert prim.GetAttribute("impulse").Get(frame) == pytest.approx(hardest["impulse"], abs=0.01)
        assert prim.GetAttribute("label").Get(frame) == hardest["name"]
        assert list(prim.GetAttribute("point").Get(frame)) == pytest.approx(hardest["point"])
    assert prim.GetAttribute("impulse").Get(0.0) == 0.0


def test_no_sound_and_clips_have_none(take: Path, tmp_path: Path) -> None:
    assert main([str(take), "--out", str(tmp_path / "b.glb"), "--detail", "low", "--no-sound"]) == 0
    assert main(["bow", "--out", str(tmp_path / "bow.glb"), "--detail", "low"]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.glb", "bow.glb"]
    assert "sound" not in scene_of(tmp_path / "b.glb")[0] and "markers" in scene_of(tmp_path / "b.glb")[0]
    assert "markers" not in scene_of(tmp_path / "bow.glb")[0]


class Blender:
    """The few calls of Blender's Python that are used, and what they were given."""

    def __init__(self) -> None:
        self.lens = SimpleNamespace(angle_x=0.0, keys=[])
        self.lens.keyframe_insert = lambda _, frame: self.lens.keys.append((frame, self.lens.angle_x))
        camera = SimpleNamespace(data=self.lens)
        self.markers: list[tuple[str, int]] = []
        self.strips: list[tuple[str, str, int, int]] = []
        editor = SimpleNamespace(strips=SimpleNamespace(new_sound=lambda *given: self.strips.append(given)))
        self.scene = SimpleNamespace(
            render=SimpleNamespace(fps=24, fps_base=1.0), frame_start=1, frame_end=250, frame_set=lambda _: None,
            camera=None, sequence_editor_create=lambda: editor, sync_mode="NONE",
            timeline_markers=SimpleNamespace(new=lambda name, frame: self.markers.append((name, frame))),
        )  # fmt: skip
        self.context = SimpleNamespace(scene=self.scene)
        self.data = SimpleNamespace(objects={"camera cuts": camera, "camera follow": SimpleNamespace(data=None)})
        self.rate_at_import = 0
        self.ops = SimpleNamespace(import_scene=SimpleNamespace(gltf=self._read))

    def _read(self, filepath: str) -> None:
        assert Path(filepath).is_file()
        self.rate_at_import = self.scene.render.fps


def test_the_script_for_blender_sets_what_its_importer_leaves(
    take: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was run in Blender 5.0 itself, too (bpy, 370 MB: too large for every run of the tests)."""
    blender = Blender()
    monkeypatch.setitem(sys.modules, "bpy", blender)
    script = importlib.import_module("tools.export_motion.open_in_blender")
    script.open_glb(folder / "a.glb")
    scene, about = blender.scene, scene_of(folder / "a.glb")[0]
    assert blender.rate_at_import == 30
    assert (scene.frame_start, scene.frame_end) == (0, TICKS - 1)
    assert scene.camera is blender.data.objects["camera cuts"]
    assert blender.strips == [("sound", str(folder.resolve() / "a.wav"), 1, 0)]
    assert [frame for _, frame in blender.markers] == [m["frame"] for m in about["markers"]]
    recording = Recording.of_take(Take.load(take), "a", ("follow",), with_set=False)
    first = recording.cameras[0]
    zooming = CameraTrack(CUTS, first.pos, first.rot, np.linspace(1.0, 0.5, TICKS))
    write(tmp_path / "zoom.glb", replace(recording, cameras=(zooming,)), "low")
    blender.lens.keys.clear()
    script.open_glb(tmp_path / "zoom.glb")
    frame, across = blender.lens.keys[-1]
    assert frame == TICKS - 1
    assert np.tan(across / 2) / np.tan(0.25) == pytest.approx(16 / 9, abs=1e-4)
    with pytest.raises(ValueError, match=r"take\.zip is no \.glb"):
        script.open_glb(take)
