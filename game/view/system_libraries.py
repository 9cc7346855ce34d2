"""The system's own libraries that windows and films need on Linux, and which packages bring those that are missing."""

import ctypes
import sys
from collections.abc import Mapping

WINDOW = {"libX11.so.6": "libx11-6", "libXext.so.6": "libxext6", "libGL.so.1": "libgl1"}
"""what Panda3D's windows and imgui load, by the Debian package that holds it"""
FILM = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"}
"""what Panda3D draws with where there is no display"""
DRIVERS = "libgl1-mesa-dri"
"""Mesa's drivers: its OpenGL is empty without them, and no library names them as needed"""


def missing(libraries: Mapping[str, str]) -> dict[str, str]:
    """Returns those of the libraries that cannot be loaded: none on Windows and macOS, which have them all."""
    return {name: package for name, package in libraries.items() if sys.platform == "linux" and not _loads(name)}


def install_command(libraries: Mapping[str, str]) -> str:
    """Returns the one command that brings these libraries, with the drivers, on Debian and Ubuntu."""
    return f"sudo apt-get install {' '.join(sorted({*libraries.values(), DRIVERS}))}"


def window_trouble() -> str:
    """Returns one line on what a window lacks here and how to get it, with what films lack; else empty."""
    if not missing(WINDOW):
        return ""
    lacking = missing(WINDOW | FILM)
    command = install_command(lacking)
    return f"no window can be opened: {', '.join(sorted(lacking))} missing. On Debian and Ubuntu: {command}"


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
