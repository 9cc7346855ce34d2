"""Stage: draws Snapshots: set, props, avatars, light and dust, in a window or in a buffer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view import patterns
from game.view.avatar import Avatar, AvatarLook, vectors
from game.view.camera_node import place
from game.view.dust import Dust
from game.view.expression import ExpressionJudge
from game.view.face import FaceActor
from game.view.figure_avatar import FigureAvatar, load_figure
from game.view.figure_parts import FigureError
from game.view.ground_shade import ground_shade
from game.view.lamp import Lamp, lamp_glow
from game.view.lights import LAMP_STRENGTH, NUM_DENTS, NUM_JOINTS, SHADOW_MASK, Sun, light_inputs, shader
from game.view.pick_pipe import in_software
from game.view.quality import QUALITIES, Quality
from game.view.set_view import ground_node, item_node
from game.view.sky import sky_node
from game.view.slides import Slides
from game.view.soles import NOWHERE, soles

Array = NDArray[np.float64]

LOOKS = (
    AvatarLook(),
    AvatarLook(colors={"shirt": "#4e8a86", "stripe": "#e8e2d2", "trousers": "#5a4636"}),
    AvatarLook(colors={"shirt": "#b9503f", "stripe": "#b9503f"}),
    AvatarLook(colors={"shirt": "#dfd8c8", "stripe": "#3c5a78"}),
    AvatarLook(colors={"shirt": "#6d7f4a", "stripe": "#e9dcae"}),
)
"""clothes of the characters of a crowd, in turn"""
GHOST = AvatarLook(opacity=0.32)


def looks_with(figure: Path | None) -> tuple[AvatarLook, ...]:
    """What the characters wear where the first one is drawn as a figure; None: as our own avatar."""
    return (replace(LOOKS[0], figure=figure), *LOOKS[1:])


class _Actor:
    """An avatar on stage with what moves its face."""

    def __init__(self, avatar: Avatar | FigureAvatar, seed: int) -> None:
        self.avatar = avatar
        self.face = FaceActor(seed)
        self.judge = ExpressionJudge()


class Stage:
    """A set and the characters in it.

    Whoever made it renders. `camera` may be moved and shared, and other cameras may be put below `root`.
    """

    def __init__(
        self,
        host: p3d.GraphicsOutput,
        spec: SetSpec,
        quality: Quality = QUALITIES["std"],
        parent: p3d.NodePath | None = None,
        model: CharacterModel | None = None,
        looks: tuple[AvatarLook, ...] = LOOKS,
    ) -> None:
        """`host`: an open window or buffer, whose context is shared; `looks`: for the characters in turn."""
        self._host = host
        self.spec = spec
        self.model = model or CharacterModel.load()
        self.looks = looks
        self.show_ghost = False
        self.figure_trouble = ""
        """why a figure could not be drawn; our own avatar stands in for it"""
        self.root = p3d.NodePath("stage")
        if parent is not None:
            self.root.reparent_to(parent)
        self.lens = p3d.PerspectiveLens()
        self.lens.set_near_far(0.05, 200.0)
        self.camera = self.root.attach_new_node(p3d.Camera("stage", self.lens))
        self._home()
        self._actors: list[_Actor] = []
        self._ghosts: list[Avatar | FigureAvatar] = []
        self._props: dict[int, tuple[ItemSpec, p3d.NodePath]] = {}
        self._static: dict[str, p3d.NodePath] = {}
        self._last: Snapshot | None = None
        self._items: Mapping[int, ItemSpec] = {}
        self.quality = self._possible(quality)
        self._furnish()

    def _possible(self, quality: Quality) -> Quality:
        """The quality without what the renderer cannot do.

        Mesa's software renderer filters anisotropically by walking through every texel that a pixel covers. At an edge
        whose extrapolated coordinates are huge (seen with llvmpipe of Mesa 22) it never comes to an end.
        """
        return replace(quality, anisotropy=1) if in_software(self._host.gsg.driver_renderer or "") else quality

    def expose(self, gain: float) -> None:
        """Draws brighter or darker: so many times the exposure of the set."""
        look = light_inputs(self.spec, self.quality)["look"]
        look.x *= gain
        self._world.set_shader_input("look", look)

    def _home(self) -> None:
        view = self.spec.view
        self.lens.set_fov(math.degrees(view.field_of_view))
        self.camera.set_pos(*view.position)
        place(CameraPose.look(view.position, view.target, view.field_of_view, view.roll), self.camera)

    def set_quality(self, quality: Quality) -> None:
        """Draws in another quality from the next frame on."""
        quality = self._possible(quality)
        if quality == self.quality:
            return
        self._clear()
        self.quality = quality
        self._furnish()
        if self._last is not None:
            self.show(self._last, self._items, 0.0)

    def set_looks(self, looks: tuple[AvatarLook, ...]) -> None:
        """Dresses the characters anew."""
        self.looks = looks
        for actor in self._actors:
            actor.avatar.close()
        for ghost in self._ghosts:
            ghost.close()
        self._actors, self._ghosts = [], []
        if self._last is not None:
            self.show(self._last, self._items, 0.0)

    def _furnish(self) -> None:
        light, quality = self.spec.light, self.quality
        self._world = self.root.attach_new_node("world")
        self._world.set_shader(shader("surface.frag", quality, photo=self.spec.photo is not None))
        self._world.set_texture(patterns.white(), -10)
        self._sun = Sun(self._host, self._world, light, quality)
        self._world.set_shader_inputs(
            skinned=0.0,
            opacity=1.0,
            cutoff=0.0,
            photo=0.0,
            photo_matrix=p3d.LMatrix4.ident_mat(),
            joint_real=vectors(NUM_JOINTS),
            joint_dual=vectors(NUM_JOINTS),
            soft=0.0,
            **light_inputs(self.spec, quality),
        )
        self._blobs, self._dents = vectors(max(quality.blobs, 1)), vectors(NUM_DENTS)
        _fill(self._blobs, np.zeros((0, 4)))
        _fill(self._dents, np.zeros((0, 4)))
        self._feet = vectors(len(NOWHERE))
        _fill(self._feet, NOWHERE)
        self._world.set_shader_inputs(blobs=self._blobs, dents=self._dents, feet=self._feet)
        shade, rectangle = ground_shade(self.spec)
        self._world.set_shader_inputs(ground_shade=shade, ground_rect=p3d.LVecBase4f(*rectangle))
        self._slides = Slides(self.spec.photo) if self.spec.photo is not None else None
        ground_node(self.spec.ground, quality, self._slides).reparent_to(self._world)
        if light.outdoors or light.seamless:
            sky_node(light).reparent_to(self._world)
        self._dust = Dust(self._world, light)
        self._lamp = Lamp(self.spec)
        for item in self.spec.items:
            node = item_node(item, quality, self._slides)
            _place(node, np.array(item.position), np.array(item.quaternion))
            self._as_lamp(item, node)
            node.reparent_to(self._world)
            self._static[item.name] = node

    def _as_lamp(self, item: ItemSpec, node: p3d.NodePath) -> None:
        """What carries the lamp glows as brightly as that, whatever the time of day."""
        if item.name == self.spec.light.lamp_item:
            node.set_shader_input("daylight", p3d.LVecBase3f(*lamp_glow(self.spec.light)))

    def show(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], seconds: float) -> None:
        """Draws one snapshot.

        Args:
            snapshot: what to draw.
            items: what each of its props is, by id. An item of the set that is simulated as a prop is drawn only there.
            seconds: since the last one shown, for faces and dust.
        """
        self._last, self._items = snapshot, items
        self._match_props(snapshot, items)
        self._match_actors(snapshot.num_characters)
        eye = np.array(self.camera.get_pos(self.root))
        for i, actor in enumerate(self._actors):
            expression, gaze = actor.judge.update(snapshot, i, eye, seconds)
            face = actor.face.update(expression, gaze, seconds)
            actor.avatar.pose(snapshot.body_pos[i], snapshot.body_rot[i], face)
        self._match_ghosts(snapshot)
        self._shade(snapshot)
        self._light_lamp(snapshot, items)
        self._dust.update(snapshot.contacts, seconds, self.camera)

    def _shade(self, snapshot: Snapshot) -> None:
        """Centres the shadow map on the characters; sets the spheres with which the first one shades the floor."""
        if not self._actors:
            _fill(self._feet, NOWHERE)
            return
        _fill(self._feet, soles(self.model, snapshot.body_pos[0], snapshot.body_rot[0]))
        self._sun.focus(np.append(snapshot.body_pos[:, 0, :2].mean(0), 0.6))
        spheres = self._actors[0].avatar.blobs(snapshot.body_pos[0], snapshot.body_rot[0])
        _fill(self._dents, spheres)
        if self.quality.blobs:
            _fill(self._blobs, spheres)

    def _light_lamp(self, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> None:
        light = self.spec.light
        if not light.lamp_item:
            return
        position, bright = self._lamp.state(snapshot, items)
        self._world.set_shader_inputs(
            lamp=p3d.LVecBase4f(p3d.LVecBase3f(*position.tolist()), LAMP_STRENGTH),
            lamp_color=p3d.LVecBase3f(*light.lamp) * bright,
        )
        for item, node in self._props.values():
            if item.name == light.lamp_item:
                node.set_shader_input("glow", bright)

    def _match_actors(self, count: int) -> None:
        while len(self._actors) > count:
            self._actors.pop().avatar.close()
        while len(self._actors) < count:
            i = len(self._actors)
            self._actors.append(_Actor(self._avatar(self.looks[i % len(self.looks)], self._level(i)), i))

    def _level(self, i: int) -> str:
        """Level of detail of a character; only the first of a crowd is drawn in full detail."""
        return self.quality.avatar if i == 0 or self.quality.name == "lite" else ("mid" if i < 4 else "low")

    def _avatar(self, look: AvatarLook, level: str) -> Avatar | FigureAvatar:
        if look.figure is None:
            return Avatar(self._world, self.model, look, level, self.quality)
        quality = self.quality if level == self.quality.avatar else replace(self.quality, avatar="low")
        try:
            return FigureAvatar(self._world, self.model, load_figure(look.figure), quality, look.opacity)
        except FigureError as error:
            self.figure_trouble = str(error)
            return self._avatar(replace(look, figure=None), level)

    def _match_ghosts(self, snapshot: Snapshot) -> None:
        poses = snapshot.ghosts.poses if self.show_ghost and snapshot.ghosts else None
        count = len(poses.pos) if poses else 0
        while len(self._ghosts) > count:
            self._ghosts.pop().close()
        while len(self._ghosts) < count:
            ghost = self._avatar(replace(GHOST, figure=self.looks[0].figure), "low")
            ghost.root.hide(SHADOW_MASK)
            self._ghosts.append(ghost)
        for ghost, pos, rot in zip(self._ghosts, *(poses or ((), ())), strict=True):
            known = bool(np.isfinite(pos).all() and np.isfinite(rot).all())
            (ghost.root.show if known else ghost.root.hide)()
            if known:
                ghost.pose(pos, rot, FaceActor().face)

    def _match_props(self, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> None:
        present = set(snapshot.props.ids)
        for gone in [i for i in self._props if i not in present]:
            self._props.pop(gone)[1].remove_node()
        simulated = {items[i].name for i in present}
        for name, node in self._static.items():
            (node.hide if name in simulated else node.show)()
        for i, position, rotation in zip(snapshot.props.ids, snapshot.props.pos, snapshot.props.rot, strict=True):
            if i not in self._props:
                node = item_node(items[i], self.quality, self._slides)
                self._as_lamp(items[i], node)
                node.reparent_to(self._world)
                self._props[i] = (items[i], node)
            _place(self._props[i][1], position, rotation)
            if self._slides is not None:
                self._slides.cast(*self._props[i], position, rotation)

    def _clear(self) -> None:
        for actor in self._actors:
            actor.avatar.close()
        self._actors, self._ghosts, self._props, self._static = [], [], {}, {}
        self._sun.close()
        self._world.remove_node()

    def close(self) -> None:
        """Removes all nodes and buffers."""
        self._clear()
        self.root.remove_node()


def _fill(rows: p3d.PTA_LVecBase4f, spheres: Array) -> None:
    """Sets a shader's spheres: the first of (S, 4) centres and radii, and far away what is left."""
    for slot in range(len(rows)):
        row = spheres[slot].tolist() if slot < len(spheres) else [0.0, 0.0, -50.0, 0.01]
        rows[slot] = p3d.LVecBase4f(*row)


def _place(node: p3d.NodePath, position: Array, rotation: Array) -> None:
    x, y, z, w = rotation.tolist()
    node.set_pos_quat(p3d.Point3(*position.tolist()), p3d.Quat(w, x, y, z))
