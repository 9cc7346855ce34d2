"""python -m tools.capture VIDEO: from a video of a person to a motion clip, with a report of how good it is."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tools.capture import CaptureError, download
from tools.capture.capture_options import CaptureOptions, check_options, check_place
from tools.command_line import parse

FAILED, INTERRUPTED = 1, 130


def main(arguments: list[str] | None = None) -> int:
    """Returns 0; 1 after one line on what is wrong; 2 when the capture is too bad to be used; 130 after Ctrl-C."""
    options = parse(CaptureOptions, "tools.capture", __doc__, arguments)
    # OpenCV takes a moment to load: --help does without
    from tools.capture.video import open_section

    try:
        with tempfile.TemporaryDirectory(prefix="capture-") as scratch:
            check_options(options)
            path = options.video or download.download(options.url or "", Path(scratch) / "download")
            # a wrong file and a wrong place in it are refused before torch is loaded
            section = open_section(path, options.start, options.end, options.turn)
            if options.at is not None:
                check_place(options.at, section.picture_size())
            from tools.capture.run import run

            return run(options, path, Path(scratch))
    except CaptureError as error:
        print(f"capture: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("capture: stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
