"""Which morphs of a file move the face as ours moves: by VRM's presets, and by the names that programs give them."""

from __future__ import annotations

import re
from typing import Any

from game.scene.gltf_file import GltfFile
from game.view.figure_face import CHANNELS
from tools.cast import vrm

Binds = list[tuple[int, int, float]]
"""(mesh, morph target, weight)"""

_PRESETS: dict[str, tuple[tuple[str, float], ...]] = {
    "blink_left": (("blinkLeft", 1.0),),
    "blink_right": (("blinkRight", 1.0),),
    "open": (("aa", 1.0),),
    "wide": (("ih", 1.0),),
    "round": (("oh", 1.0),),
}
"""VRM presets that move nothing but what the channel says"""
_MOODS: dict[str, tuple[tuple[str, float], ...]] = {
    "smile": (("relaxed", 0.6),),
    "frown": (("sad", 0.7),),
    "brow_down": (("angry", 0.7),),
}
"""VRM presets of a whole face, where no morph is finer"""
_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "blink_left": (("eyeblinkleft",), ("eyeblinkl",), ("fcleyeclosel",), ("blinkleft",), ("blinkl",),
                   ("eyecloseleft",)),
    "blink_right": (("eyeblinkright",), ("eyeblinkr",), ("fcleyecloser",), ("blinkright",), ("blinkr",),
                    ("eyecloseright",)),
    "eye_wide": (("eyewideleft", "eyewideright"), ("eyewidel", "eyewider"), ("fcleyespread",), ("eyeswide",)),
    "open": (("jawopen",), ("mouthopen",), ("visemeaa",), ("fclmtha",), ("moutha",), ("aa",)),
    "smile": (("mouthsmileleft", "mouthsmileright"), ("mouthsmilel", "mouthsmiler"), ("mouthsmile",), ("fclmthfun",),
              ("smile",)),
    "frown": (("mouthfrownleft", "mouthfrownright"), ("mouthfrownl", "mouthfrownr"), ("fclmthsorrow",), ("frown",)),
    "wide": (("mouthstretchleft", "mouthstretchright"), ("mouthstretchl", "mouthstretchr"), ("visemei",), ("fclmthi",),
             ("mouthi",), ("ih",)),
    "round": (("mouthfunnel",), ("visemeo",), ("fclmtho",), ("moutho",), ("mouthpucker",), ("oh",)),
    "brow_up": (("browouterupleft", "browouterupright"), ("browouterupl", "browouterupr"), ("fclbrwsurprised",),
                ("browsup",)),
    "brow_down": (("browdownleft", "browdownright"), ("browdownl", "browdownr"), ("fclbrwangry",), ("browsdown",)),
    "brow_worry": (("browinnerup",), ("fclbrwsorrow",)),
}  # fmt: skip
"""sets of morphs that together do what the channel says; the first that a file has"""
_BOTH_EYES = ("eyesclosed", "eyeclose", "fcleyeclose", "blink", "eyeblink", "eyesclose")


def find_channels(file: GltfFile) -> dict[str, Binds]:
    """The morphs of each channel of the face that the file has some for. Raises GltfError."""
    presets, names = vrm.expressions(file), _morphs(file)
    found: dict[str, Binds] = {}
    for channel in CHANNELS:
        binds = _preset(presets, _PRESETS.get(channel, ())) or _named(names, _NAMES.get(channel, ()))
        if not binds and channel.startswith("blink"):
            binds = list(presets.get("blink", ())) or _named(names, tuple((n,) for n in _BOTH_EYES))
        if binds := binds or _preset(presets, _MOODS.get(channel, ())):
            found[channel] = binds
    return found


def _preset(presets: dict[str, Binds], parts: tuple[tuple[str, float], ...]) -> Binds:
    return [(mesh, index, w * share) for name, share in parts for mesh, index, w in presets.get(name, ())]


def _named(names: dict[str, list[tuple[int, int]]], sets: tuple[tuple[str, ...], ...]) -> Binds:
    for each in sets:
        if all(name in names for name in each):
            return [(mesh, index, 1.0) for name in each for mesh, index in names[name]]
    return []


def _morphs(file: GltfFile) -> dict[str, list[tuple[int, int]]]:
    """(mesh, morph target) by the target's bare name."""
    found: dict[str, list[tuple[int, int]]] = {}
    for mesh, entry in enumerate(file.items("meshes")):
        for index, name in enumerate(_target_names(file, entry, f"meshes[{mesh}]")):
            bare = re.sub(r"[^a-z0-9]", "", re.split(r"[.:]", name)[-1].lower())
            found.setdefault(bare, []).append((mesh, index))
    return found


def _target_names(file: GltfFile, mesh: dict[str, Any], where: str) -> list[str]:
    holders = [mesh, *file.objects(mesh, "primitives", where)]
    for holder in holders:
        extras = holder.get("extras")
        names = extras.get("targetNames") if isinstance(extras, dict) else None
        if isinstance(names, list):
            return [str(name) for name in names]
    return []
