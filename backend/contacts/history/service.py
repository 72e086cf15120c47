"""Contacts, questions and messages of a file as sources of its history: one statement each, whatever is in it.

What may be seen is decided once, for every question of the file (`visible`); contacts and messages follow from that.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.history.schemas import AboutQuestion, HistoryContact, HistoryMessage, HistoryQuestion, Told
from backend.contacts.messages.schemas import MessageView
from backend.contacts.questions.service import SUMMARY, summary
from backend.contacts.registration.schemas import ContactView
from backend.contacts.rules import OPEN, State
from backend.contacts.shielding.service import LINKS, looked, show, visible
from backend.crm.history.rules import Span
from backend.kit.db import Row
from backend.kit.work import Work

# A question is in a file when it is the customer's, or was asked for the customer by somebody else in a contact.
_FOR_OTHERS = """
SELECT l.question_id FROM contact c JOIN contact_question l ON l.contact_id = c.id
 WHERE c.on_behalf_of_id = ANY($1::uuid[])"""
_KNOWN = f"""
WITH theirs AS (
 SELECT id FROM question WHERE customer_id = ANY($1::uuid[])
 UNION SELECT q.id FROM contact c JOIN contact_question l ON l.contact_id = c.id JOIN question q ON q.id = l.question_id
  WHERE c.on_behalf_of_id = ANY($1::uuid[]) AND q.customer_id IS NOT DISTINCT FROM c.customer_id)
SELECT q.id, q.reference, q.subject, q.customer_id, q.department_id, q.assignee_id, q.confidentiality, q.product_id,
       q.state, q.id IN (SELECT id FROM theirs) AS theirs
  FROM question q WHERE q.id IN (
    SELECT id FROM theirs
    UNION SELECT l.question_id FROM contact c JOIN contact_question l ON l.contact_id = c.id
     WHERE c.customer_id = ANY($1::uuid[])
    UNION {_FOR_OTHERS})
"""
_PAGE = "(c.started_at, c.id) < ($2, $3) AND c.started_at >= $4"
_ABOUT = "SELECT FROM contact_question l WHERE l.contact_id = c.id AND l.question_id"
_CONTACTS = f"""
WITH shown AS (
 SELECT x.* FROM unnest($1::uuid[]) AS m(id) CROSS JOIN LATERAL (
   (SELECT c.* FROM contact c WHERE c.customer_id = m.id AND {_PAGE}
       AND EXISTS ({_ABOUT} IN (SELECT unnest($6::uuid[]))) ORDER BY c.started_at DESC, c.id DESC LIMIT $5)
   UNION
   (SELECT c.* FROM contact c WHERE c.on_behalf_of_id = m.id AND {_PAGE}
       AND EXISTS ({_ABOUT} IN (SELECT unnest($6::uuid[]))) ORDER BY c.started_at DESC, c.id DESC LIMIT $5)) AS x),
page AS (SELECT DISTINCT * FROM shown ORDER BY started_at DESC, id DESC LIMIT $5)
SELECT c.id, c.channel, c.direction, c.started_at, c.ended_at, c.agent_id, c.department_id, c.customer_id,
       c.on_behalf_of_id, c.caller, left(c.notes, $7) AS notes, c.consulted_product_ids, c.question_count, {LINKS}
  FROM page c ORDER BY c.started_at DESC, c.id DESC
"""
_QUESTIONS = f"""
SELECT {SUMMARY}, left(q.body, $6) AS text FROM question q
 WHERE q.id IN (SELECT unnest($1::uuid[])) AND (q.created_at, q.id) < ($2, $3) AND q.created_at >= $4
 ORDER BY q.created_at DESC, q.id DESC LIMIT $5
"""
_MESSAGES = """
SELECT m.id, m.question_id, m.direction, m.purpose, m.channel, left(m.body, $6) AS text, m.product_id, m.author_id,
       m.delivery, m.failure, m.created_at, m.sent_at
  FROM unnest($1::uuid[]) AS q(id) CROSS JOIN LATERAL (
    SELECT * FROM message m WHERE m.question_id = q.id AND (m.created_at, m.id) < ($2, $3) AND m.created_at >= $4
     ORDER BY m.created_at DESC, m.id DESC LIMIT $5) AS m
 ORDER BY m.created_at DESC, m.id DESC LIMIT $5
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which questions; what is None does not count."""

    product_id: UUID | None = None
    department_id: UUID | None = None
    state: State | None = None
    open: bool = False

    @property
    def anything(self) -> bool:
        """Whether every question is wanted."""
        return self == Wanted()

    def fits(self, row: Row) -> bool:
        """Whether this question is."""
        return (
            self.product_id in {None, row["product_id"]}
            and self.department_id in {None, row["department_id"]}
            and self.state in {None, row["state"]}
            and (not self.open or row["state"] in OPEN)
        )


class ContactHistoryService:
    """What was said with a customer, as far as the person may see.

    Args:
        work: the unit of work and its surroundings.
        known: the visible questions of the file (`of_file`).
        wanted: which of them count.
    """

    def __init__(self, work: Work, known: Sequence[Row], wanted: Wanted) -> None:
        self._work = work
        self._known = {row["id"]: row for row in known}
        self._wanted = [row["id"] for row in known if wanted.fits(row)]
        self._theirs = [row["id"] for row in known if row["theirs"] and wanted.fits(row)]

    async def contacts(self, span: Span) -> list[Told]:
        """Contacts of the customer, and those of others on the customer's behalf, about at least one such question."""
        rows = await self._work.uow.fetch(_CONTACTS, *span.args, self._wanted, span.text)
        ours = frozenset(span.members)
        return [self._contact(view, ids, ours) for view, ids in await show(self._work, rows)]

    async def questions(self, span: Span) -> list[Told]:
        """Questions of the customer, and those that others asked for the customer."""
        rows = await self._work.uow.fetch(_QUESTIONS, self._theirs, *span.args[1:], span.text)
        looked(self._work, rows, fields=["subject", "text"])
        return [
            Told(
                at=row["created_at"],
                id=row["id"],
                question=HistoryQuestion(**msgspec.structs.asdict(summary(row)), text=row["text"]),
            )
            for row in rows
        ]

    async def messages(self, span: Span) -> list[Told]:
        """What was said about these questions: to the customer, by the customer, among colleagues."""
        rows = await self._work.uow.fetch(_MESSAGES, self._theirs, *span.args[1:], span.text)
        about = [self._known[one] for one in dict.fromkeys(row["question_id"] for row in rows)]
        looked(self._work, about, fields=["messages"])
        return [Told(at=row["created_at"], id=row["id"], message=self._message(row)) for row in rows]

    def _contact(self, view: ContactView, ids: Sequence[UUID], ours: frozenset[UUID]) -> Told:
        about = [self._known[one] for one in ids if one in self._known]
        return Told(
            at=view.started_at,
            id=view.id,
            by_id=None if view.customer_id in ours else view.customer_id,
            on_behalf_of_id=None if view.on_behalf_of_id in ours else view.on_behalf_of_id,
            contact=HistoryContact(
                id=view.id,
                channel=view.channel,
                direction=view.direction,
                ended_at=view.ended_at,
                agent_id=view.agent_id,
                department_id=view.department_id,
                caller=view.caller,
                notes=view.notes,
                questions=[
                    AboutQuestion(id=row["id"], reference=row["reference"], subject=row["subject"]) for row in about
                ],
            ),
        )

    def _message(self, row: Row) -> HistoryMessage:
        fields: dict[str, Any] = {name: row[name] for name in MessageView.__struct_fields__}
        question = row["question_id"]
        return HistoryMessage(**fields, question_id=question, reference=self._known[question]["reference"])


async def of_file(work: Work, members: Sequence[UUID]) -> list[Row]:
    """Every question of a file that the person may know of: their own, and those that contacts of the file are about.

    Rows of id, reference, subject, customer_id, department_id, assignee_id, confidentiality, product_id,
    state, and whether the question is `theirs`.
    """
    return [row for row in await work.uow.fetch(_KNOWN, list(members)) if visible(work, row)]
