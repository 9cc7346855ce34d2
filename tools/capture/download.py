"""Fetches a video from the web with yt-dlp, bounded in size and time, into one folder only."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.capture import CaptureError

MAX_BYTES = 400 << 20
MAX_SECONDS = 300.0


def download(url: str, folder: Path, *, max_bytes: int = MAX_BYTES, max_seconds: float = MAX_SECONDS) -> Path:
    """Returns the video's file. Raises CaptureError."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise CaptureError(f"{url} is no web address: expected http:// or https://")
    try:
        import yt_dlp  # type: ignore[import-untyped]
    except ImportError as error:
        raise CaptureError("--url needs yt-dlp: pip install --group capture") from error
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + max_seconds

    def watch(progress: dict[str, Any]) -> None:
        if progress.get("downloaded_bytes", 0) > max_bytes:
            raise CaptureError(f"{url} is larger than {max_bytes >> 20} MiB")
        if time.monotonic() > deadline:
            raise CaptureError(f"{url} took longer than {max_seconds:g} s")

    options = {
        "format": "bv*[height<=1080][vcodec!=none]/b[height<=1080]/b",
        "outtmpl": "video.%(ext)s",
        "paths": {"home": str(folder), "temp": str(folder)},
        "max_filesize": max_bytes,
        "noplaylist": True,
        "playlist_items": "1",
        "cachedir": False,
        "socket_timeout": 20,
        "retries": 2,
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Silent(),
        "progress_hooks": [watch],
    }
    try:
        with yt_dlp.YoutubeDL(options) as client:
            client.download([url])
    except yt_dlp.utils.DownloadError as error:
        reason = str(error).removeprefix("ERROR: ").splitlines()[0]
        raise CaptureError(f"{url} cannot be fetched: {reason}") from error
    files = [f for f in folder.iterdir() if f.suffix not in (".part", ".ytdl")]
    if not files:
        raise CaptureError(f"{url} gave no video of at most {max_bytes >> 20} MiB")
    return files[0]


class _Silent:
    """Takes yt-dlp's messages; its errors come as exceptions."""

    def debug(self, _message: str) -> None: ...

    def info(self, _message: str) -> None: ...

    def warning(self, _message: str) -> None: ...

    def error(self, _message: str) -> None: ...
