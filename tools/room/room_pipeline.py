"""From a photograph and marks to a room: camera, walls, furniture, light, pictures, set file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.scene.whole_file import written_whole
from tools.room.daylight import find_daylight
from tools.room.furniture import box_of, covered
from tools.room.marks import Marks
from tools.room.painted_out import painted_out
from tools.room.photograph import Photograph, save_picture
from tools.room.room_camera import RoomCamera
from tools.room.room_set import Room, free_spot, set_data
from tools.room.segments import find_segments
from tools.room.shell import Shell, find_shell, hits
from tools.room.vanishing import Solution, level_camera, solve

Array = NDArray[np.float64]

EYE_HEIGHT = 1.5
"""m, of a camera of which nothing is known"""
HEIGHTS = (0.9, 2.0)
"""m, of a camera when the ceiling's usual height gives it"""
CEILING = 2.5
"""m"""


@dataclass(frozen=True)
class Scale:
    """How large the room is: one length is enough."""

    camera_height: float | None = None
    """m"""
    ceiling: float | None = None
    """m; used if the ceiling is found"""


def photographed_room(photo: Photograph, marks: Marks, scale: Scale = Scale(), segments: Array | None = None) -> Room:
    """Solves a photograph. Raises SetError when a mark cannot be.

    A picture without vanishing points gives a room all the same: a level camera, a floor and a backdrop.
    """
    size = (photo.picture.shape[1], photo.picture.shape[0])
    if segments is None:
        segments = find_segments(photo.picture)
    ends, axes = marks.segments()
    lines = np.concatenate([segments, ends])
    solution = solve(lines, size, photo.focal, np.concatenate([np.full(len(segments), -1), axes]))
    notes = [_camera_note(solution, photo)]
    camera = solution.camera if solution.solved else level_camera(size, photo.focal)
    camera = replace(camera, height=1.0)  # the scale comes at the end
    axis = solution.axis if solution.solved else np.full(len(lines), -1)
    shell = _marked(find_shell(camera, lines, axis, photo.picture), camera, marks)
    guessed = [name for name in ("back",) if name not in shell.found]
    missing = [name for name in ("left", "right", "ceiling") if name not in shell.found]
    notes.append(
        f"walls: {', '.join(shell.found) or 'none'} found" + (f"; not seen: {', '.join(missing)}" if missing else "")
    )
    if guessed:
        notes.append("where the floor ends is a guess: mark back_left and back_right")
    camera, shell = _scaled(camera, shell, scale)
    boxes = [box_of(mark, camera) for mark in marks.boxes]
    return Room(camera, shell, boxes, free_spot(camera, shell, boxes), notes)


def _camera_note(solution: Solution, photo: Photograph) -> str:
    if not solution.solved:
        return ("no vanishing points: too few straight lines run along a room's axes. The camera is taken to be level: "
                "floor and backdrop only. Mark corners, or lines along x, y, z, if there are some")  # fmt: skip
    forward = solution.camera.rotation[:, 0]
    turn, pitch = math.degrees(math.atan2(-forward[0], forward[1])), math.degrees(math.asin(forward[2]))
    counts = [int((solution.axis == k).sum()) for k in range(3)]
    known = (
        f"within {100 * solution.focal_error:.0f} %"
        if solution.focal_error < 0.25
        else "assumed: the lines do not tell it"
    )
    if photo.focal is not None:
        known = "from the file's EXIF"
    return (
        f"camera: {math.degrees(solution.camera.field_of_view):.1f} degrees wide ({known}), turned {turn:.1f}, "
        f"pitched {pitch:.1f}, rolled {math.degrees(solution.camera.view()[2]):.1f} degrees; "
        f"{counts[0]}, {counts[1]} and {counts[2]} lines along x, y, z, {math.degrees(solution.error):.2f} degrees off"
    )


def _marked(shell: Shell, camera: RoomCamera, marks: Marks) -> Shell:
    """The shell with what corners say in place of what was found."""
    found = set(shell.found)
    at = {name: camera.on_floor(pixel) for name, pixel in marks.corners.items() if not name.startswith("top")}
    at = {name: place for name, place in at.items() if np.isfinite(place).all()}
    backs = [place[1] for name, place in at.items() if name.startswith("back")]
    if backs:
        shell = replace(shell, back=float(np.mean(backs)))
        found.add("back")
    for side in ("left", "right"):
        places = [place[0] for name, place in at.items() if name.endswith(side)]
        if places:
            shell = replace(shell, **{side: float(np.mean(places))})  # type: ignore[arg-type]
            found.add(side)
    tops = [pixel for name, pixel in marks.corners.items() if name.startswith("top")]
    rays = [camera.rays(pixel) for pixel in tops]
    levels = [camera.height + ray[2] / ray[1] * shell.back for ray in rays if ray[1] > 0 and ray[2] > 0]
    if levels:
        shell = replace(shell, ceiling=float(np.mean(levels)))
        found.add("ceiling")
    return replace(shell, found=tuple(sorted(found)))


def _scaled(camera: RoomCamera, shell: Shell, scale: Scale) -> tuple[RoomCamera, Shell]:
    """Camera and shell, so far in heights of the camera, in metres."""
    height = EYE_HEIGHT
    if scale.camera_height is not None:
        height = scale.camera_height
    elif shell.ceiling is not None:
        height = (scale.ceiling or CEILING) / shell.ceiling
        height = height if scale.ceiling else float(np.clip(height, *HEIGHTS))
    walls = {name: None if value is None else value * height for name, value in
             (("left", shell.left), ("right", shell.right), ("ceiling", shell.ceiling))}  # fmt: skip
    return replace(camera, height=height), replace(shell, back=shell.back * height, **walls)  # type: ignore[arg-type]


def write_room(room: Room, photo: Photograph, marks: Marks, out: Path, title: str) -> None:
    """Writes the set OUT.json, its pictures OUT.jpg and OUT_behind.jpg, and OUT.marks beside it. Raises OSError."""
    size, picture = room.camera.size, photo.picture
    daylight = find_daylight(picture, room.camera, room.shell.bounds(), room.boxes, room.spot, marks.sun)
    room.notes.append(f"light: direction from {daylight.source}")
    behind = ""
    if room.boxes:
        hidden = np.any([covered(box, room.camera) for box in room.boxes], axis=0)
        v, u = np.mgrid[0 : size[1], 0 : size[0]]
        face, _ = hits(room.camera, room.shell.bounds(), np.stack([u, v], -1) + 0.5)
        behind = f"{out.stem}_behind.jpg"
        save_picture(painted_out(picture, hidden, face), out.with_name(behind))
    save_picture(picture, out.with_suffix(".jpg"))
    data = set_data(room, picture, daylight, title, f"{out.stem}.jpg", behind)
    marks.save(out.with_suffix(".marks"))
    with written_whole(out) as temporary:
        temporary.write_text(json.dumps(data, indent=2) + "\n", "utf-8")
