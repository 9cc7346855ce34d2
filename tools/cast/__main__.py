"""python -m tools.cast FILE.glb|.vrm [--name ME]: any rigged humanoid becomes a figure of the game.

Then: python -m game --avatar ME. Bones are known by VRM, by the names of Mixamo, Ready Player Me, Blender's Rigify,
Unreal's mannequin, VRoid and others, or by how they lie.
"""

from __future__ import annotations

import sys

from tools.cast.cast_options import CastOptions
from tools.command_line import parse


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(CastOptions, "tools.cast", __doc__, arguments)
    # reading pictures loads the renderer, which takes a second: --help does without
    from game.sim.motion import ClipError
    from game.view.figure_folder import FigureFolder, figure_name
    from game.view.figure_parts import FigureError
    from tools.cast.casting import cast
    from tools.cast.picture import draw_picture
    from tools.footage.studio import StudioError

    name = figure_name(options.name or options.file.stem)
    folder = options.out or FigureFolder().ready
    out = folder / f"{name}.glb"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        report = cast(options.file, out, name, options.mapping)
    except (FigureError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not options.no_picture:
        try:
            draw_picture(out, out.with_suffix(".png"))
        except FigureError as error:  # what cannot be drawn shall not lie among the figures
            out.unlink(missing_ok=True)
            print(f"error: {error}", file=sys.stderr)
            return 1
        except (StudioError, ClipError, OSError) as error:
            print(f"note: no picture of it: {error}", file=sys.stderr)
    for word, text in report.licence.items():
        print(f"  {word}: {text}")
    if not report.licence:
        print("  its file names no licence: ask whoever made it before you show films of it")
    face = f"a face of {len(report.channels)} morphs" if report.channels else "no face that moves"
    print(
        f"  {report.num_bones} bones (by {report.how}) of {report.num_joints}, {report.num_triangles} triangles, {face}"
    )
    print(f"{out}: python -m game --avatar {name if options.out is None else out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
