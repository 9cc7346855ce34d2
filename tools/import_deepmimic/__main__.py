"""Import PyBullet's trained DeepMimic policies: `python -m tools.import_deepmimic [NAME ...] [--out policies]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pybullet_data

from game.policy.policy import PolicyError, PolicySpec
from game.policy.policy_spec import ClipInfo
from game.scene.paths import policies_dir
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.import_deepmimic import tensor_bundle
from tools.import_deepmimic.graph import INPUTS, OUTPUTS, DeepMimicGraph
from tools.policy_file import write_policy

CLIPS = {"backflip": "backflip", "walk": "walk", "walk_COMenabled": "walk", "jump": "jump", "spinkick": "spinkick"}
PROVENANCE = "Trained by Erwin Coumans with PyBullet's DeepMimic environment, 2019-2020; shipped with pybullet 3.2.7"


def import_policy(name: str, out: Path) -> Path:
    """Write one of the published policies to OUT/deepmimic_NAME.onnx and return its path."""
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


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tools.import_deepmimic", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*CLIPS, []], help=f"of {', '.join(CLIPS)}; all by default")
    parser.add_argument("--out", type=Path, default=policies_dir(), help="folder to write to")
    options = parser.parse_args(argv)
    for name in options.names or CLIPS:
        try:
            print(import_policy(name, options.out))
        except (tensor_bundle.TensorBundleError, PolicyError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
