"""The synonym list that we ship: its shape, and that no group does what makes a search worse."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.kit.search import Document, Engine
from backend.kit.search.dutch import STOP_WORDS, typed_words
from backend.kit.search.synonyms import Phrase, essential

DATA = Path(__file__).parents[3] / "backend" / "catalogue" / "data"
GROUPS: dict[str, list[str]] = json.loads((DATA / "synonyms.json").read_text(encoding="utf-8"))
CORE = ("identiteitskaart", "paspoort", "adreswijziging", "leefloon", "recyclagepark", "omgevingsvergunning")
COMPANIES = {"carrefour", "colruyt", "delhaize", "engie", "ikea", "luminus", "proximus", "sodexo", "telenet"}


def essence(phrase: str) -> Phrase:
    """What the engine keeps of a phrase."""
    return essential(typed_words(phrase))


def test_there_are_enough_groups_sorted_by_their_slugs_one_on_a_line() -> None:
    text = (DATA / "synonyms.json").read_text(encoding="utf-8")
    pairs = json.loads(text, object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert len(keys) >= 400
    assert keys == sorted(set(keys))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in keys)
    lines = text.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("{", "}", len(keys) + 2)
    assert "\\u" not in text, "accents are written as they are"


def test_every_group_has_two_to_twenty_five_different_phrases() -> None:
    wrong = {
        key
        for key, phrases in GROUPS.items()
        if not 2 <= len(phrases) <= 25 or len({essence(phrase) for phrase in phrases}) < len(phrases)
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("why", "is_wrong"),
    [
        ("2 to 60 letters", lambda phrase: not 2 <= len(phrase) <= 60),
        ("lower case, single spaces", lambda phrase: phrase != " ".join(phrase.casefold().split())),
        ("a word or a short number", lambda phrase: not re.search(r"[^\W\d_]|\d{3}", phrase)),
        ("no company", lambda phrase: COMPANIES.intersection(typed_words(phrase))),
        ("no address or number of somebody", lambda phrase: re.search(r"[@/]|www|\d{5}", phrase)),
        # "dagje uit" would match whatever has "dagje", since "uit" says nothing to the engine
        ("more than one word left", lambda phrase: len(essence(phrase)) == 1 < len(typed_words(phrase))),
        ("not only stop words", lambda phrase: STOP_WORDS.issuperset(typed_words(phrase))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_phrase_is_sound(why: str, is_wrong: Callable[[str], object]) -> None:
    assert [phrase for phrases in GROUPS.values() for phrase in phrases if is_wrong(phrase)] == [], why


def test_no_phrase_is_in_more_than_four_groups() -> None:
    used = Counter(essence(phrase) for phrases in GROUPS.values() for phrase in phrases)
    assert {phrase: times for phrase, times in used.items() if times > 4} == {}


def test_no_group_is_part_of_another() -> None:
    as_sets = {key: {essence(phrase) for phrase in phrases} for key, phrases in GROUPS.items()}
    inside = [
        (small, large)
        for small, phrases in as_sets.items()
        for large, more in as_sets.items()
        if small != large and phrases <= more
    ]
    assert inside == []


def test_the_groups_everybody_needs_are_there() -> None:
    assert set(CORE) <= GROUPS.keys()


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("reispas", "Belgisch paspoort"),
        ("déménagement", "Aangifte van adreswijziging"),
        ("bijstandsuitkering", "Leefloon"),
        ("kuisvrouw", "Poetshulp"),
        ("verklaring omtrent gedrag", "Uittreksel uit het strafregister"),
        ("containerpark", "Recyclagepark"),
        ("work permit", "Arbeidskaart"),
        ("baby gekregen", "Geboorteaangifte"),
        ("gehandicaptenparkeerkaart", "Parkeerkaart voor personen met een handicap"),
        ("kinderkribbe", "Kinderopvang zoeken"),
    ],
)
def test_words_of_citizens_find_official_titles(query: str, title: str) -> None:
    titles = (
        "Belgisch paspoort", "Aangifte van adreswijziging", "Leefloon", "Poetshulp", "Uittreksel uit het strafregister",
        "Recyclagepark", "Arbeidskaart", "Geboorteaangifte", "Parkeerkaart voor personen met een handicap",
        "Kinderopvang zoeken", "Rijbewijs", "Grafconcessie", "Omgevingsvergunning", "Schuldbemiddeling",
    )  # fmt: skip
    documents = [Document(id=name, title=name) for name in titles]
    assert Engine.build(documents, list(GROUPS.values())).search(query).hits[0].id == title
