"""SceneView: draws the scene in the window, as a Stage or as plain collision shapes, in one of the qualities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import panda3d.core as p3d

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view.camera_node import place
from game.view.enlarged import Enlarged
from game.view.figure_avatar import load_figure
from game.view.figure_parts import FigureError
from game.view.quality import QUALITIES, FirstFrames, Tier
from game.view.shapes import ShapesView
from game.view.stage import Stage, looks_with


class SceneView:
    """Draws Snapshots below a node. Call `begin` for every new set."""

    def __init__(
        self,
        window: p3d.GraphicsOutput,
        parent: p3d.NodePath,
        model: CharacterModel,
        spec: SetSpec,
        tier: Tier | None,
        camera: p3d.NodePath | None = None,
    ) -> None:
        """Args:
        window: that shows it.
        parent: the node that the scene hangs below.
        model: of the characters.
        spec: the set.
        tier: the quality; None chooses it by measuring the first frames.
        camera: the window's. A low quality then draws what it sees smaller, and enlarges that.
        """
        self._window, self._parent, self._model, self._spec = window, parent, model, spec
        self._first_frames = FirstFrames() if tier is None else None
        self._quality = QUALITIES[tier or "std"]
        self._figure: Path | None = None
        self.ghost = False
        """whether the reference poses are shown"""
        self.shapes = not window.gsg.supports_basic_shaders
        """whether the plain collision shapes are shown; always if the renderer has no shaders"""
        self._camera = camera
        self._enlarged: Enlarged | None = None
        self._view = self._made()

    def _fit(self) -> None:
        """Draws into the window itself, or smaller and enlarged where the quality says so."""
        if self._camera is None:
            return
        smaller = self._quality.scale < 1.0 and isinstance(self._view, Stage)
        if smaller and self._enlarged is None:
            self._enlarged = Enlarged(self._window, self._camera, self._quality.scale)
        elif not smaller and self._enlarged is not None:
            self._enlarged.close()
            self._enlarged = None
        if self._enlarged is not None:
            self._enlarged.match_size()
        for region in self._window.display_regions:
            if region.camera == self._camera:
                region.active = self._enlarged is None

    @property
    def tier(self) -> Tier:
        """Name of the quality."""
        return self._quality.name

    def _made(self) -> Stage | ShapesView:
        if self.shapes:
            return ShapesView(self._parent, self._model)
        stage = Stage(self._window, self._spec, self._quality, self._parent, self._model, looks_with(self._figure))
        stage.show_ghost = self.ghost
        return stage

    def show_figure(self, path: Path | None) -> None:
        """Draws the first character as a figure; None: as our own. Raises FigureError, and changes nothing then."""
        if path is not None:
            load_figure(path)
        if isinstance(self._view, Stage):
            self._view.set_looks(looks_with(path))
            if trouble := self.figure_trouble():
                self._view.set_looks(looks_with(self._figure))
                raise FigureError(trouble)
        self._figure = path

    def figure_trouble(self) -> str:
        """Why a figure could not be drawn, once; our own avatar stands in for it then."""
        if not isinstance(self._view, Stage):
            return ""
        trouble, self._view.figure_trouble = self._view.figure_trouble, ""
        return trouble

    def begin(self, spec: SetSpec) -> None:
        """Draws another set."""
        self._spec = spec
        self._view.close()
        self._view = self._made()

    def show(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], seconds: float, pose: CameraPose) -> None:
        """Draws a snapshot.

        Args:
            snapshot: what to draw.
            items: what each of its props is, by id.
            seconds: since the last one.
            pose: of the camera.
        """
        self._fit()
        if isinstance(self._view, Stage):
            place(pose, self._view.camera)  # faces look at it, dust faces it
        self._view.show(snapshot, items, seconds)

    def measure(self, seconds: float) -> None:
        """Reports how long the last frame took, s. After the first frames this chooses the quality, once."""
        if self._first_frames is not None and not self.shapes:
            tier = self._first_frames.add(seconds)
            if tier is not None:
                self.set_tier(tier)

    def set_tier(self, tier: Tier) -> str:
        """Changes the quality; returns a message for the screen."""
        self._quality, self._first_frames = QUALITIES[tier], None
        if isinstance(self._view, Stage):
            self._view.set_quality(self._quality)
        return f"quality: {tier}"

    def next_tier(self) -> str:
        """Changes to the next quality, after the last one to the first; returns a message for the screen."""
        tiers = list(QUALITIES)
        return self.set_tier(tiers[(tiers.index(self.tier) + 1) % len(tiers)])

    def toggle_ghost(self) -> str:
        """Shows or hides the reference poses; returns a message for the screen."""
        self.ghost = not self.ghost
        if isinstance(self._view, Stage):
            self._view.show_ghost = self.ghost
        return "what he imitates is shown" if self.ghost else "what he imitates is hidden"

    def toggle_shapes(self) -> str | None:
        """Shows the collision shapes, or the set again; returns a message if that is not possible."""
        if not self._window.gsg.supports_basic_shaders:
            return "there is nothing but shapes to see: this renderer has no shaders"
        self.shapes = not self.shapes
        self.begin(self._spec)
        return None
