"""The same registration more than once, one after the other and at the same time, on two API processes."""

import asyncio
import hashlib

import httpx
import pytest

from tests.reliability.ledger import CREATED, body_of
from tests.reliability.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

QUESTIONS = "SELECT count(*) FROM question WHERE subject = $1"
MAILS = "SELECT count(*) FROM message m JOIN question q ON q.id = m.question_id WHERE q.subject = $1"


async def _post(running: Running, key: str, body: bytes, user: str = "agent") -> httpx.Response:
    async with running.client(user) as client:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return await client.post("/contacts", content=body, headers=headers)


async def test_twice_the_same_is_one_question(running: Running) -> None:
    body = body_of("twins-one")
    first, again = [await _post(running, "twins-one", body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (CREATED, CREATED)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await running.value(QUESTIONS, "Vraag twins-one") == 1
    assert await running.value(MAILS, "Vraag twins-one") == 1


@pytest.mark.parametrize("turn", range(5))
async def test_ten_at_once_are_one_question_and_ten_equal_answers(running: Running, turn: int) -> None:
    key = f"twins-ten-{turn}"
    answers = await asyncio.gather(*(running.register(key) for _ in range(10)))
    assert [answer.status for answer in answers] == [CREATED] * 10
    assert len({answer.answer for answer in answers}) == 1
    assert await running.value(QUESTIONS, f"Vraag {key}") == 1
    assert await running.value(MAILS, f"Vraag {key}") == 1


async def test_another_body_under_the_same_key_is_refused(running: Running) -> None:
    first = await running.register("twins-other")
    other = await _post(running, "twins-other", body_of("twins-body"))
    assert other.status_code == 422
    assert other.headers["Content-Type"] == "application/problem+json"
    assert await running.value(QUESTIONS, "Vraag twins-body") == 0
    again = await running.register("twins-other")
    assert again.answer == first.answer


async def test_the_same_key_of_somebody_else_is_another_key(running: Running) -> None:
    first = await _post(running, "twins-people", body_of("twins-people"))
    other = await _post(running, "twins-people", body_of("twins-people"), user="agent2")
    assert (first.status_code, other.status_code) == (CREATED, CREATED)
    assert hashlib.sha256(first.content) != hashlib.sha256(other.content)
    assert await running.value(QUESTIONS, "Vraag twins-people") == 2
