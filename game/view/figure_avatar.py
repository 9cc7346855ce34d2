"""FigureAvatar: draws one character as a figure from elsewhere: its meshes, pictures, morphs and materials."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.view.avatar import dual_quaternions, fill, never_culled, shading_spheres, vectors
from game.view.face import Face
from game.view.figure import CastFigure, FigureMaterial, FigurePart3d
from game.view.figure_face import channel_weights
from game.view.figure_parts import FigureError
from game.view.figure_pose import FigurePose
from game.view.lights import NUM_JOINTS, shader
from game.view.quality import Quality
from game.view.vertices import SKINNED, Finish, Vertices

Array = NDArray[np.float64]

WRAP, SHEEN = 0.30, 0.35
SHADINGS = {"lit": 0.0, "unlit": 1.0, "toon": 2.0}
BLEND_CUTOFF = 0.08
"""alpha below which what is blended is not drawn at all, nor hides what is behind it"""
MORPH_STEP = 0.01
"""a morph's weight is followed in such steps"""


def load_figure(path: Path) -> CastFigure:
    """A figure, read again only when its file has changed. Raises FigureError."""
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise FigureError(f"there is no figure {path.name}") from error
    return _load((path, stamp))


@lru_cache(maxsize=8)
def _load(version: tuple[Path, int]) -> CastFigure:
    return CastFigure.load(version[0])


class FigureAvatar:
    """One character's figure, a node below `parent`. B bodies."""

    def __init__(
        self, parent: p3d.NodePath, model: CharacterModel, figure: CastFigure, quality: Quality, opacity: float = 1.0
    ) -> None:
        """`opacity` below 1: a ghost. Raises FigureError where a picture of the figure cannot be read."""
        self._poser = FigurePose(figure, model)
        self._rest = figure.rest
        self._unturned = np.tile(rotation.IDENTITY, (len(figure.rest), 1))
        self._spheres = model.roles.shading
        self._real, self._dual = vectors(NUM_JOINTS), vectors(NUM_JOINTS)
        self._morphing: list[_MorphedMesh] = []
        self.root = parent.attach_new_node("avatar")
        try:
            self._attach(figure, quality, opacity)
        except BaseException:
            self.root.remove_node()
            raise

    def _attach(self, figure: CastFigure, quality: Quality, opacity: float) -> None:
        self.root.set_shader(shader("surface.frag", quality, figure=True))
        self.root.set_shader_inputs(skinned=1.0, joint_real=self._real, joint_dual=self._dual, opacity=opacity)
        thin = quality.avatar == "low"
        order = {"OPAQUE": 0, "MASK": 1, "BLEND": 2}
        pieces = figure.lite if thin else figure.pieces
        for piece in sorted(pieces, key=lambda p: order[figure.materials[p.material].alpha]):
            material = figure.materials[piece.material]
            node = never_culled(material.name)
            geom = _painted(piece, material).geom()
            node.add_geom(geom)
            if piece.morphs:
                self._morphing.append(_MorphedMesh(piece, node))
            path = self.root.attach_new_node(node)
            _dress(path, figure, material, quality)
            if material.alpha == "BLEND" or opacity < 1.0:
                path.set_transparency(p3d.TransparencyAttrib.M_alpha)

    def pose(self, position: Array, quaternion: Array, face: Face) -> None:
        """Puts the bodies at position (B, 3), m, and quaternion (B, 4) in the world, and shows a face."""
        places, motions = self._poser.pose(position, quaternion, face)
        real, dual = dual_quaternions(places, motions, self._rest, self._unturned)
        fill(self._real, real)
        fill(self._dual, dual)
        weights = channel_weights(face) if self._morphing else {}
        for mesh in self._morphing:
            mesh.show(weights)

    def blobs(self, position: Array, quaternion: Array) -> Array:
        """(S, 4) centres and radii, m, of the shading spheres for bodies at position (B, 3), quaternion (B, 4)."""
        return shading_spheres(self._spheres, position, quaternion)

    def close(self) -> None:
        """Removes it from the scene."""
        self.root.remove_node()


class _MorphedMesh:
    """A mesh whose vertices the face moves."""

    def __init__(self, piece: FigurePart3d, node: p3d.GeomNode) -> None:
        self._node, self._base = node, piece.position
        touched = np.any([np.abs(m).max(1) > 1e-6 for m in piece.morphs.values()], axis=0)
        self._rows = np.flatnonzero(touched)
        self._morphs = {name: m[self._rows] for name, m in piece.morphs.items()}
        handle = node.get_geom(0).get_vertex_data().get_array(0).get_handle()
        self._vertices = np.frombuffer(bytes(handle.get_data()), SKINNED).copy()
        self._shown: tuple[float, ...] = (0.0,) * len(self._morphs)

    def show(self, weights: dict[str, float]) -> None:
        """Moves the vertices, if the weights have changed."""
        wanted = tuple(round(weights.get(name, 0.0) / MORPH_STEP) * MORPH_STEP for name in self._morphs)
        if wanted == self._shown:
            return
        self._shown = wanted
        moved = self._base[self._rows].copy()
        for weight, shift in zip(wanted, self._morphs.values(), strict=True):
            if weight:
                moved += weight * shift
        self._vertices["vertex"][self._rows] = moved
        data = self._node.modify_geom(0).modify_vertex_data()
        data.modify_array(0).modify_handle().copy_data_from(self._vertices.tobytes())


def _painted(piece: FigurePart3d, material: FigureMaterial) -> Vertices:
    finish = Finish(min(max(material.roughness, 0.0), 1.0), WRAP, 0.0, SHEEN)
    v = Vertices.of(piece.position, piece.normal, piece.triangles, piece.uv).painted((1.0, 1.0, 1.0), finish)
    color = piece.color * np.array(material.color)
    color[:, :3] = color[:, :3].clip(0.0, 1.0) ** (1.0 / 2.2)
    return Vertices(v.position, v.normal, v.triangles, color, v.surface, v.uv, piece.joint, piece.weight)


def _dress(path: p3d.NodePath, figure: CastFigure, material: FigureMaterial, quality: Quality) -> None:
    """Sets a material's pictures and numbers."""
    side = 2 * quality.texture_size

    def picture(index: int | None, plain: tuple[float, float, float, float]) -> p3d.Texture:
        if index is None:
            return _plain(plain)
        return _texture(figure, index, side, quality.anisotropy, material.repeats)

    rich = quality.shadow_taps > 1
    has_normals = rich and material.normals is not None
    path.set_texture(picture(material.picture, (1.0, 1.0, 1.0, 1.0)))
    if material.double_sided:
        path.set_two_sided(True)
    cutoff = {"OPAQUE": 0.0, "MASK": max(material.cutoff, 0.01), "BLEND": BLEND_CUTOFF}[material.alpha]
    path.set_shader_inputs(
        cutoff=cutoff,
        normal_map=picture(material.normals if has_normals else None, (0.5, 0.5, 1.0, 1.0)),
        finish_map=picture(material.finish if rich else None, (1.0, 1.0, 1.0, 1.0)),
        glow_map=picture(material.glow, (1.0, 1.0, 1.0, 1.0)),
        figure_look=p3d.LVecBase4f(
            material.normal_scale if has_normals else 0.0,
            material.metal,
            SHADINGS[material.shading],
            1.0 if material.alpha == "OPAQUE" else 0.0,
        ),
        toon_shade=p3d.LVecBase4f(*material.shade, material.shift),
        emission=p3d.LVecBase4f(*material.emission, material.toony),
    )


@cache
def _plain(color: tuple[float, float, float, float]) -> p3d.Texture:
    texture = p3d.Texture("plain")
    texture.setup_2d_texture(1, 1, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgba)
    texture.set_clear_color(p3d.LColor(*color))
    texture.make_ram_image()
    return texture


@lru_cache(maxsize=256)
def _texture(figure: CastFigure, index: int, side: int, anisotropy: int, repeats: tuple[bool, bool]) -> p3d.Texture:
    """A picture of a figure, `side` pixels at most. Raises FigureError."""
    picture = p3d.PNMImage()
    data = figure.pictures[index]
    ending = "png" if data[:4] == b"\x89PNG" else "jpg"
    if not picture.read(p3d.StringStream(data), f"x.{ending}"):
        raise FigureError(f"{figure.name}: picture {index} cannot be read")
    width, height = picture.get_x_size(), picture.get_y_size()
    if max(width, height) > side:
        scale = side / max(width, height)
        small = p3d.PNMImage(max(round(width * scale), 1), max(round(height * scale), 1), picture.get_num_channels())
        small.quick_filter_from(picture)
        picture = small
    texture = p3d.Texture(f"{figure.name} {index}")
    texture.load(picture)
    texture.set_wrap_u(p3d.SamplerState.WM_repeat if repeats[0] else p3d.SamplerState.WM_clamp)
    texture.set_wrap_v(p3d.SamplerState.WM_repeat if repeats[1] else p3d.SamplerState.WM_clamp)
    texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
    texture.set_magfilter(p3d.SamplerState.FT_linear)
    texture.set_anisotropic_degree(anisotropy)
    return texture
