"""Where numba keeps what it has compiled: a folder of its own for every state of the sources.

Numba compiles a function anew when its own file has changed, but not when one has that it calls. After an update half
of the code would be the old one, and takes would play differently from one machine to the next.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

FOLDER, PREFIX = "__pycache__", "numba-"
KEPT_SECONDS = 86_400.0
"""that an older cache stays, as somebody may still be running its code"""


def key(root: Path) -> str:
    """Of all Python files below a folder that numba compiles something of."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        if b"numba" in content:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]


def use(root: Path) -> Path | None:
    """Let numba keep its cache for the sources below a folder, in that folder; ones of before yesterday are deleted.

    Returns where; None if a place was chosen by NUMBA_CACHE_DIR, or nothing can be written there, and numba chooses.
    """
    if "NUMBA_CACHE_DIR" in os.environ:
        return None
    own = root / FOLDER / f"{PREFIX}{key(root)}"
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    for other in own.parent.glob(f"{PREFIX}*"):
        if other != own and time.time() - other.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = str(own)
    if "numba" in sys.modules:
        sys.modules["numba"].config.reload_config()
    return own
