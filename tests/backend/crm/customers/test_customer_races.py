"""Several at once, on connections of their own with real commits."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from backend.app import Platform
from backend.crm.customers.schemas import CustomerCreate, CustomerPatch
from backend.crm.customers.service import CustomerService
from backend.kit.access import PLATFORM
from backend.kit.db import Database
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.crm.conftest import Body

pytestmark = pytest.mark.anyio


async def test_of_five_at_once_one_wins(settings: Settings, own_database: str, person: Body) -> None:
    data = msgspec.convert(person, CustomerCreate)
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(settings, database)

        async def register() -> str:
            try:
                async with database.transaction() as uow:
                    return str(await CustomerService(platform.work(uow, PLATFORM, "register", "t")).register(data))
            except ProblemError as error:
                return error.problem().type.rpartition(":")[2]

        async def change(customer: UUID) -> str:
            try:
                async with database.transaction() as uow:
                    customers = CustomerService(platform.work(uow, PLATFORM, "change", "t"))
                    return str((await customers.change(customer, CustomerPatch(language="fr"), 1)).version)
            except ProblemError as error:
                return error.problem().type.rpartition(":")[2]

        made, *refused = sorted(await asyncio.gather(*(register() for _ in range(5))))
        assert refused == ["customerExists"] * 4
        versions = sorted(await asyncio.gather(*(change(UUID(made)) for _ in range(5))))
        assert versions == ["2"] + ["preconditionFailed"] * 4


_WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


async def test_who_waited_for_a_customer_sees_what_the_other_one_wrote(
    settings: Settings, own_database: str, person: Body
) -> None:
    """A statement that locks and reads at once would give the facts as they were before it waited."""
    data = msgspec.convert(person, CustomerCreate)
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(settings, database)
        async with database.transaction() as uow:
            customer = await CustomerService(platform.work(uow, PLATFORM, "register", "t")).register(data)

        async def second() -> list[str]:
            async with database.transaction(EVERYTHING) as uow:
                profile = await CustomerService(platform.work(uow, PLATFORM, "change", "t")).alone(customer)
                return [one.typed for one in profile.contact_points]

        async with database.transaction(EVERYTHING) as first:
            await first.execute("UPDATE customer SET version = version + 1 WHERE id = $1", customer)
            written = await first.execute(
                "UPDATE customer_contact_point SET typed = 'nieuw' WHERE customer_id = $1", customer
            )
            waiting = asyncio.create_task(second())
            async with asyncio.timeout(10):
                while not await first.fetchval(_WAITS):  # noqa: ASYNC110 (it happens in PostgreSQL)
                    await asyncio.sleep(0.01)
        assert written != "UPDATE 0"
        assert set(await waiting) == {"nieuw"}
