"""Registering a contact: contact, questions, links, timeline and messages in one statement of one transaction."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.events import QuestionRegistered
from backend.contacts.guiding.service import guided
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import COLUMNS as MESSAGE_COLUMNS
from backend.contacts.messages.service import NAMES as MESSAGE_NAMES
from backend.contacts.messages.service import MessageRow, queue
from backend.contacts.questions.schemas import QuestionSummary
from backend.contacts.questions.service import SUMMARY, summary
from backend.contacts.registration.schemas import ContactCreate, ContactView
from backend.contacts.registration.service.rows import (
    Arrived,
    check,
    events_of,
    messages_of,
    place_of,
    question_row,
    told,
    with_answers,
)
from backend.contacts.rules import Assistance, FlowAnswers, Guide, Placement, Placer, QuestionFacts
from backend.contacts.shielding.service import LINKS, questions_shown, refuse, show, visible
from backend.crm.customers.service import CustomerService
from backend.kit.db import encode_json
from backend.kit.problems import invalid_input, not_found, unknown_reference
from backend.kit.reach import EVERYTHING
from backend.kit.schema import given
from backend.kit.work import Work

__all__ = ["Arrived", "ContactService", "check", "told"]


def _names(columns: str) -> str:
    return ", ".join(column.split()[0] for column in columns.split(", "))


_CONTACT = (
    "id uuid, channel text, direction text, started_at timestamptz, ended_at timestamptz, agent_id uuid, "
    "department_id uuid, customer_id uuid, on_behalf_of_id uuid, caller jsonb, notes text, "
    "consulted_product_ids uuid[], question_count smallint"
)
_QUESTION = (
    "id uuid, reference text, customer_id uuid, kind text, subject text, body text, product_id uuid, channel text, "
    "department_id uuid, state text, priority smallint, deadline timestamptz, next_action text, "
    "next_action_at timestamptz, confidentiality text, language text, answer_channel text, call_back_windows jsonb, "
    "identity text, structured_answers jsonb, assistance jsonb, location jsonb, created_at timestamptz, "
    "answered_at timestamptz, escalate_at timestamptz, moved_at timestamptz, version integer"
)
_EVENT = (
    "id uuid, question_id uuid, version integer, type text, at timestamptz, actor_id uuid, state text, "
    "department_id uuid, term_id uuid, reason text, data jsonb"
)
_REGISTER = f"""
WITH new_contact AS (
    INSERT INTO contact ({_names(_CONTACT)}) SELECT {_names(_CONTACT)} FROM json_to_record($1::json) AS c({_CONTACT})),
new_question AS (
    INSERT INTO question ({_names(_QUESTION)})
    SELECT {_names(_QUESTION)} FROM json_to_recordset($2::json) AS q({_QUESTION})),
new_event AS (
    INSERT INTO question_event ({_names(_EVENT)})
    SELECT {_names(_EVENT)} FROM json_to_recordset($3::json) AS e({_EVENT})),
new_message AS (
    INSERT INTO message ({MESSAGE_NAMES})
    SELECT {MESSAGE_NAMES} FROM json_to_recordset($4::json) AS m({MESSAGE_COLUMNS}))
INSERT INTO contact_question (contact_id, question_id)
SELECT $5, unnest($6::uuid[])
"""
_ONE = f"SELECT {_names(_CONTACT)}, {LINKS} FROM contact c WHERE id = $1"
_THERE = "SELECT id FROM contact WHERE id = $1"
_QUESTIONS = f"""
SELECT {SUMMARY} FROM question q JOIN contact_question l ON l.question_id = q.id WHERE l.contact_id = $1 ORDER BY q.id
"""
_OF_CUSTOMER = f"""
WITH newest AS (
 SELECT DISTINCT n.id, n.started_at FROM unnest($1::uuid[]) AS m(id) CROSS JOIN LATERAL (
   (SELECT id, started_at FROM contact WHERE customer_id = m.id ORDER BY started_at DESC, id DESC LIMIT $2)
   UNION ALL
   (SELECT id, started_at FROM contact WHERE on_behalf_of_id = m.id ORDER BY started_at DESC, id DESC LIMIT $2)) AS n
  ORDER BY n.started_at DESC, n.id DESC LIMIT $2)
SELECT {_names(_CONTACT)}, {LINKS} FROM contact c WHERE id IN (SELECT id FROM newest) ORDER BY started_at DESC, id DESC
"""
"""Each branch reads its index from the newest on and stops: what shields a row is asked of few rows."""


_Sides = tuple[UUID | None, UUID | None]
"""Who called or came, and on whose behalf."""


class ContactService:
    """Registers and reads contacts.

    Args:
        work: the unit of work.
        placer: who owns a question.
        customers: the customers.
        guide: replays answers to guided questions; for contacts of which the questions can have a `flow`.
    """

    def __init__(self, work: Work, placer: Placer, customers: CustomerService, guide: Guide | None = None) -> None:
        self._work = work
        self._placer = placer
        self._customers = customers
        self._guide = guide

    async def register(self, data: ContactCreate, arrived: Arrived | None = None) -> ContactView:
        """Everything of one contact: an optional new customer, questions answered or routed, follow-ups, mails.

        `arrived` = of the one question in it, when its sender was told a reference already.
        """
        check(data, self._work.now)
        data, found = await self._guided(data, arrived)
        await self._check_known([follow_up.question_id for follow_up in data.follow_ups])
        work, contact_id = self._work, uuid7()
        customer_id = await self._live(given(data.customer_id), "customerId")
        on_behalf_of_id = await self._live(given(data.on_behalf_of_id), "onBehalfOfId")
        if on_behalf_of_id and on_behalf_of_id == customer_id:
            raise invalid_input("Nobody acts on behalf of oneself; leave it out.", name="onBehalfOfId")
        if new := given(data.customer):
            customer_id = await self._customers.register(new, place="customer.")
        caller = told(data)
        contact = self._contact_row(contact_id, (customer_id, on_behalf_of_id), caller, data)
        placements = await self._place(data, customer_id, found)
        questions: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        messages: list[MessageRow] = []
        may_mail = customer_id is not None or "email" in (caller or {})
        for asked, assistance, placement in zip(data.questions, found, placements, strict=True):
            row = question_row(work, asked, placement, data, customer_id, arrived) | {"assistance": assistance}
            questions.append(row)
            events += events_of(work, row, placement)
            messages += messages_of(work, asked, row, contact_id, may_mail=may_mail)
        linked = [row["id"] for row in questions] + [follow_up.question_id for follow_up in data.follow_ups]
        await work.uow.execute(
            _REGISTER,
            encode_json(contact),
            encode_json(questions),
            encode_json(events),
            encode_json(messages),
            contact_id,
            linked,
        )
        queue(work, messages)
        await self._follow_up(data, contact_id)
        work.trail.record("contact", [contact_id])
        work.trail.record("question", [row["id"] for row in questions])
        work.touch("worklist", {row["department_id"] for row in questions})
        for row in questions:
            await work.tell(QuestionRegistered(question_id=row["id"], department_id=row["department_id"]))
        views = [summary(row) for row in questions]
        if data.follow_ups:
            views += await self._questions(contact_id, [follow_up.question_id for follow_up in data.follow_ups])
        del contact["question_count"]
        return ContactView(questions=views, **contact)

    async def get(self, contact_id: UUID) -> ContactView:
        """One contact; 404 also when the person may know of none of its questions."""
        found = await show(self._work, await self._work.uow.fetch(_ONE, contact_id))
        if not found:
            async with self._work.uow.reaching(EVERYTHING):
                hidden = await self._work.uow.fetchval(_THERE, contact_id)
            raise not_found("contact", denied=("contact", contact_id) if hidden else None)
        return msgspec.structs.replace(found[0][0], questions=await self._questions(contact_id, None))

    async def of_customer(self, members: Collection[UUID], *, most: int) -> list[tuple[ContactView, list[UUID]]]:
        """The newest contacts of a file, those on the customer's behalf too, each with the ids of its questions."""
        shown = await show(self._work, await self._work.uow.fetch(_OF_CUSTOMER, list(members), most))
        return [(view, [link.id for link in links]) for view, links in shown]

    async def _check_known(self, question_ids: Collection[UUID]) -> None:
        """404 for a follow-up on what is not there or not this person's to know; who carries it over sees nothing."""
        if not question_ids or self._work.access.carries:
            return
        shown = await questions_shown(self._work, question_ids)
        for missing in (one for one in question_ids if one not in shown):
            await refuse(self._work, missing)

    async def _live(self, customer_id: UUID | None, field: str) -> UUID | None:
        """The customer whose file it is now: whoever was merged leads to the live one. 400 for an unknown one."""
        if customer_id is None:
            return None
        live = await self._customers.live(customer_id)
        if live is None:
            raise unknown_reference(field, "No such customer.")
        return live

    async def _questions(self, contact_id: UUID, only: list[UUID] | None) -> list[QuestionSummary]:
        rows = await self._work.uow.fetch(_QUESTIONS, contact_id)
        return [summary(row) for row in rows if visible(self._work, row) and (only is None or row["id"] in only)]

    async def _guided(
        self, data: ContactCreate, arrived: Arrived | None
    ) -> tuple[ContactCreate, list[Assistance | None]]:
        """The contact with what was answered to guided questions, and what each question keeps of them; 400."""
        found = [arrived.assistance] if arrived else await self._assistance(data)
        asked = [with_answers(one, assistance) for one, assistance in zip(data.questions, found, strict=True)]
        return msgspec.structs.replace(data, questions=asked), found

    async def _assistance(self, data: ContactCreate) -> list[Assistance | None]:
        flows = [(f"questions[{place}].flow.", given(asked.flow)) for place, asked in enumerate(data.questions)]
        return [await self._replayed(flow, place) if flow else None for place, flow in flows]

    async def _replayed(self, flow: FlowAnswers, place: str) -> Assistance:
        if self._guide is None:
            raise ValueError("who registers flows has a guide")
        return await guided(self._work, self._guide, flow, place)

    async def _place(
        self, data: ContactCreate, customer_id: UUID | None, found: Sequence[Assistance | None]
    ) -> list[Placement]:
        facts = [
            QuestionFacts(
                kind=asked.kind,
                channel=data.channel,
                product_id=given(asked.product_id),
                department_id=given(asked.department_id),
                at=self._work.now,
                customer_id=customer_id,
                postcode=place_of(asked),
                topic=assistance.topic if assistance else None,
                team=assistance.team if assistance else None,
            )
            for asked, assistance in zip(data.questions, found, strict=True)
        ]
        return await self._placer.place(facts)

    async def _follow_up(self, data: ContactCreate, contact_id: UUID) -> None:
        life = LifeService(self._work, self._placer, self._customers)
        for follow_up in data.follow_ups:
            await life.reply(follow_up.question_id, follow_up.text, contact_id)

    def _contact_row(
        self, contact_id: UUID, about: _Sides, caller: dict[str, str] | None, data: ContactCreate
    ) -> dict[str, Any]:
        return {
            "id": contact_id,
            "channel": data.channel,
            "direction": data.direction,
            "started_at": given(data.started_at) or self._work.now,
            "ended_at": given(data.ended_at),
            "agent_id": self._work.actor,
            "department_id": self._work.who.department,
            "customer_id": about[0],
            "on_behalf_of_id": about[1],
            "caller": caller,
            "notes": given(data.notes),
            "consulted_product_ids": data.consulted_product_ids,
            "question_count": len(data.questions) + len(data.follow_ups),
        }
