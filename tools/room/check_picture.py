"""A picture to look at: the photograph with the room's edges, the furniture's boxes and the marks drawn into it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.room.marks import Marks
from tools.room.room_camera import RoomCamera
from tools.room.room_set import Room
from tools.room.shell import Shell

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
Rgb = tuple[int, int, int]

EDGE, BOX, SPOT, MARK = (255, 80, 60), (60, 190, 255), (90, 230, 90), (255, 210, 60)
FAR = 12.0
"""m, how far edges are drawn where no wall ends them"""


def room_lines(room: Room) -> list[tuple[Rgb, Array]]:
    """Colours and ends (2, 2), px, of straight lines that show a room in its photograph."""
    camera = room.camera
    lines = [(EDGE, (np.array(a), np.array(b))) for a, b in _edges(room.shell)]
    for box in room.boxes:
        corners = box.corners()
        for i in range(8):
            lines += [(BOX, (corners[i], corners[i | bit])) for bit in (1, 2, 4) if not i & bit]
    for arm in (np.array([0.3, 0.0, 0.0]), np.array([0.0, 0.3, 0.0])):
        lines.append((SPOT, (room.spot - arm, room.spot + arm)))
    return [(color, ends) for color, (a, b) in lines for ends in _visible(camera, a, b)]


def _edges(shell: Shell) -> list[tuple[tuple[float, float, float], tuple[float, float, float]]]:
    x0, x1 = -FAR if shell.left is None else shell.left, FAR if shell.right is None else shell.right
    y, z = shell.back, shell.ceiling
    edges = [((x0, y, 0.0), (x1, y, 0.0))]
    edges += [((x0, y, z), (x1, y, z))] if z is not None else []
    for x in (shell.left, shell.right):
        if x is not None:
            edges += [((x, 0.0, 0.0), (x, y, 0.0)), ((x, y, 0.0), (x, y, z or 3.0))]
            edges += [((x, 0.0, z), (x, y, z))] if z is not None else []
    return edges


def _visible(camera: RoomCamera, a: Array, b: Array) -> list[Array]:
    """The part of an edge before the camera, as a list of none or one (2, 2)."""
    ahead = camera.rotation[:, 0]
    near = [float((p - camera.position) @ ahead) - 0.05 for p in (a, b)]
    if max(near) <= 0:
        return []
    if near[0] < 0:
        a = a + (b - a) * (near[0] / (near[0] - near[1]))
    if near[1] < 0:
        b = b + (a - b) * (near[1] / (near[1] - near[0]))
    return [camera.project(np.stack([a, b]))]


def check_picture(picture: Picture, room: Room, marks: Marks) -> Picture:
    """(height, width, 3) RGB."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    wide = max(2, round(max(image.size) / 400))
    for color, ends in room_lines(room):
        draw.line([tuple(end) for end in ends.tolist()], fill=color, width=wide)
    for u, v in marks.corners.values():
        draw.ellipse([u - 3 * wide, v - 3 * wide, u + 3 * wide, v + 3 * wide], outline=MARK, width=wide)
    return np.asarray(image, np.uint8).copy()
