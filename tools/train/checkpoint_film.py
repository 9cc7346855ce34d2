"""Film: a few seconds of a checkpoint's policy, from phase 0, and again after each fall, with a caption.

python -m tools.train.checkpoint_film runs/backflip/best.pt now.mp4
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

# before numpy and Mesa load their thread pools: the cores are the ranks'
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "LP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import tyro  # noqa: E402

from game.camera.rigs import camera  # noqa: E402
from game.play.events import Event, Play  # noqa: E402
from game.play.runtime import Runtime  # noqa: E402
from game.policy.library import PolicyLibrary  # noqa: E402
from game.scene.set_file import load_set  # noqa: E402
from game.session.attempts import Attempts  # noqa: E402
from game.session.referee import judge  # noqa: E402
from game.sim.model import CharacterModel  # noqa: E402
from game.view.film import FilmWriter  # noqa: E402
from game.view.quality import quality  # noqa: E402
from tools.footage.caption import Caption  # noqa: E402
from tools.footage.frames import FilmFrame  # noqa: E402
from tools.footage.studio import Picture, Studio, StudioError  # noqa: E402
from tools.train import checkpoint, policy_export  # noqa: E402
from tools.train.films import NO_GRAPHICS, POLICY_FOLDER  # noqa: E402
from tools.train.subject import body_of_checkpoint  # noqa: E402

NAME = "now"
SIZE = (480, 270)
TIER, SET, CAMERA = "lite", "park", "side"
CRF, PRESET = 24, "veryfast"


def film(source: Path, target: Path, seconds: float = 6.0) -> int:
    """Export a checkpoint, run it in the game and film that; a picture a tick. Returns how many pictures.

    The set is scenery alone: floor and friction are those of training.

    Raises:
        CheckpointError, PolicyError, StudioError, FilmError, OSError.
    """
    content, count = checkpoint.load(source), 0
    model = body_of_checkpoint(content)
    hz = model.control_hz
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        Studio(load_set(SET), SIZE, quality(TIER), figure=model.figure, model=model) as studio,
        FilmWriter(target, SIZE, hz, crf=CRF, preset=PRESET) as writer,
    ):
        for picture in pictures(studio, source, target.parent, seconds, lambda attempt: words(content, attempt)):
            writer.write(picture)
            count += 1
    return count


def pictures(
    studio: Studio, source: Path, scratch: Path, seconds: float, caption_of: Callable[[int], str]
) -> Iterator[Picture]:
    """Pictures, one a tick, of what a checkpoint's policy does from phase 0, and again after each fall.

    Args:
        scratch: a folder in which a folder for the exported policy is made.
        caption_of: the caption of an attempt, counted from 1.

    Raises:
        CheckpointError, PolicyError, OSError.
    """
    model, spec = CharacterModel.load(body_of_checkpoint(checkpoint.load(source)).name), studio.spec
    with tempfile.TemporaryDirectory(prefix=POLICY_FOLDER, dir=scratch) as folder:
        policy_export.export_checkpoint(source, Path(folder) / f"{NAME}.onnx", name=NAME)
        library = PolicyLibrary(model, [Path(folder)])
        runtime, attempts = Runtime(library), Attempts()
        look, caption = camera(CAMERA, spec), Caption(studio.size)
        silence = np.zeros((0, 2), np.float32)
        events: list[Event] = [Play(NAME, place=True)]
        try:
            for _ in range(round(seconds * model.control_hz)):
                snapshot = runtime.tick(events, strict=True)
                dt = 1.0 / model.control_hz if snapshot.tick > 1 else 0.0
                picture = studio.draw(FilmFrame(snapshot, {}, look.update(snapshot, dt), dt, silence))
                yield caption.burn(picture, caption_of(attempts.number))
                _, resets = judge(attempts, runtime, events)
                events = list(resets)
                if resets:  # a cut: the camera does not swing up after him
                    look = camera(CAMERA, spec)
        finally:
            runtime.close()
            library.close()


def words(content: dict[str, Any], attempt: int) -> str:
    """The caption: which attempt it is, those of training counted, and after how much training."""
    facts = content.get("counters", content)  # a run's checkpoint.pt keeps them there
    number = facts.get("episodes", 0) + attempt
    return (
        f"{content['clip']['name']}, attempt {number:,}\n"
        f"{facts['seconds'] / 60.0:.1f} min of training, {facts['samples']:,} samples"
    )


def main(
    source: Annotated[Path, tyro.conf.Positional], target: Annotated[Path, tyro.conf.Positional], seconds: float = 6.0
) -> int:
    """Film a checkpoint of tools.train.

    Args:
        source: best.pt, ages/NN.pt or the like.
        target: the .mp4 to write.
        seconds: length of the film.
    """
    torch.set_num_threads(1)
    try:
        count = film(source, target, seconds)
    except StudioError as error:
        print(error, file=sys.stderr)
        return NO_GRAPHICS
    print(f"{target}: {count} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main, description=__doc__))
