"""From a photograph of a person to a figure: what is measured, what is refused, and how the figure is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from game.scene.json_fields import parse_color
from game.sim.kinematics import body_poses, standing_state
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.view.face import EXPRESSIONS
from game.view.figure import CastFigure
from game.view.figure_parts import BonePart
from game.view.figure_pose import FigurePose
from tests.support.photo_of import photo_of
from tools.build_avatar.__main__ import main
from tools.build_avatar.anatomy import HEAD
from tools.build_avatar.clothes import Figure
from tools.build_avatar.face_parts import MOUTH_HEIGHT
from tools.build_avatar.face_shape import PORTRAIT
from tools.build_avatar.measure import measure
from tools.build_avatar.options import AvatarConfig
from tools.build_avatar.person_figure import write_person
from tools.build_avatar.photo_person import HIPS, KNEES, SHOULDERS, PhotoError, PhotoPerson, find_person
from tools.build_avatar.picture_colors import look_at
from tools.build_avatar.portrait import Portrait, places, read_portrait
from tools.build_avatar.proportions import LARGEST, SMALLEST, Proportions, stretched_skeleton
from tools.build_avatar.rest_pose import RestPose
from tools.build_avatar.stretch import Stretch
from tools.capture.pose import BlazePose

MODEL = CharacterModel.load()
TOY = AvatarConfig(voxel=0.02, triangles=(4000, 2000, 1000), sleeve=0.5, trouser_leg=0.3)
LONG_LEGS = Proportions(thighs=1.1, shins=1.1, torso=0.9, shoulders=1.05)


@pytest.fixture(scope="module")
def network() -> BlazePose:
    return BlazePose()


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    return photo_of(None)


@pytest.fixture(scope="module")
def person(photo: NDArray[np.uint8], network: BlazePose) -> PhotoPerson:
    return find_person(photo, network)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> CastFigure:
    path = tmp_path_factory.mktemp("figure") / "toy.glb"
    write_person(TOY, LONG_LEGS, path, "toy", {"licence": "mine"})
    return CastFigure.load(path)


def test_our_own_figure_is_measured_as_it_is(person: PhotoPerson) -> None:
    found = measure(person)
    assert found.missing == ()
    for name in ("torso", "hips", "shoulders", "thighs", "shins", "upper_arms", "forearms"):
        assert getattr(found.proportions, name) == pytest.approx(1.0, abs=0.07), name


def test_colours_sleeves_and_trousers_come_from_the_picture(person: PhotoPerson) -> None:
    found = look_at(person).found
    assert 0.05 < float(found["sleeve"]) < 0.22  # 0.15 m
    assert float(found["trouser_leg"]) > 0.7  # 0.77 m
    red, green, blue = parse_color(str(found["trousers"]), "trousers")
    assert blue > 1.3 * red and blue > 1.2 * green
    red, green, blue = parse_color(str(found["shoes"]), "shoes")
    assert red > 1.5 * green
    skin, hair = (parse_color(str(found[key]), key) for key in ("skin", "hair"))
    assert sum(hair) < 0.6 * sum(skin) and found["style"] == "parted"


def test_what_is_outside_the_picture_is_said(photo: NDArray[np.uint8], network: BlazePose, person: PhotoPerson) -> None:
    below_hips = int(person.reading.xy[[*HIPS, *KNEES], 1].mean())
    cut = find_person(np.ascontiguousarray(photo[:below_hips]), network)
    found, seen = measure(cut), look_at(cut)
    assert (found.proportions.thighs, found.proportions.shins) == (1.0, 1.0)
    assert "thighs (hidden or outside the picture)" in found.missing
    assert "shoes" not in seen.found and "shoes (hidden or outside the picture)" in seen.missing


def test_whoever_crouches_is_not_measured_below(network: BlazePose) -> None:
    squat = MotionClip.load("squat")
    lowest = float(squat.root_pos[:, 2].argmin() / squat.fps)
    found = measure(find_person(photo_of(None, clip="squat", time=lowest), network))
    assert found.proportions.thighs == 1.0
    assert any("thighs (sits, crouches or strides" in words for words in found.missing)


def test_refusals(photo: NDArray[np.uint8], network: BlazePose) -> None:
    with pytest.raises(PhotoError, match="nobody was found in it"):
        find_person(np.full((200, 300, 3), 90, np.uint8), network)
    with pytest.raises(PhotoError, match="it shows 2 people of about the same size, expected one: crop it"):
        find_person(np.concatenate([photo, photo], axis=1), network)
    middle = photo.shape[1] // 2
    near = np.concatenate([photo[:, : middle + 62], photo[:, middle - 62 :]], axis=1)  # side by side
    with pytest.raises(PhotoError, match="it shows 2 people of about the same size"):
        find_person(near, network)
    turned = np.ascontiguousarray(np.rot90(photo))
    with pytest.raises(PhotoError, match="lies, bends or hangs, or the picture is turned"):
        find_person(turned, network)


def test_a_smaller_one_beside_him_does_not_count(photo: NDArray[np.uint8], network: BlazePose) -> None:
    height, width = photo.shape[:2]
    small = cv2.resize(photo, (width // 3, height // 3), interpolation=cv2.INTER_AREA)
    beside = np.full((height, width // 3, 3), photo[2, 2], np.uint8)
    beside[-len(small) :] = small
    both = find_person(np.concatenate([photo, beside], axis=1), network)
    assert both.reading.xy[list(SHOULDERS), 0].max() < width


def test_bounds() -> None:
    wild = Proportions(thighs=2.0, hips=0.1).within_bounds()
    assert (wild.thighs, wild.hips, wild.torso) == (LARGEST, SMALLEST, 1.0)


def test_a_stretch_moves_each_body_with_its_joint() -> None:
    scales = LONG_LEGS.body_scales(MODEL)
    at, to = RestPose.bind(MODEL), RestPose.bind(stretched_skeleton(MODEL, scales))
    stretch = Stretch(at, to, scales)
    for body, name in enumerate(at.names):
        weights = np.eye(MODEL.num_bodies)[[body]]
        assert np.allclose(stretch.points(at.origin(name)[None], weights)[0], to.origin(name))
    knee = to.origin("left_shin") - to.origin("left_thigh")
    assert np.linalg.norm(knee) == pytest.approx(1.1 * 0.421546)
    # half way down the thigh stays half way
    half = 0.5 * (at.origin("left_thigh") + at.origin("left_shin"))
    weights = np.eye(MODEL.num_bodies)[[MODEL.body("left_thigh")]]
    assert np.allclose(stretch.points(half[None], weights)[0], to.origin("left_thigh") + 0.5 * knee)
    # a plane's normal stays across it
    along, across = np.array([[1.0, 0.0, 1.0]]), np.array([[1.0, 0.0, -1.0]])
    torso = np.eye(MODEL.num_bodies)[[MODEL.roles.torso]]
    assert stretch.directions(along, torso)[0] @ stretch.normals(across, torso)[0] == pytest.approx(0.0, abs=1e-12)


def test_the_figure_has_the_proportions(drawn: CastFigure) -> None:
    def bone(part: BonePart, side: str = "left") -> NDArray[np.float64]:
        return np.asarray(drawn.rest[drawn.find(part, side)])

    thigh = np.linalg.norm(bone(BonePart.SHIN) - bone(BonePart.THIGH))
    arm = np.linalg.norm(bone(BonePart.FOREARM) - bone(BonePart.UPPER_ARM))
    assert thigh / arm == pytest.approx(1.1 * 0.421546 / 0.274788, rel=1e-4)
    across = bone(BonePart.UPPER_ARM)[1] / bone(BonePart.THIGH)[1]
    assert across == pytest.approx(1.05 * 0.18311 / 0.084887, rel=1e-4)
    points = np.concatenate([p.position for p in drawn.pieces])
    assert points[:, 2].min() == pytest.approx(0.0, abs=1e-4)
    assert 1.55 < points[:, 2].max() == pytest.approx(drawn.height, abs=1e-3)
    assert drawn.licence == {"licence": "mine"}


def test_its_face_moves(drawn: CastFigure) -> None:
    channels = {name for piece in drawn.pieces for name in piece.morphs}
    assert channels >= {"blink_left", "blink_right", "eye_wide", "open", "smile", "brow_up", "brow_down", "brow_worry"}
    eyes = [drawn.find(BonePart.EYE, side) for side in ("left", "right")]
    assert min(eyes) > 0
    lids = [p for p in drawn.pieces if drawn.materials[p.material].name == "lid" and "blink_left" in p.morphs]
    down = min(float(m[:, 2].min()) for p in lids for m in (p.morphs["blink_left"],))
    assert down < -0.005  # m, the upper lid's edge


def test_it_stands_where_the_body_does(drawn: CastFigure) -> None:
    state = standing_state(MODEL)
    poses = body_poses(MODEL, state.root_pos, state.root_rot, state.joint_rot)
    places, _ = FigurePose(drawn, MODEL).pose(poses.pos, poses.rot, EXPRESSIONS["calm"])
    for part in (BonePart.FOOT, BonePart.HAND):
        for side in ("left", "right"):
            body = MODEL.body(f"{side}_{part}")
            assert np.abs(places[drawn.find(part, side), :2] - poses.pos[body, :2]).max() < 0.05


def test_sleeves_and_trousers_end_where_they_should() -> None:
    long, short = Figure(replace(TOY, sleeve=0.52)), Figure(replace(TOY, sleeve=0.1, trouser_leg=0.6))
    wrist = (long.at.frames[long.at.index("left_forearm")] @ [0.0, 0.03, -0.22, 1.0])[None, :3]
    shin = (long.at.frames[long.at.index("left_shin")] @ [-0.07, 0.0, -0.1, 1.0])[None, :3]
    shirt, trousers = 1, 2
    assert long.fields(wrist)[shirt, 0] < 0.005 < 0.1 < short.fields(wrist)[shirt, 0]
    assert short.fields(shin)[trousers, 0] < 0.01 < long.fields(shin)[trousers, 0]


@pytest.fixture(scope="module")
def face_photo() -> NDArray[np.uint8]:
    """Head and chest of our own figure: 51 px between the eyes."""
    return photo_of(None, size=(420, 560), height=1.30, field_of_view=0.16)


@pytest.fixture(scope="module")
def portrait(face_photo: NDArray[np.uint8], network: BlazePose) -> Portrait:
    return read_portrait(face_photo, network)


def at(picture: NDArray[np.uint8], y: float, z: float, reach: float = 0.004) -> NDArray[np.float64]:
    """(3,) mean colour of the flat picture about a place of the head, m."""
    where = places()
    near = (np.abs(where[..., 0] - y) < reach) & (np.abs(where[..., 1] - z) < reach)
    return np.asarray(picture[near].mean(0))


def test_a_face_is_laid_flat_by_eyes_and_mouth(portrait: Portrait) -> None:
    eye, (y, z) = portrait.picture, PORTRAIT.eye_center[1:]
    for side in (1.0, -1.0):
        pupil, white = at(eye, side * y, z, 0.003).mean(), at(eye, side * (y + 0.018), z, 0.002).mean()
        assert pupil < 90 < white - 30, side
    rows = [at(eye, 0.0, HEAD[2] + MOUTH_HEIGHT + up, 0.002).mean() for up in np.linspace(-0.02, 0.02, 21)]
    assert min(rows) < max(rows) - 30  # the line of its lips is there
    skin = np.round(portrait.skin * 255)
    for edge in (eye[:, 0], eye[:, -1], eye[-1]):
        assert np.abs(edge.astype(float) - skin).max() <= 1.0
    assert skin[0] > skin[1] > skin[2]


def test_faces_that_are_refused(face_photo: NDArray[np.uint8], photo: NDArray[np.uint8], network: BlazePose) -> None:
    with pytest.raises(PhotoError, match=r"its face is too small: .* px between the eyes, expected 24 or more"):
        read_portrait(photo, network)
    person = find_person(face_photo, network)
    eyes, blind = person.reading.xy[[2, 5]], face_photo.copy()
    middle, apart = eyes.mean(0), person.eye_distance
    x, y = (int(v) for v in middle - [1.3 * apart, 0.55 * apart])
    blind[y : y + int(0.85 * apart), x : x + int(2.6 * apart)] = (200, 150, 120)
    with pytest.raises(PhotoError, match=r"no eyes were found|nobody was found|its mouth was not found"):
        read_portrait(blind, network)


def test_the_portrait_lies_on_the_head_and_moves(portrait: Portrait, tmp_path: Path) -> None:
    write_person(TOY, Proportions(), tmp_path / "p.glb", "p", {}, portrait=portrait)
    figure = CastFigure.load(tmp_path / "p.glb")
    (face,) = (i for i, m in enumerate(figure.materials) if m.picture is not None)
    assert figure.materials[face].repeats == (False, False)
    parts = [p for p in figure.pieces if p.material == face]
    skin = max(parts, key=lambda p: len(p.position))
    nose = skin.position[:, 0].argmax()
    assert skin.uv[nose, 0] == pytest.approx(0.5, abs=0.03)  # its tip is in the middle
    left = skin.position[:, 1].argmax()
    assert skin.uv[left, 0] > 0.75  # what is left on him is right in the picture
    opened = skin.morphs["open"][:, 2]
    assert opened.max() > 0.002 and opened.min() < -0.004  # m, upper and lower lip
    assert np.abs(skin.morphs["brow_up"]).max() > 0.003
    channels = {name for p in parts for name in p.morphs}
    assert {"blink_left", "blink_right", "eye_wide"} <= channels


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--photo", str(tmp_path / "none.jpg")]) == 1
    assert "no picture can be read" in capsys.readouterr().err
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((100, 100, 3), 120, np.uint8))
    assert main(["--photo", str(tmp_path / "grey.png"), "--out", str(tmp_path)]) == 1
    assert "grey.png: nobody was found in it" in capsys.readouterr().err


def test_from_a_photograph_to_a_figure(
    tmp_path: Path, photo: NDArray[np.uint8], face_photo: NDArray[np.uint8], capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "me.png"), photo[:, :, ::-1])
    cv2.imwrite(str(tmp_path / "face.png"), face_photo[:, :, ::-1])
    toy = ["--voxel", "0.02", "--triangles", "3000", "1500", "800", "--no-picture", "--shirt", "#00ff00"]
    pictures = ["--photo", str(tmp_path / "me.png"), "--portrait", str(tmp_path / "face.png")]
    assert main([*pictures, "--out", str(tmp_path), *toy]) == 0
    said = capsys.readouterr().out
    assert "measured, relative to the usual body: torso" in said and "trouser legs" in said and "iris #" in said
    figure = CastFigure.load(tmp_path / "me.glb")
    colors = {m.name: m.color for m in figure.materials}
    assert colors["shirt"][:3] == pytest.approx((0.0, 1.0, 0.0), abs=1e-3)  # what is given goes before the picture
    assert colors["hair"][0] < 0.2 < colors["skin"][0]
    assert len(figure.pictures) == 1
    assert main(["--portrait", str(tmp_path / "me.png"), "--out", str(tmp_path)]) == 1
    assert "me.png: its face is too small" in capsys.readouterr().err
