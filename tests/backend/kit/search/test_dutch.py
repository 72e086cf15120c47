"""Words are one form of themselves, whatever case, accent, hyphen or ending somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.search.dutch import normalise, stem, typed_words, words
from backend.kit.search.sounds import sound
from backend.kit.search.stop_words import LIGHT_WORDS, STOP_WORDS


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
        ("isoleren", "isolatie"),
        ("organiseren", "organisator"),
        ("sociaal", "sociale"),
        ("financieel", "financiele"),
        ("persoon", "personen"),
        ("fiets", "fietsen"),
        ("standplaats", "standplaatsen"),
        ("grens", "grenzen"),
        ("steden", "stad"),
        ("melden", "melding"),
        ("gevonden", "vinden"),
        ("verhuist", "verhuizing"),
        ("aanvraagt", "aanvragen"),
        ("parkeert", "parkeren"),
        ("open", "openen"),
        ("daken", "dak"),
        ("glazen", "glas"),
        ("ingeschreven", "inschrijven"),
        ("verlengd", "verlengen"),
        ("verhuisd", "verhuizen"),
        ("huurt", "huren"),
    ],
)
def test_forms_of_one_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gevel", "vellen"),
        ("gezin", "zin"),
        ("geslacht", "slachten"),
        ("gezond", "zon"),
        ("begeleiding", "beleid"),
        ("korting", "kort"),
        ("kans", "kan"),
        ("weekend", "week"),
        ("kaart", "kaar"),
        ("camping", "camp"),
        ("gelijk", "lijk"),
    ],
)
def test_other_words_do_not(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_a_word_is_a_stop_word_or_a_light_word() -> None:
    assert STOP_WORDS.isdisjoint(LIGHT_WORDS)


def test_negations_are_not_stop_words() -> None:
    assert STOP_WORDS.isdisjoint({"geen", "zonder", "niet"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("huurwaarborch", "huurwaarborg"),
        ("reibeweis", "rijbewijs"),
        ("kado", "cadeau"),
        ("polisie", "politie"),
        ("electrisiteit", "elektriciteit"),
        ("verchunning", "vergunning"),
        ("gebeurd", "gebeurt"),
        ("abbonnement", "abonnement"),
        ("fotograaf", "photograaf"),
        ("oud", "aut"),
    ],
)
def test_words_that_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("huur", "muur"), ("pas", "bas"), ("boek", "broek"), ("kind", "kin")])
def test_words_that_do_not(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@given(st.text(max_size=60))
def test_any_text_gives_plain_words(text: str) -> None:
    assert all(word.isascii() and word.isalnum() for word in words(text))
    assert normalise(normalise(text)) == normalise(text)
