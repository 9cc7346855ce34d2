"""python -m tools.clip_clinic CLIP ...: finds what is physically wrong with clips; --fix mends what can be mended.

`--cut` takes a part of a clip, `--loop` finds the part that repeats, such as one cycle of a captured run, and `--begin`
lets a loop begin at another moment.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from tyro.constructors import PrimitiveConstructorSpec

from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.balance import lean
from tools.clip_clinic.checks import examine
from tools.clip_clinic.edit import cut, with_beginning
from tools.clip_clinic.fixes import mend
from tools.clip_clinic.loops import SHORTEST, looped
from tools.clip_clinic.text_report import markdown, table
from tools.command_line import Clips, parse

LoopLength = Annotated[
    float,
    PrimitiveConstructorSpec(
        nargs=(0, 1),
        metavar="[S]",
        instance_from_str=lambda arguments: float(arguments[0]) if arguments else SHORTEST,
        is_instance=lambda value: isinstance(value, float),
        str_from_instance=lambda value: [str(value)],
    ),
]
"""s; SHORTEST if the flag has no number"""


@dataclass(frozen=True)
class ClinicOptions:
    """The command line of tools.clip_clinic."""

    clips: Clips
    """files, or names in models/clips"""
    fix: bool = False
    """mend what can be mended and write the clip to --out"""
    balance: bool = False
    """with --fix: lean the body where it is out of balance"""
    loop: LoopLength | None = None
    """cut out the part, S s or longer, that repeats"""
    cut: tuple[float, float] | None = None
    """cut out the part between two moments, s"""
    begin: float | None = None
    """let a loop begin at this moment, s"""
    out: Path | None = None
    """where the clip goes; a mended one to out/NAME.json by default"""
    plot: Path | None = None
    """write a picture of the clip over time: .png, .svg or .pdf"""
    json: Path | None = None
    """write the report as JSON"""
    markdown: bool = False
    """print the comparison as a Markdown table"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(ClinicOptions, "tools.clip_clinic", __doc__, arguments)
    try:
        edits = options.cut is not None or options.loop is not None or options.begin is not None
        if len(options.clips) > 1 and (options.fix or options.plot or edits):
            raise ClipError(f"--fix, --cut, --loop, --begin and --plot take one clip, found {len(options.clips)}")
        if options.balance and not options.fix:
            raise ClipError("--balance is a part of --fix")
        clips = [MotionClip.load(clip) for clip in options.clips]
        if options.cut:
            clips = [cut(clips[0], *options.cut).placed()]
        if options.loop is not None:
            clips = [_loop(clips[0], options.loop)]
        if options.begin is not None:
            clips = [with_beginning(clips[0], options.begin)]
        if edits and options.out and not options.fix:
            _save(clips[0], options.out)
        reports = [examine(clip) for clip in clips]
        print(markdown(reports) if options.markdown else table(reports))
        mended = _fix(clips[0], options.out, options.balance) if options.fix else None
        if options.json:
            options.json.write_text(json.dumps([r.as_dict() for r in reports], indent=1) + "\n", "utf-8")
        if options.plot:
            from tools.clip_clinic import plot  # matplotlib takes a second to load

            plot.save(options.plot, mended or clips[0], clips[0] if mended else None)
            print(options.plot)
    except (ClipError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _loop(clip: MotionClip, shortest: float) -> MotionClip:
    """Cut out the loop, and print where it was."""
    part, seam = looped(clip, shortest)
    first, last = seam.first / clip.fps, seam.last / clip.fps
    print(f"{clip.name} repeats from {first:.2f} to {last:.2f} s, {np.degrees(seam.gap):.1f} degrees apart there")
    return replace(part, notes={**clip.notes, "loop_of": {"from": round(first, 3), "to": round(last, 3)}})


def _save(clip: MotionClip, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # named like its file: policies store the name of the clip that they were trained on
    replace(clip, name=path.stem).save(path)
    print(path)


def _fix(clip: MotionClip, out: Path | None, balance: bool) -> MotionClip:
    """Mend, print what was done and the values before and after, and save."""
    mended, done = mend(clip)
    if balance:
        mended, leaned = lean(mended)
        # leaning has moved the feet a little
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
