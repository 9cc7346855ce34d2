"""Materials and textures of a file, carried over into the figure's file."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import panda3d.core as p3d

from game.scene.gltf_file import GltfFile
from game.scene.refusal import reason_of
from game.view.figure_parts import FigureError
from tools.cast import vrm
from tools.gltf_writer import GltfWriter

MAX_SIDE, LARGEST_SIDE = 2048, 8192
"""pixels: larger textures are made smaller; above the second they are refused"""
MAX_PIXELS = 160 << 20
"""of all textures together"""
TOON = "VRMC_materials_mtoon"
_SLOTS = (("normalTexture", ()), ("emissiveTexture", ()), ("occlusionTexture", ()))
_NUMBERS = ("alphaMode", "alphaCutoff", "doubleSided", "emissiveFactor", "name")


def carry(file: GltfFile, writer: GltfWriter, used: list[int]) -> dict[int, int]:
    """Write the materials of a file, -1 for a plain one; returns each one's index in the new file.

    Raises GltfError, and FigureError for a picture that is broken, too large or of a kind that nobody reads.
    """
    copied: dict[int, int] = {}
    indices = {index: _material(file, writer, index, copied) for index in used if index >= 0}
    if -1 in used:
        indices[-1] = writer.add("materials", {"name": "plain", "pbrMetallicRoughness": {"roughnessFactor": 0.8}})
    return indices


def _material(file: GltfFile, writer: GltfWriter, index: int, copied: dict[int, int]) -> int:
    old, where = file.item("materials", index), f"materials[{index}]"
    made: dict[str, Any] = {key: old[key] for key in _NUMBERS if key in old}
    shine = file.object(old, "pbrMetallicRoughness", where)
    new: dict[str, Any] = {
        key: shine[key] for key in ("baseColorFactor", "metallicFactor", "roughnessFactor") if key in shine
    }
    for slot in ("baseColorTexture", "metallicRoughnessTexture"):
        if slot in shine:
            new[slot] = _texture(file, writer, file.object(shine, slot, where), copied)
    made["pbrMetallicRoughness"] = new
    for slot, _ in _SLOTS:
        if slot in old:
            made[slot] = _texture(file, writer, file.object(old, slot, where), copied)
    extensions = file.object(old, "extensions", where)
    kept: dict[str, Any] = {name: {} for name in ("KHR_materials_unlit",) if name in extensions}
    if "KHR_materials_emissive_strength" in extensions:
        kept["KHR_materials_emissive_strength"] = extensions["KHR_materials_emissive_strength"]
    glossy = file.object(extensions, "KHR_materials_pbrSpecularGlossiness", where)
    if glossy and not new:
        new |= {"baseColorFactor": glossy.get("diffuseFactor", [1.0, 1.0, 1.0, 1.0]), "metallicFactor": 0.0}
        if "diffuseTexture" in glossy:
            new["baseColorTexture"] = _texture(file, writer, file.object(glossy, "diffuseTexture", where), copied)
    toon = _toon(file, old, index, made)
    if toon:
        kept[TOON] = toon
    if kept:
        made["extensions"] = kept
    return writer.add("materials", made)


def _toon(file: GltfFile, old: dict[str, Any], index: int, made: dict[str, Any]) -> dict[str, Any]:
    """The factors of a toon material in the terms of VRM 1; empty where it is none."""
    where = f"materials[{index}]"
    toon = file.object(file.object(old, "extensions", where), TOON, where)
    if toon:
        return {
            "specVersion": "1.0",
            "shadeColorFactor": file.numbers(toon, "shadeColorFactor", (1.0, 1.0, 1.0), where).tolist(),
            "shadingShiftFactor": file.number(toon, "shadingShiftFactor", 0.0, where),
            "shadingToonyFactor": file.number(toon, "shadingToonyFactor", 0.9, where),
        }
    version, extension = vrm.extension(file)
    rows = file.objects(extension, "materialProperties", "VRM") if version == "0" else []
    if index >= len(rows) or "MToon" not in str(rows[index].get("shader")):
        return {}
    floats = file.object(rows[index], "floatProperties", where)
    vectors = file.object(rows[index], "vectorProperties", where)
    # how VRM's own migration turns the terms of version 0 into those of version 1
    shift, toony = file.number(floats, "_ShadeShift", 0.0, where), file.number(floats, "_ShadeToony", 0.9, where)
    shade = file.numbers(vectors, "_ShadeColor", (0.97, 0.81, 0.86, 1.0), where)[:3].clip(0.0, 1.0) ** 2.2
    mode = int(file.number(floats, "_BlendMode", 0.0, where))
    made["alphaMode"] = ("OPAQUE", "MASK", "BLEND", "BLEND")[min(max(mode, 0), 3)]
    made["alphaCutoff"] = file.number(floats, "_Cutoff", 0.5, where)
    made["doubleSided"] = int(file.number(floats, "_CullMode", 2.0, where)) == 0
    return {
        "specVersion": "1.0",
        "shadeColorFactor": shade.tolist(),
        "shadingShiftFactor": -shift - (1.0 - toony),
        "shadingToonyFactor": toony + (1.0 - toony) * (0.5 + 0.5 * shift),
    }


def _texture(file: GltfFile, writer: GltfWriter, info: dict[str, Any], copied: dict[int, int]) -> dict[str, Any]:
    """The reference to a copied texture; its texture coordinates are the mesh's own."""
    texture = file.item("textures", info.get("index"))
    source = texture.get("source")
    for name, extension in file.object(texture, "extensions", "a texture").items():
        if source is None and isinstance(extension, dict):
            source = extension.get("source")
            if name == "KHR_texture_basisu":
                raise FigureError(f"{file.path.name}: its textures are KTX2 files; export it with PNG or JPEG pictures")
    image = file.item("images", source)
    assert isinstance(source, int)  # the line above has checked it
    if source not in copied:
        packed, kind = _readable(file, source, file.image(source), copied)
        name = str(image.get("name") or f"image{source}")[:60]
        copied[source] = writer.add("images", {"bufferView": writer.bytes_view(packed), "mimeType": kind, "name": name})
    made: dict[str, Any] = {"source": copied[source]}
    if "sampler" in texture:
        sampler = file.item("samplers", texture["sampler"])
        made["sampler"] = writer.add("samplers", {k: v for k, v in sampler.items() if k in _SAMPLER})
    reference: dict[str, Any] = {"index": writer.add("textures", made)}
    for key in ("scale", "strength"):
        if key in info:
            reference[key] = file.number(info, key, 1.0, "a texture")
    return reference


_SAMPLER = ("magFilter", "minFilter", "wrapS", "wrapT")


def _readable(file: GltfFile, index: int, data: bytes, copied: dict[int, int]) -> tuple[bytes, str]:
    """A picture as PNG or JPEG, no larger than MAX_SIDE, and its media type."""
    where = f"{file.path.name}: images[{index}]"
    kind = "image/png" if data[:8] == b"\x89PNG\r\n\x1a\n" else "image/jpeg" if data[:2] == b"\xff\xd8" else ""
    header = p3d.PNMImageHeader()
    if not kind:
        return _converted(where, data), "image/png"
    if not header.read_header(p3d.StringStream(data), f"x.{kind[6:]}"):
        raise FigureError(f"{where} is a broken {kind[6:].upper()} picture")
    width, height = header.get_x_size(), header.get_y_size()
    if max(width, height) > LARGEST_SIDE or width * height * (len(copied) + 1) > 4 * MAX_PIXELS:
        raise FigureError(f"{where} has {width}x{height} pixels, expected at most {LARGEST_SIDE} along a side")
    picture = p3d.PNMImage()
    if not picture.read(p3d.StringStream(data), f"x.{kind[6:]}"):
        raise FigureError(f"{where} is a broken {kind[6:].upper()} picture")
    if max(width, height) <= MAX_SIDE:
        return data, kind
    scale = MAX_SIDE / max(width, height)
    small = p3d.PNMImage(max(round(width * scale), 1), max(round(height * scale), 1), picture.get_num_channels())
    small.quick_filter_from(picture)
    stream = p3d.StringStream()
    if not small.write(stream, f"x.{kind[6:]}"):
        raise FigureError(f"{where} could not be made smaller")
    return bytes(stream.data), kind


def _converted(where: str, data: bytes) -> bytes:
    """A WebP, AVIF, TGA or other picture as PNG."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            frame = next(container.decode(video=0))
        rgba = frame.to_ndarray(format="rgba")
    except (av.FFmpegError, StopIteration, ValueError, IndexError) as error:
        raise FigureError(f"{where} is no picture that can be read ({data[:4]!r}): {reason_of(error)}") from error
    height, width = rgba.shape[:2]
    if max(width, height) > MAX_SIDE:
        step = -(-max(width, height) // MAX_SIDE)
        rgba = rgba[::step, ::step]
        height, width = rgba.shape[:2]
    texture = p3d.Texture("picture")
    texture.setup_2d_texture(width, height, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgba)
    texture.set_ram_image(np.ascontiguousarray(rgba[::-1, :, [2, 1, 0, 3]]).tobytes())
    picture = p3d.PNMImage()
    stream = p3d.StringStream()
    if not texture.store(picture) or not picture.write(stream, "x.png"):
        raise FigureError(f"{where} could not be written as PNG")
    return bytes(stream.data)
