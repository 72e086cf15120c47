"""The search benchmark measures what it says, takes files as they come, and our search reaches a floor on it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backend.catalogue.index.rules import SETTINGS
from backend.kit.search import Engine
from backend.kit.search.measure import measure
from scripts.benchmarks.__main__ import main
from scripts.benchmarks.search import Unusable, documents, grown, lines, queries, synonyms, texts
from tests.backend.kit.search.meilisearch.server import MASTER, running

SEARCH = Path(__file__).parents[3].parent / "shared" / "data" / "search"
NAMES = {
    *("ndcg10", "mrr", "success1", "success3", "success5", "zeroShare", "typed40", "typed60", "typed80"),
    *("p50Ms", "p95Ms", "n", "kinds", "falseAnswers", "buildSeconds", "patchSeconds"),
    *("documents", "machine", "commit", "engine"),
}
PRODUCTS: list[dict[str, Any]] = [
    {"id": "a", "title": "Belgisch paspoort", "keywords": "reizen", "description": None, "cost": ["65 euro", ""]},
    {"id": 2, "title": "Grofvuil", "themes": ["MilieuEnergie"], "type": "Voorwerp", "audience": None},
    {"title": "zonder id"},
    {"id": "leeg", "title": ""},
]


def run(tmp_path: Path, *options: str, products: object = PRODUCTS, golden: str = "") -> Any:
    catalogue, cases = tmp_path / "catalogue.jsonl", tmp_path / "golden.jsonl"
    held = products if isinstance(products, str) else "\n".join(json.dumps(row) for row in PRODUCTS) + "\n\n"
    catalogue.write_text(held)
    cases.write_text(golden or '{"query": "paspoort", "kind": "syn", "relevant": {"a": 3}}\n{"query": "wesp"}\n')
    return CliRunner().invoke(main, ["search", "--catalogue", str(catalogue), "--golden", str(cases), *options])


def test_it_prints_one_json_object_with_every_figure(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert found.exit_code == 0, found.output
    figures = json.loads(found.output)
    assert figures.keys() >= NAMES
    assert (figures["n"], figures["ndcg10"], figures["documents"], figures["engine"]) == (2, 1.0, 2, "embedded")
    assert (figures["kinds"], figures["falseAnswers"], figures["zeroShare"]) == ({"syn": 1.0}, 0.0, 0.0)


def test_synonyms_of_a_file_take_the_place_of_ours(tmp_path: Path) -> None:
    given = tmp_path / "synonyms.json"
    given.write_text('{"grofvuil": ["grofvuil", "zetelding"]}')
    golden = '{"query": "zetelding", "relevant": {"2": 3}}\n{"query": "reispas ", "relevant": {"a": 3}}'
    figures = json.loads(run(tmp_path, "--synonyms", str(given), golden=golden).output)
    assert (figures["synonymGroups"], figures["ndcg10"], figures["kinds"]) == (1, 0.5, {"other": 0.5})
    assert json.loads(run(tmp_path, golden=golden).output)["synonymGroups"] > 100


def test_a_server_is_measured_in_an_index_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server:
        monkeypatch.setenv("MEILISEARCH_URL", server.url)
        monkeypatch.setenv("MEILISEARCH_ADMIN_KEY", MASTER)
        found = run(tmp_path, "--engine", "meilisearch")
        assert found.exit_code == 0, found.output
        assert (json.loads(found.output)["engine"], json.loads(found.output)["success1"]) == ("meilisearch", 1.0)
        assert server.indexes == {}
    away = run(tmp_path, "--engine", "meilisearch")
    assert away.exit_code == 1
    assert "Meilisearch:" in away.output


def test_over_http_the_same_is_found(tmp_path: Path) -> None:
    found = run(tmp_path, "--http")
    assert found.exit_code == 0, found.output
    figures = json.loads(found.output)
    assert figures["http"]["ndcg10"] == figures["ndcg10"] == 1.0
    assert 0 < figures["httpP50Ms"] <= figures["httpP95Ms"]


@pytest.mark.parametrize(
    ("options", "products", "golden", "says"),
    [
        (["--engine", "meilisearch"], PRODUCTS, "", "MEILISEARCH_URL is not set"),
        ([], "{broken", "", "catalogue.jsonl"),
        ([], PRODUCTS, "[1, 2", "golden.jsonl"),
        (["--http", "--engine", "meilisearch"], PRODUCTS, "", "MEILISEARCH_URL is not set"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, options: list[str], products: object, golden: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEILISEARCH_URL", raising=False)
    found = run(tmp_path, *options, products=products, golden=golden)
    assert found.exit_code == 1
    assert says in found.output.replace("\n", "")


def test_members_of_a_product_come_in_every_form() -> None:
    assert (texts(None), texts(""), texts("een"), texts(["een", None, "", 2])) == ((), (), ("een",), ("een", "2"))
    first, second = documents(PRODUCTS)
    assert (first.keywords, first.body, first.facets) == (("reizen",), {"costs": "65 euro"}, {})
    assert (second.id, second.facets) == ("2", {"theme": ("MilieuEnergie",), "type": ("Voorwerp",)})


def test_a_query_without_grades_expects_nothing() -> None:
    assert queries([{"query": 7, "relevant": None}, {"kind": "syn"}]) == [
        {"query": "7", "kind": "other", "relevant": {}}
    ]


def test_a_list_is_read_like_lines(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('[{"id": 1}, {"id": 2}]')
    (tmp_path / "lines.jsonl").write_text('{"id": 1}\n\n{"id": 2}\n')
    assert lines(tmp_path / "list.json") == lines(tmp_path / "lines.jsonl") == [{"id": 1}, {"id": 2}]
    (tmp_path / "wrong.json").write_text('{"a": "b"}')
    with pytest.raises(Unusable, match=r"wrong\.json"):
        synonyms(tmp_path / "wrong.json")


def test_a_catalogue_grows_with_new_words_and_the_same_way_every_time() -> None:
    rows = [{"id": str(n), "title": f"Product nummer{n}", "description": "woord " * 100} for n in range(3)]
    many = grown(rows, 9)
    assert (many[:3], len({row["id"] for row in many}), len({row["title"] for row in many[3:]})) == (rows, 9, 6)
    assert len({word for row in many for word in row["description"].split()}) > 1
    assert grown(rows, 9) == many
    assert grown(rows, 0) == rows
    assert grown([], 9) == []


def test_our_search_reaches_a_floor_on_real_products_and_queries() -> None:
    if not SEARCH.exists():
        pytest.skip("../shared/data/search is not here")
    engine = Engine.build(documents(lines(SEARCH / "catalogue-502.jsonl")), synonyms(None), SETTINGS)
    figures = measure(engine, queries(lines(SEARCH / "golden-dev.jsonl")))
    assert figures["ndcg10"] >= 0.8
    assert figures["success3"] >= 0.88
    assert figures["zeroShare"] <= 0.03
    assert figures["typed60"] >= 0.78
