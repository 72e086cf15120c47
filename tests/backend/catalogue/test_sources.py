"""A source is followed on its schedule, each time once, from where it was left; failures show and are retried."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.app import Platform
from backend.catalogue.sources.jobs import Synchroniser
from backend.catalogue.sources.rules import AddressRefused, SourceState, check_address, pause, wants_full
from backend.catalogue.sources.schemas import CatalogueSourceCreate
from backend.catalogue.sources.service import MOST_AT_ONCE, SYNCHRONISE, SourceService
from backend.kit import ldes_http
from backend.kit.db import UnitOfWork
from backend.kit.ldes import Bookmark
from backend.kit.locks import exclusive
from backend.kit.outbox import Dispatcher, Effect, TryAgain
from backend.settings import Settings
from backend.worker import handlers, sweeps
from tests.backend.catalogue.conftest import snapshot
from tests.backend.kit.streams import Answer, published, refusing, serving
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

PATH = "/doc/s"
KEY = "a-secret-key-of-the-publisher"
SOURCES = "/catalogue/sources"


def body(url: str, **more: Any) -> dict[str, Any]:
    return {"name": "LPDC", "url": f"{url}{PATH}?pageNumber=0", **more}


def once() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture
def administrator(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


@pytest.fixture
def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
async def working(settings: Settings, own_database: str) -> AsyncIterator[Platform]:
    """A platform that really commits, as the worker has."""
    platform = Platform(msgspec.structs.replace(settings, database_url=own_database))
    yield platform
    await platform.database.close()


class Worker:
    """Sweeps and brings about effects, one at a time."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._sweep = dict(sweeps(platform))["catalogueSources"]
        self.dispatcher = Dispatcher(platform.database, handlers(platform))

    async def create(self, url: str, **more: Any) -> UUID:
        async with self._platform.database.transaction() as uow:
            service = SourceService(self._platform.work(uow, None, "test", "test"), private=True)
            return (await service.create(msgspec.convert(body(url, **more), CatalogueSourceCreate))).id

    async def sweep(self) -> list[Effect]:
        async with self._platform.database.transaction() as uow:
            await self._sweep(uow)
        return [effect for effect in await self.dispatcher.lease(50) if effect.topic == SYNCHRONISE]

    async def due(self) -> None:
        """Let time pass."""
        await self.execute("UPDATE catalogue_source SET next_run_at = now() - interval '1 second'")

    async def round(self) -> dict[str, Any]:
        """One round of everything that is due; the source afterwards."""
        await self.due()
        for effect in await self.sweep():
            assert await self.dispatcher.run(effect)
        return await self.source()

    async def source(self) -> dict[str, Any]:
        async with self._platform.database.begin() as uow:
            (row,) = await uow.fetch("SELECT * FROM catalogue_source")
        state: dict[str, Any] = row["state"]
        return dict(row) | state

    async def reports(self) -> list[dict[str, Any]]:
        async with self._platform.database.begin() as uow:
            return [dict(row) for row in await uow.fetch("SELECT * FROM catalogue_import ORDER BY id")]

    async def execute(self, sql: str) -> None:
        async with self._platform.database.transaction() as uow:
            await uow.execute(sql)

    async def statuses(self) -> dict[str, str]:
        async with self._platform.database.begin() as uow:
            rows = await uow.fetch("SELECT facts->'name'->>'nl' AS name, status FROM product")
        return {row["name"]: row["status"] for row in rows}


@pytest.fixture
def worker(working: Platform) -> Worker:
    return Worker(working)


async def test_a_source_is_made_changed_and_its_key_never_told(
    administrator: Client, editor: Client, uow: UnitOfWork, anonymous: Client, people: People
) -> None:
    key = once()
    made = await administrator.post(SOURCES, json=body("https://stad.example", apiKey=KEY), headers=key)
    assert made.status_code == 201
    assert made.json() | {"condition": "new", "hasApiKey": True, "everyMinutes": 60, "version": 1} == made.json()
    replayed = await administrator.post(SOURCES, json=body("https://stad.example", apiKey=KEY), headers=key)
    assert replayed.json() == made.json()
    twin = await administrator.post(SOURCES, json=body("https://stad.example"), headers=once())
    assert (twin.status_code, twin.json()["detail"]) == (409, "There is already one with the same name.")
    place = f"{SOURCES}/{made.json()['id']}"
    read = await editor.get(place)
    assert (read.json(), read.headers["etag"]) == (made.json(), '"1"')
    assert [one["name"] for one in (await editor.get(SOURCES)).json()["items"]] == ["LPDC"]
    stored = await uow.fetchval("SELECT api_key FROM catalogue_source")
    assert KEY.encode() not in stored
    logged = (await anonymous.as_user(people.tokens["auditor"]).get("/audit/entries")).text
    assert "catalogueSource" in logged
    assert KEY not in logged + made.text + read.text
    changed = await administrator.patch(place, json={"everyMinutes": 30}, headers={"If-Match": '"1"'})
    assert (changed.json()["everyMinutes"], changed.json()["hasApiKey"], changed.headers["etag"]) == (30, True, '"2"')
    assert (await administrator.patch(place, json={}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await administrator.patch(place, json={})).status_code == 428
    without = await administrator.patch(place, json={"apiKey": None}, headers={"If-Match": '"2"'})
    assert without.json()["hasApiKey"] is False
    assert (await editor.patch(place, json={}, headers={"If-Match": '"3"'})).status_code == 403
    assert (await anonymous.as_user(people.tokens["agent"]).get(SOURCES)).status_code == 403


async def test_a_key_does_not_move_to_another_host(administrator: Client) -> None:
    made = (await administrator.post(SOURCES, json=body("https://stad.example", apiKey=KEY), headers=once())).json()
    place = f"{SOURCES}/{made['id']}"

    async def move(version: int, **fields: str) -> bool:
        answer = await administrator.patch(place, json=fields, headers={"If-Match": f'"{version}"'})
        known: bool = answer.json()["hasApiKey"]
        return known

    assert await move(1, url="https://stad.example/elders")
    assert not await move(2, url="https://dief.example/doc")
    assert await move(3, url="https://stad.example/doc", apiKey=KEY)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://stad.example/x",
        "file:///etc/passwd",
        "https://",
        "https://u:p@stad.example/",
        "https://stad.example/#x",
        "https://stad.example:x/",
        "https://stad example/",
        "javascript:alert(1)",
        "/etc/passwd",
    ],
)
async def test_other_addresses_are_refused(administrator: Client, url: str) -> None:
    answer = await administrator.post(SOURCES, json={"name": "X", "url": url}, headers=once())
    assert answer.status_code == 400
    assert answer.json()["issues"][0]["name"] == "url"


async def test_every_port_there_is_can_be_used(administrator: Client) -> None:
    for port in (1, 80, 8443, 64999, 65000, 65535):
        given = {"name": f"Poort {port}", "url": f"https://stad.example:{port}/doc"}
        assert (await administrator.post(SOURCES, json=given, headers=once())).status_code == 201
    for none in ("0", "65536", "99999", "9" * 900):
        given = {"name": "X", "url": f"https://stad.example:{none}/doc"}
        answer = await administrator.post(SOURCES, json=given, headers=once())
        assert answer.status_code == 400
        (issue,) = answer.json()["issues"]
        assert (issue["name"], issue["detail"]) == ("url", "The port of an address is a number from 1 to 65535.")


@pytest.mark.parametrize(
    "url",
    [
        "http://stad.example/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://intranet/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://db.internal./",
    ],
)
def test_production_stays_outside_the_network(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url, private=False)
    assert check_address(url, private=True) == url


def test_files_are_for_the_command_line() -> None:
    assert check_address("file:///srv/lpdc", private=False, files=True)
    with pytest.raises(AddressRefused):
        check_address("file:relative", private=True, files=True)


async def test_asking_is_an_effect_once(editor: Client, administrator: Client, uow: UnitOfWork) -> None:
    made = (await administrator.post(SOURCES, json=body("https://stad.example"), headers=once())).json()
    place = f"{SOURCES}/{made['id']}/synchronise"
    key = once()
    for headers in (key, key, once()):
        asked = await editor.post(place, json={}, headers=headers)
        assert asked.status_code == 202
        assert asked.json() | {"sourceId": made["id"], "full": False, "allowWithdrawals": False} == asked.json()
    confirmed = await editor.post(place, json={"allowWithdrawals": True}, headers=once())
    assert confirmed.json()["full"] is True
    rows = await uow.fetch("SELECT ids FROM outbox WHERE topic = $1 ORDER BY id", SYNCHRONISE)
    assert [(row["ids"]["full"], row["ids"]["allow"]) for row in rows] == [(0, 0), (1, 1)]
    assert (await editor.post(f"{SOURCES}/{uuid4()}/synchronise", json={}, headers=once())).status_code == 404


async def test_the_schedule_brings_news_and_nothing_twice(worker: Worker) -> None:
    answers = published(PATH, [[snapshot(1), snapshot(2)], [snapshot(3)]])
    with serving(answers, tags=True) as (address, seen):
        await worker.create(address, apiKey=KEY)
        (effect,) = await worker.sweep()
        assert await worker.sweep() == []
        await worker.due()
        assert await worker.sweep() != []  # the first has begun: what is due now is another run
        assert await worker.dispatcher.run(effect)
        first = await worker.source()
        assert (first["catalogue"], first["failures"], first["version"]) == (PATH, 0, 1)
        assert timedelta(minutes=55) < first["next_run_at"] - datetime.now(UTC) < timedelta(minutes=70)
        assert {one["x-api-key"] for one in seen} == {KEY}
        later = {"generatedAtTime": "2025-04-01T10:00:00Z"}
        await worker.round()
        answers |= published(PATH, [[snapshot(1), snapshot(2)], [snapshot(3), snapshot(1, "Nieuw", **later)]])
        seen.clear()
        await worker.round()
        assert [one["path"] for one in seen] == [f"{PATH}?pageNumber=1"]
    shown = [
        (one["mode"], one["created"], one["changed"], one["pages"], one["error"]) for one in await worker.reports()
    ]
    assert shown == [("full", 3, 0, 2, None), ("notModified", 0, 0, 0, None), ("resumed", 0, 1, 1, None)]
    assert set(await worker.statuses()) == {"Nieuw", "Product 2", "Product 3"}


async def test_a_full_read_comes_once_a_week_and_sees_what_is_gone(worker: Worker) -> None:
    answers = published(PATH, [[snapshot(1), snapshot(2)], [snapshot(3)]])
    with serving(answers, tags=True) as (address, _):
        await worker.create(address)
        await worker.round()
        answers |= published(PATH, [[snapshot(1)], [snapshot(3)]])
        await worker.round()
        assert set((await worker.statuses()).values()) == {"published"}
        await worker.execute('UPDATE catalogue_source SET state = state || \'{"fullAt": "2026-01-01T00:00:00Z"}\'')
        await worker.round()
        assert (await worker.statuses())["Product 2"] == "withdrawn"
        answers |= published(PATH, [[snapshot(1)], [snapshot(3), snapshot(2)]])
        await worker.round()
        assert (await worker.statuses())["Product 2"] == "published"
    assert [one["mode"] for one in await worker.reports()] == ["full", "notModified", "full", "resumed"]


async def test_many_withdrawals_wait_for_confirmation(worker: Worker, working: Platform) -> None:
    answers = published(PATH, [[snapshot(number) for number in range(50)]])
    with serving(answers) as (address, _):
        source_id = await worker.create(address)
        await worker.round()
        answers |= published(PATH, [[snapshot(number) for number in range(39)]])
        synchroniser = _synchroniser(working)
        held = await synchroniser.run(source_id, full=True)
        assert held is not None
        assert (held.held_back, held.withdrawn) == (11, 0)
        assert held.error == "11 of 50 products disappeared at once: nothing was withdrawn, confirm it"
        assert set((await worker.statuses()).values()) == {"published"}
        await worker.round()
        state = await worker.source()
        assert (state["heldBack"], state["error"], state["failures"]) == (11, held.error, 0)
        done = await synchroniser.run(source_id, allow=True)
        assert done is not None
        assert (done.held_back, done.withdrawn, done.error) == (0, 11, None)
        assert "heldBack" not in await worker.source()
        answers |= published(PATH, [[snapshot(number) for number in range(30)]])
        few = await synchroniser.run(source_id, full=True)
        assert few is not None
        assert (few.withdrawn, few.error) == (9, None)


def _synchroniser(platform: Platform) -> Synchroniser:
    return Synchroniser(
        platform.database, lambda uow, trace: platform.work(uow, None, SYNCHRONISE, trace), private=True
    )


async def test_failures_show_and_are_retried_ever_slower(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldes_http, "PAUSE_SECONDS", 0.0)
    answers: dict[str, Answer] = {f"{PATH}?pageNumber=0": 500}
    with serving(answers) as (address, _):
        await worker.create(address)
        for failures in range(1, 8):
            source = await worker.round()
            assert (source["failures"], "status 500" in source["error"]) == (failures, True)
        now = datetime.now(UTC)
        assert now + timedelta(hours=3) < source["next_run_at"] < now + timedelta(hours=5)
        answers[f"{PATH}?pageNumber=0"] = refusing(503, Retry_After="7200")
        source = await worker.round()
        assert source["next_run_at"] > datetime.now(UTC) + timedelta(hours=1.9)
        answers |= published(PATH, [[snapshot(1)]])
        source = await worker.round()
        assert (source["failures"], "error" in source) == (0, False)
    assert await worker.statuses() == {"Product 1": "published"}


def test_pauses() -> None:
    hour = timedelta(hours=1)
    assert [pause(hour, failures, None, 0) for failures in (0, 1, 4, 5, 6, 30)] == [
        hour,
        hour / 60,
        hour / 4,
        hour,
        2 * hour,
        24 * hour,
    ]
    assert pause(timedelta(minutes=5), 4, None, 0) == timedelta(minutes=5)
    assert pause(timedelta(days=7), 9, None, 0) == timedelta(days=7)
    assert pause(hour, 1, 90 * 60, 0) == 1.5 * hour
    assert pause(hour, 0, None, 1) == 1.1 * hour


def test_when_everything_is_read() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    state = SourceState(bookmark=Bookmark(page="x"), full_at=now - timedelta(days=6))
    assert not wants_full(state, now)
    assert wants_full(state, now + timedelta(days=1))
    assert wants_full(SourceState(full_at=now), now)


async def test_a_partial_read_does_not_move_on(worker: Worker) -> None:
    answers = published(PATH, [[snapshot(1)], [snapshot(2)], [snapshot(3)]])
    whole = dict(answers)
    answers[f"{PATH}?pageNumber=1"] = b"{"
    with serving(answers, tags=True) as (address, _):
        await worker.create(address)
        source = await worker.round()
        assert (source["failures"], "bookmark" in source, "fullAt" in source) == (0, False, False)
        assert source["error"] == "not every page could be read: nothing was withdrawn"
        assert set(await worker.statuses()) == {"Product 1", "Product 3"}
        answers |= whole
        source = await worker.round()
        assert ("error" in source, source["bookmark"]["page"][-1]) == (False, "2")


async def test_nobody_reads_at_the_same_time(worker: Worker, working: Platform) -> None:
    with serving(published(PATH, [[snapshot(1)]])) as (address, seen):
        source_id = await worker.create(address)
        async with exclusive(working.database, f"catalogueSource {source_id}") as held:
            assert held
            with pytest.raises(TryAgain):
                await _synchroniser(working).run(source_id)
        assert not seen
        assert await _synchroniser(working).run(source_id) is not None


async def test_what_was_changed_while_reading_is_not_overwritten(worker: Worker, working: Platform) -> None:
    answers = published(PATH, [[snapshot(1)]])
    synchroniser = _synchroniser(working)
    with serving(answers) as (address, _):
        source_id = await worker.create(address)
        plan, reading = await synchroniser._read(source_id, full=True)
        await worker.execute("UPDATE catalogue_source SET url = 'https://elders.example/'")
        async with working.database.transaction() as uow:
            work = working.work(uow, None, "test", "test")
            assert await synchroniser._store(work, plan, reading, allow=False) is None
    assert await worker.statuses() == {}


async def test_reading_keeps_no_transaction_open(worker: Worker, working: Platform) -> None:
    """While a slow publisher answers, our database sees at most an idle connection."""
    states: list[str] = []
    good = published(PATH, [[snapshot(1)]])[f"{PATH}?pageNumber=0"]
    assert isinstance(good, bytes)

    async def look() -> None:
        async with working.database.begin() as uow:
            rows = await uow.fetch(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        states.extend(row["state"] for row in rows)

    loop = asyncio.get_running_loop()

    def slow(handler: Any) -> None:
        asyncio.run_coroutine_threadsafe(look(), loop).result(5)
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(good)

    with serving({f"{PATH}?pageNumber=0": slow}) as (address, _):
        await worker.create(address)
        await worker.round()
    assert states
    assert set(states) == {"idle"}
    assert await worker.statuses() == {"Product 1": "published"}


async def test_two_sources_do_not_bring_one_catalogue(worker: Worker, working: Platform) -> None:
    named = json.loads(published(PATH, [[snapshot(1)]])[f"{PATH}?pageNumber=0"])  # type: ignore[arg-type] # bytes
    answers: dict[str, Answer] = {f"{PATH}?pageNumber=0": json.dumps(named | {"@id": "urn:stream"}).encode()}
    with serving(answers) as (address, _):
        first = await worker.create(address)
        second = await worker.create(address, name="Nog een")
        synchroniser = _synchroniser(working)
        assert (await synchroniser.run(first)) is not None
        report = await synchroniser.run(second)
    assert report is not None
    assert report.error == "source LPDC brings catalogue urn:stream"


async def test_many_sources_take_their_turn(worker: Worker) -> None:
    with serving(published(PATH, [[snapshot(1)]])) as (address, _):
        for number in range(6):
            await worker.create(address, name=f"Bron {number}")
        first = await worker.sweep()
        assert len(first) == MOST_AT_ONCE
        assert await worker.sweep() == []
        for effect in first:
            assert await worker.dispatcher.run(effect)
        assert len(await worker.sweep()) == 2


async def test_who_is_next_begins_when_another_ends(worker: Worker) -> None:
    """23 sources at once need no sweep in between, and are never more than four at a time."""
    with serving(published(PATH, [[snapshot(1)]])) as (address, _):
        for number in range(23):
            await worker.create(address, name=f"Bron {number:02}")
        running = await worker.sweep()
        done = 0
        while running:
            assert len(running) <= MOST_AT_ONCE
            finished = [running.pop(0) for _ in range(min(2, len(running)))]
            assert all(await asyncio.gather(*map(worker.dispatcher.run, finished)))
            done += len(finished)
            begun = await worker.dispatcher.lease(50)
            running += [effect for effect in begun if effect.topic == SYNCHRONISE]
        assert done == 23
    assert len(await worker.reports()) == 23


async def test_two_that_plan_do_not_plan_too_many(worker: Worker, working: Platform) -> None:
    for number in range(9):
        await worker.create("https://stad.example", name=f"Bron {number}")
    async with working.database.transaction() as one, working.database.transaction() as other:
        first, second = (SourceService(working.work(uow, None, "test", "test"), private=True) for uow in (one, other))
        assert await first.plan_due() == MOST_AT_ONCE
        assert await second.plan_due() == 0
    assert await worker.sweep() != []
    async with working.database.transaction() as uow:
        assert await SourceService(working.work(uow, None, "test", "test"), private=True).plan_due() == 0


async def test_an_id_that_cannot_be_kept_is_no_reason_to_stop(worker: Worker) -> None:
    strange = {"@id": "urn:snapshot:\u0000"}
    with serving(published(PATH, [[snapshot(1), snapshot(2, **strange), snapshot(3, **{"@id": "urn:\u202ex"})]])) as (
        address,
        _,
    ):
        await worker.create(address)
        source = await worker.round()
        assert (source["failures"], len(source["bookmark"]["seen"])) == (0, 2)
        assert (await worker.round())["failures"] == 0
    first, second = await worker.reports()
    assert (first["created"], first["refused"], second["mode"], second["unchanged"]) == (2, 1, "resumed", 0)


async def test_production_asks_nobody_inside_the_network(worker: Worker, working: Platform) -> None:
    """A name may mean anything by the time it is asked."""
    assert not Settings(mode="production").inside
    assert Settings(mode="production", private_sources=True).inside
    with serving(published(PATH, [[snapshot(1)]])) as (address, seen):
        source_id = await worker.create(address.replace("127.0.0.1", "localhost"))
        strict = Synchroniser(
            working.database, lambda uow, trace: working.work(uow, None, SYNCHRONISE, trace), private=False
        )
        report = await strict.run(source_id)
        assert not seen
    assert report is not None
    assert "an address inside the network" in (report.error or "")
    assert (await worker.source())["failures"] == 1


async def test_a_key_that_cannot_be_read_is_told(worker: Worker, working: Platform) -> None:
    with serving(published(PATH, [[snapshot(1)]])) as (address, seen):
        source_id = await worker.create(address, apiKey=KEY)
        await worker.execute("UPDATE catalogue_source SET api_key = decode(repeat('01', 40), 'hex')")
        report = await _synchroniser(working).run(source_id)
        assert not seen
    assert report is not None
    assert report.error == "the api key cannot be read any more: enter it again"


async def test_catalogues_taken_over_have_one_source(administrator: Client) -> None:
    first = await administrator.post(SOURCES, json=body("https://stad.example", catalogue="demo"), headers=once())
    assert first.json()["catalogue"] == "demo"
    other = body("https://stad.example", catalogue="demo") | {"name": "Nog een"}
    second = await administrator.post(SOURCES, json=other, headers=once())
    assert (second.status_code, second.json()["type"].rpartition(":")[2]) == (409, "catalogueTaken")
