"""The mail of an answer carries the link, and what comes of the link in the mail."""

from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.contacts.messages.service import sendable
from backend.kit.db import UnitOfWork
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def _letters(platform: Platform, uow: UnitOfWork, question: str) -> dict[str, str]:
    """Purpose -> text of every mail of the question that waits."""
    work = platform.work(uow, None, "test", "test")
    found: dict[str, str] = {}
    for row in await uow.fetch(
        "SELECT id FROM message WHERE question_id = $1 AND delivery = 'pending' ORDER BY id", UUID(question)
    ):
        message = await sendable(uow, row["id"])
        assert message is not None
        letters = platform.letters(work)
        found[message.purpose] = (await letters.mail(message, await letters.asker(message))).text
    return found


async def test_the_link_in_the_mail_works_and_the_citizen_hears_of_it(
    platform: Platform, anonymous: Client, people: People, registered: dict[str, Any], uow: UnitOfWork
) -> None:
    question = str(registered["questions"][0]["id"])
    expert = anonymous.as_user(people.tokens["expert"])
    await do(expert, question, "claim")
    await do(expert, question, "answer", {"text": "Vijf werkdagen."})
    answer = (await _letters(platform, uow, question))["answer"]
    (link,) = [line for line in answer.splitlines() if "/mening#" in line]
    assert link.startswith(platform.settings.address)
    response = await anonymous.post("/satisfaction", json={"token": link.split("#")[1], "solved": False})
    assert response.json()["reopened"] is True
    page = (await expert.get(f"/questions/{question}")).json()
    again = (await _letters(platform, uow, question))["reopened"]
    assert "met voorrang" in again
    assert page["reference"] in again
