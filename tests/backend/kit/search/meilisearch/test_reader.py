"""A search over HTTP: what is asked, what comes of the answer, and what is no answer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.kit.search import Document, Engine, SearchResult
from backend.kit.search.meilisearch.answer import read
from backend.kit.search.meilisearch.client import SearchClient
from backend.kit.search.meilisearch.contents import META, Signatures
from backend.kit.search.meilisearch.faults import Away, Malformed, Refused
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.upkeep import rebuild
from tests.backend.kit.search.meilisearch.conftest import DOCUMENTS, FACETS, SYNONYMS, TYPED, document, reader_of
from tests.backend.kit.search.meilisearch.server import MASTER, Server

pytestmark = pytest.mark.anyio

UID = "test_products"
NO_ANSWERS = (
    b"", b"<html>", b"[]", b"{}", b"\xff\xfe", b'{"hits": [{"id": 3}], "estimatedTotalHits": 1}',
    b'{"hits": null, "estimatedTotalHits": 0}', b"[" * 100_000,
)  # fmt: skip


@pytest.fixture
async def client(server: Server, reader: Reader) -> AsyncIterator[SearchClient]:
    from backend.kit.search.meilisearch.administration import Administration

    rebuild(Administration(server.url, MASTER, seconds=20), UID, reader)
    made = SearchClient(server.url, server.search_key(UID), seconds=5)
    yield made
    await made.close()


async def found(client: SearchClient, reader: Reader, query: str, **options: Any) -> SearchResult:
    understood, body = reader.ask(UID, query, limit=options.pop("limit", 10), **options)
    answer = await client.search(body)
    assert answer.signature == reader.signature
    return reader.result(understood, answer, 10)


@pytest.mark.parametrize(
    ("query", "best"),
    TYPED,
)
async def test_what_people_type_is_found(client: SearchClient, reader: Reader, query: str, best: str) -> None:
    result = await found(client, reader, query)
    assert result.hits
    assert result.hits[0].id == best
    assert result.hits[0].matched
    assert "<mark>" in "".join(result.hits[0].highlights.values())
    assert result.total >= len(result.hits) > 0
    assert META not in {hit.id for hit in result.hits}


@pytest.mark.parametrize("query", ["xyzzy qwrtp", "?!", "de het een ", "wie ben je", "xxaboutthisindexxx", "zzzz"])
async def test_what_is_not_there_is_not_found(client: SearchClient, reader: Reader, query: str) -> None:
    result = await found(client, reader, query)
    assert (result.hits, result.total) == ([], 0)


async def test_both_engines_answer_in_the_same_shape(client: SearchClient, reader: Reader) -> None:
    embedded = Engine.build(DOCUMENTS, SYNONYMS)
    for query in ("paspoort", "pasport", "grof huisvuil", "huursubsidie"):
        remote, own = await found(client, reader, query), embedded.search(query)
        assert remote.suggestion == own.suggestion
        theirs = {hit.id: (hit.highlights, hit.matched) for hit in remote.hits}
        for hit in own.hits:
            if hit.id in theirs:
                assert theirs[hit.id] == (hit.highlights, hit.matched)
        assert own.hits[0].id == remote.hits[0].id


async def test_filters_flags_facets_and_limits(client: SearchClient, reader: Reader) -> None:
    everything = await found(client, reader, "aanvraag voor huisvuil parkeren huur eend")
    assert everything.facets["theme"].keys() > {"waste", "mobility"}
    only = await found(client, reader, "aanvraag voor huisvuil parkeren huur", filters={"theme": ("waste",)})
    assert {hit.id for hit in only.hits} == {"waste", "bulky"} & {hit.id for hit in only.hits}
    assert only.facets["theme"].keys() == {"waste"}
    assert (await found(client, reader, "eend", hide=frozenset({"internal"}))).total == 0
    none = await found(client, reader, "paspoort", limit=0)
    assert none.hits == []
    assert none.total == 1


async def test_hits_that_are_not_on_the_shelf_are_left_out(client: SearchClient, reader: Reader) -> None:
    smaller = reader_of(*DOCUMENTS[1:])
    understood, body = reader.ask(UID, "reispas identiteitskaart", limit=10)
    answer = await client.search(body)
    assert answer.signature != smaller.signature, "that is how a lagging index shows"
    assert {hit.id for hit in smaller.result(understood, answer, 10).hits} == {"card"}


async def test_one_connection_serves_many_searches(server: Server, client: SearchClient, reader: Reader) -> None:
    before = server.connections
    for _ in range(5):
        await found(client, reader, "paspoort")
    assert server.connections == before + 1


async def test_the_server_may_be_slow_wrong_or_gone(server: Server, client: SearchClient, reader: Reader) -> None:
    _, body = reader.ask(UID, "paspoort", limit=10)
    quick = SearchClient(server.url, server.search_key(UID), seconds=0.05)
    server.delay = 0.3
    with pytest.raises(Away) as late:
        await quick.search(body)
    assert late.value.code == "timeout"
    await quick.close()
    server.delay = 0.0
    for key, code in (("wrong", "http_403"), ("", "http_401")):
        stranger = SearchClient(server.url, key)
        with pytest.raises(Refused) as refusal:
            await stranger.search(body)
        assert refusal.value.code == code
        await stranger.close()
    for sent in NO_ANSWERS:
        server.misbehave = lambda answer=(200, sent): answer
        with pytest.raises(Malformed):
            await client.search(body)
    for status in (301, 400, 404, 429, 500, 503):
        server.misbehave = lambda answer=(status, b"oops"): answer
        with pytest.raises(Refused):
            await client.search(body)
    server.misbehave = None
    server.indexes.clear()
    with pytest.raises(Refused, match="index_not_found"):
        await client.search(body)
    server.stop()
    with pytest.raises(Away) as gone:
        await client.search(body)
    assert gone.value.code == "connection"


async def test_no_address_is_a_fault_too(reader: Reader) -> None:
    _, body = reader.ask(UID, "paspoort", limit=10)
    for url in ("nonsense", "http://", "http://127.0.0.1:1", "ftp://127.0.0.1", "http://[bad"):
        client = SearchClient(url, "k")
        with pytest.raises(Away):
            await client.search(body)
        await client.close()


def test_an_answer_without_the_document_about_the_index_has_no_signature() -> None:
    body = {"hits": [{"id": "a"}], "estimatedTotalHits": 1, "facetDistribution": None}
    answer = read(json.dumps(body).encode())
    assert (answer.signature, answer.total, [hit.id for hit in answer.hits]) == ("", 1, ["a"])


def test_the_signature_says_what_an_index_is_made_of() -> None:
    base = reader_of(*DOCUMENTS).signature
    assert reader_of(*DOCUMENTS).signature == base
    assert reader_of(*DOCUMENTS[1:]).signature != base
    assert reader_of(*DOCUMENTS, synonyms=SYNONYMS[1:]).signature != base
    assert reader_of(*DOCUMENTS[:-1], document("met vreemd: id/€", "Vreemde eend")).signature != base
    other = Reader(Engine.build(DOCUMENTS, SYNONYMS), DOCUMENTS, SYNONYMS, FACETS[:1])
    assert other.signature != base, "settings too"


def test_flags_have_no_order() -> None:
    many = frozenset("abcdefgh")
    one = Document(id="a", title="A", flags=many)
    other = Document(id="a", title="A", flags=frozenset(sorted(many, reverse=True)))
    assert Signatures().of([one], [], "") == Signatures().of([other], [], "")
