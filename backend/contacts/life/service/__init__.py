"""Moving questions through their life."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.events import QuestionAnswered, QuestionForwarded, QuestionReopened
from backend.contacts.life.schemas import Answer, Clarify, Withdraw
from backend.contacts.life.service.holding import Held, Holding
from backend.contacts.messages.service import MessageRow, add, mail, told_by_caller
from backend.contacts.rules import ALLOWED, Given, Placement, Placer, Purpose, Verb, starts
from backend.crm.customers.service import CustomerService
from backend.identity.events import MembershipEnding
from backend.kit.problems import conflict
from backend.kit.schema import given
from backend.kit.work import Work

__all__ = ["Held", "Holding", "LifeService"]

_HELD_BY = "SELECT id FROM question WHERE assignee_id = $1 AND department_id = $2 ORDER BY id FOR UPDATE"
_QUIET = "SELECT id FROM question WHERE state = 'answered' AND answered_at < $1 ORDER BY answered_at LIMIT 100"


class LifeService:
    """The verbs."""

    def __init__(self, work: Work, placer: Placer, customers: CustomerService) -> None:
        self._work = work
        self._placer = placer
        self._customers = customers
        self._holding = Holding(work, placer)

    async def claim(self, question_id: UUID, expected: int) -> int:
        """Take a question of one's own department."""
        held = await self._holding.lock(question_id, expected)
        return (await self._apply(Verb.CLAIM, held, assignee_id=self._work.who.id)).version

    async def assign(self, question_id: UUID, user_id: UUID, expected: int) -> int:
        """Give a question to a member of its department; 400 for somebody else."""
        held = await self._holding.lock(question_id, expected)
        return (await self._apply(Verb.ASSIGN, held, assignee_id=user_id)).version

    async def forward(self, question_id: UUID, department_id: UUID, reason: str, expected: int) -> int:
        """To another department, with a new deadline and a recap to the customer."""
        held = await self._holding.lock(question_id, expected)
        if department_id == held.standing.department_id:
            raise conflict("sameDepartment", "The question is already with this department.")
        return await self._move(Verb.FORWARD, held, department_id, reason)

    async def give_back(self, question_id: UUID, reason: str, expected: int) -> int:
        """Back to the contact centre: a department returns a question, it never drops it."""
        held = await self._holding.lock(question_id, expected)
        centre = await self._placer.contact_centre()
        if centre == held.standing.department_id:
            raise conflict("sameDepartment", "The question is already with the contact centre.")
        return await self._move(Verb.RETURN, held, centre, reason)

    async def clarify(self, question_id: UUID, data: Clarify, expected: int) -> int:
        """Ask the customer something by mail; 409 when no address is known."""
        held = await self._holding.lock(question_id, expected)
        recipient = await self._recipient(held, given(data.email))
        asked = await self._apply(Verb.CLARIFY, held)
        await add(self._work, [self._mail(held, "clarification", body=data.text, recipient=recipient)])
        return asked.version

    async def answer(self, question_id: UUID, data: Answer, expected: int) -> int:
        """Answer; by e-mail it is sent (409 when no address is known), by phone or letter it is recorded."""
        held = await self._holding.lock(question_id, expected)
        message = self._mail(held, "answer", body=data.text)
        if data.channel == "email":
            recipient = await self._recipient(held, given(data.email))
            message = msgspec.structs.replace(message, recipient=recipient)
        else:
            message = msgspec.structs.replace(message, channel=data.channel, delivery="none")
        done = await self._apply(Verb.ANSWER, held)
        await add(self._work, [message])
        answered = QuestionAnswered(question_id=held.id, department_id=held.standing.department_id)
        await self._work.tell(answered)
        return done.version

    async def note(self, question_id: UUID, text: str, expected: int) -> int:
        """Something for colleagues."""
        held = await self._holding.lock(question_id, expected)
        noted = await self._apply(Verb.NOTE, held)
        await add(self._work, [self._spoken(held, "note", text)])
        return noted.version

    async def reply(self, question_id: UUID, text: str, contact_id: UUID) -> int:
        """The customer said something more, in a contact: back to work, or open again."""
        held = await self._holding.lock(question_id, None, told=True)
        again = await self._place_again(held) if starts(Verb.REPLY, held.standing.state) else None
        heard = await self._apply(Verb.REPLY, held, placement=again)
        await add(self._work, [self._spoken(held, "reply", text, contact_id)])
        return heard.version

    async def close(self, question_id: UUID, expected: int) -> int:
        """Nothing more to do."""
        return (await self._apply(Verb.CLOSE, await self._holding.lock(question_id, expected))).version

    async def reopen(self, question_id: UUID, reason: str, expected: int) -> int:
        """The answer was not enough."""
        held = await self._holding.lock(question_id, expected)
        again = await self._apply(Verb.REOPEN, held, reason=reason, placement=await self._place_again(held))
        reopened = QuestionReopened(question_id=held.id, department_id=held.standing.department_id)
        await self._work.tell(reopened)
        return again.version

    async def withdraw(self, question_id: UUID, data: Withdraw, expected: int) -> int:
        """Ends without an answer, with the reason."""
        held = await self._holding.lock(question_id, expected)
        return (await self._apply(Verb.WITHDRAW, held, reason=f"{data.cause}: {data.reason}")).version

    async def undelivered(self, question_id: UUID, reason: str) -> None:
        """A mail that mattered could not be delivered: somebody has to do something."""
        held = await self._holding.lock(question_id, None)
        if held.standing.state in ALLOWED[Verb.FAIL]:  # otherwise somebody is at work on it already
            await self._apply(Verb.FAIL, held, reason=reason)

    async def release(self, ending: MembershipEnding) -> None:
        """Questions of somebody who leaves a department go back to that department."""
        for row in await self._work.uow.fetch(_HELD_BY, ending.user_id, ending.department_id):
            await self._apply(Verb.RELEASE, await self._holding.lock(row["id"], None), reason="left the department")

    async def close_quiet(self, before: datetime) -> int:
        """Close questions that were answered before this moment and stayed quiet; gives how many."""
        rows = await self._work.uow.fetch(_QUIET, before)
        for row in rows:
            await self._apply(Verb.CLOSE, await self._holding.lock(row["id"], None))
        return len(rows)

    async def _move(self, verb: Verb, held: Held, department_id: UUID, reason: str) -> int:
        placement = await self._holding.placement(held, department_id)
        moved = await self._apply(verb, held, placement=placement, reason=reason)
        deadline = moved.standing.deadline
        recap = mail(self._work, "recap", held.id, department_id=placement.department_id, deadline=deadline)
        await add(self._work, [recap])
        news = QuestionForwarded(
            question_id=held.id, from_department_id=held.standing.department_id, to_department_id=department_id
        )
        await self._work.tell(news)
        return moved.version

    async def _place_again(self, held: Held) -> Placement:
        return await self._holding.placement(held, held.standing.department_id)

    async def _apply(self, verb: Verb, held: Held, *, reason: str | None = None, **given: Any) -> Held:
        return await self._holding.apply(verb, held, Given(at=self._work.now, **given), reason=reason)

    async def _recipient(self, held: Held, typed: str | None) -> str:
        """The address to write to: given now, else told in a contact about this question, else on file."""
        told = typed or (await told_by_caller(self._work.uow, held.id)).get("email")
        if told:
            return told
        known = await self._customers.recipient(held.customer_id) if held.customer_id else None
        if known is None or known.email is None:
            raise conflict("noEmailAddress", "No e-mail address is known; give one, or choose another channel.")
        return known.email

    def _mail(self, held: Held, purpose: Purpose, *, body: str, recipient: str | None = None) -> MessageRow:
        return mail(
            self._work,
            purpose,
            held.id,
            department_id=held.standing.department_id,
            deadline=held.standing.deadline,
            body=body,
            recipient=recipient,
        )

    def _spoken(self, held: Held, purpose: str, text: str, contact_id: UUID | None = None) -> MessageRow:
        return MessageRow(
            question_id=held.id,
            contact_id=contact_id,
            direction="note" if purpose == "note" else "inbound",
            purpose="note" if purpose == "note" else "reply",
            channel="internal" if purpose == "note" else "contact",
            body=text,
            author_id=self._work.actor,
            created_at=self._work.now,
        )
