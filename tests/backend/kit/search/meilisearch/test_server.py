"""The adapter on a real server: set MEILISEARCH_URL, and MEILISEARCH_ADMIN_KEY when the server has keys.

Everything happens in indexes of its own, removed at the end; other indexes of the server are left alone.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from backend.kit.search import Document, Engine
from backend.kit.search.measure import measure
from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.client import SearchClient
from backend.kit.search.meilisearch.contents import META, settings_hash
from backend.kit.search.meilisearch.faults import Fault, Refused, TaskFailed
from backend.kit.search.meilisearch.index_settings import index_settings
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.temporary import TemporaryIndex, administration_key
from backend.kit.search.meilisearch.upkeep import bring_up_to_date, differs, rebuild
from tests.backend.kit.search.meilisearch.conftest import DOCUMENTS, FACETS, SYNONYMS, TYPED, document, reader_of

URL = os.environ.get("MEILISEARCH_URL", "")
KEY = administration_key(os.environ)
DATA = Path(__file__).parents[6] / "shared" / "data" / "search"
CATALOGUE = Path(__file__).parents[5] / "backend" / "catalogue" / "data"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not URL, reason="no real Meilisearch: set MEILISEARCH_URL (and MEILISEARCH_ADMIN_KEY)"),
]


@pytest.fixture
def admin() -> Administration:
    return Administration(URL, KEY, seconds=120)


@pytest.fixture
def uid(admin: Administration) -> Iterator[str]:
    name = f"test_{uuid4().hex[:10]}"
    yield name
    for one in admin.names(name):
        admin.delete(one)


@pytest.fixture(scope="module")
def engine() -> Iterator[TemporaryIndex]:
    with TemporaryIndex(URL, KEY, DOCUMENTS, SYNONYMS, facets=FACETS) as made:
        yield made


@pytest.mark.parametrize(
    ("query", "best"),
    TYPED,
)
def test_what_people_type_is_found(engine: TemporaryIndex, query: str, best: str) -> None:
    result = engine.search(query)
    assert result.hits
    assert result.hits[0].id == best
    assert result.hits[0].score > 0
    assert result.total >= len(result.hits)


@pytest.mark.parametrize(
    "query",
    ["xyzzy qwrtp", "?!", "de het een ", "wie ben je", "xxaboutthisindexxx", '"', "-", "-reispas", "\\", "x" * 500],
)
def test_what_is_not_there_is_not_found(engine: TemporaryIndex, query: str) -> None:
    result = engine.search(query)
    if query != "-reispas":
        assert (result.hits, result.total) == ([], 0)
    assert META not in {hit.id for hit in result.hits}


def test_filters_flags_and_facets(engine: TemporaryIndex) -> None:
    asked = "reispas huisvuil parkeren huursubsidie eend"
    everything = engine.search(asked)
    assert everything.facets["theme"]["waste"] >= 1
    assert sum(everything.facets["theme"].values()) == everything.total, "every document has one theme"
    only = engine.search(asked, filters={"theme": ("waste",), "audience": ("citizen", "nobody")})
    assert {hit.id for hit in only.hits} <= {"waste", "bulky"}
    assert only.facets["theme"] == {"waste": only.total}
    assert engine.search(asked, filters={"theme": ('"quotes" and \\ and )', "\\")}).total == 0
    assert engine.search("eend", hide=frozenset({"internal"})).total == 0
    assert engine.search("eend").total == 1
    assert engine.search(asked, limit=1).total == everything.total
    assert engine.search(asked, limit=0).hits == []


def test_values_with_every_sign_are_filtered_to_the_letter() -> None:
    values = ('a"b', "a\\b", "a\\", '\\"', "it's", "(a) OR (b)", "x]", "é €", "AND")
    made = [
        Document(id=f"d{number}", title="Zelfde titel", facets={"theme": (value,)})
        for number, value in enumerate(values)
    ]
    with TemporaryIndex(URL, KEY, made, facets=("theme",)) as engine:
        for number, value in enumerate(values):
            found = engine.search("zelfde titel", filters={"theme": (value,)})
            assert [hit.id for hit in found.hits] == [f"d{number}"], value


def test_the_settings_arrive_as_they_were_meant(admin: Administration, uid: str, reader: Reader) -> None:
    rebuild(admin, uid, reader)
    shown = admin.shown_settings(uid)
    for name, value in index_settings(FACETS).items():
        if name in {"stopWords", "filterableAttributes", "typoTolerance", "localizedAttributes"}:
            assert shown[name], name
        else:
            assert shown[name] == value, name
    assert sorted(shown["stopWords"]) == index_settings(FACETS)["stopWords"]
    assert shown["synonyms"] == reader.settings()["synonyms"]
    assert settings_hash(shown) == settings_hash(admin.shown_settings(uid)), "shown in the same way each time"


def test_upkeep_from_nothing_to_nothing(admin: Administration, uid: str, reader: Reader) -> None:
    assert bring_up_to_date(admin, uid, reader).reason == "missing"
    assert admin.names(uid) == [uid], "nothing is left beside it"
    assert differs(admin, uid, reader) == ""
    assert bring_up_to_date(admin, uid, reader).action == "nothing"
    changed = document("passport", "Aanvraag reispas voor kinderen", "Voor reizen buiten Europa.", "travel")
    more = (*SYNONYMS, ("huursubsidie", "huurpremie"))
    after = reader_of(*DOCUMENTS[2:], changed, document("new", "Nieuw"), synonyms=more)
    done = bring_up_to_date(admin, uid, after)
    assert (done.action, done.sent, done.removed) == ("changed", 2, 1)
    assert differs(admin, uid, after) == ""
    assert admin.about(uid) is not None
    admin.configure(uid, {"stopWords": ["x"]})
    assert bring_up_to_date(admin, uid, after).reason == "settings changed elsewhere"
    admin.remove(uid, ["new"])
    assert bring_up_to_date(admin, uid, after).reason == "documents"
    assert rebuild(admin, uid, reader).sent == len(DOCUMENTS)
    assert admin.names(uid) == [uid]


def test_a_failed_task_is_a_failure(admin: Administration, uid: str) -> None:
    admin.create(uid)
    with pytest.raises(TaskFailed) as failure:
        admin.create(uid)
    assert failure.value.code == "index_already_exists"
    with pytest.raises(Fault) as refusal:
        admin.configure(uid, {"rankingRules": ["nonsense"]})
    assert "invalid" in str(refusal.value)
    with pytest.raises(TaskFailed) as invalid:
        admin.add(uid, [{"id": "not an id", "digest": ""}])
    assert invalid.value.code == "invalid_document_id"
    assert admin.about(uid) is None
    assert admin.about(f"{uid}_nowhere") is None


async def test_a_search_only_key_can_only_search(admin: Administration, uid: str, reader: Reader) -> None:
    rebuild(admin, uid, reader)
    try:
        key = admin.create_search_key(uid, "of a test")
    except Refused as refusal:
        pytest.skip(f"this server makes no keys: {refusal}")
    client = SearchClient(URL, key, seconds=5)
    try:
        understood, body = reader.ask(uid, "paspoort", limit=3)
        answer = await client.search(body)
        assert answer.signature == reader.signature
        assert reader.result(understood, answer, 3).hits[0].id == "passport"
        _, elsewhere = reader.ask(f"{uid}_other", "paspoort", limit=3)
        with pytest.raises(Refused):
            await client.search(elsewhere)
    finally:
        await client.close()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as http:
            (await http.delete(f"{URL.rstrip('/')}/keys/{key}")).raise_for_status()
    narrow = Administration(URL, key, seconds=5)
    for forbidden in (lambda: narrow.delete(uid), lambda: narrow.count(uid), lambda: narrow.shown_settings(uid)):
        with pytest.raises(Refused):
            forbidden()


async def test_an_index_that_is_not_there_is_refused(reader: Reader) -> None:
    client = SearchClient(URL, KEY, seconds=5)
    _, body = reader.ask("test_nowhere", "paspoort", limit=3)
    with pytest.raises(Refused, match="index_not_found"):
        await client.search(body)
    await client.close()


def test_it_finds_as_well_as_we_said() -> None:
    """On real products and the queries to develop with: close to the embedded engine, and nearly always something."""
    if not DATA.exists():
        pytest.skip(f"real products are not there: {DATA}")
    lines = [json.loads(line) for line in (DATA / "catalogue-502.jsonl").read_text().splitlines()]
    texts = ("description", "conditions", "procedure", "cost")
    made = [
        Document(
            id=one["id"],
            title=one["title"],
            keywords=tuple(one["keywords"]),
            body={name: one[name] for name in texts if one.get(name)},
            facets={"theme": tuple(one["themes"])},
        )
        for one in lines
    ]
    golden = [json.loads(line) for line in (DATA / "golden-dev.jsonl").read_text().splitlines()]
    synonyms = tuple(
        msgspec.json.decode((CATALOGUE / "synonyms.json").read_bytes(), type=dict[str, list[str]]).values()
    )
    with TemporaryIndex(URL, KEY, made, synonyms) as remote:
        figures = measure(remote, golden)
    own = measure(Engine.build(made, synonyms), golden)
    told = f"Meilisearch {figures}, embedded {own}"
    assert figures["ndcg10"] > 0.65, told
    assert figures["success3"] > 0.8, told
    assert figures["zeroShare"] < 0.05, told
