"""Marks: what somebody has marked in a photograph, by clicks or in a JSON file: corners, furniture, the light."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import JsonFields, SetError
from game.scene.json_text import JsonError, read_object
from game.scene.whole_file import written_whole

Array = NDArray[np.float64]
Pixel = tuple[float, float]

SCHEMA = 1
CORNERS = ("back_left", "back_right", "top_left", "top_right", "front_left", "front_right")
"""the back wall's corners on the floor and at the ceiling; nearer points of the floor's left and right edge"""
EDGES = (
    ("back_left", "back_right", 0), ("top_left", "top_right", 0), ("back_left", "front_left", 1),
    ("back_right", "front_right", 1), ("back_left", "top_left", 2), ("back_right", "top_right", 2),
)  # fmt: skip
"""pairs of corners with an edge of the room between them, and its axis"""
MAX_BOXES = 60


@dataclass(frozen=True)
class BoxMark:
    """A piece of furniture: the lower edge of its front, its depth and its height."""

    name: str
    left: Pixel
    """px: where the left end of its front's lower edge stands on the floor"""
    right: Pixel
    back: Pixel | None
    """px: a point on the floor along its rear; None: as deep as `depth`"""
    top: Pixel
    """px: a point of the upper edge of its front"""
    depth: float = 0.5
    """m"""
    solid: bool = True
    movable: bool = False
    mass: float | None = None
    """kg, of what is movable; None: of its volume"""


@dataclass
class Marks:
    """All that is marked in one photograph. Pixels are of the photograph as the set shows it."""

    corners: dict[str, Pixel] = field(default_factory=dict)
    lines: list[tuple[str, Pixel, Pixel]] = field(default_factory=list)
    """"x" (right), "y" (away) or "z" (up), and two points of an edge that runs along it"""
    boxes: list[BoxMark] = field(default_factory=list)
    sun: tuple[float, float] | None = None
    """degrees: where the light comes from, 0 the right, 90 straight ahead; and how high above the horizon"""

    def segments(self) -> tuple[Array, NDArray[np.int64]]:
        """The marked edges and lines: ends (M, 4), px, and their axes (M,)."""
        rows = [
            ((*self.corners[a], *self.corners[b]), axis)
            for a, b, axis in EDGES
            if a in self.corners and b in self.corners
        ]
        rows += [((*a, *b), "xyz".index(axis)) for axis, a, b in self.lines]
        ends = np.array([row for row, _ in rows], float).reshape(-1, 4)
        return ends, np.array([axis for _, axis in rows], np.int64)

    def save(self, path: Path) -> None:
        """Writes the file that `load_marks` reads. Raises OSError."""
        boxes: list[dict[str, Any]] = []
        for box in self.boxes:
            row: dict[str, Any] = {"name": box.name, "left": box.left, "right": box.right, "top": box.top}
            row |= {"depth": box.depth} if box.back is None else {"back": box.back}
            row |= {"solid": box.solid, "movable": box.movable}
            boxes.append(row | ({} if box.mass is None else {"mass": box.mass}))
        data: dict[str, Any] = {"schema": SCHEMA, "corners": self.corners, "boxes": boxes}
        data["lines"] = [{"along": axis, "from": a, "to": b} for axis, a, b in self.lines]
        if self.sun is not None:
            data["sun_degrees"] = self.sun
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def load_marks(path: Path) -> Marks:
    """Reads a file of marks. Raises SetError."""
    try:
        fields = JsonFields(read_object(path), path.name)
    except (JsonError, OSError) as error:
        raise SetError(str(error)) from error
    fields.schema(SCHEMA)
    marks = Marks()
    corners = fields.section("corners")
    for name in CORNERS:
        given = _pixel(corners, name)
        if given is not None:
            marks.corners[name] = given
    corners.done()
    for line in fields.sections("lines"):
        marks.lines.append((line.choice("along", ("x", "y", "z")), _needed(line, "from"), _needed(line, "to")))
        line.done()
    for box in fields.sections("boxes", MAX_BOXES):
        marks.boxes.append(_box(box))
    sun = fields.numbers("sun_degrees", 2, (0.0, 0.0))
    marks.sun = None if sun == (0.0, 0.0) else (sun[0], min(max(sun[1], 5.0), 89.0))
    fields.done()
    return marks


def _box(fields: JsonFields) -> BoxMark:
    box = BoxMark(
        name=fields.text("name"),
        left=_needed(fields, "left"),
        right=_needed(fields, "right"),
        back=_pixel(fields, "back"),
        top=_needed(fields, "top"),
        depth=fields.number("depth", 0.5, low=0.02, high=20.0),
        solid=fields.flag("solid", True),
        movable=fields.flag("movable", False),
        mass=fields.optional("mass", low=0.01),
    )
    fields.done()
    return box


def _pixel(fields: JsonFields, key: str) -> Pixel | None:
    nowhere = (-1e9, -1e9)
    u, v = fields.numbers(key, 2, nowhere)
    return None if (u, v) == nowhere else (u, v)


def _needed(fields: JsonFields, key: str) -> Pixel:
    u, v = fields.numbers(key, 2)
    return u, v
