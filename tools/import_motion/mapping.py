"""Which joint of a file is which of ours: names as CMU, Mixamo, Rokoko, VRM, SMPL, Blender and others write them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from game.scene.json_text import JsonError, read_object
from game.sim.motion import ClipError
from game.sim.roles import SIDES
from tools.import_motion.source import SourceMotion, listed
from tools.import_motion.structure import guess_by_structure

CENTRE = ("pelvis", "chest", "neck", "head")
LIMBS = ("hip", "knee", "ankle", "toe", "shoulder", "elbow", "wrist")
ROLES = (*CENTRE, *(f"{side}_{limb}" for side in SIDES for limb in LIMBS))
"""Joints, named by where they sit: right_hip carries the right thigh. chest carries the shoulders."""
OPTIONAL = ("neck", "head", "right_toe", "left_toe", "right_wrist", "left_wrist")

# Most telling name first. Names are compared without case, prefix, separators and side.
_NAMES: dict[str, tuple[str, ...]] = {
    "pelvis": ("hips", "pelvis", "hip", "mhips", "lowertorso", "root"),
    "neck": ("neck", "neck1", "neck01", "necklower", "lowerneck"),
    "head": ("head", "skull"),
    "hip": ("upleg", "upperleg", "thigh", "thighbend", "hip", "femur", "legupper", "leg"),
    "knee": ("lowerleg", "lowleg", "shin", "calf", "knee", "tibia", "leglower", "leg"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toes", "toe", "ball", "toe0", "foot", "footend", "toeend", "ankleend"),
    "shoulder": ("upperarm", "uparm", "armupper", "shldr", "shldrbend", "humerus", "arm", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "forearmbend", "armlower", "elbow", "radius"),
    "wrist": ("wrist", "hand", "handend", "forearmend"),
    "chest": ("upperchest", "spine4", "spine3", "spine2", "chest4", "chest3", "chest2", "chest", "spine1", "thorax",
              "torso", "upperspine", "spine03", "spine02", "spine01", "spine", "abdomen"),
}  # fmt: skip


def guess(motion: SourceMotion) -> dict[str, str]:
    """Role -> joint: what the file says, then what the names tell, then what the hierarchy tells."""
    found = {role: joint for role, joint in motion.roles.items() if role in ROLES and joint in motion.joints}
    keys = dict(zip(reversed(motion.joints), reversed([_key(j) for j in motion.joints]), strict=True))
    by_key = {key: joint for joint, key in keys.items()}  # the first of several
    for limb, names in _NAMES.items():
        for role, side in ((limb, ""),) if limb in CENTRE else tuple((f"{s}_{limb}", s) for s in SIDES):
            hits = [by_key[side, n] for n in names if (side, n) in by_key and by_key[side, n] not in found.values()]
            if role not in found and hits:
                found[role] = hits[0]
    for side in SIDES:
        for above, below in pairwise(LIMBS):
            if below != "shoulder":
                _only_child(motion, found, f"{side}_{above}", f"{side}_{below}")
    if "chest" not in motion.roles:
        _shared(motion, found, "chest", "shoulder")
    if "pelvis" not in found:
        _shared(motion, found, "pelvis", "hip")
    _neck_and_head(motion, found)
    return found


def _only_child(motion: SourceMotion, found: dict[str, str], above: str, below: str) -> None:
    """Name a bone that nobody named, where there is no choice."""
    if above not in found or below in found:
        return
    children = [i for i, parent in enumerate(motion.parents) if parent == motion.index(found[above])]
    if len(children) == 1:
        found[below] = motion.joints[children[0]]


def _shared(motion: SourceMotion, found: dict[str, str], role: str, limb: str) -> None:
    """What carries both shoulders is the chest, and both hips the pelvis, whatever it is called.

    A joint that is known as something else is not taken: 3ds Max hangs the arms on the neck.
    """
    if f"right_{limb}" not in found or f"left_{limb}" not in found:
        return
    right, left = (ancestors(motion, motion.index(found[f"{side}_{limb}"])) for side in SIDES)
    shared = next((motion.joints[a] for a in right if a in left), None)
    if shared is not None and shared not in found.values():
        found[role] = shared


def _neck_and_head(motion: SourceMotion, found: dict[str, str]) -> None:
    """Where nothing is called so: the one chain on the chest that leads to no arm."""
    if "head" in found or "chest" not in found:
        return
    shoulders = [motion.index(found[f"{side}_shoulder"]) for side in SIDES if f"{side}_shoulder" in found]
    arms = {joint for shoulder in shoulders for joint in (shoulder, *ancestors(motion, shoulder))}
    chain: list[int] = []
    children = [motion.index(found["chest"])]
    while children:
        children = [i for i, parent in enumerate(motion.parents) if parent == children[0] and i not in arms]
        if len(children) > 1:
            return
        chain += children
    if chain and motion.joints[chain[-1]] not in found.values():
        found["head"] = motion.joints[chain[-1]]
        if len(chain) > 1:
            found.setdefault("neck", motion.joints[chain[0]])


def ancestors(motion: SourceMotion, joint: int) -> list[int]:
    """From the joint's parent up to its root."""
    chain = []
    while (joint := int(motion.parents[joint])) >= 0:
        chain.append(joint)
    return chain


# A letter for the side: alone, before a capital, behind a small letter, or before one of ASF's bones ("lfemur").
_LETTER = (
    r"(?:^|[ _.-])[{0}](?=$|[ _.-])|^[{0}](?=[A-Z])|(?<=[a-z])_?{1}$"
    r"|^{2}(?=(?:hip|knee|ankle|foot|thigh|shin|hand|femur|tibia|humerus|radius|toes|wrist|collar|shoulder|elbow)$)"
)


def _key(joint: str) -> tuple[str, str]:
    """Side and bare name of a joint: "mixamorig:LeftUpLeg" -> ("left", "upleg"); "J_Bip_L_Foot" -> ("left", "foot")."""
    name = re.split(r"[:|]", joint)[-1]
    name = re.sub(r"^(J_Bip_[CLR]_|Bip0*1[ _]|mixamorig\d*_?|DEF[-_]|ORG[-_]|b_|m_avg_)", _keep_side, name)
    side = ""
    for pattern, meant in (
        (r"(?i)left", "left"),
        (r"(?i)right", "right"),
        (_LETTER.format("lL", "L", "l"), "left"),
        (_LETTER.format("rR", "R", "r"), "right"),
    ):
        bare, count = re.subn(pattern, "", name, count=1)
        if count:
            side, name = meant, bare
            break
    return side, re.sub(r"[^a-z0-9]", "", name.lower())


def _keep_side(match: re.Match[str]) -> str:
    side = re.search(r"_([LR])_$", match.group())
    return f"{side.group(1)}_" if side else ""


def find(motion: SourceMotion, path: Path | None = None) -> tuple[dict[str, str], str]:
    """Role -> joint by a mapping file, by names, and else by the skeleton's structure; and what that was, in words.

    Raises:
        ClipError: the file is wrong, a needed role has no joint, or two roles share one.
    """
    roles = load(path, motion) if path else guess(motion)
    said = "joints"
    if not path and any(role not in roles for role in ROLES if role not in OPTIONAL):
        built = guess_by_structure(motion)
        if built:
            roles, said = built, "joints, whose names say little, by how they hang together"
    check(motion, roles)
    return roles, f"{said}: " + ", ".join(f"{role} {joint}" for role, joint in roles.items())


def load(path: Path, motion: SourceMotion) -> dict[str, str]:
    """Read a mapping file, {"right_hip": "joint of the file", ...}; what it leaves out is guessed. Raises ClipError."""
    try:
        given = read_object(path)
    except JsonError as error:
        raise ClipError(f"not a mapping file: {error}") from error
    if not all(isinstance(v, str) for v in given.values()):
        raise ClipError(f'{path.name}: expected an object of "role": "joint"; roles are {", ".join(ROLES)}')
    for role, joint in given.items():
        if role not in ROLES:
            raise ClipError(f"{path.name}: {role!r} is no role; there are {', '.join(ROLES)}")
        motion.index(joint)
    return guess(motion) | given


def check(motion: SourceMotion, roles: dict[str, str]) -> None:
    """Raises ClipError when a needed role has no joint, or two roles share one."""
    missing = [role for role in ROLES if role not in roles and role not in OPTIONAL]
    if missing:
        raise ClipError(
            f"{motion.name}: no joint was found for {', '.join(missing)}; name them in a file given as --mapping, "
            f'{{"{missing[0]}": "..."}}. Joints are {listed(motion.joints)}'
        )
    for side in SIDES:
        for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow")):
            chain = [roles[f"{side}_{joint}"] for joint in limb]
            for above, below in pairwise(chain):
                if motion.index(above) not in ancestors(motion, motion.index(below)):
                    raise ClipError(f"{motion.name}: {below!r} does not hang on {above!r}; name them by --mapping")
    joints = list(roles.values())
    for role, joint in roles.items():
        if joints.count(joint) > 1:
            others = ", ".join(r for r, j in roles.items() if j == joint and r != role)
            raise ClipError(f"{motion.name}: {joint!r} stands for {role} and for {others}; name them by --mapping")
