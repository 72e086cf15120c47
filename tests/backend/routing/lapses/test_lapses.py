"""What was planned and did not happen is said once: a reply, a call, a question at rest."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.work import Work
from backend.routing.lapses.rules import CALL_LATE, STILL
from backend.routing.lapses.service import LapseService
from tests.backend.routing.sweeping import do, events, standing, sweep, told
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


@pytest.fixture
def question(registered: dict[str, Any]) -> UUID:
    return UUID(registered["questions"][0]["id"])


@pytest.fixture
async def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


async def test_a_customer_who_does_not_reply_is_told_once_each_time_something_was_asked(
    platform: Platform, expert: Client, question: UUID, uow: UnitOfWork
) -> None:
    async def passed(work: Work) -> int:
        return await LapseService(work, platform.placer(work)).passed()

    await do(expert, question, "claim")
    await do(expert, question, "clarify", {"text": "Hoe oud is je zoon?"})
    due = (await standing(uow, question))["next_action_at"]
    assert await sweep(platform, passed, due - SECOND) == 0
    assert (await sweep(platform, passed, due), await sweep(platform, passed, due + SECOND)) == (1, 0)
    assert await told(uow, question) == [("expert", "noReply")]
    last = (await events(uow, question))[-1]
    assert (last["type"], last["data"]) == ("reminded", {"lapse": "noReply"})
    assert (await standing(uow, question))["state"] == "waitingForCustomer"


async def test_a_call_that_was_not_made_is_told_an_hour_later(
    platform: Platform, expert: Client, question: UUID, uow: UnitOfWork
) -> None:
    async def passed(work: Work) -> int:
        return await LapseService(work, platform.placer(work)).passed()

    await do(expert, question, "claim")
    row = await standing(uow, question)
    planned = row["deadline"] - timedelta(hours=5)
    await uow.execute(
        "UPDATE question SET next_action = 'callBack', next_action_at = $2 WHERE id = $1", question, planned
    )
    assert await sweep(platform, passed, planned + CALL_LATE - SECOND) == 0
    late = planned + CALL_LATE
    assert (await sweep(platform, passed, late), await sweep(platform, passed, late)) == (1, 0)
    assert await told(uow, question) == [("expert", "callBack")]
    await uow.execute("UPDATE question SET next_action_at = deadline WHERE id = $1", question)
    assert await sweep(platform, passed, row["deadline"] + timedelta(days=9)) == 0, "the chain tells that"


async def test_a_question_that_stands_still_is_told_until_it_moves(
    platform: Platform, expert: Client, question: UUID, uow: UnitOfWork
) -> None:
    async def still(work: Work) -> int:
        return await LapseService(work, platform.placer(work)).still()

    await do(expert, question, "claim")
    moved = (await standing(uow, question))["moved_at"]
    assert await sweep(platform, still, moved + STILL) == 0
    at = moved + STILL + SECOND
    assert (await sweep(platform, still, at), await sweep(platform, still, at + SECOND)) == (1, 0)
    assert await told(uow, question) == [("expert", "stalled")]
    await do(expert, question, "notes", {"text": "Bezig."})
    assert (await standing(uow, question))["moved_at"] > moved
    assert await sweep(platform, still, at) == 0
