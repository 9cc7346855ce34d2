"""Keys by position: what is printed on them, on keyboards of several countries as the system describes them."""

import pytest

from game.input.bindings import Action, ActionError, help_groups, remap
from game.input.keyboard_layout import NAMED, US, KeyboardLayout


def layout(**rows: str) -> KeyboardLayout:
    """From what the keys of each row print, from the left; a dead key is a dot above, which no keyboard prints."""
    positions = {"digits": "`1234567890-=", "upper": "qwertyuiop[]", "home": "asdfghjkl;'\\", "lower": "zxcvbnm,./"}
    pairs = (pair for name, labels in rows.items() for pair in zip(positions[name], labels, strict=True))
    return KeyboardLayout({position: label for position, label in pairs if label != "˙"})


FRENCH = layout(digits="²&é\"'(-è_çà)=", upper="AZERTYUIOP˙$", home="QSDFGHJKLMù*", lower="WXCVBN,;:!")
GERMAN = layout(digits="˙1234567890ß˙", upper="QWERTZUIOPü+", home="ASDFGHJKLöä#", lower="YXCVBNM,.-")
SPANISH = layout(digits="º1234567890'¡", upper="QWERTYUIOP˙+", home="ASDFGHJKLñ˙ç", lower="ZXCVBNM,.-")
SWEDISH = layout(digits="§1234567890+˙", upper="QWERTYUIOPå˙", home="ASDFGHJKLöä'", lower="ZXCVBNM,.-")
HEBREW = layout(upper="/'קראטוןםפ][", home="שדגכעיחלךף,\\")


@pytest.mark.parametrize(
    ("keyboard", "younger", "older", "weaker", "first", "panel"),
    [
        (US, "[", "]", ";", "1 - 9", "F2 or Backquote"),
        (FRENCH, "right of P", "$", "M", "1 - 9", "F2 or ²"),
        (GERMAN, "Ü", "+", "Ö", "1 - 9", "F2 or left of 1"),
        (SPANISH, "right of P", "+", "Ñ", "1 - 9", "F2 or º"),
        (SWEDISH, "Å", "right of Å", "Ö", "1 - 9", "F2 or §"),
    ],
)
def test_help_names_what_is_printed(
    keyboard: KeyboardLayout, younger: str, older: str, weaker: str, first: str, panel: str
) -> None:
    lines = {does: keys for _, rows in help_groups(remap({}, keyboard)) for keys, does in rows}
    assert lines["a younger age of that skill"] == younger
    assert lines["an older age of that skill"] == older
    assert lines["weaker by a quarter"] == weaker
    assert lines["play that policy; a performer does its skill once"] == first
    assert lines["show or hide the panel"] == panel
    assert lines["go limp while held"] == "Space"


def test_other_scripts_keep_the_latin_letters_that_they_also_print() -> None:
    assert [HEBREW.label(key) for key in "wek"] == ["'", "E", "K"]
    assert KeyboardLayout({"q": "й"}).label("q") == "Й"
    assert KeyboardLayout({"-": "ß"}).label("-") == "ß"  # its capital would be two letters


def test_the_positions_of_the_defaults_are_the_same_everywhere() -> None:
    assert [a.keys for a in remap({}, FRENCH)] == [a.keys for a in remap({})]


def keys_of(name: str, keys: str | list[str], keyboard: KeyboardLayout) -> tuple[str, ...]:
    found: dict[str, Action] = {a.name: a for a in remap({name: keys}, keyboard)}
    return found[name].keys


def test_a_file_names_letters_or_positions() -> None:
    assert keys_of("walk", ["z", "s", "q", "d"], FRENCH) == ("w", "s", "a", "d")
    assert keys_of("walk", ["raw-w", "raw-s", "raw-a", "raw-d"], FRENCH) == ("w", "s", "a", "d")
    assert keys_of("limp", "shift-ù", FRENCH) == keys_of("limp", "raw-shift-'", FRENCH) == ("shift-'",)
    assert keys_of("limp", "meta-control-shift--", US) == ("shift-control-meta--",)
    assert keys_of("gravity_down", "ß", GERMAN) == ("-",)
    assert keys_of("limp", "#", GERMAN) == ("\\",)
    assert keys_of("policy", [*"123456789"], FRENCH) == tuple("123456789")  # printed, though they need Shift there


def test_a_letter_that_is_another_actions_position_is_refused_where_they_meet() -> None:
    assert keys_of("limp", "w", FRENCH) == ("z",)
    with pytest.raises(ActionError, match="the key 'm' does both limp and crowd_more"):
        remap({"limp": "m"}, US)
    with pytest.raises(ActionError, match="the key 'm' does both limp and crowd_more"):
        remap({"limp": ","}, FRENCH)


@pytest.mark.parametrize("key", ["!", "spacebar", "shift-", "raw", "raw-é", "ctrl-a"])
def test_a_key_that_is_not_there_is_refused(key: str) -> None:
    with pytest.raises(ActionError, match="limp: no key of this keyboard prints"):
        remap({"limp": key}, US)


def test_named_keys_are_the_same_everywhere() -> None:
    assert all(FRENCH.position(name) == name and FRENCH.label(name) == "" for name in NAMED)
