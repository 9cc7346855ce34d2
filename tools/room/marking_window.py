"""A window for the clicks: the photograph, what was found in it, and a column with what can be marked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase
from imgui_bundle import imgui
from p3dimgui import ImGuiBackend

from game.view import pick_pipe
from game.view.panel import widgets as w
from game.view.panel.look import CORAL, DIM, SMALL, Look, u32
from game.view.patterns import from_image
from tools.room.check_picture import MARK, room_lines
from tools.room.marking import BOX, Marking
from tools.room.marks import CORNERS, Marks
from tools.room.photograph import Photograph
from tools.room.room_pipeline import Scale

COLUMN = 300
"""px, width of the column at the right"""
SIZE = (1280, 720)


def mark_in_window(photo: Photograph, marks: Marks, scale: Scale, file: Path) -> Marks:
    """Opens the window until it is closed; returns the marks, which are saved into a file after each click.

    Raises SetError when the marks given cannot be, and OSError when there is no window.
    """
    try:
        window = _MarkingWindow(Marking(photo, marks, scale), photo, file)
    except pick_pipe.OutputError as error:
        raise OSError(str(error)) from error
    window.run()
    return window.marking.marks


class _MarkingWindow(ShowBase):
    """The picture fills the window beside the column; a click places what is chosen. Z takes back, Escape ends."""

    def __init__(self, marking: Marking, photo: Photograph, file: Path) -> None:
        pick_pipe.configure()
        p3d.load_prc_file_data("", f"window-title Your room\nwin-size {SIZE[0]} {SIZE[1]}\ntextures-power-2 none\n")
        pipe = pick_pipe.window_pipe()
        super().__init__(windowType="none")
        if not self.open_default_window(type="onscreen", pipe=pipe):
            raise pick_pipe.OutputError("the display refused to open a window")
        if not self.win.gsg.supports_basic_shaders:
            raise pick_pipe.OutputError("this display has no shaders: give --corner or --marks")
        self.disable_mouse()
        self.set_background_color(0.12, 0.11, 0.10)
        self.marking, self._file = marking, file
        self._size = (photo.picture.shape[1], photo.picture.shape[0])
        maker = p3d.CardMaker("photograph")
        maker.set_frame(0, 1, -1, 0)
        self._card = self.pixel2d.attach_new_node(maker.generate())
        texture = from_image(photo.picture, "photograph")
        texture.set_format(p3d.Texture.F_rgb)
        self._card.set_texture(texture)
        self._card.set_bin("background", 0)
        self._backend = ImGuiBackend(self.win, self.pixel2d, "light")
        imgui.get_io().set_ini_filename("")
        self._look = Look()
        self._saved: Marks | None = marking.marks
        self.accept("imgui-new-frame", self._draw)
        self.accept("escape", self._end)
        self.accept("z", self.marking.undo)
        assert isinstance(self.win, p3d.GraphicsWindow)  # opened as one
        self.win.set_close_request_event("close-window")
        self.accept("close-window", self._end)

    def run(self) -> None:
        """Until Escape, Done or the window's cross."""
        self._open = True
        while self._open:
            self.task_mgr.step()
        self.destroy()

    def _end(self) -> None:
        self._open = False

    def _placed(self) -> tuple[float, float, float]:
        """Upper left corner of the picture in the window, px, and its scale."""
        wide, high = max(self.win.get_x_size() - COLUMN, 64), self.win.get_y_size()
        scale = min(wide / self._size[0], high / self._size[1])
        return 0.5 * (wide - scale * self._size[0]), 0.5 * (high - scale * self._size[1]), scale

    def _draw(self) -> None:
        x, y, scale = self._placed()
        self._card.set_pos_hpr_scale(x, 0, -y, 0, 0, 0, scale * self._size[0], 1, scale * self._size[1])
        self._draw_lines(x, y, scale)
        self._draw_column()
        mouse = imgui.get_io().mouse_pos
        u, v = (mouse.x - x) / scale, (mouse.y - y) / scale
        inside = 0 <= u < self._size[0] and 0 <= v < self._size[1]
        if inside and imgui.is_mouse_clicked(imgui.MouseButton_.left) and not imgui.get_io().want_capture_mouse:
            self.marking.click(round(u, 1), round(v, 1))
        if self.marking.marks is not self._saved:
            self._saved = self.marking.marks
            try:
                self._saved.save(self._file)
            except OSError as error:
                self.marking.message = f"the marks cannot be saved: {error}"

    def _draw_lines(self, x: float, y: float, scale: float) -> None:
        canvas = imgui.get_background_draw_list()
        for color, ends in room_lines(self.marking.room):
            (u0, v0), (u1, v1) = ends.tolist()
            canvas.add_line(imgui.ImVec2(x + u0 * scale, y + v0 * scale), imgui.ImVec2(x + u1 * scale, y + v1 * scale),
                            u32(color), 2.0)  # fmt: skip
        for u, v in [*self.marking.marks.corners.values(), *self.marking.pending]:
            canvas.add_circle(imgui.ImVec2(x + u * scale, y + v * scale), 6.0, u32(MARK), 0, 2.0)

    def _draw_column(self) -> None:
        look, marking = self._look, self.marking
        wide, high = self.win.get_x_size(), self.win.get_y_size()
        imgui.set_next_window_pos(imgui.ImVec2(wide - COLUMN, 0))
        imgui.set_next_window_size(imgui.ImVec2(COLUMN, high))
        flags = imgui.WindowFlags_.no_decoration | imgui.WindowFlags_.no_move
        imgui.begin("marks", None, int(flags))
        w.heading(look, "Your room")
        w.text(look, marking.hint, SMALL, CORAL)
        if marking.message:
            w.text(look, marking.message, SMALL, CORAL)
        w.heading(look, "Corners", f"{len(marking.marks.corners)} of {len(CORNERS)}")
        chosen = w.chips(look, "corners", tuple(_words(name, marking) for name in CORNERS),
                         _words(marking.placing, marking) if marking.placing != BOX else None)  # fmt: skip
        if chosen is not None:
            name = next(name for name in CORNERS if _words(name, marking) == chosen)
            if name == marking.placing and name in marking.marks.corners:
                marking.remove_corner(name)
            marking.place(name)
        w.heading(look, "Furniture", f"{len(marking.marks.boxes)}")
        if w.chip(look, "new", "a box: four clicks", marking.placing == BOX):
            marking.place(BOX)
        for i, box in enumerate(list(marking.marks.boxes)):
            w.text(look, box.name, SMALL)
            for words, changed in (("solid", replace(box, solid=not box.solid)),
                                   ("movable", replace(box, movable=not box.movable))):  # fmt: skip
                imgui.same_line()
                if w.chip(look, f"{words}.{i}", words, getattr(box, words)):
                    marking.change_box(i, changed)
            imgui.same_line()
            if w.chip(look, f"away.{i}", "away"):
                marking.change_box(i, None)
                break
        w.heading(look, "Found")
        for note in marking.room.notes:
            w.text(look, note, SMALL, DIM)
        if w.chip(look, "undo", "take back (Z)"):
            marking.undo()
        imgui.same_line()
        if w.chip(look, "done", "done (Escape)", True):
            self._end()
        imgui.end()


def _words(name: str, marking: Marking) -> str:
    return name.replace("_", " ") + (" *" if name in marking.marks.corners else "")
