"""A search is answered whatever happens to Meilisearch, never with what the catalogue no longer says; health tells."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

from backend.app import Platform
from backend.catalogue.engines import service
from backend.catalogue.engines.jobs import Busy, IndexKeeper
from backend.catalogue.engines.rules import INDEX, LOCK
from backend.catalogue.engines.service import ANSWERS, Engines
from backend.kit.breaker import Breaker
from backend.kit.configuration import SettingsInvalid
from backend.kit.db import Database
from backend.kit.locks import exclusive
from backend.kit.outbox import Dispatcher, Effect
from backend.kit.roles import APPLICATION
from backend.kit.search.meilisearch.contents import META
from backend.settings import Settings, check_production
from backend.worker import handlers, sweeps
from tests.backend.catalogue.conftest import Stream, run_import, snapshot
from tests.backend.kit.search.meilisearch.server import MASTER, Server, running
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

UID = "test_products"
NAMES = ("Aanvraag reispas", "Ophaling grofvuil", "Huursubsidie", "Bewonerskaart")


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture
async def platform(own_database: str, settings: Settings, server: Server) -> AsyncIterator[Platform]:
    """A platform with real commits, a Meilisearch, and a key for the API that can only search."""
    changed = msgspec.structs.replace(
        settings,
        database_url=own_database,
        meilisearch_url=server.url,
        meilisearch_key=server.search_key(UID),
        meilisearch_prefix="test_",
    )
    async with Database(own_database, role=APPLICATION) as database:
        made = Platform(changed, database)
        made.engines._breaker = Breaker(failures=3, first=60.0)
        yield made
        await made.engines.close()


@pytest.fixture
def keeper(platform: Platform) -> IndexKeeper:
    """As the worker and the commands have it: with the key that may administer."""
    return keeper_of(platform)


def keeper_of(platform: Platform, **more: Any) -> IndexKeeper:
    settings = msgspec.structs.replace(platform.settings, meilisearch_admin_key=MASTER, **more)
    return IndexKeeper(platform.database, platform.products, platform.feed, settings)


@pytest.fixture
async def filled(platform: Platform, keeper: IndexKeeper, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(number, name) for number, name in enumerate(NAMES)]))
    assert (await keeper.bring_up_to_date()).action == "rebuilt"


def answered() -> dict[tuple[str, str], float]:
    """How many searches each engine answered, by why."""
    return {
        (one.labels["engine"], one.labels["why"]): one.value
        for metric in ANSWERS.collect()
        for one in metric.samples
        if one.name.endswith("_total")
    }


class Counting:
    """Which engine answers between here and there."""

    def __init__(self) -> None:
        self._before = answered()

    def since(self) -> dict[tuple[str, str], float]:
        found = {key: value - self._before.get(key, 0.0) for key, value in answered().items()}
        self._before = answered()
        return {key: value for key, value in found.items() if value}


async def titles(agent: Client, query: str) -> list[str]:
    response = await agent.get("/products", params={"q": query})
    assert response.status_code == 200, response.text
    return [one["title"] for one in response.json()["items"]]


async def health(agent: Client) -> dict[str, Any]:
    response = await agent.get("/health/ready")
    assert response.status_code == 200
    view: dict[str, Any] = response.json()
    return view


@pytest.mark.usefixtures("filled")
async def test_meilisearch_answers_with_a_key_that_can_only_search(agent: Client, server: Server) -> None:
    counting = Counting()
    server.requests.clear()
    assert (await titles(agent, "paspoort"))[0] == "Aanvraag reispas"
    assert (await titles(agent, "grof vuil"))[0] == "Ophaling grofvuil"
    assert counting.since() == {("meilisearch", ""): 2}
    assert {one.path for one in server.requests} == {"/multi-search"}
    assert MASTER not in str([one.headers for one in server.requests])
    view = await health(agent)
    assert view["parts"]["meilisearch"] == "UP"
    assert "meilisearch" not in view.get("reasons", {})


@pytest.mark.usefixtures("filled")
async def test_filters_and_facets_agree_with_the_embedded_engine(platform: Platform, server: Server) -> None:
    shelf = await platform.products.shelf()
    for query in ("reispas", "subsidie voor huren", "grofvuil"):
        for filters in ({}, {"theme": ("nothing",)}):
            remote = await platform.engines.search(shelf, query, limit=10, filters=filters)
            own = shelf.search(query, limit=10, filters=filters)
            assert [hit.id for hit in remote.hits][:1] == [hit.id for hit in own.hits][:1]
            assert bool(remote.total) == bool(own.total)
    assert server.asked("POST", "/multi-search")


FAULTS: dict[str, tuple[int, bytes]] = {
    "http_401": (401, b'{"message":"x","code":"missing_authorization_header","type":"auth","link":"y"}'),
    "http_403": (403, b'{"message":"x","code":"invalid_api_key","type":"auth","link":"y"}'),
    "http_500": (500, b"Internal Server Error"),
    "http_429": (429, b""),
    "malformed": (200, b"<html>a proxy in between</html>"),
}


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.usefixtures("filled")
async def test_whatever_it_says_a_search_is_answered(
    agent: Client, server: Server, code: str, platform: Platform
) -> None:
    counting = Counting()
    server.misbehave = lambda: FAULTS[code]
    with capture_logs() as told:
        for _ in range(5):
            assert (await titles(agent, "paspoort"))[0] == "Aanvraag reispas"
    assert [one["reason"] for one in told if one["event"] == "search_engine_left_alone"] == [code], "told once"
    assert counting.since() == {("embedded", code): 3, ("embedded", "open"): 2}, "after three it is left alone"
    view = await health(agent)
    assert view["status"] == "DEGRADED"
    assert view["parts"]["meilisearch"] == "DOWN"
    assert code in view["reasons"]["meilisearch"]
    assert server.url not in str(view)
    server.misbehave = None
    platform.engines._breaker._until = 0.0
    assert (await health(agent))["parts"]["meilisearch"] == "UP", "one question mends it"
    await titles(agent, "paspoort")
    assert counting.since() == {("meilisearch", ""): 1}


@pytest.mark.usefixtures("filled")
async def test_a_missing_index_is_no_fault_of_the_search(agent: Client, server: Server) -> None:
    counting = Counting()
    server.indexes.clear()
    server._collections.clear()
    assert (await titles(agent, "paspoort"))[0] == "Aanvraag reispas"
    assert counting.since() == {("embedded", "http_400"): 1}
    view = await health(agent)
    assert view["parts"]["meilisearch"] == "DOWN"
    assert "http_400" in view["reasons"]["meilisearch"], "from the first failure on"


@pytest.mark.usefixtures("filled")
async def test_a_slow_server_costs_three_searches_half_a_second(agent: Client, server: Server) -> None:
    await titles(agent, "paspoort")
    counting = Counting()
    server.delay = 3.0
    for _ in range(3):
        started = monotonic()
        assert await titles(agent, "paspoort")
        assert monotonic() - started > 0.4
    asked = len(server.requests)
    assert await titles(agent, "paspoort")
    assert counting.since() == {("embedded", "timeout"): 3, ("embedded", "open"): 1}
    assert len(server.requests) == asked


@pytest.mark.usefixtures("filled")
async def test_it_dies_while_people_search_and_comes_back(
    platform: Platform, anonymous: Client, people: People, server: Server
) -> None:
    platform.engines._breaker = Breaker(failures=3, first=0.0, longest=0.0)
    agent = anonymous.as_user(people.tokens["agent"])
    counting = Counting()
    stop = asyncio.Event()

    async def searching() -> int:
        done = 0
        while not stop.is_set():
            assert (await titles(agent, "paspoort"))[0] == "Aanvraag reispas"
            done += 1
        return done

    async def until(engine: str) -> None:
        async with asyncio.timeout(20):
            while engine not in {name for name, _ in counting.since()}:  # noqa: ASYNC110 it is only a counter
                await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(searching()) for _ in range(4)]
    await until("meilisearch")
    for _ in range(2):
        await asyncio.to_thread(server.stop)
        await until("embedded")
        await asyncio.to_thread(server.start)
        await until("meilisearch")
    stop.set()
    assert sum(await asyncio.gather(*tasks)) > 12, "and every one of them was answered well"
    assert (await health(agent))["parts"]["meilisearch"] == "UP"


@pytest.mark.usefixtures("filled")
async def test_nothing_old_is_shown_while_the_index_is_behind(
    platform: Platform,
    keeper: IndexKeeper,
    agent: Client,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "LAG_SECONDS", 0.0)
    counting = Counting()
    await run_import(platform, stream.write([snapshot(0, "Aanvraag reispas"), snapshot(9, "Reispas voor kinderen")]))
    assert set(await titles(agent, "reispas")) == {"Aanvraag reispas", "Reispas voor kinderen"}
    assert await titles(agent, "grofvuil") == [], "it was withdrawn"
    assert counting.since() == {("embedded", "behind"): 2}
    done = await keeper.bring_up_to_date()
    assert (done.action, done.sent, done.removed) == ("changed", 1, 3)
    assert set(await titles(agent, "reispas")) == {"Aanvraag reispas", "Reispas voor kinderen"}
    assert counting.since() == {("meilisearch", ""): 1}


@pytest.mark.usefixtures("filled")
async def test_after_a_lag_it_is_not_asked_for_a_moment_and_health_tells_when_it_lasts(
    platform: Platform, agent: Client, stream: Stream, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LAG_SECONDS", 3600.0)
    await run_import(platform, stream.write([snapshot(0, "Aanvraag reispas")]))
    await titles(agent, "reispas")
    asked = len(server.requests)
    await titles(agent, "reispas")
    assert len(server.requests) == asked
    assert (await health(agent))["parts"]["meilisearch"] == "UP", "a moment is no reason to worry"
    monkeypatch.setattr(service, "LAG_WORRIES", 0.0)
    view = await health(agent)
    assert view["parts"]["meilisearch"] == "DOWN"
    assert "behind" in view["reasons"]["meilisearch"]


async def run_effects(platform: Platform) -> list[bool]:
    """The worker's own dispatcher and handlers, on the rows about the index."""
    settings = msgspec.structs.replace(platform.settings, meilisearch_admin_key=MASTER)
    worker = Platform(settings, platform.database)
    dispatcher = Dispatcher(platform.database, {INDEX: handlers(worker)[INDEX]})
    effects = [one for one in await dispatcher.lease(50) if one.topic == INDEX]
    return list(await asyncio.gather(*(dispatcher.run(one) for one in effects)))


async def waiting(platform: Platform) -> int:
    async with platform.database.begin() as uow:
        count: int = await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = $1 AND done_at IS NULL", INDEX)
    return count


@pytest.mark.usefixtures("filled")
async def test_a_change_reaches_the_index_through_the_outbox(
    platform: Platform, stream: Stream, server: Server
) -> None:
    assert await run_effects(platform) == [True], "the import that filled the catalogue left a row"
    before = len(server.tasks)
    for name in ("Nieuw een", "Nieuw twee"):
        later = f"202{len(name)}-01-01T00:00:00Z"
        await run_import(
            platform, stream.write([snapshot(0, "Aanvraag reispas"), snapshot(7, name, generatedAtTime=later)])
        )
    assert await waiting(platform) == 2
    assert await run_effects(platform) == [True, True]
    held = {one.get("title") for key, one in server.documents(UID).items() if key != META}
    assert held == {"Aanvraag reispas", "Nieuw twee"}
    kinds = [task["type"] for task in list(server.tasks.values())[before:]]
    assert kinds == ["documentDeletion", "documentAdditionOrUpdate"], "the second row found that all was done"


@pytest.mark.usefixtures("filled")
async def test_when_meilisearch_is_away_the_row_waits_and_then_leaves_it_to_the_sweep(
    platform: Platform, server: Server
) -> None:
    server.stop()
    assert await run_effects(platform) == [False]
    async with platform.database.transaction() as uow:
        reason = await uow.fetchval("SELECT reason FROM outbox WHERE topic = $1", INDEX)
        assert reason.startswith("TryAgain: connection")
        await uow.execute("UPDATE outbox SET attempts = 2, available_at = now() WHERE topic = $1", INDEX)
    assert await run_effects(platform) == [True]
    assert await waiting(platform) == 0, "no dead letter for what a sweep mends"


async def swept(platform: Platform, keeper: IndexKeeper) -> int:
    async with platform.database.transaction() as uow:
        return await keeper.sweep(uow, platform.work(uow, None, INDEX, "sweep"))


@pytest.mark.usefixtures("filled")
async def test_the_sweep_mends_what_nobody_told(platform: Platform, keeper: IndexKeeper, server: Server) -> None:
    await run_effects(platform)
    assert await swept(platform, keeper) == 0
    for damage in (
        server.indexes.clear,
        lambda: server.documents(UID).pop(META),
        lambda: server.indexes[UID]["settings"].update(stopWords=["x"]),
        lambda: server.documents(UID).popitem(),
    ):
        damage()
        assert await swept(platform, keeper) == 1
        assert await swept(platform, keeper) == 0, "it was asked for already"
        assert await run_effects(platform) == [True]
        assert await swept(platform, keeper) == 0
    server.stop()
    assert await swept(platform, keeper) == 0


@pytest.mark.usefixtures("filled")
async def test_two_rebuilds_do_not_disturb_each_other(platform: Platform, keeper: IndexKeeper, server: Server) -> None:
    async with exclusive(platform.database, f"{LOCK}:{UID}") as alone:
        assert alone
        with pytest.raises(Busy):
            await keeper.rebuild()
        assert await run_effects(platform) == [False], "it tries again later"
    other = keeper_of(platform)
    outcomes = await asyncio.gather(keeper.rebuild(), other.rebuild(), keeper.rebuild(), return_exceptions=True)
    assert {type(one).__name__ for one in outcomes} <= {"Upkeep", "Busy"}
    assert server.uids() == [UID]
    assert len(server.documents(UID)) == len(NAMES) + 1


async def test_without_meilisearch_nothing_is_done(platform: Platform, server: Server) -> None:
    keeper = keeper_of(platform, meilisearch_url="")
    effect = Effect(id=UUID(int=1), topic=INDEX, ids={}, attempts=1, created_at=datetime.now(UTC))
    async with platform.database.begin() as uow:
        await (await keeper.prepare(effect))(uow, effect)
    assert await swept(platform, keeper) == 0
    assert server.requests == []
    engines = Engines()
    assert not engines.remote
    assert await engines.ready()
    shelf = await platform.products.shelf()
    assert (await engines.search(shelf, "x", limit=1, filters={})).hits == []


@pytest.mark.usefixtures("filled")
async def test_who_hangs_up_leaves_the_try_to_another(platform: Platform, server: Server) -> None:
    engines, shelf = platform.engines, await platform.products.shelf()
    engines._breaker = Breaker(failures=1, first=0.0)
    engines._breaker.failed("timeout")
    server.delay = 0.4
    task = asyncio.create_task(engines.search(shelf, "paspoort", limit=1, filters={}))
    async with asyncio.timeout(5):
        while not server.asked("POST", "/multi-search"):  # noqa: ASYNC110 it lives in another thread
            await asyncio.sleep(0.01)
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
    server.delay = 0.0
    counting = Counting()
    await engines.search(shelf, "paspoort", limit=1, filters={})
    assert counting.since() == {("meilisearch", ""): 1}


async def test_the_worker_sweeps_the_index(platform: Platform) -> None:
    assert "searchIndex" in dict(sweeps(platform))
    assert INDEX in handlers(platform)


def test_production_wants_a_search_only_key(settings: Settings) -> None:
    safe = msgspec.structs.replace(
        settings, mode="production", keys_file="k", public_url="https://x.example", metrics_token="t", city="Gent",
        mail_from="a@gent.example", meilisearch_url="http://search:7700", scanner="none",
    )  # fmt: skip
    with pytest.raises(SettingsInvalid, match="needs MEILISEARCH_KEY"):
        check_production(safe)
    with pytest.raises(SettingsInvalid, match="refuses an administration key"):
        check_production(msgspec.structs.replace(safe, meilisearch_key="same", meilisearch_admin_key="same"))
