"""Groups of synonyms: the shipped list with the city's choices over it, what a group must be, lists as files."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from backend.catalogue.rules.effects import remarks
from backend.catalogue.rules.synonym_files import Entry, FileRefused, Format, read, write
from backend.catalogue.rules.synonyms import (
    LONGEST,
    MOST_GROUPS_OF_A_PHRASE,
    Decision,
    Group,
    Meanings,
    Others,
    effective,
    faults,
    meaning,
    overlay,
    shipped,
    shipped_id,
    tidy,
    wider,
)
from backend.catalogue.vocabulary.service import shipped_synonyms

BASE = shipped({"afval": ["afval", "vuilnis"], "reispas": ["reispas", "paspoort"]})


def decision(about: UUID, *phrases: str, removed: bool = False, version: int = 1) -> Decision:
    return Decision(
        id=about, phrases=phrases, removed=removed, note=None, changed_at=datetime.now(UTC), version=version
    )


def others(*groups: tuple[str, ...]) -> Others:
    made = [Group(id=uuid7(), origin="city", phrases=phrases) for phrases in groups]
    return Meanings(made).others(None)


def said(phrases: list[str], *groups: tuple[str, ...]) -> dict[str, str]:
    return {fault.place: fault.detail for fault in faults(phrases, others(*groups))}


def test_the_id_of_a_shipped_group_never_changes() -> None:
    assert str(shipped_id("afval")) == "fdce32e0-1857-51ef-8e3c-46e02bb17088"


def test_the_city_decides_over_the_shipped_list() -> None:
    own, waste, passport = uuid7(), shipped_id("afval"), shipped_id("reispas")
    groups = overlay(
        BASE, [decision(waste, removed=True), decision(passport, "reispas", "pas"), decision(own, "fuif", "feest")]
    )
    assert {str(key): group.origin for key, group in groups.items()} == {
        str(waste): "removed",
        str(passport): "changed",
        str(own): "city",
    }
    assert groups[waste].phrases == ("afval", "vuilnis"), "what counted, so that a person can see what is gone"
    assert groups[passport].shipped == ("reispas", "paspoort")
    assert effective(groups.values()) == (("reispas", "pas"), ("fuif", "feest"))


def test_a_new_release_improves_what_the_city_left_alone() -> None:
    decisions = [decision(shipped_id("afval"), "afval", "huisvuil"), decision(shipped_id("reispas"), version=4)]
    newer = shipped(
        {"afval": ["afval", "vuilnis", "rommel"], "reispas": ["reispas", "passport"], "fuif": ["fuif", "td"]}
    )
    groups = overlay(newer, decisions)
    assert effective(groups.values()) == (("afval", "huisvuil"), ("reispas", "passport"), ("fuif", "td"))
    assert (groups[shipped_id("reispas")].origin, groups[shipped_id("reispas")].version) == ("shipped", 4)


def test_a_group_that_a_release_drops_stays_when_the_city_had_changed_it() -> None:
    groups = overlay(
        {}, [decision(shipped_id("afval"), "afval", "huisvuil"), decision(shipped_id("reispas"), removed=True)]
    )
    assert [(group.origin, group.phrases) for group in groups.values()] == [("city", ("afval", "huisvuil"))]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Sac   POUBELLE ", "sac poubelle"),
        ("acte d’identité", "acte d'identité"),
        ("rendez–vous", "rendez-vous"),
        ("sac\u00a0poubelle", "sac poubelle"),
        ("e\u0301tat civil", "état civil"),
    ],
)
def test_phrases_are_kept_tidy(typed: str, kept: str) -> None:
    assert tidy(typed) == kept
    assert tidy(kept) == kept


def test_everything_that_is_wrong_is_told_at_once() -> None:
    phrases = [
        "x",
        "afval",
        "de van het",
        "<b>vuil</b>",
        "a" * (LONGEST + 1),
        "vuil\tnis",
        "12 %",
        "мусор",
        "=1+1a",
        "afvallen",
    ]
    assert said(phrases) == {
        "phrases[0]": "A phrase has 2 to 60 characters, not 1.",
        "phrases[2]": "Search passes over these words: they say nothing about a subject.",
        "phrases[3]": "The character '<' cannot be in a phrase.",
        "phrases[4]": "A phrase has 2 to 60 characters, not 61.",
        "phrases[5]": "The character U+0009 cannot be in a phrase.",
        "phrases[6]": "There is no letter, nor a number of three digits, in it that search can read.",
        "phrases[7]": "There is no letter, nor a number of three digits, in it that search can read.",
        "phrases[8]": "The character '=' cannot be in a phrase.",
        "phrases[9]": "Search sees no difference with 'afval'.",
    }


@pytest.mark.parametrize("count", [0, 1, 26])
def test_a_group_has_two_to_25_phrases(count: int) -> None:
    phrases = [f"woord {chr(97 + number)}{number}" for number in range(count)]
    assert said(phrases) == {"phrases": f"A group has 2 to 25 phrases, not {count}."}


def test_what_search_cannot_tell_apart_is_a_double() -> None:
    doubles = ["Fietsen", "fiëts", "de fiets", "fiets"]
    assert list(said([tidy(one) for one in ["fiets", *doubles]])) == [f"phrases[{place}]" for place in range(1, 5)]


def test_what_a_group_had_already_may_stay() -> None:
    held = ("12", "brandweer", "brandweren")
    assert not faults(held, others(), held)
    assert [fault.place for fault in faults(("brandweer", "13", "brandweer", *held), others(), held)] == [
        "phrases[1]",
        "phrases[2]",
        "phrases[4]",
    ]


def test_a_phrase_of_too_many_groups_is_refused() -> None:
    groups = [("kaart", f"soort{chr(97 + number)}") for number in range(MOST_GROUPS_OF_A_PHRASE)]
    assert said(["kaart", "pas"], *groups) == {
        "phrases[0]": "Is in 5 other groups already; a phrase can be in 5 at most."
    }
    assert said(["kaart", "pas"], *groups[1:]) == {}


def test_a_group_within_another_is_found() -> None:
    waste = ("afval", "vuilnis", "huisvuil")
    found = wider(["vuilnis", "Afvallen"], others(waste, ("fuif", "feest")))
    assert found is not None
    assert found.phrases == waste
    assert wider(["vuilnis", "rommel"], others(waste)) is None
    assert wider(["vuilnis", "feest"], others(waste, ("fuif", "feest"))) is None, "each in another group"


def test_removed_groups_and_the_group_itself_do_not_count() -> None:
    own, gone = uuid7(), uuid7()
    meanings = Meanings(
        [
            Group(id=own, origin="city", phrases=("afval", "vuilnis")),
            Group(id=gone, origin="removed", phrases=("afval", "vuilnis")),
        ]
    )
    assert wider(["afval", "vuilnis"], meanings.others(own)) is None
    assert wider(["afval", "vuilnis"], meanings.others(None)) is not None


def test_the_shipped_list_passes_where_it_counts() -> None:
    groups = overlay(shipped_synonyms(), ())
    meanings = Meanings(groups.values())
    wrong = {
        group.key: [fault.detail for fault in faults(group.phrases, meanings.others(group.id), group.kept)]
        for group in groups.values()
    }
    assert not {key: details for key, details in wrong.items() if details}
    assert not [group.key for group in groups.values() if any(not meaning(phrase) for phrase in group.phrases)]


def test_warnings_name_the_phrase() -> None:
    found = remarks(("fuif", "feest", "td"), others(("fuif", "td"), ("bal", "td", "dansen")), [0.0, 0.21, 0.2])
    assert [(one.code, one.place) for one in found] == [
        ("chain", "phrases[0]"),
        ("veryCommon", "phrases[1]"),
        ("chain", "phrases[2]"),
        ("containsGroup", "phrases"),
    ]
    assert [one.code for one in remarks(("fuif", "feest"), others(), [0.0, 0.0])] == ["nothingFound"]


ENTRIES = [
    Entry(place="", key="afval", phrases=("afval", "sac à poubelle", "d'r uit, weg")),
    Entry(place="", key="", phrases=("fuif", "feest")),
]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_written_can_be_read(form: Format) -> None:
    got = read(write(ENTRIES, form).encode(), form)
    assert [(one.key, one.phrases) for one in got] == [(one.key, one.phrases) for one in ENTRIES]


@given(st.lists(st.tuples(st.text(), st.lists(st.text()))), st.sampled_from(["csv", "json"]))
def test_no_file_is_too_strange(groups: list[tuple[str, list[str]]], form: Format) -> None:
    raw = json.dumps(dict(groups)) if form == "json" else "\n".join(f"{key},{','.join(many)}" for key, many in groups)
    try:
        entries = read(raw.encode("utf-8", "surrogatepass"), form)
    except FileRefused:
        return
    for entry in entries:
        assert f"{entry.place}{entry.key}".encode()
        assert shipped_id(entry.key)
        faults([tidy(phrase) for phrase in entry.phrases], others())


def test_spreadsheets_write_semicolons_and_a_mark() -> None:
    raw = '\ufeffkey;phrases\r\n;fuif;feest;;\r\n\r\nafval;afval;"vuil;nis"\r\n'.encode()
    assert read(raw, "csv") == [
        Entry(place="line 2", key="", phrases=("fuif", "feest")),
        Entry(place="line 4", key="afval", phrases=("afval", "vuil;nis")),
    ]


@pytest.mark.parametrize(
    ("raw", "form", "line"),
    [
        (b"fuif,f\xeate", "csv", "line 1: Not UTF-8: save the file as 'CSV UTF-8'."),
        (b'a,b\n,"fuif', "csv", "line 2: Not CSV: unexpected end of data."),
        (b"[]", "json", "the file: Expected an object: key -> list of phrases."),
        (b'{"a": ["b"', "json", "the file: Not JSON: Expecting ',' delimiter: line 1 column 11 (char 10)."),
        (b"[" * 100_000, "json", "the file: Not JSON: "),
        (b"1" * 5_000, "json", "the file: Not JSON: "),
        (
            b'{"a": ["b"], "a": ["c"], "d": {"e": 1}, "f": [1]}',
            "json",
            '"a": This key comes twice.; "d": Expected a list of phrases.; "f": Expected a list of phrases.',
        ),
        (b",a,b\n" * 10_001, "csv", "the file: More than 10000 groups."),
        (b"x" * 4_000_001, "csv", "the file: More than 4 MB is no list of synonyms."),
    ],
)
def test_a_file_that_cannot_be_read_says_where(raw: bytes, form: Format, line: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(raw, form)
    assert str(refused.value).startswith(line)
