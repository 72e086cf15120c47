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
