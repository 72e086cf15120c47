"""Looking over a live database, read-only, in batches, each of one snapshot."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from backend.contacts.letters.rules import MATTERS
from backend.contacts.messages.service import SEND
from backend.contacts.rules import Term
from backend.kit.db import Database, Row, UnitOfWork
from backend.kit.reach import EVERYTHING
from backend.routing.invariants.rules import (
    OF_ALL,
    OF_ENDED,
    OF_OPEN,
    Finding,
    Question,
    Violation,
    broken,
    seen,
    summed,
)

BATCH = 500
FIRST = UUID(int=0)

_READ_ONLY = "SELECT set_config('transaction_read_only', 'on', true)"
_QUESTIONS = """
SELECT q.id, q.reference, q.version, q.state, q.department_id, q.assignee_id, q.deadline, q.next_action,
       q.next_action_at, q.escalation, q.escalate_at, q.bounces, q.open_contributions,
       EXISTS (SELECT FROM membership m JOIN app_user u ON u.id = m.user_id AND u.active
                WHERE m.user_id = q.assignee_id AND m.department_id = q.department_id) AS member,
       EXISTS (SELECT FROM department d WHERE d.id = q.department_id AND (d.active OR d.kind = 'frontOffice')) AS owned,
       (SELECT count(*) FROM contribution c WHERE c.question_id = q.id AND c.state = 'open') AS parts,
       (SELECT json_agg(json_build_array(e.version, e.type, e.at, e.state, e.department_id, e.assignee_id, e.term_id)
                        ORDER BY e.version) FROM question_event e WHERE e.question_id = q.id) AS events
  FROM question q WHERE q.id > $1 ORDER BY q.id LIMIT $2
"""
_TERMS = "SELECT id, content FROM term WHERE id = ANY($1::uuid[])"
_CONTACTS = """
SELECT c.id, c.question_count = (SELECT count(*) FROM contact_question l WHERE l.contact_id = c.id)
             AND c.question_count > 0 AS kept
  FROM contact c WHERE c.id > $1 ORDER BY c.id LIMIT $2
"""
_PENDING = f"""
SELECT m.id, q.reference, m.id::text IN (
         SELECT ids ->> 'message' FROM outbox WHERE topic = '{SEND}' AND done_at IS NULL) AS kept
  FROM message m JOIN question q ON q.id = m.question_id WHERE m.delivery = 'pending' AND m.id > $1
 ORDER BY m.id LIMIT $2
"""
_WAITING = """
SELECT id, NULL AS reference, topic = ANY($3::text[]) AS kept FROM outbox
 WHERE done_at IS NULL AND dead_at IS NULL AND id > $1 ORDER BY id LIMIT $2
"""
_DEAD = f"""
SELECT o.id, q.reference, m.delivery <> 'pending'
         AND NOT (m.purpose = ANY($3::text[]) AND m.delivery = 'failed' AND q.state = 'waitingForCustomer') AS kept
  FROM outbox o JOIN message m ON m.id::text = o.ids ->> 'message' JOIN question q ON q.id = m.question_id
 WHERE o.topic = '{SEND}' AND o.dead_at IS NOT NULL AND o.id > $1 ORDER BY o.id LIMIT $2
"""


class InvariantService:
    """Checks every invariant.

    Args:
        database: where the questions are; a statement reads at most a batch.
        topics: of the outbox for which there is a handler.
    """

    def __init__(self, database: Database, topics: Collection[str]) -> None:
        self._database = database
        self._topics = list(topics)
        self._terms: dict[UUID, Term] = {}

    async def check(self) -> list[Finding]:
        """Every invariant, with how many things were looked at and what breaks it."""
        looked_at = dict.fromkeys([*OF_ALL, *OF_OPEN, *OF_ENDED], 0)
        found: dict[str, list[Violation]] = {}
        async for question in self._questions():
            names, faults = broken(seen(question, self._terms, datetime.now(UTC)))
            for name in names:
                looked_at[name] += 1
            for name in faults:
                found.setdefault(name, []).append(Violation(id=question.id, reference=question.reference))
        return [
            *summed(looked_at, found),
            await self._each("everyContactHasQuestions", _CONTACTS),
            await self._each("pendingMessageIsInOutbox", _PENDING),
            await self._each("outboxHasHandler", _WAITING, self._topics),
            await self._each("deadMessageShowsOnQuestion", _DEAD, sorted(MATTERS)),
        ]

    async def _questions(self) -> AsyncIterator[Question]:
        after = FIRST
        while True:
            async with self._looking() as uow:
                rows = await uow.fetch(_QUESTIONS, after, BATCH)
                questions = [_question(row) for row in rows]
                await self._learn(uow, {one.term_id for asked in questions for one in asked.events if one.term_id})
            for one in questions:
                yield one
            if len(rows) < BATCH:
                return
            after = rows[-1]["id"]

    async def _learn(self, uow: UnitOfWork, term_ids: set[UUID]) -> None:
        """Terms never change: each is read once."""
        if new := term_ids - self._terms.keys():
            for row in await uow.fetch(_TERMS, sorted(new)):
                self._terms[row["id"]] = msgspec.convert(row["content"], Term)

    async def _each(self, invariant: str, statement: str, *args: object) -> Finding:
        """An invariant that the statement itself decides, row by row."""
        after, many, violations = FIRST, 0, list[Violation]()
        while True:
            async with self._looking() as uow:
                rows = await uow.fetch(statement, after, BATCH, *args)
            many += len(rows)
            violations += [Violation(id=row["id"], reference=row.get("reference")) for row in rows if not row["kept"]]
            if len(rows) < BATCH:
                return Finding(invariant=invariant, looked_at=many, violations=violations)
            after = rows[-1]["id"]

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[UnitOfWork]:
        async with self._database.begin(EVERYTHING) as uow:
            await uow.execute(_READ_ONLY)
            yield uow


def _question(row: Row) -> Question:
    return msgspec.convert({**row, "events": row["events"] or []}, Question)
