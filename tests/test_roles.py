"""What the humanoid's bodies are for, and what a roles.json may get wrong."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.scene.paths import models_dir
from game.sim import model
from game.sim.model import CharacterModel, ModelError
from game.sim.roles import BodyPart, FallGroup

HUMANOID = CharacterModel.load()
ROLES = HUMANOID.roles


def names(bodies: Any) -> list[str]:
    return [HUMANOID.body_names[b] for b in bodies]


def test_what_networks_and_rewards_count_on_stays_in_order() -> None:
    """Observations and weights of trained policies are laid out by these."""
    assert names(ROLES.end_effectors) == ["right_foot", "left_foot", "right_hand", "left_hand"]
    assert names(ROLES.key_bodies) == [
        "head", "right_shin", "right_foot", "right_hand", "left_shin", "left_foot", "left_hand",
    ]  # fmt: skip
    side = [0.5, 0.3, 0.2, 0.3, 0.2]
    assert ROLES.joint_weights.tolist() == [1.0, 0.5, 0.3, *side, *side]


def test_parts_are_found_by_side() -> None:
    assert HUMANOID.body_names[ROLES.find(BodyPart.SHIN, "left")] == "left_shin"
    assert names(ROLES.all_of(BodyPart.HAND, BodyPart.HEAD)) == ["head", "right_hand", "left_hand"]
    assert (HUMANOID.body_names[ROLES.head], HUMANOID.joint_names[HUMANOID.neck]) == ("head", "neck")
    with pytest.raises(LookupError, match="no body is the shin; there are pelvis, torso, head, right thigh"):
        ROLES.find(BodyPart.SHIN)


def test_sides_are_opposite_and_the_middle_stays() -> None:
    other = ROLES.opposite_body
    np.testing.assert_array_equal(other[other], np.arange(HUMANOID.num_bodies))
    assert names(other[[0, HUMANOID.body("right_hand")]]) == ["pelvis", "left_hand"]
    joints = [HUMANOID.joint_names[j] for j in ROLES.opposite_joint]
    assert joints[:3] == ["chest", "neck", "left_hip"]


def test_every_body_falls_and_shades_and_every_joint_is_drawn() -> None:
    fallen = sorted(b for group in FallGroup for b in ROLES.fall_groups[group])
    assert fallen == [b for b in range(HUMANOID.num_bodies) if b not in HUMANOID.feet]
    assert sorted(ROLES.shading.body.tolist()) == list(range(HUMANOID.num_bodies))
    assert sorted(j for joints in ROLES.limbs.values() for j in joints) == sorted(HUMANOID.joint_names)
    assert sorted(piece.joint for piece in ROLES.figure) == sorted(HUMANOID.joint_names)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(models_dir() / "humanoid", tmp_path / "humanoid", ignore=shutil.ignore_patterns("*.glb"))
    return tmp_path / "humanoid"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"schema": 1', '"schema": 2', "roles.json: 'schema' should be 1, found 2"),
        ('"push_body": "torso"', '"push_body": "tail"', "'push_body' should be one of pelvis, torso.*found 'tail'"),
        ('"end_effectors": ["right_foot"', '"end_effectors": ["paw"', r"'end_effectors\[0\]' .*found 'paw'"),
        ('"end_effectors": [', '"end_effectors": 4, "more": [', "'end_effectors' should be a list of names, found 4"),
        ('"push_body"', '"pushed"', "'push_body' is missing"),
        ('"root_weight"', '"tail": 3, "root_weight"', "there is no field 'tail'; there are bodies"),
        ('"neck": 0.3,', '"neck": -1,', "joint_weights: 'neck' should be at least 0, found -1"),
        ('"part": "head"', '"part": "tail"', "bodies: head: 'part' should be one of pelvis, torso"),
        ('"part": "head"', '"part": "torso"', "torso and head are both the torso"),
        ('"part": "hand", "side": "left"', '"part": "hand"', "right_hand is the right hand, but no body is the left"),
        ('{"joint": "neck", "a": [0.0, 0.074]', '{"joint": "chest", "a": [0.0, 0.074]', "figure has no piece for neck"),
        ('"comment":', '"comment"', r"roles\.json is not JSON, line 3"),
    ],
)
def test_wrong_roles_say_why(folder: Path, old: str, new: str, reason: str) -> None:
    text = (folder / "roles.json").read_text()
    assert old in text
    (folder / "roles.json").write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=reason):
        model.read_model(folder / "humanoid.json")


def test_roles_are_needed_and_outside_the_hash(folder: Path) -> None:
    card = json.loads((folder / "roles.json").read_text())
    card["push_body"] = "pelvis"
    (folder / "roles.json").write_text(json.dumps(card))
    other = model.read_model(folder / "humanoid.json")
    assert (other.roles.push_body, other.sha256) == (0, HUMANOID.sha256)
    (folder / "roles.json").unlink()
    with pytest.raises(ModelError, match=r"humanoid\.json has no roles\.json beside it"):
        model.read_model(folder / "humanoid.json")


ALLOWED = {
    "game/sim/roles.py": "the vocabulary of parts itself",
    "game/play/events.py": "defaults of the events' format, which saved takes rely on",
    "game/view/figure_parts.py": "the vocabulary of parts of figures from elsewhere",
    "tools/build_avatar": "models this very figure: flesh, clothes and weights are shaped around its named links",
    "tools/capture/landmark_skeleton.py": "names of bone groups in reports",
    "tools/cast/bones.py": "names of other programs' rigs, and the roles that a mapping file gives them",
    "tools/import_motion": "names of other programs' rigs, and the roles that a mapping file gives them",
}
"""Where a body or joint of the humanoid may stand as a text, and why."""
FOREIGN_TABLES = {"tools/train/pybullet_env.py": "the joints of PyBullet's own environment"}


def is_allowed(file: str, *allowed: Any) -> bool:
    return any(file == place or file.startswith(f"{place}/") for places in allowed for place in places)


def sources() -> dict[str, ast.AST]:
    root = Path(__file__).resolve().parents[1]
    files = [f for folder in ("game", "tools") for f in sorted((root / folder).rglob("*.py"))]
    return {f.relative_to(root).as_posix(): ast.parse(f.read_text(encoding="utf-8")) for f in files}


def body_words(tree: ast.AST) -> set[str]:
    """Texts of a file, and pieces of f-strings, that name a body or joint of the humanoid, with or without its side."""
    every = {*HUMANOID.body_names, *HUMANOID.joint_names}
    plain = {name.removeprefix("right_").removeprefix("left_") for name in every}
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {t for t in texts if t.strip("_") in every | plain or t in ("right_", "left_")}


def test_the_scan_finds_names() -> None:
    found = body_words(
        ast.parse('a = model.body("right_foot")\nb = f"{side}_shin"\nc = name.startswith("left_")\nd = 1')
    )
    assert found == {"right_foot", "_shin", "left_"}


def test_no_body_of_the_humanoid_is_named_in_code() -> None:
    wrong = {f: body_words(tree) for f, tree in sources().items() if not is_allowed(f, ALLOWED)}
    assert {f: words for f, words in wrong.items() if words} == {}, "ask model.roles; see game/sim/roles.py"


def test_what_is_allowed_is_needed() -> None:
    naming = [f for f, tree in sources().items() if body_words(tree)]
    assert [place for place in ALLOWED if not any(is_allowed(f, (place,)) for f in naming)] == []


def test_no_table_has_a_line_for_each_body_or_joint() -> None:
    """A list as long as there are bodies or joints belongs into roles.json."""
    sizes = (HUMANOID.num_bodies, HUMANOID.num_joints)
    wrong = [
        f"{file}:{node.lineno}"
        for file, tree in sources().items()
        if not is_allowed(file, ALLOWED, FOREIGN_TABLES)
        for node in ast.walk(tree)
        if isinstance(node, ast.List | ast.Tuple)
        and len(node.elts) in sizes
        and all(isinstance(e, ast.Constant) for e in node.elts)
    ]
    assert wrong == []
