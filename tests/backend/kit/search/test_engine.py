"""The right document comes first, says why, and never anything that is hidden."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit.search import Document, Engine, Settings
from backend.kit.search.measure import measure, ndcg
from backend.kit.search.understand import Steps

ROOT = Path(__file__).parents[4]
SEARCH = ROOT.parent / "shared" / "data" / "search"
SYNONYMS = ROOT / "backend" / "catalogue" / "data" / "synonyms.json"

ROWS = {
    "paspoort": ("Belgisch paspoort", "Met een paspoort reis je buiten Europa.", ("travel",), ()),
    "eid": ("Elektronische identiteitskaart", "De kaart bewijst wie je bent <& meer>.", ("id",), ()),
    "huur": ("Lokale huursubsidie", "Steun bij het betalen van de huur van je woning.", ("living",), ()),
    "premie": ("Premie voor een regenwaterput", "Subsidie om regenwater op te vangen.", ("living",), ()),
    "grof": ("Ophalen van grofvuil", "We komen je oude meubels halen aan de deur.", ("waste",), ()),
    "rest": ("Restafval aan huis", "Zet de restafvalzakken buiten voor 7 uur.", ("waste",), ()),
    "drank": ("Vergunning sterke drank", "Om sterke drank te schenken.", ("horeca",), ()),
    "intern": ("Werkwijze paspoort loket", "Alleen voor medewerkers.", ("travel",), ("internal",)),
}
DOCUMENTS = [
    Document(id=key, title=title, body={"description": text}, facets={"theme": theme}, flags=frozenset(flags))
    for key, (title, text, theme, flags) in ROWS.items()
]
SYNONYM_GROUPS = [
    ["paspoort", "reispas", "passport"],
    ["grofvuil", "zetel wegdoen", "oude matras"],
    ["geen geld", "huursubsidie"],
]
ENGINE = Engine.build(DOCUMENTS, SYNONYM_GROUPS)


def first(query: str, **options: Any) -> str | None:
    hits = ENGINE.search(query, **options).hits
    return hits[0].id if hits else None


@pytest.mark.parametrize(
    ("query", "expected", "kind", "found"),
    [
        ("paspoort", "paspoort", "exact", "paspoort"),
        ("paspoorten aanvragen ", "paspoort", "stem", "paspoort"),
        ("pasport ", "paspoort", "typo", "paspoort"),
        ("identiteitsk", "eid", "prefix", "identiteitskaart"),
        ("reispas", "paspoort", "synonym", "paspoort"),
        ("huurwoning", "huur", "part", "huur"),
        ("vuil", "grof", "part", "grofvuil"),
    ],
)
def test_each_step_finds_and_says_why(query: str, expected: str, kind: str, found: str) -> None:
    hit = ENGINE.search(query).hits[0]
    assert hit.id == expected
    assert any((one.kind, one.found.casefold()) == (kind, found) for one in hit.matched)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ne zetel wegdoen", "grof"),
        ("waar kan ik mijn oude matras laten ophalen?", "grof"),
        ("sterkedrank", "drank"),
        ("huursub", "huur"),
        ("regenwaterputpremie", "premie"),
        ("zetel weg", "grof"),
        ("reisp", "paspoort"),
        ("PASSPORT!", "paspoort"),
        ("geen geld", "huur"),
        ("7 uur", "rest"),
    ],
)
def test_what_people_type(query: str, expected: str) -> None:
    assert first(query) == expected


@pytest.mark.parametrize("query", ["wespennest", "???", "xqzw", "-", "\u0000"])
def test_nothing_is_better_than_nonsense(query: str) -> None:
    result = ENGINE.search(query)
    assert (result.hits, result.total, result.facets) == ([], 0, {})


def test_did_you_mean() -> None:
    assert ENGINE.search("pasport reizen ").suggestion == "paspoort reizen"
    assert ENGINE.search("paspoort").suggestion is None
    assert ENGINE.search("reispas").suggestion is None


def test_hidden_documents_do_not_exist() -> None:
    assert {hit.id for hit in ENGINE.search("paspoort").hits} == {"paspoort", "intern"}
    result = ENGINE.search("paspoort", hide=frozenset({"internal"}))
    assert ([hit.id for hit in result.hits], result.total, result.facets) == (["paspoort"], 1, {"theme": {"travel": 1}})
    assert "intern" not in {hit.id for hit in ENGINE.search("", limit=50, hide=frozenset({"internal"})).hits}


def test_filters_are_or_within_a_facet_and_facets_count_what_is_left() -> None:
    everything = ENGINE.search("", limit=3)
    assert everything.total == len(DOCUMENTS)
    assert [hit.id for hit in everything.hits] == ["paspoort", "eid", "huur"]
    result = ENGINE.search("", filters={"theme": ["waste", "horeca"]})
    assert result.facets == {"theme": {"waste": 2, "horeca": 1}}
    assert ENGINE.search("paspoort", filters={"theme": ["waste"]}).total == 0
    assert ENGINE.search("paspoort", filters={"other": ["x"]}).total == 0
    assert ENGINE.search("paspoort", filters={"theme": []}).total == 2


def test_highlights_are_escaped() -> None:
    hit = ENGINE.search("kaart").hits[0]
    assert hit.highlights["title"] == "Elektronische <mark>identiteitskaart</mark>"
    assert hit.highlights["description"] == "De <mark>kaart</mark> bewijst wie je bent &lt;&amp; meer&gt;."


def test_a_snippet_is_cut_around_what_matches() -> None:
    text = "lorem ipsum " * 60 + "de speelstraat " + "dolor sit " * 60
    hit = Engine.build([Document(id="1", title="Straat", body={"text": text})]).search("speelstraat").hits[0]
    snippet = hit.highlights["text"]
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert "<mark>speelstraat</mark>" in snippet
    assert len(snippet) < 300


def test_results_are_the_same_every_time_and_limited() -> None:
    assert ENGINE.search("subsidie voor de huur") == Engine.build(DOCUMENTS, SYNONYM_GROUPS).search(
        "subsidie voor de huur"
    )
    assert len(ENGINE.search("de", limit=1).hits) <= 1
    assert ENGINE.search("paspoort", limit=0).total == 2
    assert Engine.build([]).search("paspoort").total == 0


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=80) | st.text("aeihnprstuvw -'", max_size=80))
def test_no_text_breaks_it(query: str) -> None:
    for hit in ENGINE.search(query).hits:
        assert re.fullmatch(r"(?:[^<]|<mark>[^<]+</mark>)*", hit.highlights["title"])


def test_the_gain_of_an_order() -> None:
    assert ndcg([3, 2, 0], [2, 3]) == 1.0
    assert ndcg([0, 0], [3]) == 0.0
    assert ndcg([0, 3], [3]) == pytest.approx(0.6309, abs=1e-4)


def test_measuring() -> None:
    golden = [
        {"query": "paspoort", "kind": "kw", "relevant": {"paspoort": 3}},
        {"query": "paspoort loket", "kind": "kw", "relevant": {"paspoort": 3}},
        {"query": "xqzw", "kind": "kw", "relevant": {"eid": 3}},
        {"query": "wespennest", "kind": "none", "relevant": {}},
    ]
    figures = measure(ENGINE, golden)
    assert (figures["n"], figures["falseAnswers"], figures["zeroShare"]) == (4, 0.0, round(1 / 3, 4))
    assert (figures["success1"], figures["success3"], figures["mrr"]) == (round(1 / 3, 4), round(2 / 3, 4), 0.5)
    assert set(figures["kinds"]) == {"kw"}
    assert 0 < figures["p50Ms"] <= figures["p95Ms"]


def test_the_synonym_list_is_sound() -> None:
    groups = json.loads(SYNONYMS.read_text())
    assert len(groups) > 60
    for group in groups:
        assert len(group) > 1, group
        assert all(phrase == phrase.strip() and phrase for phrase in group), group
        assert len({phrase.casefold() for phrase in group}) == len(group), group


@pytest.fixture(scope="module")
def real() -> tuple[list[Document], list[dict[str, Any]]]:
    if not SEARCH.exists():
        pytest.skip("../shared/data/search is not here")
    rows = [json.loads(line) for line in (SEARCH / "catalogue-502.jsonl").read_text().splitlines()]
    documents = [
        Document(
            id=row["id"],
            title=row["title"],
            keywords=tuple(row["keywords"]),
            body={name: row[name] for name in ("description", "conditions", "procedure", "cost")},
            facets={"theme": tuple(row["themes"])},
        )
        for row in rows
    ]
    return documents, [json.loads(line) for line in (SEARCH / "golden-dev.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("least", "synonyms", "steps"),
    [
        (
            0.36,
            False,
            {"parts_unknown": 0, "parts_known": 0, "joined": 0, "ending": 0, "typo": 0, "prefix": 0, "prefix_known": 0},
        ),
        (0.54, False, {"typo": 0, "prefix": 0, "prefix_known": 0}),
        (0.60, False, {"prefix": 0, "prefix_known": 0}),
        (0.60, False, {}),
        (0.86, True, {}),
    ],
    ids=["plain", "+compounds", "+typos", "+prefix", "+synonyms"],
)
def test_each_step_earns_its_place_on_real_queries(
    real: tuple[list[Document], list[dict[str, Any]]], least: float, synonyms: bool, steps: dict[str, float]
) -> None:
    documents, golden = real
    settings_ = Settings(steps=Steps(**steps), decompound=steps.get("parts_known") != 0)
    engine = Engine.build(documents, json.loads(SYNONYMS.read_text()) if synonyms else None, settings_)
    figures = measure(engine, golden)
    assert figures["ndcg10"] >= least
    if synonyms:
        assert figures["zeroShare"] <= 0.03
        assert figures["typed60"] >= 0.78
