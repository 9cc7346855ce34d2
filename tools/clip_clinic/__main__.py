"""python -m tools.clip_clinic CLIP ...: what is physically wrong with clips; --fix mends what can be mended.

`--cut` takes a part of a clip, `--loop` finds the part that repeats, such as one cycle of a captured run, and `--begin`
lets a loop begin at another moment.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.balance import lean
from tools.clip_clinic.checks import examine
from tools.clip_clinic.edit import begun, cut
from tools.clip_clinic.fixes import mend
from tools.clip_clinic.loops import SHORTEST, looped
from tools.clip_clinic.text_report import markdown, table


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong with the request."""
    parser = argparse.ArgumentParser(prog="python -m tools.clip_clinic", description=__doc__)
    parser.add_argument("clips", nargs="+", metavar="CLIP", help="a clip's file, or its name in models/clips")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended and write the clip to --out")
    parser.add_argument("--balance", action="store_true", help="with --fix: lean him where nothing could bear him up")
    parser.add_argument(
        "--loop", type=float, nargs="?", const=SHORTEST, metavar="S", help="take the part, of S s or more, that repeats"
    )
    parser.add_argument("--cut", type=float, nargs=2, metavar=("START", "END"), help="take the part between, s")
    parser.add_argument("--begin", type=float, metavar="S", help="let a loop begin at this moment")
    parser.add_argument("--out", type=Path, help="where the mended clip goes (default: out/NAME.json)")
    parser.add_argument("--plot", type=Path, help="write a picture of the clip over time: .png, .svg or .pdf")
    parser.add_argument("--json", type=Path, help="write the report as JSON")
    parser.add_argument("--markdown", action="store_true", help="print the comparison as a Markdown table")
    told = parser.parse_args(arguments)
    try:
        edits = told.cut is not None or told.loop is not None or told.begin is not None
        if len(told.clips) > 1 and (told.fix or told.plot or edits):
            raise ClipError(f"--fix, --cut, --loop, --begin and --plot take one clip, found {len(told.clips)}")
        if told.balance and not told.fix:
            raise ClipError("--balance is a part of --fix")
        clips = [MotionClip.load(clip) for clip in told.clips]
        if told.cut:
            clips = [cut(clips[0], *told.cut).placed()]
        if told.loop is not None:
            clips = [_loop(clips[0], told.loop)]
        if told.begin is not None:
            clips = [begun(clips[0], told.begin)]
        if edits and told.out and not told.fix:
            _save(clips[0], told.out)
        reports = [examine(clip) for clip in clips]
        print(markdown(reports) if told.markdown else table(reports))
        mended = _fix(clips[0], told.out, told.balance) if told.fix else None
        if told.json:
            told.json.write_text(json.dumps([r.as_dict() for r in reports], indent=1) + "\n", "utf-8")
        if told.plot:
            from tools.clip_clinic import plot  # matplotlib takes a second to load

            plot.save(told.plot, mended or clips[0], clips[0] if mended else None)
            print(told.plot)
    except (ClipError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _loop(clip: MotionClip, shortest: float) -> MotionClip:
    """Cut the loop and say where."""
    part, seam = looped(clip, shortest)
    first, last = seam.first / clip.fps, seam.last / clip.fps
    print(f"{clip.name} repeats from {first:.2f} to {last:.2f} s, {np.degrees(seam.gap):.1f} degrees apart there")
    return replace(part, notes={**clip.notes, "loop_of": {"from": round(first, 3), "to": round(last, 3)}})


def _save(clip: MotionClip, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # its file's name: policies find the clip that they were trained on by it
    replace(clip, name=path.stem).save(path)
    print(path)


def _fix(clip: MotionClip, out: Path | None, balance: bool) -> MotionClip:
    """Mend, say what was done and show the figures before and after."""
    mended, done = mend(clip)
    if balance:
        mended, leaned = lean(mended)
        # which moved what touches the floor a little
        mended, again = mend(mended)
        done += leaned + again
    before, after = examine(clip), examine(mended)
    print("\n" + "\n".join(done or ("nothing to mend",)))
    print("\nbefore and after, ! amber, # red:")
    for check in after.checks:
        old = {c.name: c for c in before.checks}.get(check.name)
        was = f"{old.value:9.2f}{_mark(old.verdict)}" if old else f"{'-':>9} "
        print(f"  {check.name:<15}{was} {check.value:9.2f}{_mark(check.verdict)} {check.unit}")
    _save(mended, out or Path("out") / f"{clip.name}.json")
    return mended


def _mark(verdict: str) -> str:
    return {"green": " ", "amber": "!", "red": "#"}[verdict]


if __name__ == "__main__":
    sys.exit(main())
