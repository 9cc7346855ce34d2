"""The system libraries that windows and films need on Linux, and the packages that contain them."""

import ctypes
import sys
from collections.abc import Mapping

WINDOW = {"libX11.so.6": "libx11-6", "libXext.so.6": "libxext6", "libGL.so.1": "libgl1"}
"""libraries that Panda3D's windows and imgui load, and the Debian package of each"""
FILM = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"}
"""libraries that Panda3D draws with if there is no display"""
DRIVERS = "libgl1-mesa-dri"
"""Mesa's drivers: OpenGL does not work without them, and no package depends on them"""


def missing(libraries: Mapping[str, str]) -> dict[str, str]:
    """Returns the libraries that cannot be loaded. None on Windows and macOS, which need none of them."""
    return {name: package for name, package in libraries.items() if sys.platform == "linux" and not _loads(name)}


def install_command(libraries: Mapping[str, str]) -> str:
    """Returns the command that installs these libraries and the drivers on Debian and Ubuntu."""
    return f"sudo apt-get install {' '.join(sorted({*libraries.values(), DRIVERS}))}"


def window_trouble() -> str:
    """Returns one line on what windows and films lack here and how to install it; empty if windows lack nothing."""
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
