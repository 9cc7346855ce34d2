"""The parts of a figure's skeleton that the physical body and the face move."""

from __future__ import annotations

from enum import StrEnum


class FigureError(ValueError):
    """A file is no figure that can be drawn; the message says what was found and what was expected."""


class BonePart(StrEnum):
    """What a bone of a figure is. Spine and neck may be several bones, each of them moved by its share."""

    PELVIS = "pelvis"
    SPINE = "spine"
    TORSO = "torso"
    """the bone that carries the arms, and the end of the spine"""
    NECK = "neck"
    HEAD = "head"
    CLAVICLE = "clavicle"
    UPPER_ARM = "upper_arm"
    FOREARM = "forearm"
    HAND = "hand"
    THIGH = "thigh"
    SHIN = "shin"
    FOOT = "foot"
    TOES = "toes"
    EYE = "eye"
    JAW = "jaw"
