"""Walks over the whole base: complete, resumable, gentle; they serve new keys too."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner

from backend.app import Platform
from backend.cli import cli
from backend.crm.customers.schemas import CustomerCreate
from backend.crm.customers.service import CustomerService
from backend.crm.matching.service import MatchService
from backend.crm.suggestions.jobs import Walker
from backend.crm.suggestions.rules import ENGINE, WALK
from backend.crm.suggestions.schemas import DecisionInput, MatchRunCreate, MatchRunView
from backend.crm.suggestions.service import DecisionService, Finder, RunService, SuggestionRenewal
from backend.kit.access import Principal
from backend.kit.crypto import KeyRing
from backend.kit.outbox import Dispatcher
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work
from backend.settings import Settings
from backend.worker import handlers, sweeps
from tests.backend.crm.suggestions.conftest import JAN, JAN_AGAIN, key, person
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


STRANGERS = [
    *(("Marie", "Claes"), ("Pieter", "Dubois"), ("Fatima", "El Amrani"), ("Luc", "Goossens"), ("Annelies", "Hermans")),
    *(("Bart", "Jacobs"), ("Griet", "Lambert"), ("Mohamed", "Yilmaz"), ("Sofie", "Pauwels"), ("Wim", "Quintens")),
    *(("Eva", "Rombouts"), ("Karel", "Segers"), ("Nele", "Tanghe"), ("Omer", "Uyttendaele"), ("Rita", "Verbruggen")),
    *(("Stijn", "Wauters"), ("Tine", "Zonnekeyn"), ("Ward", "Boone"), ("Yasmine", "Fontaine"), ("Dries", "Naessens")),
]


class Base:
    """A base with a few customers, two of whom are one, without any suggestion yet."""

    def __init__(self, platform: Platform, user: UUID) -> None:
        self.platform = platform
        self.user = user
        self.ring: KeyRing = platform.keys

    def work(self, uow: Any, trace: str = "test") -> Work:
        who = Principal(id=self.user, name="x", roles=frozenset({"agent"}), departments={})
        return msgspec.structs.replace(self.platform.work(uow, who, "test", trace), keys=self.ring)

    async def fill(self) -> None:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            customers = CustomerService(self.work(uow))
            await customers.register(msgspec.convert(JAN, CustomerCreate))
            for given, family in STRANGERS:
                body = person(given, family)
                await customers.register(msgspec.convert(body, CustomerCreate))
            await customers.register(msgspec.convert(JAN_AGAIN, CustomerCreate))
        await self.execute("DELETE FROM outbox")

    async def start(self, scope: Any = "all") -> MatchRunView:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.work(uow)
            return await RunService(work, CustomerService(work)).start(MatchRunCreate(scope=scope))

    async def step(self, run: MatchRunView, *, most: int = 4, fail: bool = False) -> bool:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.work(uow)
            more = await RunService(work, CustomerService(work)).step(run.id, lambda: 1.0, most=most)
            if fail:
                raise ConnectionAbortedError
            return more

    async def report(self, run: MatchRunView) -> MatchRunView:
        async with self.platform.database.begin(EVERYTHING) as uow:
            work = self.work(uow)
            return await RunService(work, CustomerService(work)).get(run.id)

    async def execute(self, sql: str) -> None:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            await uow.execute(sql)

    async def rows(self, sql: str) -> list[Any]:
        async with self.platform.database.begin(EVERYTHING) as uow:
            return await uow.fetch(sql)

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.rows("SELECT state FROM match_suggestion")]

    async def sweep(self) -> int:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            found: Any = await dict(sweeps(self.platform))["suggestions"](uow)
            return int(found)

    async def walks(self) -> list[str]:
        """Walks that wait for the worker."""
        rows = await self.rows(f"SELECT ids FROM outbox WHERE topic = '{WALK}' AND done_at IS NULL")
        return [row["ids"]["run"] for row in rows]

    async def decide(self, decision: str) -> None:
        (row,) = await self.rows("SELECT id, version FROM match_suggestion")
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.work(uow)
            given = msgspec.convert({"decision": decision}, DecisionInput)
            await DecisionService(work, CustomerService(work)).decide(row["id"], given, row["version"])


@pytest.fixture
async def base(working: Platform, staff: People) -> Base:
    made = Base(working, staff.users["agent"])
    await made.fill()
    return made


async def test_a_run_that_is_cut_off_goes_on_where_it_was(base: Base) -> None:
    run = await base.start()
    for turn in range(20):
        with pytest.raises(ConnectionAbortedError):
            await base.step(run, fail=True)
        if turn == 2:  # a new process finds it
            run = await base.report(run)
        if not await base.step(run):
            break
    done = await base.report(run)
    assert (done.state, done.looked_at, done.created, done.reopened, done.closed) == ("done", 22, 1, 0, 0)
    assert done.finished_at is not None
    assert await base.states() == ["open"]
    assert not await base.step(run), "it is over"


async def test_the_worker_walks_and_says_what_it_found(base: Base) -> None:
    run = await base.start()
    dispatcher = Dispatcher(base.platform.database, handlers(base.platform))
    (effect,) = await dispatcher.lease(5)
    assert await dispatcher.run(effect)
    done = await base.report(run)
    assert (done.state, done.looked_at, done.created) == ("done", 22, 1)
    assert done.seconds > 0
    assert await base.walks() == []


async def test_a_turn_that_is_over_leaves_the_rest_to_the_next_one(base: Base) -> None:
    run = await base.start()
    ticks = iter(range(10_000))
    walker = Walker(base.platform.database, base.work, clock=lambda: float(next(ticks)), share=0.0)
    assert await walker.walk(run.id, 2.0)
    begun = await base.report(run)
    assert (begun.state, begun.looked_at) == ("running", 22), "one step of at most 25"
    assert not await walker.walk(run.id)
    assert (await base.report(run)).state == "done"


async def test_one_run_at_a_time(base: Base) -> None:
    await base.start()
    with pytest.raises(ProblemError) as refused:
        await base.start()
    assert (refused.value.status, refused.value.kind) == (409, "matchRunRunning")


async def test_a_run_whose_worker_is_lost_is_taken_up(base: Base) -> None:
    run = await base.start()
    await base.step(run)
    await base.execute("DELETE FROM outbox")
    assert await base.sweep() == 0, "somebody may still be at it"
    await base.execute("UPDATE match_run SET changed_at = now() - interval '3 minutes'")
    assert await base.sweep() == 1
    assert await base.walks() == [str(run.id)]
    assert await base.sweep() == 0, "it is on its way"


async def test_keys_of_an_older_version_are_written_anew_without_being_asked(base: Base) -> None:
    columns = "id, scope, state, engine, started_at, changed_at, finished_at"
    values = f"gen_random_uuid(), 'all', 'done', '{ENGINE}', now(), now(), now()"
    await base.execute(f"INSERT INTO match_run ({columns}) SELECT {values}")
    assert await base.sweep() == 0
    await base.execute("UPDATE match_profile SET rules_version = 0")
    await base.execute("DELETE FROM match_profile WHERE customer_id = (SELECT min(id::text)::uuid FROM customer)")
    assert await base.sweep() == 1
    (run,) = await base.rows("SELECT id FROM match_run WHERE state = 'running'")
    assert await base.walks() == [str(run["id"])]
    async with base.platform.database.begin(EVERYTHING) as uow:
        view = await RunService(base.work(uow), CustomerService(base.work(uow))).get(run["id"])
    while await base.step(view, most=10):
        pass
    done = await base.report(view)
    assert (done.state, done.rewritten, done.created) == ("done", 22, 1)
    async with base.platform.database.begin(EVERYTHING) as uow:
        assert await MatchService(base.work(uow)).outdated(10) == []


async def test_a_decision_is_remembered_when_the_keys_are_replaced(base: Base) -> None:
    run = await base.start()
    while await base.step(run, most=25):
        pass
    await base.decide("different")
    old = base.ring
    base.ring = old.rotated()
    async with base.platform.database.transaction(EVERYTHING) as uow:
        assert await SuggestionRenewal().versions(uow) == {old.writes: 1}
        assert await SuggestionRenewal().renew(base.work(uow), 10) == 1
        assert await SuggestionRenewal().renew(base.work(uow), 10) == 0
        assert await SuggestionRenewal().versions(uow) == {base.ring.writes: 1}
    ids = [row["id"] for row in await base.rows("SELECT id FROM customer")]
    again = await base.start("outdated")
    while await base.step(again, most=25):
        pass
    assert await base.states() == ["different"]
    async with base.platform.database.transaction(EVERYTHING) as uow:
        work = base.work(uow)
        await Finder(work, CustomerService(work)).refresh(ids)
    assert await base.states() == ["different"]


async def test_an_administrator_starts_and_follows_it(anonymous: Client, people: People, agent: Client) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    headers = key()
    started = await administrator.post("/matchRuns", json={"scope": "all"}, headers=headers)
    assert started.status_code == 202, started.text
    run = started.json()
    assert (run["state"], run["scope"], run["lookedAt"]) == ("running", "all", 0)
    replayed = await administrator.post("/matchRuns", json={"scope": "all"}, headers=headers)
    assert replayed.json() == run
    busy = await administrator.post("/matchRuns", json={}, headers=key())
    assert (busy.status_code, busy.json()["type"].rsplit(":", 1)[1]) == (409, "matchRunRunning")
    assert (await administrator.get(f"/matchRuns/{run['id']}")).json() == run
    assert (await administrator.get("/matchRuns")).json()["items"] == [run]
    assert (await administrator.get("/matchRuns/018f0000-0000-7000-8000-000000000001")).status_code == 404
    assert (await agent.post("/matchRuns", json={}, headers=key())).status_code == 403


async def test_the_command_walks_over_everybody(
    base: Base, own_database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await base.start()  # cut off before it began
    result = await _command(own_database, settings, monkeypatch, "--all")
    assert result.exit_code == 0, result.output
    assert "22 customers" in result.output
    assert "1 new suggestions" in result.output
    assert (await base.report(run)).state == "done"
    nothing = await _command(own_database, settings, monkeypatch)
    assert nothing.output.startswith("0 customers"), "all keys are up to date"


async def _command(database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, *options: str) -> Any:
    import asyncio

    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    arguments = ["match", "run", "--data", settings.data, *options]
    return await asyncio.to_thread(CliRunner().invoke, cli, arguments)
