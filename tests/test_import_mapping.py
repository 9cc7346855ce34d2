"""Which joint is which, in the full hierarchies of the programs that people have."""

from __future__ import annotations

import numpy as np
import pytest

from game.sim import rotation
from game.sim.motion import ClipError
from tools.import_motion.mapping import ROLES, check, guess
from tools.import_motion.source import SourceMotion


def skeleton(tree: str) -> SourceMotion:
    """From "a b c | b d e": chains of joints, each beginning at one that is known."""
    joints: list[str] = []
    parents: list[int] = []
    for chain in tree.split("|"):
        names = chain.split()
        for above, name in zip([None, *names], names, strict=False):
            if name not in joints:
                joints.append(name)
                parents.append(-1 if above is None else joints.index(above))
    zeros, still = np.zeros((len(joints), 3)), np.tile(rotation.IDENTITY, (len(joints), 1))
    return SourceMotion("test", 30.0, tuple(joints), np.array(parents), zeros, still, zeros[None], still[None])


def both_sides(tree: str, right: str, left: str) -> str:
    """A tree with @ for the side, twice."""
    return " | ".join(tree.replace("@", side) for side in (right, left))


CMU = "Hips LowerBack Spine Spine1 Neck Neck1 Head | " + " | ".join(
    f"Hips {s[0]}HipJoint {s}UpLeg {s}Leg {s}Foot {s}ToeBase | Spine1 {s}Shoulder {s}Arm {s}ForeArm {s}Hand "
    f"{s}FingerBase {s}HandIndex1 | {s}Hand {s[0]}Thumb"
    for s in ("Left", "Right")
)
MIXAMO = "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck mixamorig:Head " + both_sides(
    "| mixamorig:Hips mixamorig:@UpLeg mixamorig:@Leg mixamorig:@Foot mixamorig:@ToeBase mixamorig:@Toe_End "
    "| mixamorig:Spine2 mixamorig:@Shoulder mixamorig:@Arm mixamorig:@ForeArm mixamorig:@Hand mixamorig:@HandIndex1 "
    "| mixamorig:@Hand mixamorig:@HandThumb1 mixamorig:@HandThumb2", "Right", "Left")  # fmt: skip
ROKOKO = "Hips Spine Spine2 Spine3 Spine4 Neck Head " + both_sides(
    "| Hips @Thigh @Shin @Foot @Toe @ToeEnd | Spine4 @Shoulder @Arm @ForeArm @Hand @Finger1Metacarpal", "Right", "Left"
)
XSENS = "Hips Chest Chest2 Chest3 Chest4 Neck Head " + both_sides(
    "| Hips @Hip @Knee @Ankle @Toe | Chest4 @Collar @Shoulder @Elbow @Wrist", "Right", "Left"
)
VRM = "Root J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head " + both_sides(
    "| J_Bip_C_Hips J_Bip_@_UpperLeg J_Bip_@_LowerLeg J_Bip_@_Foot J_Bip_@_ToeBase "
    "| J_Bip_C_UpperChest J_Bip_@_Shoulder J_Bip_@_UpperArm J_Bip_@_LowerArm J_Bip_@_Hand J_Bip_@_Index1 "
    "| J_Bip_C_Head J_Adj_@_FaceEye", "R", "L")  # fmt: skip
UNREAL = "root pelvis spine_01 spine_02 spine_03 neck_01 head " + both_sides(
    "| pelvis thigh_@ calf_@ foot_@ ball_@ | calf_@ calf_twist_01_@ | thigh_@ thigh_twist_01_@ "
    "| spine_03 clavicle_@ upperarm_@ lowerarm_@ hand_@ index_01_@ | upperarm_@ upperarm_twist_01_@",
    "r",
    "l",
)
BIPED = "Bip01 Bip01_Pelvis Bip01_Spine Bip01_Spine1 Bip01_Spine2 Bip01_Neck Bip01_Head " + both_sides(
    "| Bip01_Spine Bip01_@_Thigh Bip01_@_Calf Bip01_@_Foot Bip01_@_Toe0 "
    "| Bip01_Neck Bip01_@_Clavicle Bip01_@_UpperArm Bip01_@_Forearm Bip01_@_Hand Bip01_@_Finger0",
    "R",
    "L",
)
RIGIFY = "hips spine chest neck head " + both_sides(
    "| hips thigh.@ shin.@ foot.@ toe.@ | chest shoulder.@ upper_arm.@ forearm.@ hand.@ thumb.01.@", "R", "L"
)
METARIG = "spine spine.001 spine.002 spine.003 spine.004 spine.005 spine.006" + both_sides(
    " | spine pelvis.@ | spine thigh.@ shin.@ foot.@ toe.@ | spine.003 shoulder.@ upper_arm.@ forearm.@ hand.@",
    "R",
    "L",
)
SMPL = "Pelvis Spine1 Spine2 Spine3 Neck Head " + both_sides(
    "| Pelvis @_Hip @_Knee @_Ankle @_Foot | Spine3 @_Collar @_Shoulder @_Elbow @_Wrist @_Hand", "R", "L"
)
DAZ = "hip pelvis abdomenLower abdomenUpper chestLower chestUpper neckLower neckUpper head " + both_sides(
    "| pelvis @ThighBend @ThighTwist @Shin @Foot @Metatarsals @Toe "
    "| chestUpper @Collar @ShldrBend @ShldrTwist @ForearmBend @ForearmTwist @Hand",
    "r",
    "l",
)
ASF = "root lowerback upperback thorax lowerneck upperneck head " + both_sides(
    "| root @hipjoint @femur @tibia @foot @toes | thorax @clavicle @humerus @radius @wrist @hand", "r", "l"
)
GODOT = "Hips Spine Chest UpperChest Neck Head " + both_sides(
    "| Hips @UpperLeg @LowerLeg @Foot @Toes | UpperChest @Shoulder @UpperArm @LowerArm @Hand", "Right", "Left"
)

EXPECTED = {
    "cmu": (CMU, "Hips Spine1 Neck Head", "{}UpLeg {}Leg {}Foot {}ToeBase {}Arm {}ForeArm {}Hand", "Left"),
    "mixamo": (MIXAMO, "mixamorig:Hips mixamorig:Spine2 mixamorig:Neck mixamorig:Head",
               "mixamorig:{0}UpLeg mixamorig:{0}Leg mixamorig:{0}Foot mixamorig:{0}ToeBase mixamorig:{0}Arm "
               "mixamorig:{0}ForeArm mixamorig:{0}Hand", "Left"),
    "rokoko": (ROKOKO, "Hips Spine4 Neck Head", "{}Thigh {}Shin {}Foot {}Toe {}Arm {}ForeArm {}Hand", "Left"),
    "xsens": (XSENS, "Hips Chest4 Neck Head", "{}Hip {}Knee {}Ankle {}Toe {}Shoulder {}Elbow {}Wrist", "Left"),
    "vrm": (VRM, "J_Bip_C_Hips J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head",
            "J_Bip_{0}_UpperLeg J_Bip_{0}_LowerLeg J_Bip_{0}_Foot J_Bip_{0}_ToeBase J_Bip_{0}_UpperArm "
            "J_Bip_{0}_LowerArm J_Bip_{0}_Hand", "L"),
    "unreal": (UNREAL, "pelvis spine_03 neck_01 head",
               "thigh_{} calf_{} foot_{} ball_{} upperarm_{} lowerarm_{} hand_{}", "l"),
    "biped": (BIPED, "Bip01_Pelvis Bip01_Spine2 Bip01_Neck Bip01_Head",
              "Bip01_{0}_Thigh Bip01_{0}_Calf Bip01_{0}_Foot Bip01_{0}_Toe0 Bip01_{0}_UpperArm Bip01_{0}_Forearm "
              "Bip01_{0}_Hand", "L"),
    "rigify": (RIGIFY, "hips chest neck head", "thigh.{} shin.{} foot.{} toe.{} upper_arm.{} forearm.{} hand.{}", "L"),
    "metarig": (METARIG, "spine spine.003 spine.004 spine.006",
                "thigh.{} shin.{} foot.{} toe.{} upper_arm.{} forearm.{} hand.{}", "L"),
    "smpl": (SMPL, "Pelvis Spine3 Neck Head", "{0}_Hip {0}_Knee {0}_Ankle {0}_Foot {0}_Shoulder {0}_Elbow {0}_Wrist",
             "L"),
    "daz": (DAZ, "pelvis chestUpper neckLower head",
            "{0}ThighBend {0}Shin {0}Foot {0}Toe {0}ShldrBend {0}ForearmBend {0}Hand", "l"),
    "asf": (ASF, "root thorax lowerneck head", "{}femur {}tibia {}foot {}toes {}humerus {}radius {}wrist", "l"),
    "godot": (GODOT, "Hips UpperChest Neck Head",
              "{0}UpperLeg {0}LowerLeg {0}Foot {0}Toes {0}UpperArm {0}LowerArm {0}Hand", "Left"),
}  # fmt: skip


@pytest.mark.parametrize("program", EXPECTED)
def test_joints_are_recognised(program: str) -> None:
    tree, centre, limbs, left = EXPECTED[program]
    motion = skeleton(tree)
    found = guess(motion)
    check(motion, found)
    expected = dict(zip(ROLES[:4], centre.split(), strict=True))
    roles = [role.removeprefix("left_") for role in ROLES if role.startswith("left_")]
    right = {"Left": "Right", "L": "R", "l": "r"}[left]
    for side, letter in (("left", left), ("right", right)):
        names = [name.format(*[letter] * 9) for name in limbs.split()]
        expected |= {f"{side}_{role}": name for role, name in zip(roles, names, strict=True)}
    assert found == expected


def test_what_the_file_says_counts_before_names() -> None:
    motion = skeleton("Hips Spine Chest | Hips LeftUpLeg")
    told = SourceMotion(**{**vars(motion), "roles": {"pelvis": "Chest", "head": "nobody", "tail": "Hips"}})
    assert guess(told)["pelvis"] == "Chest"
    assert "head" not in guess(told)


def test_an_empty_skeleton_is_refused() -> None:
    motion = skeleton("a")
    with pytest.raises(ClipError, match="no joint was found for pelvis"):
        check(motion, guess(motion))
