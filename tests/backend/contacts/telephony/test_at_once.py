"""Colleagues who sit down at the same moment, on connections of their own."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from backend.contacts.telephony.schemas import TelephoneTake
from backend.contacts.telephony.service import TelephonyService
from backend.crm.customers.service import CustomerService
from backend.crm.finding.service import FindingService
from backend.kit.access import Principal
from backend.platform import Platform
from backend.settings import Settings

pytestmark = pytest.mark.anyio

_USER = """
INSERT INTO app_user (id, username, name, language, kind, roles, active)
VALUES ($1, $2, $2, 'nl', 'person', '{}', true)
"""


@pytest.fixture
async def platform(settings: Settings, own_database: str) -> AsyncIterator[Platform]:
    made = Platform(msgspec.structs.replace(settings, database_url=own_database))
    yield made
    await made.database.close()


@pytest.fixture
async def two(platform: Platform) -> list[UUID]:
    people = [uuid7(), uuid7()]
    async with platform.database.transaction() as uow:
        for place, user in enumerate(people):
            await uow.execute(_USER, user, f"collega.{place}")
    return people


async def sit(platform: Platform, user: UUID, extension: str) -> None:
    who = Principal(id=user, name="x", roles=frozenset({"agent"}), departments={})
    async with platform.unit(who, "takeTelephone", str(uuid7())) as work:
        finding = FindingService(work, CustomerService(work), platform.asker(work))
        await TelephonyService(work, finding).sit(TelephoneTake(extension=extension))


async def where(platform: Platform) -> dict[UUID, str]:
    async with platform.database.begin() as uow:
        return {row["user_id"]: row["extension"] for row in await uow.fetch("SELECT * FROM telephone")}


async def test_two_change_places(platform: Platform, two: list[UUID]) -> None:
    one, other = two
    for first, second in (("1", "2"), ("2", "1")) * 3:
        await asyncio.gather(sit(platform, one, first), sit(platform, other, second))
        found = await where(platform)
        assert set(found.items()) <= {(one, first), (other, second)}
        assert found


async def test_one_sits_down_twice_at_once(platform: Platform, two: list[UUID]) -> None:
    for _ in range(3):
        await asyncio.gather(*(sit(platform, two[0], str(number)) for number in range(4)))
        assert len(await where(platform)) == 1
