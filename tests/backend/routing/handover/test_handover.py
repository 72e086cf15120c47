"""Questions of who is not there go to the replacement, to the department or to the contact centre."""

from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.work import Work
from backend.routing.handover.service import ABSENT, CLOSED, HandoverService
from tests.backend.routing.sweeping import away, do, events, standing, sweep, told
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def question(registered: dict[str, Any]) -> UUID:
    return UUID(registered["questions"][0]["id"])


@pytest.fixture
async def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


async def absent(platform: Platform) -> int:
    async def run(work: Work) -> int:
        return await HandoverService(work, platform.placer(work), platform.life(work)).absent()

    return await sweep(platform, run)


async def test_what_is_due_goes_to_the_replacement(
    platform: Platform, expert: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    await do(expert, question, "claim")
    assert await absent(platform) == 0
    await away(uow, people.users["expert"], people.users["expert2"])
    assert (await absent(platform), await absent(platform)) == (1, 0)
    now = await standing(uow, question)
    assert (now["assignee_id"], now["state"]) == (people.users["expert2"], "inProgress")
    last = (await events(uow, question))[-1]
    assert (last["type"], last["reason"]) == ("assigned", ABSENT)
    assert last["data"] == {"onBehalfOf": str(people.users["expert"])}
    assert await told(uow, question) == [("expert2", "assigned")]


async def test_what_is_due_later_waits_for_who_comes_back(
    platform: Platform, expert: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    await do(expert, question, "claim")
    await away(uow, people.users["expert"], people.users["expert2"], days=0)
    assert await absent(platform) == 0


async def test_without_a_replacement_here_it_goes_back_to_the_department(
    platform: Platform, expert: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    await do(expert, question, "claim")
    await away(uow, people.users["expert"], people.users["mobility"])
    assert (await absent(platform), await absent(platform)) == (1, 0)
    now = await standing(uow, question)
    assert (now["assignee_id"], now["next_action"]) == (None, "assign")
    assert (await events(uow, question))[-1]["type"] == "released"


async def test_who_takes_a_question_up_while_away_keeps_it(
    platform: Platform, expert: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    await away(uow, people.users["expert"], people.users["expert2"])
    await do(expert, question, "claim")
    assert await absent(platform) == 0


async def test_an_assignment_goes_to_who_stands_in(
    anonymous: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    lead, users = anonymous.as_user(people.tokens["civilLead"]), people.users
    await away(uow, users["expert"], users["expert2"])
    given = await do(lead, question, "assign", {"userId": str(users["expert"])})
    assert given.json()["assigneeId"] == str(users["expert2"])
    assert (await events(uow, question))[-1]["data"] == {"onBehalfOf": str(users["expert"])}
    assert await told(uow, question) == [("expert2", "assigned")]
    await away(uow, users["expert2"], None)
    refused = await do(lead, question, "assign", {"userId": str(users["expert"])})
    assert refused.json()["type"] == "urn:problem-type:onthaal:assigneeAbsent"


async def test_who_works_here_no_more_and_a_department_that_is_no_more_hold_nothing(
    platform: Platform, expert: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    async def inactive(work: Work) -> int:
        return await HandoverService(work, platform.placer(work), platform.life(work)).inactive()

    async def closed(work: Work) -> int:
        return await HandoverService(work, platform.placer(work), platform.life(work)).closed()

    await do(expert, question, "claim")
    assert (await sweep(platform, inactive), await sweep(platform, closed)) == (0, 0)
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", people.users["expert"])
    assert (await sweep(platform, inactive), await sweep(platform, inactive)) == (1, 0)
    assert (await standing(uow, question))["assignee_id"] is None
    await uow.execute("UPDATE department SET active = false WHERE id = $1", people.departments["burgerzaken"])
    assert (await sweep(platform, closed), await sweep(platform, closed)) == (1, 0)
    now = await standing(uow, question)
    assert (now["department_id"], now["state"]) == (people.departments["onthaal"], "inProgress")
    assert (await events(uow, question))[-1]["reason"] == CLOSED
