"""Reading questions: one with everything, by reference, those of a file."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.appointments.schemas import AppointmentView
from backend.contacts.attachments.service import ATTACHMENTS, attachment_views
from backend.contacts.calls.schemas import CallAttemptView
from backend.contacts.contributions.schemas import ContributionView
from backend.contacts.messages.schemas import MessageView
from backend.contacts.questions.schemas import EventView, QuestionSummary, QuestionView
from backend.contacts.rules import PRIORITIES, Assistance
from backend.contacts.shielding.service import looked, missing, visible
from backend.crm.customers.schemas import CustomerView
from backend.crm.customers.service import CustomerService
from backend.crm.representation.service import RepresentationService
from backend.kit.db import Row
from backend.kit.problems import not_found
from backend.kit.reference import ReferenceInvalid, parse_reference
from backend.kit.work import Work

SUMMARY = (
    "q.id, q.reference, q.kind, q.subject, q.channel, q.customer_id, q.product_id, q.department_id, q.assignee_id, "
    "q.state, q.priority, q.deadline, q.next_action, q.next_action_at, q.confidentiality, q.created_at, q.answered_at, "
    "q.escalation, q.bounces, q.open_contributions, q.moved_at, q.version"
)
_MESSAGES = """
(SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
    'id', m.id, 'direction', m.direction, 'purpose', m.purpose, 'channel', m.channel, 'text', m.body,
    'productId', m.product_id, 'authorId', m.author_id, 'delivery', m.delivery, 'failure', m.failure,
    'createdAt', m.created_at, 'sentAt', m.sent_at, 'marks', m.marks, 'fullText', m.full_text)) ORDER BY m.id), '[]')
   FROM message m WHERE m.question_id = q.id) AS messages
"""
_CONTRIBUTIONS = """
(SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
    'id', p.id, 'departmentId', p.department_id, 'asked', p.asked, 'askedBy', p.asked_by, 'askedAt', p.asked_at,
    'deadline', p.deadline, 'assigneeId', p.assignee_id, 'state', p.state, 'text', p.given, 'givenBy', p.given_by,
    'endedAt', p.ended_at, 'reason', p.reason, 'version', p.version)) ORDER BY p.id), '[]')
   FROM contribution p WHERE p.question_id = q.id) AS contributions
"""
_TALKS = """
(SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
    'id', t.id, 'at', t.at, 'actorId', t.actor_id, 'outcome', t.outcome, 'note', t.note)) ORDER BY t.version), '[]')
   FROM call_attempt t WHERE t.question_id = q.id) AS call_attempts,
(SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
    'id', t.id, 'state', t.state, 'start', t.starts_at, 'end', t.ends_at, 'expertId', t.expert_id, 'place', t.place,
    'link', t.link, 'note', t.note, 'revision', t.revision, 'createdBy', t.created_by, 'createdAt', t.created_at))
    ORDER BY t.id), '[]')
   FROM appointment t WHERE t.question_id = q.id) AS appointments
"""
_ONE = f"""
SELECT {SUMMARY}, q.body AS text, q.language, q.answer_channel, q.call_back_windows, q.identity,
       q.structured_answers, q.assistance, q.location, q.closed_at, {_MESSAGES}, {ATTACHMENTS}, {_CONTRIBUTIONS},
       {_TALKS},
       (SELECT json_agg(json_strip_nulls(json_build_object(
           'type', e.type, 'at', e.at, 'actorId', e.actor_id, 'state', e.state, 'departmentId', e.department_id,
           'assigneeId', e.assignee_id, 'reason', e.reason, 'data', e.data)) ORDER BY e.version)
          FROM question_event e WHERE e.question_id = q.id) AS timeline,
       (SELECT array_agg(c.contact_id ORDER BY c.contact_id) FROM contact_question c WHERE c.question_id = q.id)
           AS contact_ids,
       (SELECT c.on_behalf_of_id FROM contact_question l JOIN contact c ON c.id = l.contact_id
         WHERE l.question_id = q.id AND c.on_behalf_of_id IS NOT NULL ORDER BY c.started_at, c.id LIMIT 1)
           AS on_behalf_of
  FROM question q
"""
THEIRS = """
SELECT id FROM question WHERE customer_id = ANY($1::uuid[])
UNION
SELECT q.id FROM contact c JOIN contact_question l ON l.contact_id = c.id JOIN question q ON q.id = l.question_id
 WHERE c.on_behalf_of_id = ANY($1::uuid[]) AND q.customer_id IS NOT DISTINCT FROM c.customer_id"""
"""The questions of a file: the customer's own, and those that somebody else asked on the customer's behalf."""
_ASKER = "SELECT customer_id, department_id, assignee_id, confidentiality FROM question WHERE reference = $1"
_OF_CUSTOMER = f"""
SELECT {SUMMARY}, {_MESSAGES} FROM question q WHERE q.id IN ({THEIRS}) ORDER BY q.id DESC LIMIT $2
"""
_WHOLE = f"{_ONE} WHERE q.id IN ({THEIRS}) ORDER BY q.id DESC LIMIT $2"


class QuestionService:
    """Questions as they are now."""

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def get(self, question_id: UUID) -> QuestionView:
        """One question with messages, timeline and customer; 404 also when the person may not know it exists."""
        return await self._page("q.id = $1", question_id)

    async def after(self, question_id: UUID) -> QuestionView:
        """The question as its own actor left it, even when it now belongs to a shielded department."""
        return await self._page("q.id = $1", question_id, acted=True)

    async def find(self, typed: str) -> QuestionView:
        """The question with this reference, however it was typed or read aloud."""
        try:
            reference = parse_reference(typed)
        except ReferenceInvalid as error:
            raise not_found("question") from error
        return await self._page("q.reference = $1", reference)

    async def customer_of(self, reference: str) -> UUID | None:
        """The live customer whose question has this reference; None when nobody's, unknown, or not for this person."""
        row = await self._work.uow.fetchrow(_ASKER, reference)
        if row is None or row["customer_id"] is None or not visible(self._work, row):
            return None
        return await self._customers.live(row["customer_id"])

    async def of_customer(
        self, members: Collection[UUID], *, most: int
    ) -> tuple[list[QuestionSummary], dict[UUID, list[MessageView]]]:
        """The newest questions of a file with their messages by question; sensitive ones of others stay hidden."""
        found = await self._work.uow.fetch(_OF_CUSTOMER, list(members), most)
        rows = [row for row in found if visible(self._work, row)]
        looked(self._work, rows, fields=["subject", "messages"])
        messages = {row["id"]: msgspec.convert(row["messages"], list[MessageView]) for row in rows}
        return [summary(row) for row in rows], messages

    async def whole(self, members: Collection[UUID], *, most: int) -> list[QuestionView]:
        """The newest questions of a file with everything said and done about them, as far as the person may see."""
        found = await self._work.uow.fetch(_WHOLE, list(members), most)
        rows = [row for row in found if visible(self._work, row)]
        looked(self._work, rows, fields=["text", "messages", "timeline"])
        return [QuestionView(**_fields(row)) for row in rows]

    async def _page(self, where: str, value: UUID | str, *, acted: bool = False) -> QuestionView:
        row = await self._work.uow.fetchrow(f"{_ONE} WHERE {where}", value)
        if row is None or not (acted or visible(self._work, row)):
            await missing(self._work, where, value)
        return await self._view(row)

    async def _view(self, row: Row) -> QuestionView:
        fields = _fields(row)
        looked(self._work, [row], fields=["text", "messages", "timeline"])
        if row["customer_id"]:
            fields["customer"] = await self._customer(row["customer_id"], row["department_id"])
        if served := row["on_behalf_of"]:
            named = await RepresentationService(self._work, self._customers).named([served])
            fields["on_behalf_of"] = named.get(served)
        return QuestionView(**fields)

    async def _customer(self, customer_id: UUID, department_id: UUID) -> CustomerView:
        """Whose question it is, as far as the person may see; a question of the own department is a link."""
        access, view = self._work.access, await self._customers.get(customer_id)
        if access.insider(department_id):
            access.tie(customer_id, view.id)
            return access.project("customer", view, linked=True)
        return (await access.project_all("customer", [view], [customer_id]))[0]


def _fields(row: Row) -> dict[str, Any]:
    """The fields of a question's page that are in its own row."""
    fields = dict(row)
    del fields["on_behalf_of"]
    fields["priority"] = PRIORITIES[row["priority"]]
    fields["assistance"] = msgspec.convert(row["assistance"], Assistance | None)
    fields["messages"] = msgspec.convert(row["messages"], list[MessageView])
    fields["attachments"] = attachment_views(row["attachments"])
    fields["contributions"] = msgspec.convert(row["contributions"], list[ContributionView])
    fields["call_attempts"] = msgspec.convert(row["call_attempts"], list[CallAttemptView])
    fields["appointments"] = msgspec.convert(row["appointments"], list[AppointmentView])
    fields["timeline"] = msgspec.convert(row["timeline"], list[EventView])
    return fields


def summary(row: Row | dict[str, Any]) -> QuestionSummary:
    """A row, stored or about to be, as a line of a list."""
    known = dict(row)
    fields: dict[str, Any] = {name: known[name] for name in QuestionSummary.__struct_fields__ if name in known}
    fields["priority"] = PRIORITIES[row["priority"]]
    return QuestionSummary(**fields)
