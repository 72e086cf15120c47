import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit.text import TextInvalid, bad_text_path, clean_json, clean_text, drop_refused, fold, without_invisible

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
any_text = st.text(st.characters(exclude_categories=[]))
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def refused(char: str) -> bool:
    """Say by Unicode's own properties, not by our list, whether a character is refused."""
    if char in "\t\n":
        return False
    return unicodedata.category(char) in {"Cc", "Cs"} or char in BIDI


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("", ""),
        ("Dag Jan", "Dag Jan"),
        ("een\ntwee\tdrie", "een\ntwee\tdrie"),
        ("een\r\ntwee\r\n", "een\ntwee\n"),
        ("cafe\u0301", "caf\u00e9"),
        ("cafe\u0301\n", "caf\u00e9\n"),
        ("a\u00a0b \u2013 \u201cx\u201d \u20ac", "a\u00a0b \u2013 \u201cx\u201d \u20ac"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),  # family
        ("שלום مرحبا", "שלום مرحبا"),  # right-to-left letters are text, only the controls are refused
    ],
)
def test_text_of_people_is_kept_in_one_form(value: str, cleaned: str) -> None:
    assert clean_text(value) == cleaned
    assert bad_text_path(value) is None


def test_every_refused_character_and_no_other_is_refused() -> None:
    """All 1.1 million code points, alone and in a text of several lines."""
    for code in range(0x110000):
        char = chr(code)
        try:
            clean_text(char)
            accepted = True
        except TextInvalid:
            accepted = False
        assert accepted is not refused(char), hex(code)
    for char in ("\x00", "\r", "\x7f", "\x85", *BIDI, "\ud800", "\udfff"):
        for text in (f"a{char}b", f"a\n{char}", f"é\r\n{char}\r\n"):
            with pytest.raises(TextInvalid) as error:
                clean_text(text)
            assert f"U+{ord(char):04X}" in str(error.value)
            assert char not in str(error.value)
            assert error.value.path == ""


@quick
@given(any_text)
def test_what_is_cleaned_is_clean(value: str) -> None:
    dropped = drop_refused(value)
    assert clean_text(dropped) == dropped
    assert not any(map(refused, dropped))
    dropped.encode()
    if not any(map(refused, value)):
        assert clean_text(value) == dropped == unicodedata.normalize("NFC", value)
    elif "\r\n" not in value:
        with pytest.raises(TextInvalid):
            clean_text(value)


def test_dropping_keeps_the_rest() -> None:
    assert drop_refused("a\x00b\r\nc\rd\u202ee\ud83d") == "ab\ncde"


@pytest.mark.parametrize(
    ("value", "visible"),
    [
        ("", ""),
        ("reispas\n\t ", "reispas\n\t "),
        ("caf\u00e9\u00a0\u2013", "caf\u00e9\u00a0\u2013"),
        ("rei\u200bs\u00adpas\ufeff", "reispas"),
        ("\u200e\u061c\u202ea\u2066\u2060", "a"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
        ("\U000e0067\U000e007fx", "x"),
    ],
)
def test_what_nobody_sees_goes(value: str, visible: str) -> None:
    assert without_invisible(value) == visible


@quick
@given(any_text)
def test_only_what_nobody_sees_goes(value: str) -> None:
    assert without_invisible(value) == "".join(char for char in value if unicodedata.category(char) != "Cf")


@pytest.mark.parametrize(
    ("value", "folded"),
    [
        ("Jan PEETERS", "jan peeters"),
        ("\u0132zer-\u00c9T\u00c9", "ijzer-ete"),
        ("Groß", "gross"),
        ("Søren Łukasz Đorđe", "soren lukasz dorde"),
        ("Œuvre Ægir", "oeuvre aegir"),
        ("İstanbul ısı", "istanbul isi"),
        ("Nguyễn Văn Ðạt", "nguyen van dat"),
        ("ＡＢＣ①", "abc1"),
        ("ſtraat", "straat"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Ёлка", "елка"),
        ("한국", "한국"),
        ("", ""),
    ],
)
def test_folding(value: str, folded: str) -> None:
    assert fold(value) == folded


@quick
@given(any_text)
def test_folding_twice_is_folding_once(value: str) -> None:
    folded = fold(value)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFD", value)) == folded
    assert fold(unicodedata.normalize("NFC", value)) == folded
    assert not any(map(unicodedata.combining, folded))


def test_every_letter_with_a_case_or_an_accent_folds_once_and_for_all() -> None:
    blocks = (
        range(0x3000),
        range(0xA640, 0xABC0),
        range(0xFB00, 0x10000),
        range(0x10400, 0x10600),
        range(0x1D400, 0x1D800),
    )
    for char in (chr(code) for block in blocks for code in block):
        folded = fold(char)
        assert fold(folded) == fold(char.upper()) == fold(unicodedata.normalize("NFD", char)) == folded, hex(ord(char))


@quick
@given(st.text(st.characters(codec="latin-1")))
def test_case_does_not_matter(value: str) -> None:
    assert fold(value.upper()) == fold(value.lower()) == fold(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("\x00", ""),
        (["a", "b\x00"], "[1]"),
        ({"questions": [{"subject": "x"}, {"subject": "\u202e"}]}, "questions[1].subject"),
        ({"a": {"b": [["x", ["\x07"]]]}}, "a.b[0][1][0]"),
        ({"a": 1, "b": {"c\x00": 1}}, "b"),
        ({"\x00": 1}, ""),
        ({"a": "\x00", "b": "\x00"}, "a"),
        ({"e\u0301": 1, "\u00e9": 2}, ""),
        ([{"é": "\ud800"}], "[0].é"),
    ],
)
def test_the_first_bad_text_of_a_value_is_named(value: object, path: str) -> None:
    assert bad_text_path(value) == path
    with pytest.raises(TextInvalid) as error:
        clean_json(value)
    assert error.value.path == path


def test_a_value_is_cleaned_all_through() -> None:
    value = {"cafe\u0301": ["e\u0301", {"n": None, "x": [1, 2.5, True, "a\r\nb"]}], "leeg": {}, "lijst": []}
    cleaned = clean_json(value)
    assert cleaned == {"caf\u00e9": ["\u00e9", {"n": None, "x": [1, 2.5, True, "a\nb"]}], "leeg": {}, "lijst": []}
    assert "cafe\u0301" in value  # the argument is not touched


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@quick
@given(json_values)
def test_cleaning_json_is_cleaning_its_texts(value: object) -> None:
    if bad_text_path(value) is None:
        cleaned = clean_json(value)
        assert clean_json(cleaned) == cleaned
        assert unicodedata.is_normalized("NFC", json.dumps(cleaned, ensure_ascii=False))
    else:
        with pytest.raises(TextInvalid):
            clean_json(value)


def test_depth_is_bounded() -> None:
    deep: object = "x"
    for _ in range(100):
        deep = [deep]
    assert bad_text_path(deep) is None
    assert bad_text_path([deep]) == "[0]" * 100
    for _ in range(100_000):
        deep = {"a": deep}
    assert bad_text_path(deep) == "a" + ".a" * 99
