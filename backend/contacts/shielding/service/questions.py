"""Which questions a person may know of: the first layer, above row-level security."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NoReturn
from uuid import UUID

from backend.kit.db import Row
from backend.kit.problems import forbidden, not_found
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work

GLASS = "breakGlass"
"""Purpose in the audit log of every look that only a broken glass allows."""

EXPORT = "exportCustomer"
"""The one operation through which the data protection officer sees questions: for the customer who asks for them."""

_WHOSE = "SELECT id, customer_id FROM question WHERE id = $1"
_QUESTIONS = """
SELECT id, customer_id, department_id, assignee_id, confidentiality FROM question WHERE id = ANY($1::uuid[])
"""
_MESSAGES = """
SELECT m.id, q.department_id, q.confidentiality FROM message m JOIN question q ON q.id = m.question_id
 WHERE m.id = ANY($1::uuid[])
"""


def visible(work: Work, row: Mapping[str, Any]) -> bool:
    """Whether the person may know that this question exists.

    Args:
        work: whose look it is.
        row: id, customer_id, department_id, assignee_id, confidentiality of the question.
    """
    return usual(work, row) or work.access.is_open(row["id"], row["customer_id"])


def usual(work: Work, row: Mapping[str, Any]) -> bool:
    """Whether the question is visible without breaking any glass; an export has a row of its own in the table."""
    asked = work.access.operation
    return may(work, row, asked if asked == EXPORT else "getQuestion")


def may(work: Work, row: Mapping[str, Any], operation: str = "") -> bool:
    """Whether the person may do this operation (or that of the request) on the question."""
    return work.access.may(
        department=row["department_id"],
        assignee=row["assignee_id"],
        sensitive=row["confidentiality"] == "sensitive",
        operation=operation,
    )


async def missing(work: Work, where: str, value: UUID | str) -> NoReturn:
    """404; whether the question is shielded or does not exist shows in the audit log only.

    Args:
        work: whose look it is.
        where: condition on question `q` with `$1`.
        value: of `$1`.
    """
    async with work.uow.reaching(EVERYTHING):
        hidden = await work.uow.fetchval(f"SELECT q.id FROM question q WHERE {where}", value)
    raise not_found("question", denied=("question", hidden) if hidden else None)


async def refuse(work: Work, question_id: UUID) -> NoReturn:
    """404 for a question that is not there or shielded; 403 for one that may be looked at, and nothing more."""
    async with work.uow.reaching(EVERYTHING):
        row = await work.uow.fetchrow(_WHOSE, question_id)
    if row is None:
        raise not_found("question")
    if not work.who.open_at(work.now).isdisjoint(row.values()):
        raise forbidden("To be looked at only.", denied=("question", question_id))
    raise not_found("question", denied=("question", question_id))


async def handled(work: Work, row: Row | None, question_id: UUID) -> Row:
    """The question, when the person may do this with it; 404 when it is not theirs to know of, 403 else.

    Args:
        work: whose work it is.
        row: id, customer_id, department_id, assignee_id, confidentiality of the question, or None.
        question_id: which one was asked for.
    """
    if row is None or not usual(work, row):
        await refuse(work, question_id)
    if not may(work, row):
        raise forbidden("This belongs to another department or colleague.", denied=("question", question_id))
    return row


def looked(work: Work, rows: Iterable[Mapping[str, Any]], *, fields: Iterable[str]) -> None:
    """Record that these questions were shown; those behind a broken glass with that purpose."""
    by_purpose: dict[str, list[UUID]] = {}
    for row in rows:
        by_purpose.setdefault(purpose(work, row), []).append(row["id"])
    for why, ids in by_purpose.items():
        work.trail.record("question", ids, fields=fields, purpose=why)


def purpose(work: Work, row: Mapping[str, Any]) -> str:
    """`breakGlass` when only that makes the question visible; empty: the usual purpose."""
    behind = work.access.is_open(row["id"], row["customer_id"]) and not usual(work, row)
    return GLASS if behind else ""


async def questions_shown(work: Work, question_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these questions the person may know of."""
    rows = await work.uow.fetch(_QUESTIONS, list(question_ids))
    return frozenset(row["id"] for row in rows if visible(work, row))


async def messages_shown(work: Work, message_ids: Collection[UUID]) -> set[UUID]:
    """Which of these messages are about no sensitive question of others."""
    rows = await work.uow.fetch(_MESSAGES, list(message_ids))
    return {
        row["id"] for row in rows if row["confidentiality"] != "sensitive" or work.access.insider(row["department_id"])
    }
