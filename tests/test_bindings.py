"""Actions as data: keys are unique and remappable, the README says what is true."""

import json
from pathlib import Path

import pytest

from game.input.bindings import ACTIONS, ActionError, help_groups, load_actions, markdown_table, remap

ROOT = Path(__file__).resolve().parents[1]


def test_names_and_keys_are_unique() -> None:
    assert remap({}) == ACTIONS  # raises where two actions share a key
    assert len({a.name for a in ACTIONS}) == len(ACTIONS)


def test_the_readme_lists_the_keys() -> None:
    assert markdown_table() in (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")


def test_the_example_in_the_docs_is_taken() -> None:
    text = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("For example `")[2].partition("`")[0])
    assert {a.name: a.keys for a in remap(example)}["throw_ball"] == ("b", "u")


def test_keys_read_as_a_person_says_them() -> None:
    lines = {does: keys for _, rows in help_groups() for keys, does in rows}
    assert lines["play that policy; a performer does its skill once"] == "1 - 9"
    assert lines["walk, as the camera looks"] == "W S A D"
    assert lines["shove him hard"] == "Shift+Arrows"
    assert lines["less gravity"] == "-"
    assert lines["show or hide this help"] == "H or F1"


def test_a_file_remaps(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"limp": "X", "shove": ["u", "end", "delete", "insert"]}))
    actions = {a.name: a for a in load_actions(file)}
    assert actions["limp"].keys == ("x",)
    assert actions["limp"].held
    assert actions["shove"].keys == ("u", "end", "delete", "insert")
    assert actions["reset"].keys == ("r",)


def test_a_file_with_an_actions_former_name_is_read() -> None:
    actions = {a.name: a for a in remap({"auto_retry": "x"})}
    assert actions["after_fall"].keys == ("x",)


def test_a_gamepads_buttons_are_remapped_beside_the_keys() -> None:
    actions = {a.name: a for a in remap({"limp": "pad-face_x", "restart": ["x", "pad-face_a"]})}
    assert (actions["limp"].keys, actions["limp"].pad) == (("space",), ("face_x",))
    assert (actions["restart"].keys, actions["restart"].pad) == (("x",), ("face_a",))
    with pytest.raises(ActionError, match="the key 'pad-face_b' does both throw_ball and limp"):
        remap({"limp": "pad-face_b"})
    with pytest.raises(ActionError, match="shove: expected 4 buttons, found 1"):
        remap({"shove": "pad-face_b"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"fly": "f2"}', "no action is called fly; there are policy, "),
        ('{"limp": "r"}', "the key 'r' does both limp and reset"),
        ('{"limp": 3}', "limp: expected a key or a list of keys, found 3"),
        ('{"shove": ["w", "s"]}', "shove: expected 4 keys, found 2"),
        ("[1]", "found list"),
        ('{"limp": ', "keys.json"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(ActionError, match=message.replace("[", r"\[")):
        load_actions(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ActionError, match="nowhere"):
        load_actions(tmp_path / "nowhere.json")
