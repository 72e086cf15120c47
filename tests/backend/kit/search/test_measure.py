"""The figures of a search engine are what they say they are, and every step of the engine moves them."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.kit.search import Document, Engine, Settings
from backend.kit.search.measure import measure, ndcg
from backend.kit.search.understand import Steps

SEARCH = Path(__file__).parents[4].parent / "shared" / "data" / "search"
DOCUMENTS = [
    Document(id="paspoort", title="Belgisch paspoort"),
    Document(id="eid", title="Elektronische identiteitskaart"),
    Document(id="intern", title="Paspoort aan het loket"),
]


def test_the_gain_of_an_order() -> None:
    assert ndcg([3, 2, 0], [2, 3]) == 1.0
    assert ndcg([0, 0], [3]) == 0.0
    assert ndcg([0, 3], [3]) == pytest.approx(0.6309, abs=1e-4)


def test_measuring() -> None:
    golden = [
        {"query": "belgisch paspoort", "kind": "kw", "relevant": {"paspoort": 3}},
        {"query": "paspoort loket", "kind": "kw", "relevant": {"paspoort": 3}},
        {"query": "xqzw", "kind": "kw", "relevant": {"eid": 3}},
        {"query": "wespennest", "kind": "none", "relevant": {}},
        {"query": "identiteitskaart", "kind": "none", "relevant": {}},
    ]
    figures = measure(Engine.build(DOCUMENTS), golden)
    assert (figures["n"], figures["falseAnswers"], figures["zeroShare"]) == (5, 0.5, round(1 / 3, 4))
    assert (figures["success1"], figures["success3"], figures["mrr"]) == (round(1 / 3, 4), round(2 / 3, 4), 0.5)
    assert set(figures["kinds"]) == {"kw"}
    assert 0 < figures["p50Ms"] <= figures["p95Ms"]


def test_every_figure_is_there_when_there_is_nothing_to_measure() -> None:
    figures = measure(Engine.build(DOCUMENTS), [])
    assert (figures["n"], figures["ndcg10"], figures["falseAnswers"], figures["typed60"]) == (0, 0.0, 0.0, 0.0)


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
        )
        for row in rows
    ]
    return documents, [json.loads(line) for line in (SEARCH / "golden-dev.jsonl").read_text().splitlines()]


PLAIN = {
    "parts_unknown": 0,
    "parts_known": 0,
    "joined": 0,
    "ending": 0,
    "rest": 0,
    "typo": 0,
    "prefix": 0,
    "prefix_known": 0,
    "light": 1,
}


@pytest.mark.parametrize(
    ("least", "steps"),
    [
        (0.36, PLAIN),
        (0.57, {"typo": 0, "prefix": 0, "prefix_known": 0, "light": 1}),
        (0.65, {"prefix": 0, "prefix_known": 0, "light": 1}),
        (0.66, {}),
    ],
    ids=["plain", "+compounds", "+typos", "+prefixes and light words"],
)
def test_each_step_earns_its_place_on_real_queries_without_synonyms(
    real: tuple[list[Document], list[dict[str, Any]]], least: float, steps: dict[str, float]
) -> None:
    documents, golden = real
    settings = Settings(steps=Steps(**steps), decompound=steps.get("parts_known") != 0)
    assert measure(Engine.build(documents, settings=settings), golden)["ndcg10"] >= least
