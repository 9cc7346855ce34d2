"""What the VRM extensions of a file say: its bones, its expressions and its licence.

VRM Consortium, "VRM 0.x" (extension VRM) and "VRM 1.0" (extension VRMC_vrm).
"""

from __future__ import annotations

from typing import Any

from game.scene.gltf_file import GltfFile

MOST_TEXT = 400
"""letters that are kept of each line of a licence"""
_META_1 = (
    ("name", "name"), ("authors", "authors"), ("copyrightInformation", "copyright"), ("licenseUrl", "licence"),
    ("thirdPartyLicenses", "third parties"), ("avatarPermission", "may be worn by"), ("modification", "modification"),
    ("allowRedistribution", "redistribution"), ("commercialUsage", "commercial use"),
    ("allowExcessivelyViolentUsage", "violent use"), ("allowExcessivelySexualUsage", "sexual use"),
    ("creditNotation", "credit"), ("otherLicenseUrl", "further licence"),
)  # fmt: skip
_META_0 = (
    ("title", "name"), ("author", "authors"), ("licenseName", "licence"), ("otherLicenseUrl", "further licence"),
    ("allowedUserName", "may be worn by"), ("commercialUssageName", "commercial use"),
    ("violentUssageName", "violent use"), ("sexualUssageName", "sexual use"), ("otherPermissionUrl", "permissions"),
)  # fmt: skip


def extension(file: GltfFile) -> tuple[str, dict[str, Any]]:
    """The VRM extension's version, "0" or "1", and its content; empty where the file has none."""
    extensions = file.object(file.json, "extensions", "the file")
    for name, version in (("VRMC_vrm", "1"), ("VRM", "0")):
        if name in extensions:
            return version, file.object(extensions, name, "extensions")
    return "", {}


def human_bones(file: GltfFile) -> dict[str, int]:
    """Node by VRM's name of a bone, such as leftUpperLeg; empty without VRM. Raises GltfError."""
    version, vrm = extension(file)
    if not version:
        return {}
    humanoid = file.object(vrm, "humanoid", "VRM")
    if version == "1":
        bones = file.object(humanoid, "humanBones", "VRM: humanoid")
        rows = [(name, file.object(bones, name, "VRM: humanBones")) for name in bones]
    else:
        rows = [(str(b.get("bone")), b) for b in file.objects(humanoid, "humanBones", "VRM: humanoid")]
    for _, row in rows:
        file.item("nodes", row.get("node"))
    return {name: int(row["node"]) for name, row in rows}


def licence(file: GltfFile) -> dict[str, str]:
    """What the file says about its licence, by a word for each line; without VRM, of the file's asset alone."""
    asset = file.object(file.json, "asset", "the file")
    version, vrm = extension(file)
    said = {}
    if version:
        meta = file.object(vrm, "meta", "VRM")
        said = {word: _words(meta.get(key)) for key, word in (_META_1 if version == "1" else _META_0)}
    extras = asset.get("extras")
    extras = extras if isinstance(extras, dict) else {}
    for word, value in (
        ("copyright", asset.get("copyright")), ("name", extras.get("title")), ("authors", extras.get("author")),
        ("licence", extras.get("license")), ("source", extras.get("source")),
    ):  # fmt: skip
        if not said.get(word):
            said[word] = _words(value)
    return {word: text for word, text in said.items() if text}


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "allowed" if value else "not allowed"
    if isinstance(value, list):
        value = ", ".join(str(v) for v in value[:20])
    text = " ".join(value.split())[:MOST_TEXT] if isinstance(value, str) else ""
    return "" if text == "undefined" else text


def expressions(file: GltfFile) -> dict[str, list[tuple[int, int, float]]]:
    """Morphs by the preset's name of VRM 1 (blink, aa, happy, ...): (mesh, target, weight 0..1) each.

    VRM 0 names the same presets a, i, joy and so on; they come out under the names of VRM 1. Raises GltfError.
    """
    version, vrm = extension(file)
    if version == "1":
        presets = file.object(file.object(vrm, "expressions", "VRM"), "preset", "VRM: expressions")
        return {name: _binds_1(file, file.object(presets, name, "VRM: preset"), name) for name in presets}
    found: dict[str, list[tuple[int, int, float]]] = {}
    if version == "0":
        groups = file.objects(file.object(vrm, "blendShapeMaster", "VRM"), "blendShapeGroups", "VRM: blendShapeMaster")
        for group in groups:
            name = _PRESET_0.get(str(group.get("presetName", "")).lower())
            if name is not None:
                found[name] = _binds_0(file, group, name)
    return found


_PRESET_0 = {
    "a": "aa", "i": "ih", "u": "ou", "e": "ee", "o": "oh", "blink": "blink", "blink_l": "blinkLeft",
    "blink_r": "blinkRight", "joy": "happy", "angry": "angry", "sorrow": "sad", "fun": "relaxed",
}  # fmt: skip


def _binds_1(file: GltfFile, preset: dict[str, Any], name: str) -> list[tuple[int, int, float]]:
    binds = []
    for bind in file.objects(preset, "morphTargetBinds", f"VRM: {name}"):
        node = file.item("nodes", bind.get("node"))
        if "mesh" in node:
            binds.append(_bind(file, node["mesh"], bind, 1.0, name))
    return binds


def _binds_0(file: GltfFile, group: dict[str, Any], name: str) -> list[tuple[int, int, float]]:
    return [_bind(file, b.get("mesh"), b, 0.01, name) for b in file.objects(group, "binds", f"VRM: {name}")]


def _bind(file: GltfFile, mesh: Any, bind: dict[str, Any], unit: float, name: str) -> tuple[int, int, float]:
    file.item("meshes", mesh)
    index = bind.get("index")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise file.error(f"VRM: {name}: index is {str(index)[:20]!r}, expected a morph's number")
    weight = unit * file.number(bind, "weight", 1.0 / unit, f"VRM: {name}")
    return int(mesh), index, min(max(weight, 0.0), 1.0)
