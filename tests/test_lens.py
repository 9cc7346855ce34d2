"""Shutter, aperture, exposure, grain and mask of films."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest

from game.camera.camera_pose import CameraPose
from game.play.events import Strength
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.take import Take
from game.scene.set_spec import GroundSpec, ItemSpec, LightSpec, PartSpec, SetSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.view.quality import QUALITIES
from tools.footage.development import BRIGHTEST, GRAIN, GREY, AdaptingExposure, FilmFinish, grained, masked
from tools.footage.frames import FilmFrame, Moment, frames
from tools.footage.lens import AT_ONCE, Exposure, LightSum, aperture_point, through
from tools.footage.studio import Studio, StudioError
from tools.footage.timing import steady

SIZE = (120, 90)
EYE = CameraPose.look((6.0, 0.0, 1.0), (0.0, 0.0, 1.0), 0.5)
NEAR_POLE = ItemSpec("near", parts=(PartSpec("box", (0.1, 0.1, 3.0), (3.0, 0.5, 1.0), color=(0.9, 0.0, 0.0)),))
FAR_POLE = ItemSpec("far", parts=(PartSpec("box", (0.1, 0.1, 3.0), (0.0, -0.5, 1.0), color=(0.0, 0.0, 0.9)),))
ROOM = SetSpec("t", ground=GroundSpec(material="chalk", size=(60.0, 60.0)), items=(NEAR_POLE, FAR_POLE))


def frame_of(moments: tuple[Moment, ...] = (), pose: CameraPose = EYE, seconds: float = 0.0) -> FilmFrame:
    with open_world(CharacterModel.load()) as world:
        snapshot = world.snapshot()
    silence = np.zeros((0, 2), np.float32)
    return FilmFrame(snapshot, {}, pose, seconds, silence, moments, np.array([3.0, 0.0, 1.0]))


def drawn(spec: SetSpec, frame: FilmFrame, exposure: Exposure = AT_ONCE, *, adapts: bool = False) -> np.ndarray:
    """(height, width, 3) RGB"""
    try:
        with Studio(spec, SIZE, QUALITIES["lite"], exposure=exposure, adapts=adapts) as studio:
            return studio.draw(frame)[..., 2::-1].astype(int)
    except StudioError as error:
        pytest.skip(str(error))


def edge_width(image: np.ndarray, color: int) -> int:
    """px in a row that are neither the pole nor the background."""
    row = image[20].astype(float)
    others = row[:, [c for c in range(3) if c != color]].mean(1)
    share = np.clip((row[:, color] - others) / max((row[:, color] - others).max(), 1.0), 0.0, 1.0)
    return int(((share > 0.1) & (share < 0.9)).sum())


def test_what_is_in_focus_stays_sharp_and_what_is_not_does_not() -> None:
    frame = frame_of()
    many = replace(frame, moments=tuple(Moment(frame.snapshot, {}, EYE) for _ in range(24)))
    sharp = drawn(ROOM, frame)
    for focus, crisp, soft in ((3.0, 0, 2), (6.0, 2, 0)):  # the red pole is 3 m away, the blue one 6 m
        image = drawn(ROOM, many, Exposure(f_number=0.25, focus=focus, moments=24))
        assert edge_width(image, crisp) <= edge_width(sharp, crisp) + 1
        assert edge_width(image, soft) >= edge_width(sharp, soft) + 4
    on_him = drawn(ROOM, many, Exposure(f_number=0.25, moments=24))  # the frame's target is 3 m away
    assert edge_width(on_him, 0) <= edge_width(sharp, 0) + 1


def test_a_point_in_the_plane_of_focus_is_seen_at_one_place_from_everywhere_in_the_lens() -> None:
    root = p3d.NodePath("root")
    lens = p3d.PerspectiveLens()
    lens.set_aspect_ratio(1.5)
    camera = root.attach_new_node(p3d.Camera("c", lens))
    seen = []
    for number in range(16):
        through(EYE, aperture_point(number, 16), 1.4, 2.5, camera, lens)
        at = camera.get_relative_point(root, p3d.Point3(3.5, 0.4, 1.3))  # 2.5 m along the line of sight
        place = p3d.Point3()
        assert lens.project(at, place)
        seen.append([place.x, place.y])
    np.testing.assert_allclose(seen, np.tile(seen[0], (16, 1)), atol=1e-5)


def test_the_points_of_an_aperture_are_spread_over_all_of_it() -> None:
    points = np.array([aperture_point(k, 32) for k in range(32)])
    assert len({tuple(p) for p in points.round(9).tolist()}) == 32
    assert np.hypot(*points.T).max() <= 1.0 and np.abs(points.mean(0)).max() < 0.06
    assert (points**2).sum(1).mean() == pytest.approx(0.5, abs=0.02)  # of a disc that is evenly covered


def test_moving_cameras_and_bodies_blur_along_their_way() -> None:
    """The camera turns by three degrees while the shutter is open: every edge is as wide as that."""
    frame = frame_of()
    angles = np.radians(np.linspace(-1.5, 1.5, 12))
    turned = [CameraPose.look(EYE.position, (0.0, 6.0 * np.tan(angle), 1.0), EYE.fov) for angle in angles]
    moments = tuple(Moment(frame.snapshot, {}, pose) for pose in turned)
    sharp, blurred = drawn(ROOM, frame), drawn(ROOM, replace(frame, moments=moments), Exposure(180.0, moments=12))
    assert edge_width(blurred, 2) > edge_width(sharp, 2) + 3


def test_frames_expose_the_time_before_them(falling: Take) -> None:
    spec = SetSpec("t")
    exposure = Exposure(shutter=180.0, moments=4)
    shown = list(frames(falling, spec, steady(0.0, 0.5), 10, "tripod", exposure=exposure))
    heights = [m.snapshot.body_pos[0, 0, 2] for m in shown[3].moments]
    assert len(heights) == 4 and (np.diff(heights) < 0.0).all()  # he falls all the time
    # 180 degrees of a tenth of a second are 0.05 s; the moments are the middles of its quarters
    alone = list(frames(falling, spec, steady(0.0, 0.5), 80, "tripod"))
    expected = [alone[24 - 4 + k].snapshot.body_pos[0, 0, 2] for k in range(5)]
    assert expected[0] > heights[0] > expected[1] > heights[1] > expected[2] > heights[2] > expected[3] > heights[3]
    assert not list(frames(falling, spec, steady(0.0, 0.2), 10, "tripod"))[1].moments


@pytest.fixture
def falling() -> Take:
    """He goes limp and is dropped from where he stands."""
    runtime = Runtime(PolicyLibrary(CharacterModel.load(), folders=[]))
    for tick in range(17):
        runtime.tick([Strength(0.0)] if tick == 0 else [])
    take = Take.of(runtime)
    runtime.close()
    return take


def test_light_is_averaged_not_its_numbers() -> None:
    total = LightSum()
    total.add(np.zeros((2, 2, 4), np.uint8))
    total.add(np.full((2, 2, 4), 255, np.uint8))
    assert (total.mean()[..., :3] == round(255 * 0.5 ** (1 / 2.2))).all()  # 186, not 128
    with pytest.raises(ValueError, match="no picture"):
        LightSum().mean()


def test_the_exposure_adapts_late_and_within_bounds() -> None:
    dark, grey = (np.full((60, 60, 4), v, np.uint8) for v in (20, round(255 * GREY ** (1 / 2.2))))
    automatic = AdaptingExposure()
    assert automatic.see(dark, 0.0) and automatic.gain == BRIGHTEST  # at the beginning at once
    assert not automatic.see(grey, 0.1)
    bright = np.full((60, 60, 4), 250, np.uint8)
    gains = []
    for _ in range(20):
        automatic.see(bright, 0.1)
        gains.append(automatic.gain)
    assert (np.diff(gains) < 0.0).all() and 0.55 < gains[-1] < 0.8 * gains[0]


def test_a_dark_set_is_drawn_brighter_when_the_exposure_adapts() -> None:
    dim = replace(ROOM, light=LightSpec(sun=(0.2, 0.2, 0.2), sky=(0.1, 0.1, 0.1), bounce=(0.05, 0.05, 0.05)))
    fixed, adapted = drawn(dim, frame_of()), drawn(dim, frame_of(), adapts=True)
    assert adapted.mean() > 1.2 * fixed.mean()


def test_grain_changes_from_picture_to_picture_and_is_as_strong_as_wanted() -> None:
    grey = np.full((90, 120, 4), 128, np.uint8)
    one, other = (FilmFinish(grain=0.5).apply(grey, number) for number in (1, 2))
    assert (one != other).any() and (one == FilmFinish(grain=0.5).apply(grey, 1)).all()
    assert one[..., 0].astype(float).std() == pytest.approx(255 * GRAIN * 0.5, rel=0.1)
    assert abs(one[..., :3].mean() - 128.0) < 0.5 and (one[..., 3] == 128).all()
    assert grained(np.zeros_like(grey), 0.5, 1)[..., :3].std() < one[..., :3].std()


@pytest.mark.parametrize(
    ("ratio", "width", "height"), [(4 / 3, 1.0, 1.0), (9 / 16, 51 / 120, 1.0), (2.39, 1.0, 50 / 90)]
)
def test_masks_leave_the_middle(ratio: float, width: float, height: float) -> None:
    left = masked(np.full((90, 120, 4), 200, np.uint8), ratio)[..., 0] > 0
    assert left.any(0).mean() == pytest.approx(width, abs=0.02)
    assert left.any(1).mean() == pytest.approx(height, abs=0.02)
    assert left[45, 60] and (left == left[::-1, ::-1]).all()
