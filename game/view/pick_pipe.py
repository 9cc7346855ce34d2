"""Opens the best graphics output there is: a window, else EGL, else OpenGL, else software."""

import os
import sys
from dataclasses import dataclass
from functools import cache

import panda3d.core as p3d

from game.view.system_libraries import FILM, WINDOW, install_command

WINDOW_MODULE = "pandagl"
OFFSCREEN_MODULES = ("p3headlessgl", "pandagl", "p3tinydisplay")
SOFTWARE = ("llvmpipe", "softpipe", "software")
"""in a driver's name"""
# Buffers and textures have the sizes that are asked for: Panda3D would pad or scale them to powers of two.
# Its messages about display modules that do not work here are switched off: the first one that works is used
SETTINGS = """
load-display pandagl
textures-power-2 none
audio-library-name null
notify-level-device fatal
notify-level-display error
notify-level-egldisplay fatal
notify-level-glxdisplay fatal
notify-level-x11display fatal
"""


class OutputError(Exception):
    """No graphics output could be opened; the message says what to install."""


@dataclass(frozen=True)
class Output:
    """An open graphics output."""

    engine: p3d.GraphicsEngine
    """What renders it."""
    buffer: p3d.GraphicsOutput
    """The window or buffer itself."""
    module: str
    """The Panda3D display module."""
    driver: str
    """The renderer's name."""
    has_shaders: bool
    """Whether it runs GLSL; the software renderer does not."""

    @property
    def shortfall(self) -> str:
        """What is missing for good pictures, and how to get it; empty if nothing is."""
        if self.has_shaders:
            return ""
        hint = f"; on Debian and Ubuntu `{install_command(FILM)}` brings it" if sys.platform == "linux" else ""
        return f"the picture is a plain one, of capsules on a chequered floor: no OpenGL was found{hint}"

    @property
    def samples(self) -> int:
        """Multisampling for films: 4, and none in software. There it triples the cost, and llvmpipe of Mesa 22
        has been seen to spin in one picture for minutes."""
        return 0 if in_software(self.driver) else 4


def in_software(driver: str) -> bool:
    """Whether a renderer of that name uses no graphics card."""
    return any(name in driver.lower() for name in SOFTWARE)


def configure() -> None:
    """Sets Panda3D's configuration; call it before anything is opened."""
    p3d.load_prc_file_data("pratfall", SETTINGS)


def window_pipe() -> p3d.GraphicsPipe:
    """Returns the pipe that makes windows.

    Raises:
        OutputError: there is no display, or no OpenGL for it.
    """
    # Without DISPLAY Panda3D would try :0, which may be somebody else's.
    has_display = sys.platform != "linux" or bool(os.environ.get("DISPLAY"))
    pipe = p3d.GraphicsPipeSelection.get_global_ptr().make_module_pipe(WINDOW_MODULE) if has_display else None
    if pipe is None or not pipe.is_valid():
        hint = ""
        if sys.platform == "linux":
            hint = f" If there is one, `{install_command(WINDOW)}` gives it OpenGL."
        raise OutputError(f"no display for a window was found.{hint}")
    return pipe


HOST_SIZE = (64, 64)


@cache
def open_offscreen() -> Output:
    """Opens a small off-screen buffer on the first display module that works: its context is shared by FilmCameras.

    All callers share one, and it stays open: with several contexts in a process Panda3D may read the wrong one.

    Raises:
        OutputError: no module works.
    """
    selection = p3d.GraphicsPipeSelection.get_global_ptr()
    engine = p3d.GraphicsEngine.get_global_ptr()
    for module in OFFSCREEN_MODULES:
        pipe = selection.make_module_pipe(module)
        # without an X server p3tinydisplay says that it is not valid, but still makes buffers
        if pipe is None or (module != "p3tinydisplay" and not pipe.is_valid()):
            continue
        buffer = _make_buffer(engine, pipe, HOST_SIZE)
        if buffer is not None:
            return describe(engine, buffer, module)
    hint = f" On Debian and Ubuntu: {install_command(WINDOW | FILM)}" if sys.platform == "linux" else ""
    raise OutputError(f"no renderer works here: tried {', '.join(OFFSCREEN_MODULES)}.{hint}")


def offscreen_properties(size: tuple[int, int]) -> p3d.WindowProperties:
    """Returns the properties of a buffer (width, height)."""
    properties = p3d.WindowProperties()
    properties.set_size(*size)
    return properties


def describe(engine: p3d.GraphicsEngine, buffer: p3d.GraphicsOutput, module: str) -> Output:
    """Returns the Output of an open window or buffer. It renders one frame first: before that, drivers have no name."""
    engine.render_frame()
    state = buffer.gsg
    driver = state.driver_renderer or "software"
    return Output(engine, buffer, module, driver, bool(state.supports_basic_shaders))


def _make_buffer(
    engine: p3d.GraphicsEngine, pipe: p3d.GraphicsPipe, size: tuple[int, int]
) -> p3d.GraphicsOutput | None:
    wanted = p3d.FrameBufferProperties()
    wanted.set_rgba_bits(8, 8, 8, 8)
    wanted.set_depth_bits(24)
    buffer = engine.make_output(
        pipe, "offscreen", 0, wanted, offscreen_properties(size), p3d.GraphicsPipe.BF_refuse_window
    )
    engine.open_windows()
    if buffer and buffer.is_valid():
        return buffer
    if buffer:
        engine.remove_window(buffer)
    return None
