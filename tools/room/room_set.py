"""A set file from a solved photograph: plain data, to be edited like every other set."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.room.daylight import Daylight
from tools.room.furniture import Box, covered
from tools.room.room_camera import RoomCamera
from tools.room.shell import Shell, hits

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

THICK = 0.2
"""m, of walls"""
WIDE = 9.0
"""m, to each side, of a room without side walls"""
BEHIND = 0.6
"""m, of the room behind the camera"""
TALL, TALLEST, WIDEST = 3.2, 12.0, 40.0
"""m, of walls without a ceiling, which reach as far as the picture does; and of a back wall without side walls"""
FEET = 0.94
"""of the picture's height, the lowest place of his feet"""
HEAD = 2.0
"""m, what of him should be in the picture when he stands"""


@dataclass(frozen=True, eq=False)
class Room:
    """A photographed room: all that the set file is written from."""

    camera: RoomCamera
    shell: Shell
    boxes: list[Box]
    spot: Array
    """(3,) m, on the floor in the camera's room frame: the set's origin, where he starts"""
    notes: list[str] = field(default_factory=list)
    """what was found and what was guessed, for whoever runs the tool"""


def free_spot(camera: RoomCamera, shell: Shell, boxes: list[Box]) -> Array:
    """(3,) m: a place on the floor, in the picture and free all round, where he is seen well from head to foot."""
    width, height = camera.size
    u, v = np.meshgrid(np.linspace(0.12, 0.88, 39) * width, np.linspace(0.3, FEET, 49) * height)
    places = camera.on_floor(np.stack([u, v], -1).reshape(-1, 2))
    places = places[np.isfinite(places).all(1)]
    fallback = np.array([0.0, max(0.6 * shell.back, 1.0), 0.0])
    if not len(places):
        return fallback
    gap = shell.back - places[:, 1]
    if shell.left is not None:
        gap = np.minimum(gap, places[:, 0] - shell.left)
    if shell.right is not None:
        gap = np.minimum(gap, shell.right - places[:, 0])
    for box in boxes:
        c, s = math.cos(box.yaw), math.sin(box.yaw)
        off = (places - box.center)[:, :2]
        x, y = np.abs(off @ [c, s]) - 0.5 * box.size[0], np.abs(off @ [-s, c]) - 0.5 * box.size[1]
        gap = np.minimum(
            gap, np.where((x < 0) & (y < 0), np.maximum(x, y), np.hypot(np.maximum(x, 0), np.maximum(y, 0)))
        )
    head = camera.project(places + np.array([0.0, 0.0, HEAD]))[:, 1]
    feet = camera.project(places)[:, 1]
    out = np.maximum(-np.nan_to_num(head, nan=-1e6), 0.0) / height
    middle = np.abs(camera.project(places)[:, 0] / width - 0.5)
    size = np.abs((feet - head) / height - 0.62)
    score = 2.0 * np.minimum(gap, 1.2) - 3.0 * out - middle - size
    return np.asarray(places[int(np.nan_to_num(score, nan=-1e9).argmax())])


def set_data(room: Room, picture: Picture, daylight: Daylight, title: str, file: str, behind: str) -> dict[str, Any]:
    """The set file's content. `file` and `behind` are the names of its pictures beside it."""
    camera, shell, origin = room.camera, room.shell, room.spot
    position, target, roll = camera.view()
    view = {
        "position": _rounded(position - origin, 5),
        "target": _rounded(target - origin, 5),
        "roll_degrees": round(math.degrees(roll), 4),
        "field_of_view_degrees": round(math.degrees(camera.field_of_view), 4),
    }
    x0, x1, y0, y1, tall = _extent(camera, shell)
    center, size = np.array([0.5 * (x0 + x1), 0.5 * (y0 + y1)]) - origin[:2], (x1 - x0, y1 - y0)
    colors = _surface_colors(picture)
    return {
        "schema": 1,
        "title": title,
        "comment": "Made by tools.room from a photograph; docs/your_room.md. Everything in it may be edited.",
        "ground": {
            "material": "backdrop", "color": colors[0], "size": _rounded(np.array(size)), "center": _rounded(center),
            "friction": 0.9,
        },
        "light": {
            "sun_direction": _rounded(np.array(daylight.direction)), "sun": daylight.sun, "sky": daylight.sky,
            "bounce": daylight.bounce, "fog_density": 0.0, "exposure": 0.72,
        },
        "photo": {"file": file, "behind": behind, **view},
        "view": view,
        "items": [_walls(x0 - origin[0], x1 - origin[0], y0 - origin[1], y1 - origin[1], tall, shell, colors[1]),
                  *(_item(box, origin, picture, camera) for box in room.boxes)],
    }  # fmt: skip


def _extent(camera: RoomCamera, shell: Shell) -> tuple[float, float, float, float, float]:
    """m: the room from left to right, from front to back, its height; it fills the picture where walls are missing."""
    width, height = camera.size
    along, up = np.linspace(0.0, width, 25), np.linspace(0.0, height, 25)
    rim = [*((u, v) for u in along for v in (0.0, height)), *((u, v) for v in up for u in (0.0, width))]
    _, place = hits(camera, shell.bounds(), np.array(rim))
    x0, x1 = float(place[:, 0].min()) - 0.5, float(place[:, 0].max()) + 0.5
    left = min(-WIDE, max(x0, -WIDEST)) if shell.left is None else shell.left
    right = max(WIDE, min(x1, WIDEST)) if shell.right is None else shell.right
    tall = shell.ceiling or max(TALL, camera.height + 1.2, min(float(place[:, 2].max()) + 0.1, TALLEST))
    return left, right, -BEHIND, shell.back, tall


def _rounded(values: Array, digits: int = 4) -> list[float]:
    return [round(float(x), digits) for x in values]


def _hex(color: Array) -> str:
    return "#" + "".join(f"{round(float(np.clip(c, 0, 255))):02x}" for c in color)


def _surface_colors(picture: Picture) -> tuple[str, str]:
    """What the floor and the walls look like where the picture does not reach."""
    third = picture.shape[0] // 3
    return _hex(np.median(picture[-third:], (0, 1))), _hex(np.median(picture[: 2 * third], (0, 1)))


def _walls(x0: float, x1: float, y0: float, y1: float, tall: float, shell: Shell, color: str) -> dict[str, Any]:
    xm, ym, half = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * THICK
    wide, deep = x1 - x0, y1 - y0
    sides = [
        ([wide + 2 * THICK, THICK, tall], [xm, y1 + half, 0.5 * tall]),
        ([wide + 2 * THICK, THICK, tall], [xm, y0 - half, 0.5 * tall]),
        ([THICK, deep, tall], [x0 - half, ym, 0.5 * tall]),
        ([THICK, deep, tall], [x1 + half, ym, 0.5 * tall]),
    ]
    planes = [([tall, wide], [xm, y1, 0.5 * tall], [0, 90, -90])]
    if shell.left is not None:
        planes.append(([tall, deep], [x0, ym, 0.5 * tall], [0, 90, 0]))
    if shell.right is not None:
        planes.append(([tall, deep], [x1, ym, 0.5 * tall], [0, -90, 0]))
    planes.append(([tall, wide], [xm, y0, 0.5 * tall], [0, 90, 90]))
    if shell.ceiling is not None:
        sides.append(([wide, deep, THICK], [xm, ym, tall + half]))
        planes.append(([wide, deep], [xm, ym, tall], [180, 0, 0]))
    return {
        "name": "walls", "mass": 0, "friction": 0.6, "shell": True, "shadow": False,
        "parts": [{"shape": "box", "size": _rounded(np.array(s)), "position": _rounded(np.array(p))} for s, p in sides],
        "decor": [
            {"shape": "plane", "size": _rounded(np.array(s)), "position": _rounded(np.array(p)), "rotation_degrees": r,
             "material": "backdrop", "color": color}
            for s, p, r in planes
        ],
    }  # fmt: skip


def _item(box: Box, origin: Array, picture: Picture, camera: RoomCamera) -> dict[str, Any]:
    shown = picture[covered(box, camera)]
    part = {"shape": "box", "size": _rounded(np.array(box.size)), "material": "photo",
            "color": _hex(np.median(shown, 0) if len(shown) else np.full(3, 128.0))}  # fmt: skip
    item: dict[str, Any] = {
        "name": box.mark.name, "position": _rounded(box.center - origin),
        "rotation_degrees": [0, 0, round(math.degrees(box.yaw), 3)], "mass": round(box.mass, 2), "friction": 0.7,
    }  # fmt: skip
    # what stands fast has its shadow in the photograph; what moves gets one once it has moved
    item["shadow"] = box.mass > 0
    item["parts" if box.mark.solid else "decor"] = [part]
    return item
