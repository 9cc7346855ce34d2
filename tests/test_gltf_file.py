"""The one glTF reader: accessors of every layout, checked by hand; GltfWriter's files come back."""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.scene.gltf_axes import matrices_from_gltf, matrices_to_gltf, vectors_from_gltf, vectors_to_gltf
from game.scene.gltf_file import GltfError, GltfFile
from tests.support.foreign_rigs import pack_glb
from tools.gltf_writer import GltfWriter


def of_chunk(folder: Path, chunk: bytes, views: list[dict[str, Any]], *accessors: dict[str, Any]) -> GltfFile:
    """A file with this binary chunk, loaded."""
    document = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(chunk)}],
        "bufferViews": views,
        "accessors": list(accessors),
    }
    (folder / "a.glb").write_bytes(pack_glb(document, chunk))
    return GltfFile.load(folder / "a.glb")


def test_an_interleaved_accessor(tmp_path: Path) -> None:
    chunk = struct.pack("<3fI3fI", 1.0, 2.0, 3.0, 7, 4.0, 5.0, 6.0, 8)
    position = {"bufferView": 0, "componentType": 5126, "count": 2, "type": "VEC3"}
    index = {"bufferView": 0, "byteOffset": 12, "componentType": 5125, "count": 2, "type": "SCALAR"}
    file = of_chunk(tmp_path, chunk, [{"buffer": 0, "byteStride": 16}], position, index)
    assert file.accessor(0, "VEC3").tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert file.indices(1, 9).tolist() == [7, 8]
    with pytest.raises(GltfError, match=r"a.glb: accessors\[1\]: indices 7 to 8, expected 0 to 7"):
        file.indices(1, 8)
    with pytest.raises(GltfError, match=r"accessors\[0\] is 'VEC3', expected SCALAR or VEC4"):
        file.accessor(0, "SCALAR", "VEC4")


def test_normalized_bytes(tmp_path: Path) -> None:
    signed = {"bufferView": 0, "componentType": 5120, "count": 3, "type": "SCALAR", "normalized": True}
    unsigned = {"bufferView": 0, "componentType": 5121, "count": 3, "type": "SCALAR", "normalized": True}
    file = of_chunk(tmp_path, bytes([127, 0, 128]), [{"buffer": 0}], signed, unsigned)
    assert file.accessor(0, "SCALAR").ravel().tolist() == [1.0, 0.0, -1.0]
    assert file.accessor(1, "SCALAR").ravel() == pytest.approx([127 / 255, 0.0, 128 / 255])


def sparse(rows: list[int], **fields: Any) -> tuple[bytes, list[dict[str, Any]], dict[str, Any]]:
    """Four floats of which `rows` are replaced by 10, 20, ...: chunk, views, accessor."""
    chunk = struct.pack("<4f", 1.0, 2.0, 3.0, 4.0) + struct.pack(f"<{len(rows)}I", *rows)
    chunk += struct.pack(f"<{len(rows)}f", *(10.0 * (i + 1) for i in range(len(rows))))
    views = [{"buffer": 0, "byteOffset": at} for at in (0, 16, 16 + 4 * len(rows))]
    replaced = {
        "count": len(rows),
        "indices": {"bufferView": 1, "componentType": 5125},
        "values": {"bufferView": 2},
    }
    return chunk, views, {"componentType": 5126, "count": 4, "type": "SCALAR", "sparse": replaced, **fields}


def test_a_sparse_accessor_replaces_some_values(tmp_path: Path) -> None:
    file = of_chunk(tmp_path, *sparse([0, 3], bufferView=0))
    assert file.accessor(0, "SCALAR").ravel().tolist() == [10.0, 2.0, 3.0, 20.0]


def test_a_sparse_accessor_of_nothing_starts_from_zeros(tmp_path: Path) -> None:
    file = of_chunk(tmp_path, *sparse([1]))
    assert file.accessor(0, "SCALAR").ravel().tolist() == [0.0, 10.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "fields", "match"),
    [
        ([4], {}, "rows 4 to 4 of 4"),
        ([1], {"count": 1 << 40}, "neither a bufferView nor at most 32 Mi sparse values"),
        ([1], {"sparse": {"count": 9, "indices": {"bufferView": 1, "componentType": 5125}}}, "9 values end at byte"),
        ([1], {"sparse": {"count": 1, "indices": 3}}, "'indices' is '3', expected an object"),
    ],
)
def test_sparse_numbers_are_checked(rows: list[int], fields: dict[str, Any], match: str, tmp_path: Path) -> None:
    with pytest.raises(GltfError, match=match):
        of_chunk(tmp_path, *sparse(rows, **fields)).accessor(0, "SCALAR")


def test_buffers_in_text_and_beside_the_file(tmp_path: Path) -> None:
    values = struct.pack("<2f", 0.5, -0.5)
    (tmp_path / "a.bin").write_bytes(values)
    accessor = {"componentType": 5126, "count": 2, "type": "SCALAR"}
    document = {
        "asset": {"version": "2.0"},
        "buffers": [{"uri": "data:;base64," + base64.b64encode(values).decode()}, {"uri": "a.bin"}],
        "bufferViews": [{"buffer": 0}, {"buffer": 1}],
        "accessors": [{"bufferView": 0, **accessor}, {"bufferView": 1, **accessor}],
    }
    (tmp_path / "a.gltf").write_text(json.dumps(document))
    file = GltfFile.load(tmp_path / "a.gltf")
    for index in range(2):
        assert file.accessor(index, "SCALAR").ravel().tolist() == [0.5, -0.5]


def test_what_the_writer_stores_comes_back(tmp_path: Path) -> None:
    writer = GltfWriter("test")
    points = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, 0.125]])
    stored = [
        writer.accessor(points),
        writer.accessor(np.array([[0, 51, 204, 255]], np.uint8), normalized=True),
        writer.accessor(np.array([1, 65535], np.uint16)),
        writer.accessor(np.array([7, 1 << 24])),
    ]
    writer.save(tmp_path / "new" / "b.glb")
    file = GltfFile.load(tmp_path / "new" / "b.glb")
    assert file.json["asset"] == {"version": "2.0", "generator": "test"}
    assert [file.items("accessors")[i]["componentType"] for i in stored] == [5126, 5121, 5123, 5125]
    assert (file.items("accessors")[0]["min"], file.items("accessors")[0]["max"]) == ([0.5, -2.0, 0.125], [1, 0.25, 3])
    assert file.accessor(stored[0], "VEC3").tolist() == points.tolist()
    assert file.accessor(stored[1], "VEC4")[0] == pytest.approx([0.0, 0.2, 0.8, 1.0])
    assert file.indices(stored[2], 65536).tolist() == [1, 65535]
    assert file.indices(stored[3], 1 << 25).tolist() == [7, 1 << 24]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["b.glb"]


def test_axes_forward_left_up() -> None:
    forward, left, up = np.eye(3)
    assert vectors_to_gltf(forward).tolist() == [0.0, 0.0, 1.0]
    assert vectors_to_gltf(left).tolist() == [1.0, 0.0, 0.0]
    assert vectors_to_gltf(up).tolist() == [0.0, 1.0, 0.0]
    assert vectors_from_gltf(vectors_to_gltf(np.array([1.0, 2.0, 3.0]))).tolist() == [1.0, 2.0, 3.0]
    shift = np.eye(4)
    shift[:3, 3] = [1.0, 2.0, 3.0]
    assert matrices_to_gltf(shift)[:3, 3].tolist() == [2.0, 3.0, 1.0]
    assert matrices_from_gltf(matrices_to_gltf(shift)).tolist() == shift.tolist()
