"""python -m tools.capture VIDEO: from a video of a person to a motion clip, with a report of how good it is."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tools.capture import CaptureError, download
from tools.capture.video import open_section

FAILED, INTERRUPTED = 1, 130


def main(arguments: list[str] | None = None) -> int:
    """Returns 0; 1 after one line on what is wrong; 2 when the capture is too bad to be used; 130 after Ctrl-C."""
    options = parser().parse_args(arguments)
    try:
        if (options.video is None) == (options.url is None):
            raise CaptureError("give either a video file or --url")
        with tempfile.TemporaryDirectory(prefix="capture-") as scratch:
            path = options.video or download.download(options.url, Path(scratch) / "download")
            open_section(path, options.start, options.end)  # a wrong file is refused before torch is loaded
            from tools.capture.run import run

            return run(options, path, Path(scratch))
    except CaptureError as error:
        print(f"capture: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("capture: stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tools.capture", description=__doc__)
    add = made.add_argument
    add("video", type=Path, nargs="?", help="any file with moving pictures")
    add("--url", help="fetch the video from the web instead (yt-dlp)")
    add("--start", type=float, metavar="S", help="first second that is used")
    add("--end", type=float, metavar="S", help="last second that is used")
    add("--person", type=int, metavar="N", help="which person, counted from the left from 1")
    add("--at", type=float, nargs=2, metavar=("X", "Y"), help="or who is there at first: pixels, or fractions 0..1")
    add("--out", type=Path, metavar="CLIP", help="the clip; by default models/clips/<name of the video>")
    add("--report", type=Path, metavar="FOLDER", help="for report and film; by default out/capture/<name>")
    add("--slow-motion", type=float, metavar="X", help="times slower than life; by default told from gravity in flight")
    add("--fov", type=float, metavar="DEG", help="the camera's horizontal field of view, if known")
    add("--source", help="where the video comes from, noted in the clip; its name or address by default")
    add("--licence", default="unknown", help="the video's, noted in the clip")
    add("--force", action="store_true", help="write the clip and exit with 0 even if the verdict is red")
    add("--no-film", action="store_true", help="do not draw the side-by-side film")
    return made


if __name__ == "__main__":
    sys.exit(main())
