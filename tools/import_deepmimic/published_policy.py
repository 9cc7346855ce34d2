"""One of the policies that pybullet's package holds, as a policy file."""

from __future__ import annotations

from pathlib import Path

import pybullet_data

from game.policy.policy import PolicySpec
from game.policy.policy_spec import ClipInfo
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.import_deepmimic import tensor_bundle
from tools.import_deepmimic.graph import INPUTS, OUTPUTS, DeepMimicGraph
from tools.policy_file import write_policy

CLIPS = {"backflip": "backflip", "walk": "walk", "walk_COMenabled": "walk", "jump": "jump", "spinkick": "spinkick"}
"""The published policies and the clips that they imitate."""
PROVENANCE = "Trained by Erwin Coumans with PyBullet's DeepMimic environment, 2019-2020; shipped with pybullet 3.2.7"


def import_policy(name: str, out: Path) -> Path:
    """Write one of CLIPS' policies to OUT/deepmimic_NAME.onnx and return its path.

    Raises:
        TensorBundleError: the checkpoint in pybullet's package cannot be read.
        PolicyError: what it becomes does not fit the contract.
    """
    model, clip = CharacterModel.load(), MotionClip.load(CLIPS[name])
    prefix = Path(pybullet_data.getDataPath()) / "data" / "policies" / "humanoid3d" / f"humanoid3d_{name}.ckpt"
    graph = DeepMimicGraph(tensor_bundle.load(prefix), model, clip)
    title = f"deepmimic_{name.lower().removesuffix('enabled')}"
    spec = PolicySpec.for_model(
        model,
        title,
        clip.name,
        ClipInfo(clip.name, clip.duration, clip.loop),
        anchor="cycle",
        provenance=PROVENANCE,
        licence="zlib (Bullet Physics)",
    )
    path = out / f"{title}.onnx"
    write_policy(graph, INPUTS, OUTPUTS, spec, path)
    return path
