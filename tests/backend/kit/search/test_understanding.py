"""From what is typed to what is meant: sentences, compounds, synonyms and errors together, with the right one first."""

from typing import Any

import pytest

from backend.kit.search import Document, Engine, Settings
from backend.kit.search.fields import Weights
from backend.kit.search.understand import Steps

TITLES = {
    "lamp": "Kapotte straatlamp melden",
    "stort": "Sluikstort of zwerfvuil melden",
    "pas": "Belgisch paspoort",
    "jubileum": "Premie voor een huwelijksjubileum",
    "put": "Subsidie voor een regenwaterput",
    "kraam": "Standplaats voor een kermiskraam",
    "kermis": "Kermis op het dorpsplein",
    "geboorte": "Geboorteakte",
    "adres": "Nieuw adres doorgeven",
    "spelen": "Vergunning voor kansspelen",
    "werk": "Begeleiding naar werk",
    "asbest": "Verwijdering van asbest",
    "huur": "Hulp bij de huur",
    "bad": "Zwembad",
    "fonds": "Fonds voor de huur van een kansspel",
    "rijbewijs": "Buitenlands rijbewijs",
    "laden": "Elektrisch laden",
    "reis": "Reizen naar het buitenland",
    "loket": "Loket burgerzaken",
}
TEXTS = {
    "reis": "Vergeet je paspoort niet. Premie, kermis, huwelijk, regenwater, water, put en kraam.",
    "loket": "Hier haal je je paspoort af. Premie, kermis, huwelijk, regenwater, water, put en kraam.",
}
GROUPS = [
    ["sluikstort", "melding", "kapotte straatlamp"],
    ["paspoort", "reispas", "bewijs om te reizen"],
    ["geboorteakte", "birth certificate", "bewijs van geboorte"],
    ["huur", "geen geld voor het appartement"],
    ["adres doorgeven", "verhuizen"],
]
DOCUMENTS = [Document(id=key, title=title, body={"text": TEXTS.get(key, "")}) for key, title in TITLES.items()]
ENGINE = Engine.build(DOCUMENTS, GROUPS)


def first(query: str, engine: Engine = ENGINE) -> str | None:
    hits = engine.search(query).hits
    return hits[0].id if hits else None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # the title that says it, before one that only a long synonym of it describes
        ("sluikstort", "stort"),
        ("sluikstorten melden", "stort"),
        # parts that occur only inside compounds
        ("jubileumpremie", "jubileum"),
        ("waterputsubsidie", "put"),
        ("regenput", "put"),
        # an unknown compound of which only the end is known
        ("frietkraam", "kraam"),
        # spelt by ear, also inside a compound
        ("reibeweis", "rijbewijs"),
        ("elektries", "laden"),
        ("kansspelverchunning", "spelen"),
        ("asbestverweidering", "asbest"),
        # a synonym of several words: misspelt, in another order, with words in between, still being typed
        ("birth certifikate", "geboorte"),
        ("certificate birth", "geboorte"),
        ("bewijs van de officiele geboorte", "geboorte"),
        ("birth", "geboorte"),
        ("geen geld voor het app", "huur"),
        # verbs and nouns of one family
        ("asbest verwijderen", "asbest"),
        ("hoe verhuist men", "adres"),
        # the words of a conversation say less than the subject
        ("goeiedag, ik heb een vraag, ik zoek informatie over een paspoort", "pas"),
        ("hoe werkt dat met een zwembad", "bad"),
    ],
)
def test_the_best_comes_first(query: str, expected: str) -> None:
    assert first(query) == expected


def without(**steps: float) -> Engine:
    return Engine.build(DOCUMENTS, GROUPS, Settings(steps=Steps(**steps), weights=Weights(synonyms=0)))


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        ("jubileumpremie ", {"parts_unknown": 0, "rest": 0}),
        ("certificate birth ", {"scattered": 0, "going": 0}),
        ("birth", {"begun": 0, "prefix": 0}),
        ("hoe werkt dat met een zwembad", {"light": 3}),
        ("jukeboxkermis ", {"rest": 0, "ending": 0, "typo": 0, "parts_unknown": 0}),
    ],
)
def test_it_is_this_step_that_finds_it(query: str, steps: dict[str, Any]) -> None:
    assert first(query, without(**steps)) != first(query)


def test_a_synonym_is_worth_no_more_than_the_title_that_says_it() -> None:
    loose = Engine.build(DOCUMENTS, GROUPS, Settings(elsewhere=9.0, besides=9.0))
    assert first("sluikstort", loose) == "lamp"
    scores = {hit.id: hit.score for hit in ENGINE.search("sluikstort").hits}
    assert scores["lamp"] < scores["stort"]


def test_scattered_words_are_told_apart_from_those_in_between() -> None:
    slots = ENGINE.understanding.understand("certificate zwembad birth ").spans
    assert [(span.places, span.typed) for span in slots if span.places] == [((0, 2), "certificate birth")]


def test_numbers_count_for_less_beside_a_word() -> None:
    documents = [Document(id="acht", title="Hal 8"), Document(id="bad", title="Zwembad voor kinderen en ouders")]
    assert first("zwembad voor mijn dochter van 8", Engine.build(documents)) == "bad"
    assert first("8", Engine.build(documents)) == "acht"


def test_most_of_a_synonym_finds_the_title_too() -> None:
    bare = Engine.build(DOCUMENTS, GROUPS, Settings(weights=Weights(synonyms=0)))
    assert first("appartement geld ") == "huur"
    assert first("appartement geld ", bare) is None


def test_half_of_a_word_known_only_as_a_synonym_is_not_enough() -> None:
    documents = [Document(id="zwaluw", title="Premie voor zwaluwnesten"), Document(id="dier", title="Nest melden")]
    groups = [["wespennest", "hoornaar"], ["wespen", "insecten"]]
    assert [
        part.typed for part in Engine.build(documents, groups).understanding.understand("wespennest ").slots[0].parts
    ]
    assert first("wespennest ", Engine.build(documents, groups)) is None


def test_short_parts_with_a_hyphen_are_words() -> None:
    documents = [Document(id="kaart", title="Identiteitskaart"), Document(id="plaat", title="Een plaat kopen")]
    engine = Engine.build(documents, [["id kaart", "identiteitskaart"]])
    assert (first("id-kaart", engine), first("l-plaat", engine)) == ("kaart", "plaat")


@pytest.mark.parametrize(
    ("query", "expected"),
    [("birth ", "geboorte"), ("geen geld ", "huur"), ("kermiskra", "kraam")],
)
def test_what_is_still_being_typed(query: str, expected: str) -> None:
    assert first(query) == expected


def test_one_word_of_a_longer_synonym_is_not_marked() -> None:
    documents = [Document(id="1", title="Paspoort", body={"text": "Een kaart van de stad."})]
    hit = Engine.build(documents, [["paspoort", "kaart om te reizen naar verre landen"]]).search("paspoort ").hits[0]
    assert hit.highlights == {"title": "<mark>Paspoort</mark>"}


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ("identiteitskaaart", "identiteitskaart"),
        ("huwelijk aanvragn", "huwelijk aanvragen"),
        ("grofvul", "grofvuil"),
        ("identiteitsk", None),
        ("huwelijkskaart", None),
        ("huwelijk aanvragen", None),
    ],
)
def test_a_typing_error_is_named_and_what_may_go_on_is_not(query: str, suggestion: str | None) -> None:
    documents = [
        Document(id="kaart", title="Identiteitskaart", body={"text": "Vul het in, ook voor grof werk."}),
        Document(id="vuil", title="Grofvuil"),
        Document(id="huwelijk", title="Huwelijk", body={"text": "Aanvragen aan het loket."}),
    ]
    engine = Engine.build(documents, [["huwelijk aanvragen", "trouwen"]])
    assert engine.search(query).suggestion == suggestion


def test_a_misspelt_word_of_a_conversation_says_as_little_as_when_it_is_spelt_right() -> None:
    documents = [
        Document(id="huwelijk", title="Huwelijk"),
        Document(id="huur", title="Huurpremie aanvragen", body={"text": "Aanvragen kan online."}),
    ]
    engine = Engine.build(documents)
    assert first("huwelijk aanvragn ", engine) == first("huwelijk aanvragen ", engine) == "huwelijk"


def test_every_hit_says_why_it_is_there() -> None:
    documents = [
        Document(id="titel", title="Nachtopvang"),
        Document(id="los", title="Opvang", body={"text": "Een dak. Verder niets. Later ook een bed boven je hoofd."}),
    ]
    engine = Engine.build(documents, [["nachtopvang", "dakloos", "dak boven je hoofd"]])
    hits = {hit.id: hit.matched for hit in engine.search("dakloos ").hits}
    assert [(one.kind, one.typed, one.found) for one in hits["titel"]] == [("synonym", "dakloos", "Nachtopvang")]
    assert all(hits.values()), hits
    virtual = engine.search("hoofd boven ").hits
    assert all(hit.matched for hit in virtual)


LETTERS = [first + second + "e" for first in "bdfgk" for second in "aeiou"]


def test_the_least_likely_meanings_are_left_out() -> None:
    documents = [Document(id=str(number), title=f"Huis{letters}") for number, letters in enumerate(LETTERS)]
    engine = Engine.build(documents, [[f"huis{letters}", f"{letters}woning", f"{letters}pand"] for letters in LETTERS])
    (slot,) = engine.understanding.understand("huis").slots
    assert len(slot.alternatives) <= 80
    assert engine.search("huis").total > 5
