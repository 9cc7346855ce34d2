"""USD: opened by its own library, which poses the skeleton and the skin as the recording has them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdSkel

from game.scene.gltf_axes import vectors_to_gltf
from game.scene.set_file import load_prop, load_set
from game.sim.motion import MotionClip
from tools.clip_clinic.edit import cut
from tools.export_motion.__main__ import main
from tools.export_motion.recording import PropTrack, Recording
from tools.export_motion.usd_export import write

CLIP = replace(cut(MotionClip.load("walk"), 0.0, 0.3), fps=25.0)


@pytest.fixture(scope="module")
def recording() -> Recording:
    """Ten frames in a set, with a box that comes and goes and a lens that zooms."""
    plain = Recording.of_clip(CLIP)
    frames = np.arange(plain.num_frames)
    box = PropTrack(
        load_prop("cardboard_box"),
        (frames >= 2) & (frames < 6),
        np.stack([0.1 * frames, 0.0 * frames, 0.5 + 0.0 * frames], axis=-1),
        np.tile([0.0, 0.0, 0.0, 1.0], (len(frames), 1)),
    )
    camera = replace(plain.cameras[0], fov=np.linspace(1.0, 0.5, len(frames)))
    return replace(plain, props=(box,), cameras=(camera,), set_spec=load_set("park"))


@pytest.fixture(scope="module")
def stage(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Usd.Stage:
    path = tmp_path_factory.mktemp("usd") / "new" / "a.usdc"
    write(path, recording, "low")
    assert [p.name for p in path.parent.iterdir()] == ["a.usdc"]
    return Usd.Stage.Open(str(path))


def test_the_clock_and_the_axes(stage: Usd.Stage, recording: Recording) -> None:
    """Frames are numbered from 0 at the recording's rate, so that a program fits its timeline to them."""
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0.0, recording.num_frames - 1)
    assert stage.GetTimeCodesPerSecond() == stage.GetFramesPerSecond() == 25.0
    assert (UsdGeom.GetStageUpAxis(stage), UsdGeom.GetStageMetersPerUnit(stage)) == ("Y", 1.0)
    assert stage.GetDefaultPrim().GetPath() == "/World"


def test_joints_and_skin_are_where_the_bodies_are(stage: Usd.Stage, recording: Recording) -> None:
    root = UsdSkel.Root(stage.GetPrimAtPath("/World/avatar"))
    cache = UsdSkel.Cache()
    cache.Populate(root, Usd.PrimDefaultPredicate)
    binding = cache.ComputeSkelBindings(root, Usd.PrimDefaultPredicate)[0]
    query = cache.GetSkelQuery(binding.GetSkeleton())
    names = [str(joint).rpartition("/")[2] for joint in query.GetJointOrder()]
    binds = np.array(binding.GetSkeleton().GetBindTransformsAttr().Get())
    bodies = vectors_to_gltf(recording.poses().pos[:, 0])
    checked = 0
    for frame in (0, recording.num_frames - 1):
        posed = np.array(query.ComputeJointSkelTransforms(Usd.TimeCode(frame)))
        for body, name in enumerate(recording.model.body_names):
            assert posed[names.index(name), 3, :3] == pytest.approx(bodies[frame, body], abs=1e-3)
        for target in binding.GetSkinningTargets():
            mesh = UsdGeom.Mesh(target.GetPrim())
            points = mesh.GetPointsAttr().Get()
            still = np.array(points)
            joints, weights = (
                np.array(a).reshape(len(still), 4) for a in target.ComputeVaryingJointInfluences(len(still))
            )
            assert weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
            assert target.ComputeSkinnedPoints(
                query.ComputeSkinningTransforms(Usd.TimeCode(frame)), points, Usd.TimeCode(frame)
            )
            skinned = np.array(points)
            # what hangs on one joint alone keeps its distance from it
            rigid = np.flatnonzero(weights.max(axis=1) > 0.9999)
            main_joint = joints[rigid, weights[rigid].argmax(axis=1)]
            before = np.linalg.norm(still[rigid] - binds[main_joint, 3, :3], axis=-1)
            after = np.linalg.norm(skinned[rigid] - posed[main_joint, 3, :3], axis=-1)
            assert after == pytest.approx(before, abs=2e-3)
            checked += len(rigid)
    assert checked > 1000


def test_a_prop_moves_comes_and_goes(stage: Usd.Stage) -> None:
    box = UsdGeom.Imageable(next(p for p in stage.Traverse() if "cardboard_box" in p.GetName()))
    seen = [box.ComputeVisibility(Usd.TimeCode(frame)) for frame in range(10)]
    assert seen == ["invisible"] * 2 + ["inherited"] * 4 + ["invisible"] * 4
    place = UsdGeom.Xformable(box.GetPrim()).ComputeLocalToWorldTransform(Usd.TimeCode(4)).ExtractTranslation()
    assert list(place) == pytest.approx([0.0, 0.5, 0.4], abs=1e-5)  # x is forward with us, z there


def test_the_camera_zooms_and_is_the_first_to_look_through(stage: Usd.Stage, recording: Recording) -> None:
    path = stage.GetRootLayer().customLayerData["cameraSettings"]["boundCamera"]
    camera = UsdGeom.Camera(stage.GetPrimAtPath(path))
    for frame, fov in ((0, 1.0), (9, 0.5)):
        lens = camera.GetCamera(Usd.TimeCode(frame))
        assert np.radians(lens.GetFieldOfView(lens.FOVVertical)) == pytest.approx(fov, abs=1e-5)
        place = vectors_to_gltf(recording.cameras[0].pos[frame])
        assert list(lens.transform.ExtractTranslation()) == pytest.approx(list(place), abs=1e-4)


def test_the_set_and_its_sun(stage: Usd.Stage) -> None:
    kinds = [str(prim.GetTypeName()) for prim in stage.Traverse()]
    assert kinds.count("DistantLight") == 1
    assert kinds.count("Mesh") > 30
    assert all(UsdGeom.Mesh(p).ValidateTopology(UsdGeom.Mesh(p).GetFaceVertexIndicesAttr().Get(),
               UsdGeom.Mesh(p).GetFaceVertexCountsAttr().Get(), len(UsdGeom.Mesh(p).GetPointsAttr().Get()))[0]
               for p in stage.Traverse() if p.IsA(UsdGeom.Mesh))  # fmt: skip


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bow", "--out", str(tmp_path / "a.usda"), "--detail", "low"]) == 0
    assert (tmp_path / "a.usda").read_text("utf-8").startswith("#usda 1.0")
    assert "1 character(s)" in capsys.readouterr().out
