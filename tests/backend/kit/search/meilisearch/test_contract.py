"""Every request we make is one the server's own description knows: path, method, query, headers, body to the letter."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.client import SearchClient
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.temporary import TemporaryIndex
from backend.kit.search.meilisearch.upkeep import bring_up_to_date, differs, rebuild
from tests.backend.kit.search.meilisearch.conftest import DOCUMENTS, SYNONYMS, document, reader_of
from tests.backend.kit.search.meilisearch.server import MASTER, Request, Server, running

pytestmark = pytest.mark.anyio

DESCRIPTION = Path(__file__).parents[6] / "shared" / "data" / "search" / "meilisearch-openapi-1.49.0.json"
UID = "test_products"
STRICT = ("SearchQuery", "SearchQueryWithIndex", "Federation", "FederationOptions", "MergeFacets", "FederatedSearch",
          "Settings_Unchecked", "TypoSettings", "MinWordSizeTyposSetting", "FacetingSettings", "PaginationSettings",
          "CreateApiKey", "BrowseQuery", "LocalizedAttributesRuleView", "FilterableAttributesPatterns",
          "FilterableAttributesFeatures", "FilterFeatures")  # fmt: skip
OWN_HEADERS = {
    "host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length", "authorization",
}  # fmt: skip


class Contract:
    """The description, in which nothing may be misspelt."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = description["paths"]
        self._components = description["components"]
        for name in STRICT:
            self._components["schemas"][name]["additionalProperties"] = False

    def check(self, request: Request) -> tuple[str, str]:
        """The operation of a request; fails when it is not to the letter."""
        path, method = self._path(request.path), request.method.lower()
        operation = self._paths[path].get(method)
        assert operation, f"{request.method} {path} does not exist"
        known = {one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"}
        for name, value in request.query.items():
            assert name in known, f"{path} has no parameter {name}"
            schema = known[name]["schema"]
            self._valid(schema, int(value) if schema.get("type") == "integer" else value, f"{path}?{name}")
        assert request.headers.keys() <= OWN_HEADERS, request.headers.keys() - OWN_HEADERS
        body = operation.get("requestBody")
        if body is None:
            assert request.body is None, f"{request.method} {path} takes no body"
        else:
            assert request.headers["content-type"] == "application/json"
            self._valid(body["content"]["application/json"]["schema"], request.body, path)
        return method, path

    def _path(self, path: str) -> str:
        found = [one for one in self._paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path)]
        assert found, f"there is no {path}"
        return min(found, key=lambda one: one.count("{"))

    def _valid(self, schema: dict[str, Any], value: object, where: str) -> None:
        validator = jsonschema_rs.Draft202012Validator({**schema, "components": self._components})
        errors = [f"{where} {error.instance_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
        assert not errors, errors


@pytest.fixture(scope="session")
def contract() -> Contract:
    if not DESCRIPTION.exists():
        pytest.skip(f"the server's description is not there: {DESCRIPTION}")
    return Contract(json.loads(DESCRIPTION.read_text()))


@pytest.fixture
def after(server: Server, admin: Administration, reader: Reader) -> Server:
    """A server after everything an administrator does."""
    rebuild(admin, UID, reader)
    rebuild(admin, UID, reader)
    assert differs(admin, UID, reader) == ""
    changed = (*DOCUMENTS[2:], document("new", 'Nieuw "met" \\ tekens'))
    more = reader_of(*changed, synonyms=(*SYNONYMS, ("huursubsidie", "huurpremie", "premie om te huren")))
    assert bring_up_to_date(admin, UID, more).action == "changed"
    admin.create_search_key(UID, "test")
    return server


def test_administration(contract: Contract, after: Server) -> None:
    made = {contract.check(request) for request in after.requests}
    assert made == {
        ("get", "/indexes"),
        ("post", "/indexes"),
        ("delete", "/indexes/{index_uid}"),
        ("get", "/indexes/{index_uid}/stats"),
        ("get", "/indexes/{index_uid}/settings"),
        ("patch", "/indexes/{index_uid}/settings"),
        ("post", "/indexes/{index_uid}/documents"),
        ("post", "/indexes/{index_uid}/documents/fetch"),
        ("post", "/indexes/{index_uid}/documents/delete"),
        ("get", "/indexes/{index_uid}/documents/{document_id}"),
        ("get", "/tasks/{task_id}"),
        ("post", "/swap-indexes"),
        ("post", "/keys"),
    }
    assert all(request.headers["authorization"] == f"Bearer {MASTER}" for request in after.requests)


QUERIES = (
    "reispas", "paspoort voor mijn kind", "pasport", "waar kan ik mijn oude matras laten ophalen?", "huursubs", "huur",
    "bewonersparkeerkaart ", 'een "citaat" -niet', "?!", "de het een", "É", "x" * 500, "a b c d e f g h i j k l m n o",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
async def test_search(contract: Contract, after: Server, reader: Reader, query: str) -> None:
    after.requests.clear()
    client = SearchClient(after.url, after.search_key(UID))
    filters = {"theme": ("travel", 'with "quotes" and \\'), "audience": ()}
    try:
        for asked in ({}, filters):
            _, body = reader.ask(UID, query, limit=10, filters=asked, hide=frozenset({"internal"}))
            await client.search(body)
    finally:
        await client.close()
    assert len(after.requests) == 2
    for request in after.requests:
        assert contract.check(request) == ("post", "/multi-search")
        assert request.headers["authorization"].startswith("Bearer key-"), "never the administration key"
        queries = request.body["queries"]
        assert 1 <= len(queries) <= 9
        # what the server refuses inside a federation, although its description allows it
        refused = {"limit", "offset", "page", "hitsPerPage", "facets", "personalize", "showPerformanceDetails"}
        assert not any(refused & one.keys() for one in queries)
        assert all(one["federationOptions"]["weight"] >= 0 for one in queries)
        assert all(one["q"].strip() for one in queries), "a query of nothing finds everything"
        assert all(len(one["q"].split()) <= 10 for one in queries), "further words are not read"


def test_temporary_index(contract: Contract, server: Server) -> None:
    with TemporaryIndex(server.url, MASTER, DOCUMENTS, SYNONYMS) as engine:
        assert engine.search("paspoort").hits[0].id == "passport"
    assert server.uids() == []
    assert ("post", "/multi-search") in {contract.check(request) for request in server.requests}


def test_without_keys(contract: Contract, reader: Reader) -> None:
    with running(keys=False) as server:
        rebuild(Administration(server.url, "", seconds=20), UID, reader)
        assert {contract.check(request) for request in server.requests}


def test_the_contract_finds_what_is_misspelt(contract: Contract, server: Server) -> None:
    def request(body: object, path: str = "/multi-search") -> Request:
        headers = {"content-type": "application/json"}
        return Request(method="POST", path=path, query={}, headers=headers, body=body)

    contract.check(request({"queries": [{"indexUid": "a", "q": "b"}], "federation": {}}))
    for body in (
        {"queries": [{"indexUid": "a", "matchingStrategie": "all"}]},
        {"queries": [{"indexUid": "a", "matchingStrategy": "some"}]},
        {"queries": [{"indexUid": "a", "federationOptions": {"wait": 1}}]},
        {"queries": [{"indexUid": "a"}], "federation": {"facetsByIndexes": {}}},
        {"queries": [{"indexUid": "a", "locales": ["vls"]}]},
    ):
        with pytest.raises(AssertionError):
            contract.check(request(body))
    with pytest.raises(AssertionError):
        contract.check(request({"queries": []}, "/multisearch"))
    assert server.requests == []
