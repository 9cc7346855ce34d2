"""Stage 9, a film of the way there: from the first attempt to the last, with the true count and time in the picture."""

from __future__ import annotations

from pathlib import Path

from game.scene.set_file import load_set
from game.scene.whole_file import written_whole
from game.sim.model import CharacterModel
from game.view.film import FilmError, FilmWriter
from game.view.quality import quality
from tools.footage.studio import Studio, StudioError
from tools.learn.journal import Result
from tools.learn.six_ages import kept, spread
from tools.learn.task import Task
from tools.train import checkpoint
from tools.train.checkpoint_film import CRF, PRESET, SET, TIER, pictures
from tools.train.progress_line import in_words


def film_story(task: Task) -> Result:
    """Film the ages and at last the policy itself; where it cannot be drawn or written, the result says why.

    Raises:
        CheckpointError, PolicyError, OSError.
    """
    best = task.run / "best.pt"
    learned = checkpoint.load(best)["samples"]
    # an age that is the policy itself would be shown twice
    parts = [age.file for age in spread(kept(task), task.effort.ages) if age.samples != learned]
    model, count, size = CharacterModel.load(task.options.character), 0, task.effort.film_size
    hz = model.control_hz
    captions = []
    try:
        with (
            written_whole(task.film) as unfinished,
            Studio(load_set(SET), size, quality(TIER), figure=model.figure, model=model) as studio,
        ):
            # the film's format is read from its name's ending
            part = unfinished.with_name(f"{unfinished.name}.mp4")
            try:
                with FilmWriter(part, size, hz, crf=CRF, preset=PRESET) as writer:
                    for number, file in enumerate([*parts, best]):
                        task.progress.show(number / (len(parts) + 1))
                        story = Story(task, file, last=file == best)
                        captions.append(story.caption(1))
                        for picture in pictures(studio, file, task.folder, task.effort.film_seconds, story.caption):
                            writer.write(picture)
                            count += 1
                        studio.clear()
                part.replace(unfinished)
            finally:
                part.unlink(missing_ok=True)
    except (StudioError, FilmError) as error:
        return {"said": f"none: {error}", "film": None}
    seconds = count / hz
    return {
        "said": f"{task.film}, {seconds:.0f} s",
        "film": task.film.name,
        "pictures": count,
        "seconds": round(seconds, 1),
        "captions": captions,
    }


class Story:
    """What stands in the picture of one part of the film."""

    def __init__(self, task: Task, file: Path, *, last: bool) -> None:
        content = checkpoint.load(file)
        facts = content.get("counters", content)
        self._name, self._episodes = task.name, int(facts["episodes"])
        self._time = f"{in_words(float(facts['seconds']))} of training, {int(facts['samples']):,} samples"
        # a word that only the evaluation may give
        self._landed = last and task.journal["evaluation"]["survival"] >= task.effort.good

    def caption(self, attempt: int) -> str:
        """Two lines: which attempt it is, those of training counted, and after how much time."""
        first = f"{self._name}: attempt {self._episodes + attempt:,}"
        return f"{first}{', landed' if self._landed else ''}\n{self._time}"
