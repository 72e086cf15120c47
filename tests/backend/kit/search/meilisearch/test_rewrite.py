"""The few queries that stand for what somebody typed: never too many or too long, never one that finds everything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit.search import Engine
from backend.kit.search.meilisearch.contents import META_WORD
from backend.kit.search.meilisearch.rewrite import MOST, Plain, rewritten
from backend.kit.search.stop_words import STOP_WORDS
from tests.backend.kit.search.meilisearch.conftest import DOCUMENTS, SYNONYMS

ENGINE = Engine.build(DOCUMENTS, SYNONYMS)
WORDS = "reispas paspoort pasport grof vuil huisvuil huurs subsidie kaart voor mijn de parkeerkaart identit kwijt"


def queries(query: str) -> list[Plain]:
    open_end = bool(query) and not query[-1].isspace()
    return rewritten(ENGINE.understanding.understand(query), ENGINE.index, open_end=open_end)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join))
def test_they_keep_to_the_limits(query: str) -> None:
    found = queries(query)
    assert len(found) <= MOST
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    for one in found:
        assert 0 < one.weight <= 1
        assert 1 <= len(one.words) <= 10
        assert not STOP_WORDS.intersection(one.words), "the server skips those, and of nothing it finds everything"
        assert all(word.isascii() and word.isalnum() for word in one.words), (
            "no sign that means something to the server"
        )
        assert META_WORD not in one.words or META_WORD in query
        assert one.attributes


@pytest.mark.parametrize("query", ["", " ", "?!", "de het een ", "wie ben je "])
def test_of_nothing_comes_nothing(query: str) -> None:
    assert queries(query) == []


def test_the_last_word_may_go_on_only_when_it_is_as_typed() -> None:
    assert queries("reisp")[0].open_end
    assert ("reispas",) in {one.words for one in queries("reisp")}
    assert any(one.open_end for one in queries("reispas"))
    assert not any(one.open_end for one in queries("reispas "))
    assert not any(one.open_end for one in queries("vuilniszak wegdoen ") if one.words[-1:] != ("wegdoen",))


def test_what_is_misspelt_or_put_together_is_looked_up_as_what_was_meant() -> None:
    assert ("reispas",) in {one.words for one in queries("reispsa ")}
    assert ("huursubsidie", "aanvrag") in {one.words for one in queries("huursubsidieaanvraag ")}


def test_each_word_is_also_asked_alone_weighed_by_what_it_says() -> None:
    alone = {one.words[0]: one.weight for one in queries("huursubsidie parkeren ") if len(one.words) == 1}
    assert len(alone) == 2
    assert all(weight < queries("huursubsidie parkeren ")[0].weight for weight in alone.values())
