"""The worker looks new customers up by itself, where that is on; a person still decides."""

import msgspec
import pytest

from backend.app import Platform
from backend.crm.registers.rules import LOOK_UP
from backend.crm.registers.service import forget_undecided
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.settings import Settings
from backend.worker import handlers, sweeps
from tests.backend.crm.conftest import Body, Create
from tests.backend.crm.registers.conftest import opened
from tests.conftest import Client, RolledBack
from tests.simulators.magda import Magda

pytestmark = pytest.mark.anyio


@pytest.fixture
def wired(wired: Settings) -> Settings:
    return msgspec.structs.replace(wired, registers_automatic=True)


class Background:
    """What the worker does, step by step."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.failed: list[tuple[str, bool]] = []
        self._dispatcher = Dispatcher(platform.database, handlers(platform), self._report)

    def _report(self, _effect: object, reason: str, dead: bool) -> None:
        self.failed.append((reason, dead))

    async def sweep(self) -> None:
        sweep = dict(sweeps(self._platform))["registerLookups"]
        async with self._platform.database.transaction() as uow:
            await sweep(uow)

    async def work(self) -> int:
        done = 0
        async with self._platform.database.transaction() as uow:  # its clock stands still since the test began
            await uow.execute("UPDATE outbox SET available_at = now(), leased_until = NULL")
        for effect in await self._dispatcher.lease(50):
            if effect.topic == LOOK_UP:
                done += await self._dispatcher.run(effect)
        return done


@pytest.fixture
def background(platform: Platform, database: RolledBack) -> Background:
    assert platform.database is database
    return Background(platform)


async def planned(uow: UnitOfWork) -> int:
    found: int = await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", LOOK_UP)
    return found


async def test_a_new_customer_is_looked_up_and_waits_for_a_person(
    agent: Client, jan: Body, background: Background, uow: UnitOfWork
) -> None:
    assert await planned(uow) == 0, "registration itself plans nothing"
    await background.sweep()
    await background.sweep()
    assert await planned(uow) == 1, "once"
    assert await background.work() == 1
    (listed,) = (await agent.get(f"/customers/{jan['id']}/enrichment")).json()["items"]
    assert (listed["outcome"], "askedBy" in listed) == ("found", False)
    assert opened(listed)
    assert (await agent.get(f"/customers/{jan['id']}")).json()["version"] == 1
    await background.sweep()
    assert await planned(uow) == 1, "who was looked up is not looked up again"


async def test_a_register_that_is_away_is_tried_again(
    agent: Client, jan: Body, background: Background, magda: Magda
) -> None:
    magda.fault = "html"
    await background.sweep()
    assert await background.work() == 0
    assert background.failed == [("TryAgain: status", False)]
    magda.fault = "none"
    assert await background.work() == 1
    listed = (await agent.get(f"/customers/{jan['id']}/enrichment")).json()["items"]
    assert [one["outcome"] for one in listed] == ["found", "away"]


async def test_who_has_no_number_that_a_register_knows_is_left_alone(
    create: Create, background: Background, uow: UnitOfWork
) -> None:
    await create({"kind": "person", "names": {"given": "An"}})
    number = {"type": "enterpriseNumber", "value": "0442528054"}
    await create({"kind": "person", "names": {"given": "Zelfstandige"}, "identifiers": [number]})
    await background.sweep()
    assert await planned(uow) == 0


@pytest.mark.usefixtures("jan")
async def test_what_nobody_decides_about_is_forgotten(
    background: Background, uow: UnitOfWork, platform: Platform
) -> None:
    await background.sweep()
    await background.work()
    await background.sweep()
    kept = "SELECT count(*) FROM register_difference WHERE content IS NOT NULL"
    assert await uow.fetchval(kept) > 0
    later = platform.work(uow, None, LOOK_UP, "test")
    later = msgspec.structs.replace(later, now=later.now.replace(year=later.now.year + 1))
    await forget_undecided(later)
    assert await uow.fetchval(kept) == 0
    states = {row[0] for row in await uow.fetch("SELECT DISTINCT decision FROM register_difference")}
    assert states == {"expired", "none"}


class TestOff:
    """Where it is off, which is the default."""

    @pytest.fixture
    def wired(self, wired: Settings) -> Settings:
        return msgspec.structs.replace(wired, registers_automatic=False)

    @pytest.mark.usefixtures("jan")
    async def test_nothing_is_planned(self, background: Background, uow: UnitOfWork) -> None:
        await background.sweep()
        assert await planned(uow) == 0
