"""The synonym list that we ship: its shape, and that it obeys the rules that the city's own groups obey."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.catalogue.rules.synonyms import Meanings, faults, overlay, shipped, tidy, wider
from backend.kit.search import Document, Engine
from backend.kit.search.dutch import typed_words
from backend.kit.search.synonyms import Phrase, essential

FILE = Path(__file__).parents[3] / "backend" / "catalogue" / "data" / "synonyms.json"
GROUPS: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
COMPANIES = {"carrefour", "colruyt", "delhaize", "engie", "ikea", "luminus", "proximus", "sodexo", "telenet"}
TITLES = (
    "Belgisch paspoort", "Aangifte van adreswijziging", "Leefloon", "Poetshulp", "Uittreksel uit het strafregister",
    "Recyclagepark", "Arbeidskaart", "Geboorteaangifte", "Parkeerkaart voor personen met een handicap",
    "Kinderopvang zoeken", "Rijbewijs", "Grafconcessie", "Omgevingsvergunning", "Schuldbemiddeling",
)  # fmt: skip


def essence(phrase: str) -> Phrase:
    """What the engine keeps of a phrase."""
    return essential(typed_words(phrase))


def test_there_are_enough_groups_sorted_by_their_slugs_one_on_a_line() -> None:
    text = FILE.read_text(encoding="utf-8")
    keys = [key for key, _ in json.loads(text, object_pairs_hook=list)]
    assert len(keys) >= 400
    assert keys == sorted(set(keys))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in keys)
    lines = text.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("{", "}", len(keys) + 2)
    assert "\\u" not in text, "accents are written as they are"


def test_every_group_would_be_accepted_from_a_city() -> None:
    groups = overlay(shipped(GROUPS), []).values()
    meanings = Meanings(groups)
    wrong = {group.key: found for group in groups if (found := faults(group.phrases, meanings.others(group.id)))}
    assert wrong == {}


def test_no_group_is_part_of_another() -> None:
    groups = overlay(shipped(GROUPS), []).values()
    meanings = Meanings(groups)
    inside = {group.key: more.key for group in groups if (more := wider(group.phrases, meanings.others(group.id)))}
    assert inside == {}


def test_no_phrase_is_in_more_than_four_groups() -> None:
    used = Counter(essence(phrase) for phrases in GROUPS.values() for phrase in phrases)
    assert {phrase: times for phrase, times in used.items() if times > 4} == {}


@pytest.mark.parametrize(
    ("why", "is_wrong"),
    [
        ("written as it is kept", lambda phrase: phrase != tidy(phrase)),
        ("no company", lambda phrase: COMPANIES.intersection(typed_words(phrase))),
        ("no address or number of somebody", lambda phrase: re.search(r"[@/]|www|\d{5}", phrase)),
        # "dagje uit" would match whatever has "dagje", since "uit" says nothing to the engine
        ("more than one word left", lambda phrase: len(essence(phrase)) == 1 < len(typed_words(phrase))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_phrase_is_sound(why: str, is_wrong: Callable[[str], object]) -> None:
    assert [phrase for phrases in GROUPS.values() for phrase in phrases if is_wrong(phrase)] == [], why


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.build([Document(id=title, title=title) for title in TITLES], list(GROUPS.values()))


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
def test_words_of_citizens_find_official_titles(engine: Engine, query: str, title: str) -> None:
    assert engine.search(query).hits[0].id == title
