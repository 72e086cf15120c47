"""Appointments: planned, changed, cancelled, with their mails; and what came of them."""

from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.rules import address_fault
from backend.contacts.appointments import rules
from backend.contacts.appointments.errors import appointment_ahead, appointment_over, appointment_planned
from backend.contacts.appointments.rules import News
from backend.contacts.appointments.schemas import (
    AppointmentCancel,
    AppointmentCreate,
    AppointmentOutcome,
    AppointmentPatch,
)
from backend.contacts.life.schemas import Answer
from backend.contacts.life.service import Held, Holding, LifeService
from backend.contacts.messages.service import add, address_for, mail, told_by_caller
from backend.contacts.rules import Given, NextAction, Placer, Verb
from backend.crm.customers.service import CustomerService
from backend.kit.problems import invalid_input, not_found, unknown_reference
from backend.kit.schema import changes, given
from backend.kit.work import Work

_MEMBER = """
SELECT EXISTS (SELECT FROM membership m JOIN app_user u ON u.id = m.user_id AND u.active
                WHERE m.department_id = $1 AND m.user_id = $2)
"""
_ONE = """
SELECT id, state, starts_at, ends_at, expert_id, place, link, revision, recipient
  FROM appointment WHERE question_id = $1 AND id = $2
"""
_ADD = """
INSERT INTO appointment (id, question_id, state, starts_at, ends_at, expert_id, place, link, revision, recipient,
                         created_by, created_at)
VALUES ($1, $2, 'planned', $3, $4, $5, $6, $7, 0, $8, $9, $10)
"""
_CHANGE = """
UPDATE appointment SET starts_at = $2, ends_at = $3, expert_id = $4, place = $5, link = $6, revision = revision + 1
 WHERE id = $1
"""
_END = "UPDATE appointment SET state = $2, note = $3, revision = revision + 1 WHERE id = $1"
_ADD_MAIL = """
INSERT INTO appointment_mail (message_id, question_id, appointment_id, news, revision, starts_at, ends_at, expert_id,
                              place, link)
SELECT $1, question_id, id, $2, revision, starts_at, ends_at, expert_id, place, link FROM appointment WHERE id = $3
"""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment as it is stored."""

    id: UUID
    state: rules.State
    starts_at: datetime
    ends_at: datetime
    expert_id: UUID
    place: str | None
    link: str | None
    revision: int
    recipient: str | None


class AppointmentService:
    """Appointments of questions.

    Args:
        work: the unit of work.
        placer: knows who owns a question.
        life: answers a question.
        customers: knows the addresses on file.
        address: template of the link to the appointment system; empty: there is none.
    """

    def __init__(
        self, work: Work, placer: Placer, life: LifeService, customers: CustomerService, address: str = ""
    ) -> None:
        self._work = work
        self._holding = Holding(work, placer)
        self._life = life
        self._customers = customers
        self._address = address

    async def plan(self, question_id: UUID, data: AppointmentCreate, expected: int) -> None:
        """An appointment with the customer; the mail about it leaves when an address is known.

        Raises:
            ProblemError: 400 for a period, expert or link that cannot be; 409 `appointmentPlanned`.
        """
        held = await self._holding.lock(question_id, expected)
        if held.appointment_at is not None:
            raise appointment_planned()
        expert = given(data.expert_id) or held.standing.assignee_id or self._work.who.id
        wanted = Appointment(
            id=uuid7(),
            state="planned",
            starts_at=data.start,
            ends_at=data.end,
            expert_id=expert,
            place=given(data.place),
            link=given(data.link) or await self.link(held.id, held.reference, held.customer_id),
            revision=0,
            recipient=given(data.email),
        )
        await self._check(held, wanted)
        done = await self._plan(held, wanted)
        values = (wanted.id, held.id, wanted.starts_at, wanted.ends_at, wanted.expert_id, wanted.place, wanted.link)
        await self._work.uow.execute(_ADD, *values, wanted.recipient, self._work.who.id, self._work.now)
        await self._tell(done, wanted, "planned", given(data.message))

    async def change(self, question_id: UUID, appointment_id: UUID, data: AppointmentPatch, expected: int) -> None:
        """Another moment, expert, place or link; the customer gets a mail. What is already so is no change.

        Raises:
            ProblemError: 400 as `plan`; 404; 409 `appointmentOver`.
        """
        held, before = await self._planned(question_id, appointment_id, expected)
        asked = {_STORED.get(name, name): value for name, value in changes(data).items() if name != "message"}
        wanted = msgspec.structs.replace(before, **asked)
        if wanted == before:
            return
        await self._check(held, wanted)
        done = await self._plan(held, wanted)
        values = (wanted.starts_at, wanted.ends_at, wanted.expert_id, wanted.place, wanted.link)
        await self._work.uow.execute(_CHANGE, wanted.id, *values)
        await self._tell(done, wanted, "changed", given(data.message))

    async def cancel(self, question_id: UUID, appointment_id: UUID, data: AppointmentCancel, expected: int) -> None:
        """It does not take place; the customer gets a mail. 404, 409 `appointmentOver`."""
        held, before = await self._planned(question_id, appointment_id, expected)
        done = await self._end(held, before, "cancelled", reason=data.reason)
        await self._tell(done, before, "cancelled", given(data.message))

    async def end(self, question_id: UUID, appointment_id: UUID, data: AppointmentOutcome, expected: int) -> None:
        """What came of it.

        Raises:
            ProblemError: 400 for an answer to somebody who was not there; 404; 409 `appointmentAhead`,
                `appointmentOver`, `contributionsOpen`.
        """
        answer = given(data.answer)
        if answer is not None and data.outcome == "missed":
            raise invalid_input("Nobody was there, so nobody heard an answer.", name="answer")
        held, before = await self._planned(question_id, appointment_id, expected)
        if before.starts_at > self._work.now:
            raise appointment_ahead()
        done = await self._end(held, before, data.outcome, note=given(data.note))
        if answer is not None:
            told = Answer(text=answer, channel="counter", override_reason=data.override_reason)
            await self._life.answer(held.id, told, done.version)

    async def link(self, question_id: UUID, reference: str, customer_id: UUID | None) -> str | None:
        """Where an appointment is made, with what is known of the customer filled in; None when the city has none."""
        known = await self._customers.recipient(customer_id) if customer_id and self._address else None
        on_file = {"name": known.name, "email": known.email, "phone": known.phone} if known else {}
        told = await told_by_caller(self._work.uow, question_id) if self._address else {}
        filled = {name: value for name, value in {**on_file, **told}.items() if value}
        return rules.booking_link(self._address, {**filled, "reference": reference})

    async def _planned(self, question_id: UUID, appointment_id: UUID, expected: int) -> tuple[Held, Appointment]:
        """A question, locked, and the appointment that is planned for it."""
        held = await self._holding.lock(question_id, expected)
        row = await self._work.uow.fetchrow(_ONE, held.id, appointment_id)
        if row is None:
            raise not_found("appointment")
        if row["state"] != "planned":
            raise appointment_over()
        return held, Appointment(**row)

    async def _check(self, held: Held, wanted: Appointment) -> None:
        if fault := rules.period_fault(wanted.starts_at, wanted.ends_at, self._work.now):
            raise invalid_input(fault[1], name=fault[0], kind="invalidPeriod")
        if not await self._work.uow.fetchval(_MEMBER, held.standing.department_id, wanted.expert_id):
            raise unknown_reference("expertId", "No such colleague in the department of the question.")
        if wanted.link and (wrong := address_fault(wanted.link)):
            raise invalid_input(wrong, name="link")

    async def _plan(self, held: Held, wanted: Appointment) -> Held:
        planned = (NextAction.APPOINTMENT, wanted.starts_at)
        what = Given(at=self._work.now, assignee_id=self._work.who.id, planned=planned)
        event = {"action": "appointment", "appointmentId": str(wanted.id)}
        return await self._holding.apply(Verb.PLAN, held, what, data=event)

    async def _end(
        self, held: Held, before: Appointment, state: rules.State, *, reason: str | None = None, note: str | None = None
    ) -> Held:
        event = {"action": "appointment", "appointmentId": str(before.id), "outcome": state}
        done = await self._holding.apply(Verb.UNPLAN, held, reason=reason, data=event)
        await self._work.uow.execute(_END, before.id, state, note)
        return done

    async def _tell(self, held: Held, appointment: Appointment, news: News, text: str | None) -> None:
        """A mail to the customer with what is new, when an address is known."""
        to = appointment.recipient
        if not await address_for(self._work.uow, self._customers, held.id, held.customer_id, to):
            return
        now = held.standing
        message = mail(
            self._work,
            "appointment",
            held.id,
            department_id=now.department_id,
            deadline=now.deadline,
            body=text,
            recipient=to,
        )
        await add(self._work, [message])
        await self._work.uow.execute(_ADD_MAIL, message.id, news, appointment.id)


_STORED = {"start": "starts_at", "end": "ends_at"}
"""Field of a change -> the column."""
