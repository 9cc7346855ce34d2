"""Which bones of a file the physical body moves: by VRM, by their names, by how they lie, or as a mapping says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_file import GltfFile
from game.scene.json_text import JsonError, read_object
from game.sim import rotation
from game.sim.motion import ClipError
from game.sim.roles import SIDES
from game.view.figure_parts import BonePart, FigureError
from tools.cast import vrm
from tools.cast.rig import Rig
from tools.import_motion.mapping import ROLES, guess
from tools.import_motion.source import SourceMotion, listed
from tools.import_motion.structure import guess_by_structure

Array = NDArray[np.float64]

EXTRA = (*(f"{side}_{part}" for side in SIDES for part in (BonePart.CLAVICLE, BonePart.EYE)), BonePart.JAW.value)
"""roles beside those of tools.import_motion"""
_NEEDED = ("pelvis", "head", *(f"{s}_{limb}" for s in SIDES for limb in ("hip", "knee", "ankle", "shoulder", "elbow")))
_VRM = {"hips": "pelvis", "neck": "neck", "head": "head", "jaw": "jaw"} | {
    f"{side}{bone}": f"{side}_{role}"
    for side in SIDES
    for bone, role in (("UpperLeg", "hip"), ("LowerLeg", "knee"), ("Foot", "ankle"), ("Toes", "toe"),
                       ("UpperArm", "shoulder"), ("LowerArm", "elbow"), ("Hand", "wrist"), ("Eye", "eye"))
}  # fmt: skip
_PARTS = {
    "hip": BonePart.THIGH, "knee": BonePart.SHIN, "ankle": BonePart.FOOT, "toe": BonePart.TOES,
    "shoulder": BonePart.UPPER_ARM, "elbow": BonePart.FOREARM, "wrist": BonePart.HAND, "eye": BonePart.EYE,
}  # fmt: skip


@dataclass(frozen=True)
class DrivenBone:
    """A node that the physical body, or the face, moves."""

    part: BonePart
    side: str
    node: int
    parent: int
    """index among the driven bones, -1 for the pelvis"""


@dataclass(frozen=True)
class FoundBones:
    """The bones of a rig, parents first, and how they were found."""

    bones: tuple[DrivenBone, ...]
    how: str

    def node(self, part: BonePart, side: str = "") -> int | None:
        """The node of a part; None where the rig lacks it."""
        return next((b.node for b in self.bones if (b.part, b.side) == (part, side)), None)


def find_bones(file: GltfFile, rig: Rig, mapping: Path | None = None) -> FoundBones:
    """The bones of a humanoid. Raises FigureError naming what is missing, GltfError for a broken VRM."""
    joints = rig.joints.tolist() or list(rig.order)
    # what hangs above the joints may be named, too: some programs bind no vertex to the hips
    tree = [n for n in rig.order if n in {a for j in joints for a in (j, *rig.ancestors(j))}]
    given = _given(mapping, rig)
    said = {_VRM[name]: node for name, node in vrm.human_bones(file).items() if name in _VRM}
    how = "the mapping" if given else "VRM" if said else "their names"
    roles = _guessed(rig, tree, said | {r: n for r, n in given.items() if r in ROLES}) | given
    chest = _vrm_chest(file)
    if chest is not None and "chest" not in given:
        roles["chest"] = chest
    if any(role not in roles for role in _NEEDED if role != "head"):
        motion = _motion(rig, [n for n in tree if n in joints])
        if structured := guess_by_structure(motion):
            roles = {role: rig.names.index(name) for role, name in structured.items()} | given
            how = "how they hang together"
    elif "pelvis" not in said and "pelvis" not in given:
        roles["pelvis"] = _hips(rig, roles)
    if "head" not in roles:
        roles |= {r: n for r, n in _head_and_neck(rig, roles).items() if n not in roles.values()}
    _check(file, rig, roles, tree)
    roles |= _eyes_and_jaw(rig, tree, roles)
    return FoundBones(_driven(rig, roles), how)


def _given(mapping: Path | None, rig: Rig) -> dict[str, int]:
    """Role -> node of a mapping file."""
    if mapping is None:
        return {}
    try:
        pairs = read_object(mapping)
    except (JsonError, OSError) as error:
        raise FigureError(f"not a mapping file: {error}") from error
    for role, name in pairs.items():
        if role not in (*ROLES, *EXTRA):
            raise FigureError(f"{mapping.name}: {role!r} is no role; there are {', '.join((*ROLES, *EXTRA))}")
        if name not in rig.names:
            raise FigureError(f"{mapping.name}: no bone is called {str(name)[:40]!r}; there are {listed(rig.names)}")
    return {role: rig.names.index(str(name)) for role, name in pairs.items()}


def _guessed(rig: Rig, tree: list[int], known: dict[str, int]) -> dict[str, int]:
    """What the names tell, and what is known."""
    motion = replace(_motion(rig, tree), roles={r: rig.names[n] for r, n in known.items() if r in ROLES})
    try:
        found = guess(motion)
    except ClipError:
        return dict(known)
    return {role: rig.names.index(name) for role, name in found.items()} | known


def _motion(rig: Rig, tree: list[int]) -> SourceMotion:
    """Some nodes of a rig, parents first, as a motion of one frame."""
    at = {node: k for k, node in enumerate(tree)}
    parents = np.array([at.get(int(rig.parents[n]), -1) for n in tree], np.int64)
    pos = np.array([rig.rest[n, :3, 3] for n in tree]).reshape(-1, 3)
    rot = np.broadcast_to(rotation.IDENTITY, (len(tree), 4))
    return SourceMotion("figure", 30.0, tuple(rig.names[n] for n in tree), parents, pos, rot, pos[None], rot[None])


def _head_and_neck(rig: Rig, roles: dict[str, int]) -> dict[str, int]:
    """The way up from the chest that leads to no arm: its end is the head, what comes before it the neck."""
    chest = roles.get("chest", roles.get("pelvis"))
    if chest is None:
        return {}
    arms = {n for s in SIDES for r in ("shoulder", "hip") if f"{s}_{r}" in roles
            for n in (roles[f"{s}_{r}"], *rig.ancestors(roles[f"{s}_{r}"]))}  # fmt: skip
    up = rig.rest[:, :3, 3] @ np.array([0.0, 1.0, 0.0])
    ways = [c for c in rig.children(chest) if c not in arms and up[c] > up[chest]]
    if not ways:
        return {}
    chain = [max(ways, key=lambda c: max(up[n] for n in (c, *_below(rig, c))))]
    while len(below := rig.children(chain[-1])) == 1:
        chain += below
    if len(chain) > 1 and not rig.children(chain[-1]):
        chain.pop()  # an end of the head, with nothing on it
    return {"head": chain[-1]} | ({"neck": chain[0]} if len(chain) > 1 else {})


def _below(rig: Rig, node: int) -> list[int]:
    found = rig.children(node)
    for each in found:
        found += rig.children(each)
    return found


def _hips(rig: Rig, roles: dict[str, int]) -> int:
    """What carries both legs, where what is called the pelvis, such as a root on the floor, lies above that."""
    left = rig.ancestors(roles["left_hip"])
    shared = next((n for n in rig.ancestors(roles["right_hip"]) if n in left), -1)
    higher = shared >= 0 and roles["pelvis"] in rig.ancestors(shared)
    return shared if higher and shared not in roles.values() else roles["pelvis"]


def _vrm_chest(file: GltfFile) -> int | None:
    bones = vrm.human_bones(file)
    return next((bones[n] for n in ("upperChest", "chest", "spine") if n in bones), None)


def _check(file: GltfFile, rig: Rig, roles: dict[str, int], tree: list[int]) -> None:
    names = listed(tuple(rig.names[n] for n in tree)) or "none"
    if missing := [role for role in _NEEDED if role not in roles]:
        raise FigureError(
            f"{file.path.name}: no humanoid: no bone was found for {', '.join(missing)}; name them in a file given as "
            f'--mapping, {{"{missing[0]}": "..."}}. Bones are {names}'
        )
    nodes = list(roles.values())
    for role, node in roles.items():
        if nodes.count(node) > 1:
            others = ", ".join(r for r, n in roles.items() if n == node and r != role)
            raise FigureError(
                f"{file.path.name}: {rig.names[node]!r} stands for {role} and for {others}; name them by --mapping"
            )
    place = rig.rest[:, :3, 3]
    height = float(np.ptp(place[list(roles.values())], axis=0).max())
    for side in SIDES:
        for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow")):
            a, b = roles[f"{side}_{upper}"], roles[f"{side}_{lower}"]
            if np.linalg.norm(place[a] - place[b]) < 0.01 * height:
                raise FigureError(f"{file.path.name}: {rig.names[a]!r} and {rig.names[b]!r} lie at the same place")


def _eyes_and_jaw(rig: Rig, tree: list[int], roles: dict[str, int]) -> dict[str, int]:
    """By name, below the head."""
    found: dict[str, int] = {}
    for node in tree:
        if roles["head"] not in rig.ancestors(node) or node in roles.values():
            continue
        bare = re.sub(r"[^a-z]", "", re.split(r"[:|]", rig.names[node])[-1].lower())
        for side in SIDES:
            letters = (f"{side}eye", f"eye{side}", f"{side[0]}eye", f"eye{side[0]}", f"jadjfaceeye{side[0]}")
            if bare in letters or re.fullmatch(
                rf"(j_?adj_{side[0]}_faceeye|def-?eye\.{side[0]})", rig.names[node].lower()
            ):
                found.setdefault(f"{side}_{BonePart.EYE}", node)
        if bare in ("jaw", "defjaw", "jawroot", "mixamorigjaw"):
            found.setdefault(BonePart.JAW.value, node)
    return {role: node for role, node in found.items() if role not in roles}


def _driven(rig: Rig, roles: dict[str, int]) -> tuple[DrivenBone, ...]:
    bones = [DrivenBone(BonePart.PELVIS, "", roles["pelvis"], -1)]
    taken = set(roles.values())

    def add(part: BonePart, side: str, node: int, parent: int) -> int:
        bones.append(DrivenBone(part, side, node, parent))
        return len(bones) - 1

    top = 0
    chest = roles.get("chest", roles["pelvis"])
    if chest != roles["pelvis"]:
        for node in _between(rig, roles["pelvis"], chest, taken):
            top = add(BonePart.SPINE, "", node, top)
        top = add(BonePart.TORSO, "", chest, top)
    neck = top
    for node in _between(rig, chest, roles["head"], taken - {roles.get("neck", -1)}):
        neck = add(BonePart.NECK, "", node, neck)
    head = add(BonePart.HEAD, "", roles["head"], neck)
    for side in SIDES:
        above = top
        between = _between(
            rig, chest, roles[f"{side}_shoulder"], taken - {roles.get(f"{side}_{BonePart.CLAVICLE}", -1)}
        )
        if between:
            above = add(BonePart.CLAVICLE, side, between[-1], above)
        for limb in ("shoulder", "elbow", "wrist"):
            if f"{side}_{limb}" in roles:
                above = add(_PARTS[limb], side, roles[f"{side}_{limb}"], above)
        above = 0
        for limb in ("hip", "knee", "ankle", "toe"):
            if f"{side}_{limb}" in roles:
                above = add(_PARTS[limb], side, roles[f"{side}_{limb}"], above)
        if (eye := roles.get(f"{side}_{BonePart.EYE}")) is not None:
            add(BonePart.EYE, side, eye, head)
    if BonePart.JAW.value in roles:
        add(BonePart.JAW, "", roles[BonePart.JAW.value], head)
    return tuple(bones)


def _between(rig: Rig, top: int, node: int, taken: set[int]) -> list[int]:
    """The nodes between two on the way down, without those that are something else; none where it is no way down."""
    above = rig.ancestors(node)
    if top not in above:
        return []
    return [n for n in reversed(above[: above.index(top)]) if n not in taken]
