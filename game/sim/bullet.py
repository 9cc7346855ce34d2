"""PyBullet, quietly: it writes a greeting and warnings to the C streams, where the last line belongs to our JSON."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Send what C code writes to stdout and stderr nowhere until the end."""
    runtime = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    sys.stdout.flush()
    sys.stderr.flush()
    runtime.fflush(None)
    saved, null = (os.dup(1), os.dup(2)), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        yield
    finally:
        runtime.fflush(None)
        for stream, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(null)


with quiet():
    import pybullet as pb

__all__ = ["pb", "quiet"]
