"""Compounds fall apart into known words, typing errors find their word, beginnings their endings."""

import pytest

from backend.kit.search.lexicon import Lexicon

# fmt: off
KNOWN = {
    "huur": 9, "subsidie": 20, "kind": 30, "opvang": 9, "huwelijk": 5, "plaats": 9, "vergunning": 43, "taxi": 4,
    "gezin": 9, "samenstelling": 3, "afval": 20, "zakken": 4, "papier": 6, "ophaling": 3, "verguning": 1, "regen": 3,
    "paspoort": 9, "rijbewijs": 9, "speelstraat": 2, "stad": 9, "spelen": 3, "staat": 9, "naar": 90, "rest": 3,
}
# fmt: on
LEXICON = Lexicon(KNOWN, frozenset({"reispas"}))


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("huursubsidie", ("huur", "subsidie")),
        ("kinderopvang", ("kind", "opvang")),
        ("huwelijksplaats", ("huwelijk", "plaats")),
        ("gezinssamenstelling", ("gezin", "samenstelling")),
        ("restafvalzakken", ("rest", "afval", "zakken")),
        ("papierophaling", ("papier", "ophaling")),
        ("subsidie", ()),
        ("speelstaat", ()),
        ("huur", ()),
        ("xyzzyplaats", ()),
        ("a" * 500, ()),
    ],
)
def test_split(word: str, parts: tuple[str, ...]) -> None:
    assert LEXICON.split(word) == parts


def test_every_part_and_link_adds_up_to_the_word() -> None:
    for word in ("kinderopvang", "huwelijksplaats", "restafvalzakken"):
        at = 0
        for part in LEXICON.split(word):
            at = word.index(part, at) + len(part)
        assert at == len(word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pasport", "paspoort"),
        ("rijbewjs", "rijbewijs"),
        ("subisdie", "subsidie"),
        ("speelstaat", "speelstraat"),
        ("reipas", "reispas"),
    ],
)
def test_repair(typed: str, meant: str) -> None:
    assert LEXICON.repair(typed)[0].word == meant


@pytest.mark.parametrize("typed", ["pas", "2024x", "wespennest", ""])
def test_nothing_to_repair(typed: str) -> None:
    assert LEXICON.repair(typed) == []


def test_the_more_common_word_is_meant() -> None:
    assert [one.word for one in LEXICON.repair("verguningg")] == ["vergunning", "verguning"]
    assert LEXICON.repair("verguning")[0].word == "vergunning"


def test_a_word_that_sounds_the_same_is_one_error_away_however_it_is_written() -> None:
    lexicon = Lexicon({"gezelschap": 3, "chauffeur": 2, "vergunning": 9})
    assert [(one.word, one.distance) for one in lexicon.repair("chesellschab")] == [("gezelschap", 1)]


def test_a_half_that_occurs_only_in_compounds_is_known() -> None:
    lexicon = Lexicon({"huwelijk": 5, "huwelijksjubileum": 1, "premie": 9, "kermiskraam": 1, "kermis": 3, "friet": 2})
    assert lexicon.split("jubileumpremie") == ("jubileum", "premie")
    assert lexicon.split("frietkraam") == ("friet", "kraam")
    assert lexicon.split("huwelijksjubileum") == ("huwelijk", "jubileum")
    assert "jubileum" not in lexicon


def test_what_is_left_of_an_unknown_compound() -> None:
    assert LEXICON.rest("taxfreeopvang") == "opvang"
    assert LEXICON.rest("opvangtijdens") == "opvang"
    assert LEXICON.rest("xyzzyx") is None
    assert LEXICON.rest("xyzzynaar") is None


def test_complete_gives_the_shortest_and_most_used_first() -> None:
    assert LEXICON.complete("spe") == ["spelen", "speelstraat"]
    assert LEXICON.complete("rei") == ["reispas"]
    assert LEXICON.complete("zzz") == []


def test_words_that_may_be_compounds_of_a_word() -> None:
    assert LEXICON.longer("straat") == ["speelstraat"]
    assert LEXICON.longer("taat") == []  # what is left of "staat" is too short to be half a compound
    assert LEXICON.longer("jk") == []


def test_a_compound_still_being_typed() -> None:
    assert LEXICON.split_open("huursub") == ("huur", ("subsidie",))
    assert LEXICON.split_open("xxsub") is None


def test_half_a_compound_may_be_misspelt() -> None:
    lexicon = Lexicon({word: count for word, count in KNOWN.items() if word != "verguning"})
    assert lexicon.split_loosely("taxiverguning") == ("taxi", "vergunning")
    assert lexicon.split_loosely("wespennest") == ()
