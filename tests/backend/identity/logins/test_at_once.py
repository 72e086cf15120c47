"""Two first logins of one person at the same moment, on connections of their own."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from backend.identity.logins.schemas import LoginRecord, LoginView
from backend.identity.logins.service import LoginService
from backend.kit.problems import ProblemError
from backend.platform import Platform
from backend.settings import Settings

pytestmark = pytest.mark.anyio

DATA = LoginRecord(
    issuer="https://acm.example/op", subject="tegelijk", name="An", roles=["OnthaalAgent-samen:OVO000000"]
)


async def _login(platform: Platform) -> LoginView | ProblemError:
    async with platform.unit(None, "recordLogin", str(uuid7())) as work:
        return await LoginService(work, "OVO000000").record(DATA)


async def test_one_user_comes_of_it(settings: Settings, own_database: str) -> None:
    platform = Platform(msgspec.structs.replace(settings, database_url=own_database))
    try:
        async with platform.database.transaction() as uow:
            await uow.execute(
                "INSERT INTO department (id, code, name, kind) VALUES ($1, 'samen', 'Samen', 'secondLine')", uuid7()
            )
        found = await asyncio.gather(*(_login(platform) for _ in range(6)))
        users: set[UUID] = {one.user_id for one in found if isinstance(one, LoginView)}
        assert len(users) == 1
        assert not [one for one in found if isinstance(one, ProblemError)]
        async with platform.database.begin() as uow:
            assert await uow.fetchval("SELECT count(*) FROM user_login WHERE subject = 'tegelijk'") == 1
    finally:
        await platform.database.close()
