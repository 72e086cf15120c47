"""One national number is one customer's, also at the very moment when processes change over to a new key."""

import asyncio

import msgspec
import pytest

from backend.app import Platform
from backend.crm.customers.schemas import CustomerCreate
from backend.crm.customers.service import CustomerService
from backend.kit.access import PLATFORM
from backend.kit.crypto import KeyRing
from backend.kit.db import Database
from backend.kit.problems import ProblemError
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.crm.conftest import Body

pytestmark = pytest.mark.anyio

OLD = KeyRing.generate().added()
NEW = OLD.writing(2)
WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.mark.parametrize(("first", "second"), [(OLD, NEW), (NEW, OLD)], ids=["old first", "new first"])
async def test_two_processes_of_which_one_already_writes_with_the_new_key(
    settings: Settings, own_database: str, person: Body, first: KeyRing, second: KeyRing
) -> None:
    data = msgspec.convert(person, CustomerCreate)
    async with Database(own_database, role=APPLICATION) as here, Database(own_database, role=APPLICATION) as there:
        before, after = Platform(settings, here), Platform(settings, there)
        before.keeper.use(first)
        after.keeper.use(second)

        async def register(platform: Platform) -> None:
            async with platform.database.transaction() as uow:
                await CustomerService(platform.work(uow, PLATFORM, "register", "t")).register(data)

        async with here.begin() as uow:
            await CustomerService(before.work(uow, PLATFORM, "register", "t")).register(data)
            late = asyncio.create_task(register(after))
            async with asyncio.timeout(10):
                while not await uow.fetchval(WAITS):
                    assert not late.done(), "it does not wait for the one that has not committed yet"
                    await asyncio.sleep(0.01)
            await uow.commit()
        with pytest.raises(ProblemError) as refused:
            await late
        assert refused.value.problem().type == "urn:problem-type:onthaal:customerExists"
        async with here.begin() as uow:
            assert await uow.fetchval("SELECT count(*) FROM customer_identifier") == 1
