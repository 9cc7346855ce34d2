"""Joints by how the skeleton hangs together, where names say nothing."""

from dataclasses import replace

import numpy as np
import pytest

from game.sim import rotation
from game.sim.motion import MotionClip
from tests.support.foreign_rigs import BODIES, MODEL, Y_UP, rig
from tools.clip_clinic.edit import cut
from tools.import_motion.mapping import ROLES, check, find
from tools.import_motion.source import SourceMotion
from tools.import_motion.structure import guess_by_structure

OURS = {
    "pelvis": "pelvis", "chest": "torso", "hip": "thigh", "knee": "shin", "ankle": "foot", "shoulder": "upper_arm",
    "elbow": "forearm", "wrist": "hand",
}  # fmt: skip


def motion(name: str, names: tuple[str, ...], turn: np.ndarray = Y_UP) -> SourceMotion:
    r = rig(cut(MotionClip.load(name), 0.0, 1.0), "nonsense", turn=turn)
    return SourceMotion("a", r.fps, names, MODEL.body_parent, r.rest_pos, r.rest_rot, r.pos, r.rot)


def expected(names: tuple[str, ...]) -> dict[str, str]:
    result = {}
    for role in ROLES:
        side, _, limb = role.rpartition("_")
        if (body := OURS.get(limb)) is not None:
            result[role] = names[BODIES.index(f"{side}_{body}" if side else body)]
    return result


@pytest.mark.parametrize("name", ["walk", "backflip", "crawl", "getup_faceup"])
def test_whatever_the_names_and_however_he_moves(name: str) -> None:
    """Also which leg is the left one, from the way the knees bend."""
    names = tuple(f"骨{k}" for k in range(len(BODIES)))
    source = motion(name, names, rotation.normalize(np.array([0.3, -0.2, 0.7, 0.4])))
    found = guess_by_structure(source)
    check(source, found)
    assert {role: joint for role, joint in found.items() if role != "head"} == expected(names)
    assert found["head"] == names[BODIES.index("head")]


def test_it_is_asked_only_where_names_fail() -> None:
    limbs = {"thigh": "足", "shin": "ひざ", "foot": "足首", "upper_arm": "腕", "forearm": "ひじ", "hand": "手首"}
    japanese = {"pelvis": "センター", "torso": "上半身", "head": "頭"} | {
        f"{side}_{body}": f"{word}{limb}"
        for side, word in (("right", "右"), ("left", "左"))
        for body, limb in limbs.items()
    }
    source = motion("walk", tuple(japanese[body] for body in BODIES))
    roles, said = find(source)
    assert "by how they hang together" in said
    assert roles["left_knee"] == japanese["left_shin"]
    roles, said = find(replace(source, joints=tuple(f"{body}" for body in BODIES)))
    assert "hang together" not in said
    assert roles["left_knee"] == "left_shin"


def test_a_hand_or_a_tree_is_no_body() -> None:
    chain = np.arange(6.0)[:, None] * [0.0, 0.1, 0.0]
    still = np.tile(rotation.IDENTITY, (6, 1))
    source = SourceMotion(
        "a", 30.0, tuple("abcdef"), np.arange(6) - 1, chain, still, np.stack([chain, chain]), np.stack([still, still])
    )  # fmt: skip
    assert guess_by_structure(source) == {}
