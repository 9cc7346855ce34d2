"""The avatar's builder, at toy size: closed, skinned, three levels of detail; and the avatar that ships."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from game.scene.json_fields import SetError
from game.scene.paths import models_dir
from game.sim.model import CharacterModel
from game.view.skin import Skin, SkinError
from tools.build_avatar import face_parts
from tools.build_avatar.__main__ import main
from tools.build_avatar.build import build, by_material, closed_surface
from tools.build_avatar.clothes import Figure
from tools.build_avatar.hair import hair
from tools.build_avatar.hands import HAND_JOINTS, with_fingers
from tools.build_avatar.options import AvatarConfig
from tools.build_avatar.rest_pose import RestPose
from tools.build_avatar.sdf import cone, ellipsoid, smoothstep, sphere
from tools.build_avatar.surface import Mesh, Seams, decimate, open_edges, outward, polygonise, split, volume
from tools.build_avatar.weights import skin_weights

TOY = AvatarConfig(voxel=0.02, triangles=(4000, 2000, 1000))
SURFACE = {"skin", "shirt", "trim", "stripe", "trousers", "shoes", "caps", "soles", "hair"}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> list[Skin]:
    folder = tmp_path_factory.mktemp("avatar")
    return [Skin.load(path) for path in build(replace(TOY, out=folder))]


@pytest.fixture(scope="module")
def shipped() -> list[Skin]:
    return [Skin.load(models_dir() / "humanoid" / f"avatar_{level}.glb") for level in ("high", "mid", "low")]


def surface_of(skin: Skin) -> Mesh:
    """The body's one closed surface, its materials put together again."""
    parts = [p for p in skin.body if p.material in SURFACE]
    start = np.cumsum([0] + [len(p.position) for p in parts])
    triangles = np.concatenate([p.triangles + s for p, s in zip(parts, start, strict=False)])
    return Mesh(np.concatenate([p.position for p in parts]), triangles)


@pytest.mark.parametrize("which", ["toy", "shipped"])
def test_no_level_has_a_crack(which: str, request: pytest.FixtureRequest) -> None:
    for skin in request.getfixturevalue(which):
        mesh = surface_of(skin)
        assert open_edges(mesh.triangles, mesh.vertices) == 0
        assert 0.055 < volume(mesh) < 0.085  # m3: a slim adult, and clothes


@pytest.mark.parametrize("which", ["toy", "shipped"])
def test_weights_sum_to_one_and_neighbours_agree(which: str, request: pytest.FixtureRequest) -> None:
    for skin in request.getfixturevalue(which):
        at: dict[bytes, np.ndarray] = {}
        for part in skin.body:
            assert np.allclose(part.weight.sum(1), 1.0, atol=1e-6)
            assert part.joint.max() < len(skin.joint_names)
            if part.material in SURFACE:
                dense = np.zeros((len(part.position), len(skin.joint_names)))
                np.add.at(dense, (np.arange(len(dense))[:, None], part.joint.astype(int)), part.weight)
                for place, row in zip(np.round(part.position, 6), dense, strict=True):
                    key = place.tobytes()
                    assert np.abs(at.setdefault(key, row) - row).max() < 0.02  # a seam that would part


def test_each_level_is_smaller_than_the_one_before(shipped: list[Skin]) -> None:
    triangles = [sum(len(p.triangles) for p in skin.body) for skin in shipped]
    assert triangles[0] > 2 * triangles[1] > 4 * triangles[2]
    sizes = [(models_dir() / "humanoid" / f"avatar_{level}.glb").stat().st_size for level in ("high", "mid", "low")]
    assert 1_500_000 > sizes[0] > 2 * sizes[1] > 3 * sizes[2]


def test_the_joints_are_the_links_the_face_and_the_fingers(toy: list[Skin]) -> None:
    model = CharacterModel.load()
    for skin in toy:
        assert skin.joint_names == (*model.body_names, *face_parts.FACE_JOINTS, *HAND_JOINTS)
        assert np.allclose(skin.bind[: model.num_bodies], RestPose.bind().frames, atol=1e-6)
        assert skin.morph_names == face_parts.MOUTH_MORPHS
        assert {p.material for p in skin.mouth} == {"mouth", "teeth", "tongue"}


def test_the_bind_pose_keeps_the_limbs_lengths() -> None:
    model, at = CharacterModel.load(), RestPose.bind()
    for i, parent in enumerate(at.parent):
        if parent >= 0:
            length = np.linalg.norm(at.frames[i][:3, 3] - at.frames[parent][:3, 3])
            assert length == pytest.approx(np.linalg.norm(model.body_offset[i]))
    left, right = at.origin("left_hand"), at.origin("right_hand")
    assert np.allclose(left, right * [1, -1, 1])


def test_every_limb_carries_its_own_flesh() -> None:
    figure = Figure(TOY)
    for i, name in enumerate(figure.at.names):
        middle = {"pelvis": 0.03, "torso": 0.15, "head": 0.2, "foot": -0.02, "hand": -0.05}
        z = middle.get(name.split("_")[-1] if "_" in name else name, -0.16)
        point = (figure.at.frames[i] @ [0.0, 0.0, z, 1.0])[:3]
        weights = skin_weights(figure, point[None])[0]
        assert weights.argmax() == i and weights[i] > 0.85, name


def test_the_face_lies_on_the_head_and_its_mouth_opens(toy: list[Skin]) -> None:
    head = RestPose.bind().origin("head")
    for part in toy[0].mouth:
        assert np.all(np.abs(part.position - head)[:, :2].max(1) < 0.2)
    mouth = next(p for p in toy[0].mouth if p.material == "mouth")
    height = {
        name: np.ptp((mouth.position + m)[:, 2]) for name, m in zip(toy[0].morph_names, mouth.morphs, strict=True)
    }
    assert height["open"] > 4 * np.ptp(mouth.position[:, 2])
    width = {name: np.ptp((mouth.position + m)[:, 1]) for name, m in zip(toy[0].morph_names, mouth.morphs, strict=True)}
    assert width["wide"] > np.ptp(mouth.position[:, 1]) > width["round"]


def test_options_change_what_is_built(tmp_path: Path, toy: list[Skin], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--out", str(tmp_path), "--name", "big", "--shirt", "#ff0000", "--height", "1.1", "--style", "bald"]
    main([*arguments, "--build", "0.8", "--voxel", "0.02", "--triangles", "3000", "1500", "800"])
    assert "big_high.glb" in capsys.readouterr().out
    big = Skin.load(tmp_path / "big_high.glb")
    assert big.height == 1.1
    assert np.allclose(big.bind[:, :3, 3], 1.1 * toy[0].bind[:, :3, 3], atol=1e-5)
    assert volume(surface_of(big)) > 1.05 * 1.1**3 * volume(surface_of(toy[0]))
    shirt = next(p for p in big.body if p.material == "shirt")
    assert shirt.color == pytest.approx((1.0, 0.0, 0.0))


def test_a_colour_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SetError, match=r"--shirt should be a colour \"#rrggbb\", found 'red'"):
        build(replace(TOY, out=tmp_path, shirt="red"))


@pytest.mark.parametrize("style", ["parted", "crop", "curls", "bun", "bald", "long"])
def test_hair_grows_on_the_head_but_not_on_the_face(style: str) -> None:
    top, back, nose, cheek = [0, 0, 0.118], [-0.105, 0, 0.01], [0.12, 0, -0.02], [0.07, 0.06, -0.03]
    distance = hair(np.array([top, back, nose, cheek], float), style)
    assert distance[1] < 0.012 and (distance[2:] > 0.01).all()
    assert (distance[0] > 0.02) == (style == "bald")


def test_fields_of_simple_shapes() -> None:
    p = np.array([[0.0, 0, 0], [2, 0, 0]])
    assert np.allclose(sphere(p, [0, 0, 0], 1.0), [-1, 1])
    assert np.allclose(cone(p, [0, 0, 0], [2, 0, 0], 0.5, 0.25), [-0.5, -0.25])
    assert ellipsoid(np.array([[0.0, 3, 0]]), [0, 0, 0], [1, 3, 1])[0] == pytest.approx(0.0)
    assert np.allclose(smoothstep(1.0, 0.0, np.array([-1.0, 0.5, 2.0])), [1, 0.5, 0])


def ball(p: np.ndarray) -> np.ndarray:
    return sphere(p, [0, 0, 0], 0.5)


def test_a_ball_is_polygonised_closed_and_to_its_size() -> None:
    mesh = polygonise(ball, np.full(3, -0.6), np.full(3, 0.6), 0.05)
    assert open_edges(mesh.triangles, mesh.vertices) == 0
    assert volume(mesh) == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.01)
    assert volume(outward(Mesh(mesh.vertices, mesh.triangles[:, ::-1]))) > 0
    thin = decimate(mesh, 300)
    assert 3 * len(thin.triangles) < len(mesh.triangles) and open_edges(thin.triangles, thin.vertices) == 0
    with pytest.raises(ValueError, match="there is no surface"):
        polygonise(ball, np.full(3, 1.0), np.full(3, 1.4), 0.05)


def test_a_cut_leaves_no_gap_and_no_triangle_across_it() -> None:
    mesh = polygonise(ball, np.full(3, -0.6), np.full(3, 0.6), 0.09)
    seams = Seams(mesh, np.zeros(len(mesh.vertices), bool), np.zeros(len(mesh.triangles), np.int64))
    for axis in range(3):
        seams = split(seams, lambda p, a=axis: p[:, a] - 0.06)  # type: ignore[misc]
    made = seams.mesh
    assert open_edges(made.triangles, made.vertices) == 0
    assert len(seams.labels) == len(made.triangles) > len(mesh.triangles)
    sides = (made.vertices - 0.06)[made.triangles]
    across = (sides.min(1) < -0.02) & (sides.max(1) > 0.02)
    assert not across.any()


def test_only_the_garment_named_is_cut() -> None:
    figure = Figure(TOY)
    cuts = by_material(figure, decimate(closed_surface(figure, 0.02), 2500))
    assert set(cuts) == SURFACE
    stripes = figure.at.local(cuts["stripe"].vertices, "torso")
    assert stripes[:, 2].min() > -0.2 and np.abs(stripes[:, 1]).max() < 0.2


def test_a_file_that_is_no_avatar(tmp_path: Path) -> None:
    with pytest.raises(SkinError, match="no avatar at"):
        Skin.load(tmp_path / "none.glb")
    path = tmp_path / "text.glb"
    path.write_text("certainly not a binary file")
    with pytest.raises(SkinError, match=r"text.glb: not a GLB file \(it starts with b'cert'"):
        Skin.load(path)


@pytest.mark.parametrize("which", ["toy", "shipped"])
def test_fingers_have_joints_of_their_own(which: str, request: pytest.FixtureRequest) -> None:
    for skin in request.getfixturevalue(which):
        assert set(HAND_JOINTS) <= set(skin.joint_names)
        (part,) = (p for p in skin.body if p.material == "skin")
        for side in ("left", "right"):
            tips, hand = (skin.joint_names.index(f"{side}_{name}") for name in ("fingertips", "hand"))
            moved = np.where(part.joint == tips, part.weight, 0.0).sum(1)
            beyond = (part.position - skin.bind[hand, :3, 3]) @ skin.bind[hand, :3, :3]
            assert moved.max() > 0.9
            assert beyond[moved > 0.5, 2].max() < -0.10  # none on the palm, none elsewhere on the body
            assert beyond[moved > 0.5, 2].min() > -0.17


def test_fingers_take_their_share_from_their_hand_alone() -> None:
    figure = Figure(TOY)
    frame = figure.at.frames[figure.at.index("left_hand")]
    points = (
        np.array([[-0.012, -0.02, -0.145], [0.056, -0.024, -0.088], [0.0, 0.0, -0.04]]) @ frame[:3, :3].T + frame[:3, 3]
    )
    whole = skin_weights(figure, points)
    shared = with_fingers(figure, points, whole, 8)
    assert shared.shape == (3, len(figure.at.names) + 8 + len(HAND_JOINTS))
    assert np.allclose(shared.sum(1), 1.0)
    joints = [*figure.at.names, *("face",) * 8, *HAND_JOINTS]
    assert [joints[i] for i in shared.argmax(1)] == ["left_fingertips", "left_thumb", "left_hand"]
    assert shared.max(1) == pytest.approx([1.0, 1.0, 1.0], abs=0.1)


def test_the_ends_of_a_brow_are_closed_and_look_outwards() -> None:
    (brow,) = (p for p in face_parts.pieces(Figure(TOY), 0) if p.joint == "left_brow")
    corners = brow.mesh.vertices[brow.mesh.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(facing, axis=1)
    agree = (facing * brow.normals[brow.mesh.triangles].mean(1)).sum(1) / np.maximum(area, 1e-12)
    assert agree[area > 1e-9].min() > 0.3
    looks = brow.normals[brow.mesh.triangles]
    flat = np.ptp(looks, axis=1).max(1) < 1e-9
    assert flat.sum() == 12  # six at each end
    assert (((corners.mean(1) - brow.mesh.vertices.mean(0)) * looks[:, 0]).sum(1)[flat] > 0.005).all()
