"""Pointer: what the mouse does in the window: pull, place a prop, turn the camera, move through a replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import panda3d.core as p3d

from game.camera.camera_rig import CameraRig
from game.input.mouse_drag import MouseDrag
from game.input.picking import Ray
from game.input.world_actions import WorldActions
from game.session.session import Session
from game.view.scrub_bar import ScrubBar

Gesture = Literal["pull", "orbit", "scrub"]


class Pointer:
    """One mouse. Call `update` every frame, `press` and `release` for its buttons."""

    def __init__(
        self, watcher: p3d.MouseWatcher, camera: p3d.NodePath, lens: p3d.Lens, session: Session,
        world_actions: WorldActions, camera_rig: CameraRig, scrub_bar: ScrubBar,
    ) -> None:  # fmt: skip
        """`camera` and `lens` are those of the window."""
        self._watcher, self._camera, self._lens = watcher, camera, lens
        self._session, self._world_actions = session, world_actions
        self._camera_rig, self._scrub_bar = camera_rig, scrub_bar
        self.drag = MouseDrag(session.post)
        self.is_covered: Callable[[], bool] = lambda: False
        """whether the mouse is over something, such as the panel, that gets the clicks instead of the picture"""
        self.say: Callable[[str | None], None] = lambda _: None
        """takes messages for the screen"""
        self._gesture: Gesture | None = None
        self._last = (0.0, 0.0)

    def ray(self) -> Ray | None:
        """From the camera through the cursor; None if the cursor is not in the window."""
        if not self._watcher.has_mouse():
            return None
        near, far = p3d.Point3(), p3d.Point3()
        self._lens.extrude(p3d.Point2(*self._watcher.get_mouse()), near, far)
        root = self._camera.get_top()
        start, end = (np.array(list(root.get_relative_point(self._camera, p)), float) for p in (near, far))
        return Ray(start, (end - start) / np.linalg.norm(end - start))

    def aim(self) -> Ray | None:
        """The ray into the picture; None where the mouse is not over it."""
        return None if self.is_covered() else self.ray()

    def press(self, button: int) -> None:
        """A button (1 left, 2 middle, 3 right) goes down."""
        ray = self.ray()
        if ray is None or self.is_covered():
            return
        x, y = self._watcher.get_mouse()
        self._last = (x, y)
        self._gesture = "orbit"
        if button == 1:
            self._gesture = self._left(ray, x, y)

    def _left(self, ray: Ray, x: float, y: float) -> Gesture | None:
        session = self._session
        if session.replay is not None:
            if not self._scrub_bar.covers(x, y):
                return "orbit"
            session.replay.seek_fraction(self._scrub_bar.fraction(x))
            return "scrub"
        if self._world_actions.prop_placement.item is not None:
            spot = self._world_actions.prop_placement.spot(ray, session.shown(), session.items)
            if spot is not None:
                self.say(self._world_actions.place(spot))
            return None
        return "pull" if self.drag.grab(ray, self._camera_rig.pose.forward, session.shown(), session.items) else "orbit"

    def release(self, _button: int) -> None:
        """A button comes up."""
        self._gesture = None
        self.drag.release()

    def wheel(self, steps: int) -> None:
        """Turns the prop that is being placed, or moves the camera nearer; steps of the wheel, forwards positive."""
        if self.is_covered():
            return
        if self._world_actions.prop_placement.item is not None and self._session.replay is None:
            self._world_actions.prop_placement.turn(steps)
        else:
            self._camera_rig.zoom(steps)

    def update(self) -> None:
        """Continues the gesture with the mouse's present place."""
        ray = self.ray()
        if self._gesture is None or ray is None:
            return
        x, y = self._watcher.get_mouse()
        if self._gesture == "orbit":
            self._camera_rig.drag((x - self._last[0]) / 2, (y - self._last[1]) / 2)
        elif self._gesture == "scrub" and self._session.replay is not None:
            self._session.replay.seek_fraction(self._scrub_bar.fraction(x))
        elif self._gesture == "pull":
            self.drag.move(ray, self._camera_rig.pose.forward)
        self._last = (x, y)
