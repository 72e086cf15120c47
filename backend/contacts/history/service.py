"""Contacts, questions and messages of a file as a source of its history.

First only where they stand (`keys`, one statement), then what they say (`contacts`, `questions`, `messages`) of those
that are on the page: what is not shown is neither read nor logged. Row-level security decides which rows there are;
`visible` says the same once more of each that is shown.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.history.schemas import (
    AboutQuestion,
    HistoryContact,
    HistoryContribution,
    HistoryMessage,
    HistoryQuestion,
    Told,
)
from backend.contacts.messages.schemas import MessageView
from backend.contacts.questions.service import SUMMARY, THEIRS, summary
from backend.contacts.registration.schemas import ContactView
from backend.contacts.rules import OPEN, State
from backend.contacts.shielding.service import LINKS, Link, looked, show, visible
from backend.crm.history.rules import Span
from backend.kit.db import Row
from backend.kit.work import Work

_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN))
_FITS = f"""($6::uuid IS NULL OR q.product_id = $6) AND ($7::uuid IS NULL OR q.department_id = $7)
   AND ($8::text IS NULL OR q.state = $8) AND (NOT $9::boolean OR q.state IN ({_OPEN}))"""
_ABOUT = f"""EXISTS (
     SELECT FROM contact_question l JOIN question q ON q.id = l.question_id WHERE l.contact_id = c.id AND {_FITS})"""


def _keys(fits: str, about: str, kinds: str) -> str:
    """The statement of `keys`; each table is named as seldom as can be, for its policies make every name dear to plan.

    Args:
        fits: condition on question `q`.
        about: condition on contact `c`.
        kinds: the parameter with the kinds wanted.
    """
    return f"""
WITH served AS MATERIALIZED (
 SELECT c.id, c.started_at, c.customer_id FROM contact c WHERE c.on_behalf_of_id = ANY($1::uuid[]) AND {about}),
theirs AS MATERIALIZED (
 SELECT q.id, q.created_at FROM question q WHERE q.customer_id = ANY($1::uuid[]) AND {fits}
 UNION
 SELECT q.id, q.created_at FROM served s JOIN contact_question l ON l.contact_id = s.id JOIN question q
     ON q.id = l.question_id AND q.customer_id IS NOT DISTINCT FROM s.customer_id WHERE {fits})
SELECT kind, at, id FROM (
 SELECT 'contact' AS kind, started_at AS at, id FROM served WHERE 'contact' = ANY({kinds}::text[])
 UNION
 SELECT 'contact', x.started_at, x.id FROM unnest($1::uuid[]) AS m(id) CROSS JOIN LATERAL (
   SELECT c.started_at, c.id FROM contact c
    WHERE c.customer_id = m.id AND (c.started_at, c.id) < ($2, $3) AND c.started_at >= $4 AND {about}
    ORDER BY c.started_at DESC, c.id DESC LIMIT $5) AS x WHERE 'contact' = ANY({kinds}::text[])
 UNION ALL
 SELECT 'question', created_at, id FROM theirs WHERE 'question' = ANY({kinds}::text[])
 UNION ALL
 SELECT 'message', m.created_at, m.id FROM theirs JOIN message m ON m.question_id = theirs.id
  WHERE 'message' = ANY({kinds}::text[]) AND (m.created_at, m.id) < ($2, $3) AND m.created_at >= $4
 UNION ALL
 SELECT 'contribution', p.asked_at, p.id FROM theirs JOIN contribution p ON p.question_id = theirs.id
  WHERE 'contribution' = ANY({kinds}::text[]) AND (p.asked_at, p.id) < ($2, $3) AND p.asked_at >= $4) AS entry
 WHERE (at, id) < ($2, $3) AND at >= $4 ORDER BY at DESC, id DESC LIMIT $5
"""


_ALL_KEYS = _keys("true", "true", "$6")
_SOME_KEYS = _keys(_FITS, _ABOUT, "$10")
_CONTACTS = f"""
SELECT c.id, c.channel, c.direction, c.started_at, c.ended_at, c.agent_id, c.department_id, c.customer_id,
       c.on_behalf_of_id, c.caller, left(c.notes, $2) AS notes, c.consulted_product_ids, c.question_count, {LINKS}
  FROM contact c WHERE c.id = ANY($1::uuid[])
"""
_QUESTIONS = f"SELECT {SUMMARY}, left(q.body, $2) AS text FROM question q WHERE q.id = ANY($1::uuid[])"
_OPEN_QUESTIONS = f"""
SELECT {SUMMARY}, left(q.body, $3) AS text FROM question q
 WHERE q.id IN ({THEIRS}) AND q.state IN ({_OPEN}) ORDER BY q.id DESC LIMIT $2
"""
_MESSAGES = """
SELECT m.id, m.direction, m.purpose, m.channel, left(m.body, $2) AS text, m.product_id, m.author_id, m.delivery,
       m.failure, m.created_at, m.sent_at, m.marks, left(m.full_text, $2) AS full_text,
       m.question_id, q.reference, q.customer_id, q.department_id, q.assignee_id,
       q.confidentiality
  FROM message m JOIN question q ON q.id = m.question_id WHERE m.id = ANY($1::uuid[])
"""
_CONTRIBUTIONS = """
SELECT p.id, p.department_id, left(p.asked, $2) AS asked, p.asked_by, p.asked_at, p.deadline, p.assignee_id, p.state,
       left(p.given, $2) AS text, p.given_by, p.ended_at, p.reason, p.version, p.question_id, q.reference,
       q.customer_id, q.department_id AS owner_id, q.assignee_id AS handler_id, q.confidentiality
  FROM contribution p JOIN question q ON q.id = p.question_id WHERE p.id = ANY($1::uuid[])
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """About which questions; what is None does not count."""

    product_id: UUID | None = None
    department_id: UUID | None = None
    state: State | None = None
    open: bool = False

    @property
    def args(self) -> tuple[object, ...]:
        """Parameters of the statement that chooses; nothing when every question will do."""
        return () if self == Wanted() else (self.product_id, self.department_id, self.state, self.open)


class ContactHistoryService:
    """What was said with a customer, as far as the person may see."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._contacts: dict[UUID, tuple[ContactView, list[Link]] | None] = {}
        self._questions: dict[UUID, HistoryQuestion] = {}

    async def keys(self, span: Span, wanted: Wanted, kinds: Collection[str]) -> list[Row]:
        """Where entries stand, newest first: rows of kind (those about questions), at, id.

        Of the customer, and of others on the customer's behalf.
        """
        sql = _SOME_KEYS if wanted.args else _ALL_KEYS
        return await self._work.uow.fetch(sql, *span.args, *wanted.args, list(kinds))

    async def contacts(self, ids: Collection[UUID], members: Collection[UUID], text: int) -> list[Told]:
        """What these contacts were."""
        ours = frozenset(members)
        return [_contact(view, links, ours) for view, links in await self._told(ids, text)]

    async def told_in(self, contact_ids: Collection[UUID], text: int) -> list[ContactView]:
        """What was said in these contacts, as far as the person may see, the oldest first."""
        views = [view for view, _ in await self._told(contact_ids, text)]
        return sorted(views, key=lambda one: (one.started_at, one.id))

    async def _told(self, ids: Collection[UUID], text: int) -> list[tuple[ContactView, list[Link]]]:
        """These contacts as far as the person may see; what was read before is not read and logged once more."""
        if new := [one for one in ids if one not in self._contacts]:
            self._contacts |= dict.fromkeys(new)
            rows = await self._work.uow.fetch(_CONTACTS, new, text)
            self._contacts |= {view.id: (view, links) for view, links in await show(self._work, rows)}
        return [found for one in ids if (found := self._contacts[one])]

    async def questions(self, ids: Collection[UUID], text: int) -> list[Told]:
        """How these questions stand now."""
        new = [one for one in ids if one not in self._questions]
        self._keep(await self._work.uow.fetch(_QUESTIONS, new, text) if new else [])
        found = [one for key in ids if (one := self._questions.get(key))]
        return [Told(at=one.created_at, id=one.id, question=one) for one in found]

    async def open_questions(self, members: Collection[UUID], *, most: int, text: int) -> list[HistoryQuestion]:
        """The newest questions of a file that are not finished, those on the customer's behalf too."""
        return self._keep(await self._work.uow.fetch(_OPEN_QUESTIONS, list(members), most, text))

    async def messages(self, ids: Collection[UUID], text: int) -> list[Told]:
        """What these messages say."""
        rows = await self._seen(_MESSAGES, ids, text)
        looked(self._work, {row["question_id"]: _question(row) for row in rows}.values(), fields=["messages"])
        return [Told(at=row["created_at"], id=row["id"], message=_message(row)) for row in rows]

    async def contributions(self, ids: Collection[UUID], text: int) -> list[Told]:
        """What other departments were asked, and what came of it."""
        rows = await self._work.uow.fetch(_CONTRIBUTIONS, list(ids), text) if ids else []
        told = []
        for row in rows:
            about = {
                **row,
                "id": row["question_id"],
                "department_id": row["owner_id"],
                "assignee_id": row["handler_id"],
            }
            if visible(self._work, about):
                looked(self._work, [about], fields=["contributions"])
                part = HistoryContribution(**{name: row[name] for name in HistoryContribution.__struct_fields__})
                told.append(Told(at=part.asked_at, id=part.id, contribution=part))
        return told

    def _keep(self, rows: Iterable[Row]) -> list[HistoryQuestion]:
        """Questions as far as the person may see, recorded, and kept: none is read and logged twice."""
        seen = [row for row in rows if visible(self._work, row)]
        looked(self._work, seen, fields=["subject", "text"])
        asked = [HistoryQuestion(**msgspec.structs.asdict(summary(row)), text=row["text"]) for row in seen]
        self._questions |= {one.id: one for one in asked}
        return asked

    async def _seen(self, sql: str, ids: Collection[UUID], text: int) -> list[Row]:
        rows = await self._work.uow.fetch(sql, list(ids), text) if ids else []
        return [row for row in rows if visible(self._work, _question(row))]


def _question(row: Row) -> Mapping[str, Any]:
    """What decides who may see it: of a question itself, or of the question of a message."""
    fields = dict(row)
    return {**fields, "id": fields.get("question_id", fields["id"])}


def _contact(view: ContactView, links: list[Link], ours: frozenset[UUID]) -> Told:
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
            questions=[AboutQuestion(id=link.id, reference=link.reference, subject=link.subject) for link in links],
        ),
    )


def _message(row: Row) -> HistoryMessage:
    fields: dict[str, Any] = {name: row[name] for name in MessageView.__struct_fields__}
    return HistoryMessage(**fields, question_id=row["question_id"], reference=row["reference"])
