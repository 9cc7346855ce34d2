"""An avatar's file: what the shipped one holds; a broken one is a SkinError that says where, never a crash."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from game.scene.gltf_file import GltfFile
from game.scene.paths import models_dir
from game.view.skin import Skin, SkinError
from tests.support.foreign_rigs import pack_glb

GOOD = GltfFile.load(models_dir() / "humanoid" / "avatar_low.glb")
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The low avatar with one thing in its JSON changed."""
    document = GltfFile.load(GOOD.path).json
    change(document)
    return pack_glb(document, GOOD.chunk)


def primitive(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["meshes"][0]["primitives"][0]
    return found


def test_the_shipped_avatar_is_in_our_axes() -> None:
    skin = Skin.load(GOOD.path)
    torso, head, foot = (skin.bind[skin.joint_names.index(n), :3, 3] for n in ("torso", "head", "left_foot"))
    assert head[2] > torso[2] > foot[2]
    assert foot[1] > 0.0  # left
    assert 1.5 < np.ptp(np.concatenate([p.position for p in skin.body])[:, 2]) < 1.9


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d.pop("skins"), "has no skin"),
        (lambda d: d["skins"][0].pop("joints"), "no list of joints"),
        (lambda d: d["skins"][0]["joints"].append(9999), r"nodes\[9999\] does not exist"),
        (lambda d: d["skins"][0]["joints"].pop(), "bind matrices for"),
        (lambda d: d["skins"][0].update(inverseBindMatrices="a"), r"accessors\[a\] does not exist"),
        (lambda d: d["meshes"].pop(0), r"has meshes \['mouth'\], expected one called 'body'"),
        (lambda d: primitive(d).update(material=77), r"materials\[77\] does not exist"),
        (lambda d: primitive(d)["attributes"].pop("WEIGHTS_0"), "has no WEIGHTS_0"),
        (lambda d: primitive(d)["attributes"].update(NORMAL=0, POSITION=None), r"accessors\[None\] does not exist"),
        (lambda d: d["accessors"][primitive(d)["indices"]].update(count=4), "4 corners are not whole triangles"),
        (lambda d: d["accessors"][primitive(d)["attributes"]["NORMAL"]].update(count=3), "other attributes have"),
        (lambda d: d["accessors"][primitive(d)["attributes"]["POSITION"]].update(count=3), "361, expected 0 to 2"),
        (lambda d: d["meshes"][1]["primitives"][0].update(targets=[]), "has 0 morph targets, expected"),
        (lambda d: d["asset"].update(extras={"height": float("nan")}), "NaN is not a JSON number"),
        (lambda d: d["asset"].update(extras={"height": "tall"}), "height is 'tall', expected a number"),
        (lambda d: d["asset"].update(extras={"height": 1e6}), r"height is 1e\+06, expected 0.1 to 10"),
        (lambda d: d["materials"][0]["pbrMetallicRoughness"].update(baseColorFactor=[1]), "baseColorFactor"),
    ],
)  # fmt: skip
def test_a_broken_avatar(change: Callable[[dict[str, Any]], object], match: str, tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(changed(change))
    with pytest.raises(SkinError, match=match) as caught:
        Skin.load(tmp_path / "a.glb")
    assert str(caught.value).startswith("a.glb: ")


@given(data=st.data())
@FUZZ
def test_damaged_json_reads_or_is_refused(data: st.DataObject, tmp_path: Path) -> None:
    raw = bytearray(GOOD.path.read_bytes())
    size = int.from_bytes(raw[12:16], "little")
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(20, 20 + size - 1))] = data.draw(st.sampled_from(b'0123456789-.e",[]{}:'))
    (tmp_path / "a.glb").write_bytes(raw)
    try:
        assert np.isfinite(Skin.load(tmp_path / "a.glb").bind).all()
    except SkinError as error:
        assert "\n" not in str(error)
