"""Marking: clicks in a photograph become corners and boxes; the room is solved again after each. No window here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import SetError
from tools.room.marks import CORNERS, MAX_BOXES, BoxMark, Marks, Pixel
from tools.room.photograph import Photograph
from tools.room.room_pipeline import Scale, photographed_room
from tools.room.room_set import Room
from tools.room.segments import find_segments

CLICKS = (
    "the left end of its front, where it stands on the floor",
    "the right end of its front, on the floor",
    "a point of its rear, on the floor",
    "a point of the upper edge of its front",
)
"""of a box, in order"""
PLACES = {
    "back_left": "where the back wall meets floor and left wall",
    "back_right": "where the back wall meets floor and right wall",
    "top_left": "above that, where left wall and ceiling meet",
    "top_right": "above that, where right wall and ceiling meet",
    "front_left": "a nearer point of the floor's left edge",
    "front_right": "a nearer point of the floor's right edge",
}
BOX = "box"
"""what is placed when it is no corner"""


class Marking:
    """What is marked so far, and what the next click means."""

    def __init__(self, photo: Photograph, marks: Marks, scale: Scale) -> None:
        """Raises SetError when the marks given cannot be."""
        self._photo, self._scale = photo, scale
        self._segments: NDArray[np.float64] = find_segments(photo.picture)
        self.marks = Marks(dict(marks.corners), list(marks.lines), list(marks.boxes), marks.sun)
        self.room: Room = photographed_room(photo, self.marks, scale, self._segments)
        self.placing = CORNERS[0]
        """the corner that the next click places, or BOX"""
        self.pending: list[Pixel] = []
        """clicks of a box that is not complete"""
        self.message = ""
        """why the last click could not be"""
        self._before: list[Marks] = []

    @property
    def hint(self) -> str:
        """What to click next."""
        return f"click {CLICKS[len(self.pending)] if self.placing == BOX else PLACES[self.placing]}"

    def place(self, what: str) -> None:
        """Chooses what the next click places: one of CORNERS, or BOX."""
        self.placing, self.pending = what, []

    def click(self, u: float, v: float) -> None:
        """A click into the photograph, px."""
        if self.placing != BOX:
            corners = self.marks.corners | {self.placing: (u, v)}
            if self._try(replace(self.marks, corners=corners)):
                self.placing = next((name for name in CORNERS if name not in corners), self.placing)
            return
        self.pending.append((u, v))
        if len(self.pending) == len(CLICKS):
            left, right, back, top = self.pending
            self.pending = []
            taken = {box.name for box in self.marks.boxes}
            name = next(f"box {k}" for k in range(1, MAX_BOXES + 2) if f"box {k}" not in taken)
            self._try(replace(self.marks, boxes=[*self.marks.boxes, BoxMark(name, left, right, back, top)]))

    def change_box(self, index: int, box: BoxMark | None) -> None:
        """Replaces a box, or takes it away."""
        boxes = list(self.marks.boxes)
        boxes[index : index + 1] = [] if box is None else [box]
        self._try(replace(self.marks, boxes=boxes))

    def remove_corner(self, name: str) -> None:
        """Leaves a corner to the tool again."""
        self._try(replace(self.marks, corners={k: p for k, p in self.marks.corners.items() if k != name}))

    def undo(self) -> None:
        """Takes back the last click that counted."""
        if self.pending:
            self.pending.pop()
        elif self._before:
            self.marks = self._before.pop()
            self.room = photographed_room(self._photo, self.marks, self._scale, self._segments)
        self.message = ""

    def _try(self, marks: Marks) -> bool:
        """Takes marks if the room can be solved with them; else everything stays and `message` says why."""
        try:
            if len(marks.boxes) > MAX_BOXES:
                raise SetError(f"{len(marks.boxes)} boxes, expected at most {MAX_BOXES}")
            room = photographed_room(self._photo, marks, self._scale, self._segments)
        except SetError as error:
            self.message = str(error)
            return False
        self._before.append(self.marks)
        self.marks, self.room, self.message = marks, room, ""
        return True
