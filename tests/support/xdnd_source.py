"""A file manager's side of a drop on a window of X11: python xdnd_source.py WINDOW FILE. For tests only.

Speaks XDND as a source does: enter, position, wait for the answer, drop, hand over the list of files, wait for the end.
"""

from __future__ import annotations

import ctypes
import sys
import time
from pathlib import Path

Long = ctypes.c_long
Event = Long * 24
CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31
PATIENCE = 30.0


def drop(target: int, file: Path) -> str:
    """Drops a file; returns what went wrong, empty if nothing."""
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = ctypes.c_void_p
    for name in ("XInternAtom", "XDefaultRootWindow", "XCreateSimpleWindow"):
        getattr(x, name).restype = ctypes.c_ulong
    display = ctypes.c_void_p(x.XOpenDisplay(None))
    window = x.XCreateSimpleWindow(display, ctypes.c_ulong(x.XDefaultRootWindow(display)), 0, 0, 1, 1, 0, 0, 0)

    def atom(name: str) -> int:
        return int(x.XInternAtom(display, name.encode(), 0))

    proxy = _property(x, display, target, atom("XdndProxy"))
    if not proxy or not _property(x, display, target, atom("XdndAware")):
        return "the window takes no files"

    def send(to: int, name: str, *data: int) -> None:
        event = Event(CLIENT_MESSAGE, 0, 0, 0, target, atom(name), 32, *data)
        x.XSendEvent(display, ctypes.c_ulong(to), 0, Long(0), ctypes.byref(event))
        x.XFlush(display)

    x.XSetSelectionOwner(display, ctypes.c_ulong(atom("XdndSelection")), ctypes.c_ulong(window), ctypes.c_ulong(0))
    send(proxy, "XdndEnter", window, 5 << 24, atom("text/uri-list"), 0, 0)
    send(proxy, "XdndPosition", window, 0, 100 << 16 | 100, 0, atom("XdndActionCopy"))
    event, until = Event(), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not x.XPending(display):
            time.sleep(0.01)
            continue
        x.XNextEvent(display, ctypes.byref(event))
        kind = event[0] & 0xFFFFFFFF
        if kind == CLIENT_MESSAGE and event[5] == atom("XdndStatus"):
            if not event[8] & 1:
                return "the window refuses it"
            send(proxy, "XdndDrop", window, 0, 0, 0, 0)
        elif kind == CLIENT_MESSAGE and event[5] == atom("XdndFinished"):
            return "" if event[8] & 1 else "the window could not read it"
        elif kind == SELECTION_REQUEST:  # 5 requestor, 6 selection, 7 target, 8 property
            words = f"{file.absolute().as_uri()}\r\n".encode()
            x.XChangeProperty(display, ctypes.c_ulong(event[5]), ctypes.c_ulong(event[8]), ctypes.c_ulong(event[7]), 8,
                              0, words, len(words))  # fmt: skip
            answer = Event(SELECTION_NOTIFY, 0, 0, 0, event[5], event[6], event[7], event[8], event[9])
            x.XSendEvent(display, ctypes.c_ulong(event[5]), 0, Long(0), ctypes.byref(answer))
            x.XFlush(display)
    return "the window never answered"


def _property(x: ctypes.CDLL, display: ctypes.c_void_p, window: int, name: int) -> int:
    """A property of one long; 0 where it is missing."""
    kind, form, count, left = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
    data = ctypes.POINTER(Long)()
    x.XGetWindowProperty(
        display, ctypes.c_ulong(window), ctypes.c_ulong(name), Long(0), Long(1), 0, ctypes.c_ulong(0),
        *(ctypes.byref(each) for each in (kind, form, count, left, data)),
    )  # fmt: skip
    return int(data[0]) if count.value else 0


if __name__ == "__main__":
    trouble = drop(int(sys.argv[1]), Path(sys.argv[2]))
    print(trouble)
    sys.exit(bool(trouble))
