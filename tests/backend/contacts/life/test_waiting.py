"""Whoever waited for a question reads everything about it as it is then, not as it was when the waiting began."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.contacts.life.service import Holding
from backend.contacts.rules import Given, NextAction, Verb
from backend.kit.work import Work
from tests.backend.contacts.intake.office import Counter, counter, until_one_waits

__all__ = ["counter"]

pytestmark = pytest.mark.anyio

PLANNED = """
INSERT INTO appointment (id, question_id, state, starts_at, ends_at, expert_id, revision, created_by, created_at)
VALUES ($1, $2, 'planned', $3, $4, $5, 0, $5, $6)
"""
CANCELLED = "UPDATE appointment SET state = 'cancelled' WHERE question_id = $1"


async def asked(counter: Counter) -> UUID:
    """A question."""
    assert (await counter.send()).status_code == 202
    await counter.work()
    (row,) = await counter.fetch("SELECT id FROM question")
    found: UUID = row["id"]
    return found


def holding(counter: Counter) -> Callable[[Work], Holding]:
    return lambda work: Holding(work, counter.platform.placer(work))


async def test_an_appointment_that_was_made_meanwhile_is_known(counter: Counter) -> None:
    question, agent = await asked(counter), counter.people.users["agent"]
    hold = holding(counter)

    async def assign() -> tuple[object, object, object]:
        """Somebody who waits, and then does something after which the next action is decided anew."""
        async with counter.platform.unit(None, "assign", "second") as work:
            held = await hold(work).lock(question, None)
            after = await hold(work).apply(Verb.ASSIGN, held, Given(at=work.now, assignee_id=agent))
            return held.appointment_at, after.standing.next_action, after.standing.next_action_at

    async with counter.platform.unit(None, "plan", "first") as work:
        await hold(work).lock(question, None)
        start = work.now + timedelta(days=1)
        await work.uow.execute(PLANNED, uuid7(), question, start, start + timedelta(hours=1), agent, work.now)
        waiting = asyncio.create_task(assign())
        await until_one_waits(counter)
    at, action, action_at = await waiting
    assert at == start
    assert (action, action_at) == (NextAction.APPOINTMENT, start)


async def test_an_appointment_that_was_cancelled_meanwhile_is_gone(counter: Counter) -> None:
    question, expert = await asked(counter), counter.people.users["expert"]
    hold = holding(counter)
    async with counter.platform.unit(None, "plan", "before") as work:
        start = work.now + timedelta(days=1)
        await work.uow.execute(PLANNED, uuid7(), question, start, start + timedelta(hours=1), expert, work.now)

    async def look() -> object:
        async with counter.platform.unit(None, "look", "second") as work:
            return (await hold(work).lock(question, None)).appointment_at

    assert await look() == start
    async with counter.platform.unit(None, "cancel", "first") as work:
        await hold(work).lock(question, None)
        await work.uow.execute(CANCELLED, question)
        waiting = asyncio.create_task(look())
        await until_one_waits(counter)
    assert await waiting is None
