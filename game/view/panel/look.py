"""Look: the panel's colours, fonts and sizes, scaled with the window."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from imgui_bundle import imgui

Rgb = tuple[int, int, int]

PAPER: Rgb = (251, 245, 234)
CARD: Rgb = (255, 252, 246)
SAND: Rgb = (241, 229, 209)
LINE: Rgb = (226, 209, 183)
INK: Rgb = (58, 44, 36)
DIM: Rgb = (134, 115, 100)
CORAL: Rgb = (217, 104, 74)
BLUSH: Rgb = (249, 222, 208)
TEAL: Rgb = (52, 122, 128)
MIST: Rgb = (206, 226, 222)
MUSTARD: Rgb = (226, 174, 55)
RED: Rgb = (190, 56, 44)
WHITE: Rgb = (255, 255, 255)

DESIGN_SIZE = (1280, 720)
"""px, size of the window for which all sizes are written"""
MIN_SCALE, MAX_SCALE = 0.75, 6.0
TINY, SMALL, TEXT, LARGE = 12.6, 13.0, 15.0, 20.0
"""px, sizes of text"""

Weight = Literal["regular", "bold"]


def scale_of(width: float, height: float) -> float:
    """Scale of the panel in a window of that size, px."""
    fitting = min(width / DESIGN_SIZE[0], height / DESIGN_SIZE[1])
    return min(max(fitting, MIN_SCALE), MAX_SCALE)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """The colour that is `share` of the way from a to b."""
    t = min(max(share, 0.0), 1.0)
    return (round(a[0] + (b[0] - a[0]) * t), round(a[1] + (b[1] - a[1]) * t), round(a[2] + (b[2] - a[2]) * t))


def u32(color: Rgb, opacity: float = 1.0) -> int:
    """A colour as imgui's 32 bits."""
    return color[0] | color[1] << 8 | color[2] << 16 | round(255 * opacity) << 24


class Look:
    """Fonts and scaled sizes. Make it after the imgui context."""

    def __init__(self) -> None:
        folder = _fonts()
        self.regular = self._font(folder / "Roboto" / "Roboto-Regular.ttf", folder)
        self.bold = self._font(folder / "Roboto" / "Roboto-Bold.ttf", folder)
        imgui.get_io().font_default = self.regular
        self.scale = 1.0
        self.set_scale(1.0)
        self.load_picture: Callable[[Path], imgui.ImTextureRef | None] = lambda _path: None
        """hands a PNG to whatever draws the panel; None where it cannot be read"""
        self._pictures: dict[tuple[Path, int], imgui.ImTextureRef | None] = {}

    @staticmethod
    def _font(file: Path, folder: Path) -> imgui.ImFont:
        """A font with the icons in it."""
        fonts = imgui.get_io().fonts
        font = fonts.add_font_from_file_ttf(str(file), TEXT)
        merge = imgui.ImFontConfig()
        merge.merge_mode = True
        merge.glyph_offset = imgui.ImVec2(0.0, 0.0)
        fonts.add_font_from_file_ttf(str(folder / "Font_Awesome_6_Free-Solid-900.otf"), 0.8 * TEXT, merge)
        return font

    def px(self, designed: float) -> float:
        """A size in the design's px, in this window's px."""
        return designed * self.scale

    def set_scale(self, scale: float) -> None:
        """Sets the scale of everything."""
        self.scale = scale
        style = imgui.get_style()
        style.font_size_base = TEXT
        style.font_scale_main = scale
        for name, value in _ROUNDINGS.items():
            setattr(style, name, self.px(value))
        for name, (x, y) in _SPACINGS.items():
            setattr(style, name, imgui.ImVec2(self.px(x), self.px(y)))
        style.scrollbar_size = self.px(9)
        style.window_border_size = style.popup_border_size = style.child_border_size = 0.0
        for slot, (color, opacity) in _COLORS.items():
            style.set_color_(int(slot), imgui.ImVec4(color[0] / 255, color[1] / 255, color[2] / 255, opacity))

    def font(self, size: float = TEXT, weight: Weight = "regular") -> tuple[imgui.ImFont, float]:
        """Arguments for `imgui.push_font`, which scales the size itself."""
        return (self.bold if weight == "bold" else self.regular), size

    def picture(self, path: Path) -> imgui.ImTextureRef | None:
        """A PNG to be drawn, read again when it has changed; None where it cannot be read."""
        try:
            key = path, path.stat().st_mtime_ns
        except OSError:
            return None
        if key not in self._pictures:
            self._pictures[key] = self.load_picture(path)
        return self._pictures[key]

    def letters(self, size: float) -> float:
        """A text size of the design as imgui draws it: in whole px of this window."""
        return float(round(self.px(size)))


_ROUNDINGS = {
    "window_rounding": 14.0,
    "child_rounding": 10.0,
    "popup_rounding": 10.0,
    "frame_rounding": 8.0,
    "scrollbar_rounding": 6.0,
    "grab_rounding": 8.0,
}
_SPACINGS = {
    "window_padding": (14.0, 12.0),
    "frame_padding": (9.0, 5.0),
    "item_spacing": (7.0, 7.0),
    "item_inner_spacing": (6.0, 4.0),
}
_C = imgui.Col_
_COLORS: dict[imgui.Col_, tuple[Rgb, float]] = {
    _C.text: (INK, 1.0),
    _C.text_disabled: (DIM, 1.0),
    _C.window_bg: (PAPER, 0.965),
    _C.popup_bg: (CARD, 0.99),
    _C.child_bg: (PAPER, 0.0),
    _C.frame_bg: (SAND, 1.0),
    _C.frame_bg_hovered: (LINE, 1.0),
    _C.frame_bg_active: (LINE, 1.0),
    _C.scrollbar_bg: (PAPER, 0.0),
    _C.scrollbar_grab: (LINE, 1.0),
    _C.scrollbar_grab_hovered: (DIM, 0.6),
    _C.scrollbar_grab_active: (DIM, 0.8),
    _C.text_selected_bg: (BLUSH, 1.0),
    _C.modal_window_dim_bg: (INK, 0.25),
    _C.nav_cursor: (CORAL, 0.6),
}


def _fonts() -> Path:
    """The folder of the fonts that come with imgui."""
    spec = importlib.util.find_spec("imgui_bundle")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("imgui-bundle is missing: install this package with its dependencies")
    return Path(spec.submodule_search_locations[0]) / "assets" / "fonts"
