"""Words are one form of themselves, whatever case, accent, hyphen or ending somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.search.dutch import STOP_WORDS, normalise, stem, typed_words, words


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("Crèche", "creche"), ("FOTO’S", "foto's"), ("e‑ID", "e-id"), ("Œuvre", "oeuvre"), ("België", "belgie")],
)
def test_normalise(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


def test_hyphens_give_the_whole_and_its_parts_in_documents_and_the_whole_in_queries() -> None:
    assert words("Nieuwe PIN-code (75 euro).") == ["nieuwe", "pincode", "pin", "code", "75", "euro"]
    assert typed_words("Nieuwe PIN-code?") == ["nieuwe", "pincode"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paspoorten", "paspoort"),
        ("straten", "straat"),
        ("verhuizen", "verhuis"),
        ("subsidies", "subsidie"),
        ("kinderen", "kind"),
        ("overleden", "overlijden"),
        ("gezinnen", "gezin"),
        ("verloren", "verlies"),
    ],
)
def test_forms_of_one_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("gevel", "vellen"), ("gezin", "zin"), ("geslacht", "slachten"), ("gezond", "zon")]
)
def test_other_words_do_not(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_negations_are_not_stop_words() -> None:
    assert STOP_WORDS.isdisjoint({"geen", "zonder", "niet"})


@given(st.text(max_size=60))
def test_any_text_gives_plain_words(text: str) -> None:
    assert all(word.isascii() and word.isalnum() for word in words(text))
    assert normalise(normalise(text)) == normalise(text)
