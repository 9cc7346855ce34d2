"""Stage 10, the game's list: the policies are copied to where the game looks for them, each whole or not at all."""

from __future__ import annotations

import shutil

from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.scene.paths import user_policies_dir
from game.scene.whole_file import written_whole
from game.sim.model import CharacterModel
from tools.learn.journal import Result
from tools.learn.task import Task


def list_policies(task: Task) -> Result:
    """Copy them, and look with the game's own eyes whether it would play them.

    Raises:
        PolicyError: the game refuses one.
        OSError: the folder cannot be written.
    """
    folder = task.options.publish or user_policies_dir()
    names = []
    for file in sorted(task.policies.glob(f"{task.name}*.onnx")):
        with written_whole(folder / file.name) as whole:
            shutil.copyfile(file, whole)
        names.append(file.stem)
    library = PolicyLibrary(CharacterModel.load(task.options.character), [folder])
    try:
        for name in names:
            library.get(name)
    finally:
        library.close()
    if task.name not in names:
        raise PolicyError(f"{task.policies}: {task.policy.name} is not there; remove {task.folder} to begin again")
    return {"said": f"{task.name} is in {folder}", "folder": str(folder), "policies": names}
