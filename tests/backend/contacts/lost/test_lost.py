"""Mails that would never leave are found: queued again, or shown on their question."""

from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.contacts.lost.service import GIVEN_UP, LostMessages
from backend.kit.db import UnitOfWork
from backend.kit.reach import EVERYTHING
from tests.backend.routing.sweeping import do, standing, told
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def question(registered: dict[str, Any]) -> UUID:
    return UUID(registered["questions"][0]["id"])


async def queue_again(platform: Platform) -> int:
    async with platform.unit(None, "test", "test") as work:
        return await LostMessages(work, platform.life(work)).queue_again()


async def give_up(platform: Platform) -> int:
    async with platform.unit(None, "test", "test") as work:
        return await LostMessages(work, platform.life(work)).give_up()


async def test_a_message_that_nothing_sends_is_queued_again(
    platform: Platform, question: UUID, uow: UnitOfWork
) -> None:
    assert await queue_again(platform) == 0
    message = await uow.fetchval("SELECT id FROM message WHERE question_id = $1 AND delivery = 'pending'", question)
    await uow.execute("UPDATE outbox SET done_at = now() WHERE ids ->> 'message' = $1", str(message))
    assert (await queue_again(platform), await queue_again(platform)) == (1, 0)
    async with platform.database.begin(EVERYTHING) as look:
        waiting = "SELECT count(*) FROM outbox WHERE ids ->> 'message' = $1 AND done_at IS NULL"
        assert await look.fetchval(waiting, str(message)) == 1


async def test_an_answer_that_was_given_up_opens_its_question(
    platform: Platform, anonymous: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    await do(expert, question, "claim")
    assert (await do(expert, question, "answer", {"text": "Vijf werkdagen."})).status_code == 200
    assert await give_up(platform) == 0
    answer = await uow.fetchval("SELECT id FROM message WHERE question_id = $1 AND purpose = 'answer'", question)
    await uow.execute("UPDATE outbox SET dead_at = now(), reason = 'x' WHERE ids ->> 'message' = $1", str(answer))
    assert (await give_up(platform), await give_up(platform)) == (1, 0)
    message = await uow.fetchrow("SELECT delivery, failure FROM message WHERE id = $1", answer)
    assert message is not None
    assert (message["delivery"], message["failure"]) == ("failed", GIVEN_UP)
    now = await standing(uow, question)
    assert (now["state"], now["assignee_id"]) == ("inProgress", people.users["expert"])
    assert await told(uow, question) == [("expert", "undelivered")]
