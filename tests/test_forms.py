"""Drawn forms, patterns and quality tiers."""

import numpy as np
import pytest

from game.scene.set_file import load_set
from game.scene.set_spec import DRAWN_SHAPES, MATERIALS, PartSpec
from game.sim import rotation
from game.view import patterns
from game.view.forms import fine_box, form
from game.view.ground_shade import PIXELS, ground_shade
from game.view.quality import QUALITIES, FirstFrames, quality
from game.view.set_view import FINISHES, drawn
from game.view.vertices import Finish, Vertices, merge

SIZES: dict[str, tuple[float, ...]] = {
    "box": (0.4, 0.6, 0.8),
    "sphere": (0.3,),
    "capsule": (0.2, 0.5),
    "cylinder": (0.2, 0.5),
    "ellipsoid": (0.4, 0.6, 0.8),
    "plane": (1.0, 2.0),
    "leaves": (0.8, 0.9, 0.06),
    "foliage": (1.0, 1.0, 0.8),
    "tufts": (2.0, 1.0),
    "puddle": (2.0, 1.5),
    "lathe": (),
}
SOLID = {"box": 0.192, "sphere": 0.1131, "capsule": 0.0963, "cylinder": 0.0628, "ellipsoid": 0.1005}
CUP = ((0.0, 0.0), (0.1, 0.0), (0.12, 0.2), (0.0, 0.2))


def part(shape: str, **fields: object) -> PartSpec:
    return PartSpec(shape, SIZES[shape], profile=CUP if shape == "lathe" else (), **fields)  # type: ignore[arg-type]


def test_a_fine_box_is_the_box_with_more_vertices() -> None:
    soft = PartSpec("box", (0.4, 0.6, 0.8), rounding=0.05)
    plain, fine = form(soft), fine_box(soft, 1.0)
    assert len(fine.position) > 3 * len(plain.position)
    assert volume(fine) == pytest.approx(volume(plain), rel=1e-6)


def volume(v: Vertices) -> float:
    a, b, c = (v.position[v.triangles[:, i]] for i in range(3))
    return float((np.cross(a, b) * c).sum() / 6.0)


@pytest.mark.parametrize("shape", sorted(DRAWN_SHAPES))
def test_every_shape_is_drawn_with_sound_normals(shape: str) -> None:
    v = form(part(shape, seed=4))
    assert v.triangles.max() < len(v.position) and np.isfinite(v.position).all()
    assert np.allclose(np.linalg.norm(v.normal, axis=1), 1.0, atol=1e-3)


@pytest.mark.parametrize(("shape", "expected"), SOLID.items())
def test_solid_shapes_face_outwards_and_have_their_size(shape: str, expected: float) -> None:
    assert volume(form(part(shape))) == pytest.approx(expected, rel=0.03)
    assert np.allclose(
        np.ptp(form(part(shape)).position, axis=0)[2], {"sphere": 0.6, "capsule": 0.9, "cylinder": 0.5}.get(shape, 0.8)
    )


def test_a_lathe_is_closed_and_faces_outwards() -> None:
    assert volume(form(part("lathe"))) == pytest.approx(0.2 * np.pi * (0.01 + 0.012 + 0.0144) / 3, rel=0.02)


def test_rounding_takes_the_corners_off() -> None:
    soft = form(part("box", rounding=0.1))
    core = np.linalg.norm([0.1, 0.2, 0.3])  # the corners' balls sit a rounding inside
    assert core + 0.095 < np.linalg.norm(soft.position, axis=1).max() <= core + 0.1 + 1e-9
    assert 0.8 * SOLID["box"] < volume(soft) < 0.97 * SOLID["box"]


def test_less_detail_is_fewer_triangles() -> None:
    assert len(form(part("sphere"), 0.5).triangles) < 0.5 * len(form(part("sphere"), 1.0).triangles)


def test_parts_are_painted_and_placed() -> None:
    quarter = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))
    v = drawn(part("box", color=(1.0, 0.5, 0.0), material="metal", position=(0.0, 0.0, 2.0), quaternion=quarter), 1.0)
    assert np.allclose(np.ptp(v.position, axis=0), [0.6, 0.4, 0.8])
    assert np.allclose(v.position.mean(0), [0, 0, 2]) and np.allclose(v.color[0], [1.0, 0.5, 0.0, 1.0])
    assert v.surface[0, 0] == FINISHES["metal"].roughness


def test_every_material_has_a_finish() -> None:
    assert set(FINISHES) == set(MATERIALS)


def test_merging() -> None:
    box = form(part("box"))
    two = merge([box, box.placed((1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))])
    assert volume(two) == pytest.approx(2 * volume(box))
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([])
    skinned = Vertices(box.position, box.normal, box.triangles, box.color, box.surface, box.uv, box.color, box.color)
    with pytest.raises(ValueError, match="skinned and rigid"):
        merge([box, skinned])


def test_a_geom_holds_what_it_was_made_of() -> None:
    v = form(part("plane")).painted((1.0, 0.0, 0.0), Finish())
    geom = v.geom()
    assert geom.get_vertex_data().get_num_rows() == 4
    assert geom.get_primitive(0).get_num_vertices() == 6
    assert geom.get_vertex_data().has_column("surface") and not geom.get_vertex_data().has_column("joint")


def test_rotation_matrices() -> None:
    assert np.allclose(rotation.to_matrix(np.array([0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)])) @ [1, 0, 0], [0, 1, 0])


@pytest.mark.parametrize("material", ["planks", "rug", "art", "grass", "gravel", "earth", "cardboard"])
def test_patterns_are_images_that_vary(material: str) -> None:
    texture = patterns.texture(material, 64, 1)
    image = np.frombuffer(bytes(texture.get_ram_image()), np.uint8)
    assert texture.get_x_size() == 64 and image.std() > 3
    assert patterns.has_pattern(material)


def test_noise_tiles() -> None:
    n = patterns.noise(64, 4, 1)
    assert 0 <= n.min() < n.max() <= 1
    assert np.abs(n[0] - n[-1]).max() < 0.25


def test_furniture_shades_the_ground_below_it() -> None:
    spec = load_set("living_room")
    texture, (x, y, width, length) = ground_shade(spec)
    image = np.frombuffer(bytes(texture.get_ram_image()), np.uint8).reshape(PIXELS, PIXELS, 3)[..., 0]

    def at(px: float, py: float) -> int:
        return int(image[int((py - y) / length * PIXELS), int((px - x) / width * PIXELS)])

    sofa = next(item for item in spec.items if item.name == "sofa")
    assert at(sofa.position[0], sofa.position[1]) < 160 < 240 < at(0.0, 0.0)


# ---------------------------------------------------------------- quality
def test_tiers_cost_more_and_more() -> None:
    lite, std, film = (QUALITIES[t] for t in ("lite", "std", "film"))
    for field in ("shadow_size", "shadow_taps", "blobs", "detail", "texture_size"):
        assert getattr(lite, field) < getattr(std, field) < getattr(film, field) or field == "blobs"
    assert all(q.shadow_size & (q.shadow_size - 1) == 0 for q in QUALITIES.values())
    with pytest.raises(ValueError, match="no quality is called 'ultra'; available: lite, std, film"):
        quality("ultra")
    assert quality("film") is film


@pytest.mark.parametrize(("seconds", "chosen"), [(0.1, "lite"), (0.02, None), (0.004, "film")])
def test_the_first_frames_choose_a_tier(seconds: float, chosen: str | None) -> None:
    frames = FirstFrames(skip=2, measured=4)
    said = [frames.add(t) for t in (5.0, 5.0, seconds, seconds, 0.5, seconds)]
    assert said == [None] * 5 + [chosen]
    assert frames.add(9.0) is None
    assert frames.tier == (chosen or "std")
