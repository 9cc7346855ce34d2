"""python -m game, or the command pratfall: the window, or the same game without one."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from game import __version__

NO_WINDOW = 3
"""exit status where no window can be opened; `make play` films instead"""
WITHOUT_WINDOW = "Without a window: python -m game --headless --record out/film.mp4"
DEFAULT_SET = "living_room"


def main(arguments: list[str] | None = None) -> int:
    """Runs the game; returns the exit status."""
    options = parser().parse_args(arguments)
    # Imported here: a run without a window loads nothing that draws.
    if options.headless:
        from game.app.headless import main as run

        return run(options)
    return _window(options)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="pratfall",
        usage="%(prog)s [-h] [OPTIONS]",
        description="A physics playground for an avatar that has learned to move.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    top.add_argument(
        "--policy",
        metavar="NAME",
        help="a policy or a skill to begin with (default: with a window performer if there is one, else backflip)",
    )
    top.add_argument(
        "--policies", metavar="DIR", type=Path, action="append", default=[],
        help="a further folder of policies; files that come or change there are loaded at once",
    )  # fmt: skip
    top.add_argument(
        "--set",
        metavar="NAME",
        help=f"where: a set of models/sets, a JSON file or none (default: {DEFAULT_SET} with a window, else none)",
    )
    top.add_argument(
        "--time-of-day", metavar="NAME",
        help="its light: day (default), or one of the set's other times, such as evening or night",
    )  # fmt: skip
    top.add_argument("--seed", type=int, default=0, help="of all that is random (default: 0)")
    top.add_argument(
        "--avatar", metavar="NAME", default="own",
        help="what he is drawn as, in the window and in films: own (default), or a figure made by python -m tools.cast",
    )  # fmt: skip
    top.add_argument(
        "--character", metavar="NAME", default="humanoid",
        help="whose body: humanoid (default), or one made by python -m tools.build_avatar --physical; "
        "it plays the policies that were trained for it",
    )  # fmt: skip
    window = top.add_argument_group("with a window")
    window.add_argument("--keys", metavar="FILE", type=Path, help="keys.json, see README.md")
    window.add_argument(
        "--quality", choices=("lite", "std", "film"), help="of the picture (default: by the first frames)"
    )
    window.add_argument(
        "--camera-port", metavar="PORT", type=int,
        help="let a phone or a VR tracker be the camera, over OSC; its way is recorded as marks, see docs/cameras.md",
    )  # fmt: skip
    window.add_argument("--out", metavar="DIR", type=Path, default=Path("out"), help="of films, takes and pictures")
    without = top.add_argument_group("without a window (the last line printed is a JSON object)")
    without.add_argument("--headless", action="store_true", help="run without a window, as fast as possible")
    without.add_argument(
        "--seconds", metavar="N", type=float, help="how long (default: 10; a take's, a script's own length)"
    )
    without.add_argument("--events", metavar="FILE", type=Path, help="JSON list of events with their ticks")
    without.add_argument("--script", metavar="FILE", type=Path, help="play a script to its end, see docs/scripts.md")
    without.add_argument("--take", metavar="FILE", type=Path, help="run a take again and verify it")
    without.add_argument("--save-take", metavar="FILE", type=Path, help="save the run as a take")
    without.add_argument(
        "--after-fall", choices=("get_up", "retry", "stay"),
        help="whether he gets up by himself after a fall (default with a script), is put back for the next attempt, "
        "or stays (default)",
    )  # fmt: skip
    without.add_argument("--record", metavar="FILE.mp4", type=Path, help="film it")
    return top


def _window(options: argparse.Namespace) -> int:
    from game.view.system_libraries import window_trouble

    # Asked first: what is imported below ends in an ImportError where one of them is missing.
    trouble = window_trouble()
    if trouble:
        print(f"{trouble}\n{WITHOUT_WINDOW}", file=sys.stderr)
        return NO_WINDOW
    from game.app.termination import exit_on_sigterm
    from game.app.window import GameWindow
    from game.input.bindings import ActionError, load_actions
    from game.input.phone_camera import PhoneCamera, PhoneCameraError
    from game.play.runtime import Runtime
    from game.policy.library import PolicyLibrary
    from game.policy.policy import PolicyError
    from game.scene.json_fields import SetError
    from game.scene.paths import all_policies_dirs
    from game.scene.set_file import load_set
    from game.session.opening import BARE, NO_SET
    from game.session.session import Session
    from game.sim.model import CharacterModel, ModelError
    from game.view.pick_pipe import OutputError

    def begin() -> Session:
        spec = BARE if options.set == NO_SET else load_set(options.set or DEFAULT_SET)
        spec = spec.at_time(options.time_of_day) if options.time_of_day else spec
        library = PolicyLibrary(CharacterModel.load(options.character), all_policies_dirs(options.policies))
        return Session(Runtime(library, seed=options.seed), options.policy, spec)

    exit_on_sigterm()
    try:
        phone = None if options.camera_port is None else PhoneCamera(options.camera_port)
    except PhoneCameraError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        app = GameWindow(begin, partial(load_actions, options.keys), options.out, options.quality, options.avatar)
    except OutputError as error:
        print(f"{error}\n{WITHOUT_WINDOW}", file=sys.stderr)
        return NO_WINDOW
    except (ActionError, ModelError, PolicyError, SetError) as error:
        print(error, file=sys.stderr)
        return 1
    if phone is not None:
        app.game.camera_rig.phone = lambda: phone.pose
        app.game.say(f"a phone may be the camera now: OSC to port {phone.port}, /camera/position, /camera/rotation")
    try:
        app.run()
    finally:
        app.finish()
        if phone is not None:
            phone.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
