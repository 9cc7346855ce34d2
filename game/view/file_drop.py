"""FileDrop: files that a person drags from a file manager and drops on the window; on X11 alone.

Panda3D knows no dropped files. By the protocol XDND a window may name another one, a proxy, that takes the messages
for it (freedesktop.org, "Drag-and-Drop Protocol for the X Window System", version 5): here a window of our own, on a
connection of our own.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import panda3d.core as p3d

VERSION = 5
MOST_BYTES = 1 << 20
"""of the list of files"""
_XA_ATOM, _XA_WINDOW, _CLIENT_MESSAGE, _SELECTION_NOTIFY = 4, 33, 33, 31
_ATOMS = (
    "XdndAware", "XdndProxy", "XdndEnter", "XdndPosition", "XdndStatus", "XdndLeave", "XdndDrop", "XdndFinished",
    "XdndSelection", "XdndActionCopy", "XdndTypeList", "text/uri-list", "PRATFALL_DROP",
)  # fmt: skip
_Long = ctypes.c_long
_Event = _Long * 24
"""an XEvent as longs: of a client message 4 is the window, 5 the message, 6 the format, 7 to 11 the data"""


class FileDrop:
    """Call `poll` once a frame."""

    def __init__(self, window: p3d.GraphicsOutput) -> None:
        self.trouble = ""
        """why nothing can be dropped on this window; empty if it can"""
        self._source = 0
        self._display: Any = None
        if not isinstance(window, p3d.GraphicsWindow) or not sys.platform.startswith("linux"):
            self.trouble = "files can be dropped on windows of X11 alone"
            return
        try:
            self._x = _library()
        except OSError as error:
            self.trouble = f"libX11 is missing: {error}"
            return
        handle = window.window_handle
        self._display = self._x.XOpenDisplay(None) if handle is not None else None
        if not self._display:
            self.trouble = "no connection to the display"
            return
        self._target = int(handle.get_int_handle())
        root = self._x.XDefaultRootWindow(self._display)
        self._proxy = self._x.XCreateSimpleWindow(self._display, root, -10, -10, 1, 1, 0, 0, 0)
        self._atom = {name: self._x.XInternAtom(self._display, name.encode(), 0) for name in _ATOMS}
        for each in (self._proxy, self._target):
            self._set(each, "XdndAware", _XA_ATOM, VERSION)
            self._set(each, "XdndProxy", _XA_WINDOW, self._proxy)
        self._x.XFlush(self._display)

    def poll(self) -> list[Path]:
        """The files that were dropped since the last call."""
        dropped: list[Path] = []
        event = _Event()
        while self._display and self._x.XPending(self._display):
            self._x.XNextEvent(self._display, ctypes.byref(event))
            kind = event[0] & 0xFFFFFFFF
            if kind == _CLIENT_MESSAGE:
                self._answer(event)
            elif kind == _SELECTION_NOTIFY:
                dropped += files_of(self._read(event[7])) if event[7] else []
                self._send("XdndFinished", 1 if event[7] else 0, self._atom["XdndActionCopy"], 0, 0)
        return dropped

    def close(self) -> None:
        """Closes the connection."""
        if self._display:
            self._x.XCloseDisplay(self._display)
            self._display = None

    def _answer(self, event: ctypes.Array[_Long]) -> None:
        message = event[5]
        if message == self._atom["XdndEnter"]:
            self._source = event[7]
        elif message == self._atom["XdndPosition"]:
            self._source = event[7]
            self._send("XdndStatus", 1, 0, 0, self._atom["XdndActionCopy"])
        elif message == self._atom["XdndDrop"]:
            self._source = event[7]
            self._x.XConvertSelection(
                self._display, self._atom["XdndSelection"], self._atom["text/uri-list"], self._atom["PRATFALL_DROP"],
                self._proxy, event[9],
            )  # fmt: skip
            self._x.XFlush(self._display)

    def _send(self, name: str, *numbers: int) -> None:
        """Sends the source a message about our window."""
        event = _Event()
        event[0], event[4], event[5], event[6] = _CLIENT_MESSAGE, self._source, self._atom[name], 32
        event[7] = self._target
        for i, number in enumerate(numbers):
            event[8 + i] = number
        self._x.XSendEvent(self._display, self._source, 0, 0, ctypes.byref(event))
        self._x.XFlush(self._display)

    def _set(self, window: int, name: str, kind: int, value: int) -> None:
        data = (_Long * 1)(value)
        self._x.XChangeProperty(self._display, window, self._atom[name], kind, 32, 0, ctypes.byref(data), 1)

    def _read(self, property_: int) -> bytes:
        kind, form, count, left = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.POINTER(ctypes.c_ubyte)()
        status = self._x.XGetWindowProperty(
            self._display,
            self._proxy,
            property_,
            0,
            MOST_BYTES // 4,
            1,
            0,
            *(ctypes.byref(each) for each in (kind, form, count, left, data)),
        )
        if status or not data:
            return b""
        read = bytes(data[: count.value]) if form.value == 8 else b""
        self._x.XFree(data)
        return read


def files_of(uris: bytes) -> list[Path]:
    """The local files in a text/uri-list (RFC 2483)."""
    found = []
    for line in uris.decode("utf-8", "replace").splitlines():
        parts = urlsplit(line.strip())
        if parts.scheme == "file" and parts.path:
            found.append(Path(unquote(parts.path)))
    return found


def _library() -> Any:
    """libX11, with the types of what is used of it. Raises OSError."""
    x = ctypes.CDLL("libX11.so.6")
    window, display = ctypes.c_ulong, ctypes.c_void_p
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "XOpenDisplay": (display, (ctypes.c_char_p,)),
        "XCloseDisplay": (ctypes.c_int, (display,)),
        "XDefaultRootWindow": (window, (display,)),
        "XCreateSimpleWindow": (window, (display, window, *[ctypes.c_int] * 2, *[ctypes.c_uint] * 3, window, window)),
        "XInternAtom": (window, (display, ctypes.c_char_p, ctypes.c_int)),
        "XChangeProperty": (ctypes.c_int, (display, window, window, window, *[ctypes.c_int] * 2, ctypes.c_void_p,
                                           ctypes.c_int)),
        "XGetWindowProperty": (ctypes.c_int, (display, window, window, _Long, _Long, ctypes.c_int, window,
                                              *[ctypes.c_void_p] * 5)),
        "XConvertSelection": (ctypes.c_int, (display, window, window, window, window, window)),
        "XSendEvent": (ctypes.c_int, (display, window, ctypes.c_int, _Long, ctypes.c_void_p)),
        "XPending": (ctypes.c_int, (display,)),
        "XNextEvent": (ctypes.c_int, (display, ctypes.c_void_p)),
        "XFlush": (ctypes.c_int, (display,)),
        "XFree": (ctypes.c_int, (ctypes.c_void_p,)),
    }  # fmt: skip
    for name, (result, arguments) in signatures.items():
        function: Callable[..., Any] = getattr(x, name)
        function.restype, function.argtypes = result, arguments  # type: ignore[attr-defined]
    return x
