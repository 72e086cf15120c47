"""Moving questions through their life."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.errors import assignee_absent
from backend.contacts.events import QuestionAnswered, QuestionForwarded, QuestionReopened
from backend.contacts.life.schemas import Answer, Clarify, Note, Withdraw
from backend.contacts.life.service.holding import Held, Holding
from backend.contacts.life.service.parts import OWNER_NOW, drop_open
from backend.contacts.messages.service import MessageRow, add, address_for, mail
from backend.contacts.notices.rules import NoticeKind
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import ALLOWED, PRIORITIES, Given, Placement, Placer, Purpose, Verb, starts
from backend.crm.customers.service import CustomerService
from backend.identity.events import MembershipEnding
from backend.identity.staff.service import StaffService
from backend.kit.clock import BRUSSELS
from backend.kit.problems import conflict, unknown_reference
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
        """Give a question to a member of its department, or to who stands in; 400 for somebody else.

        409 `assigneeAbsent` when nobody does.
        """
        held = await self._holding.lock(question_id, expected)
        staff, today = StaffService(self._work), self._work.now.astimezone(BRUSSELS).date()
        who, data = user_id, None
        if await staff.absent([user_id], today):
            standing = await staff.standing_in([user_id], today, department_id=held.standing.department_id)
            if user_id not in standing:
                raise assignee_absent()
            who, data = standing[user_id], {"onBehalfOf": str(user_id)}
        given = Given(at=self._work.now, assignee_id=who)
        assigned = await self._holding.apply(Verb.ASSIGN, held, given, data=data)
        await NoticeService(self._work).tell([who], held.id, "assigned")
        return assigned.version

    async def forward(self, question_id: UUID, department_id: UUID, reason: str, expected: int) -> int:
        """To another department, with a new deadline and a recap to the customer."""
        held = await self._holding.lock(question_id, expected)
        if department_id == held.standing.department_id:
            raise conflict("sameDepartment", "The question is already with this department.")
        return await self._move(Verb.FORWARD, held, department_id, reason)

    async def give_back(self, question_id: UUID, reason: str, expected: int | None) -> int:
        """Back to the contact centre: a department returns a question, it never drops it; None: the platform does."""
        held = await self._holding.lock(question_id, expected)
        centre = await self._placer.contact_centre()
        if centre == held.standing.department_id:
            raise conflict("sameDepartment", "The question is already with the contact centre.")
        return await self._move(Verb.RETURN, held, centre, reason)

    async def clarify(self, question_id: UUID, data: Clarify, expected: int, message_id: UUID | None = None) -> int:
        """Ask the customer something by mail, as this message when it says which; 409 when no address is known."""
        held = await self._holding.lock(question_id, expected)
        recipient = await self._recipient(held, given(data.email))
        asked = await self._apply(Verb.CLARIFY, held)
        message = self._mail(held, "clarification", body=data.text, recipient=recipient)
        await add(self._work, [_named(message, message_id)])
        return asked.version

    async def answer(self, question_id: UUID, data: Answer, expected: int, message_id: UUID | None = None) -> int:
        """Answer; by e-mail it is sent (409 when no address is known), by phone or letter it is recorded.

        While parts of others are open only with a reason, which is why they are dropped; 409 `contributionsOpen`.
        """
        held = await self._holding.lock(question_id, expected)
        message = self._mail(held, "answer", body=data.text)
        if data.channel == "email":
            recipient = await self._recipient(held, given(data.email))
            message = msgspec.structs.replace(message, recipient=recipient)
        else:
            message = msgspec.structs.replace(message, channel=data.channel, delivery="none")
        done = await self._end(Verb.ANSWER, held, given(data.override_reason))
        await add(self._work, [_named(message, message_id)])
        answered = QuestionAnswered(question_id=held.id, department_id=held.standing.department_id)
        await self._work.tell(answered)
        return done.version

    async def note(self, question_id: UUID, data: Note, expected: int) -> int:
        """Something for colleagues; those who are mentioned are told. 400 for somebody who may not know of it."""
        held = await self._holding.lock(question_id, expected)
        mentioned = list(dict.fromkeys(data.mentions))
        notices = NoticeService(self._work)
        if mentioned and not await notices.may_know(mentioned, held.id) >= set(mentioned):
            raise unknown_reference("mentions", "Not everybody can be mentioned here.")
        event = {"mentions": [str(one) for one in mentioned]} if mentioned else None
        noted = await self._holding.apply(Verb.NOTE, held, data=event)
        await add(self._work, [self._spoken(held, "note", data.text)])
        await notices.tell(mentioned, held.id, "mentioned")
        return noted.version

    async def reply(self, question_id: UUID, text: str, contact_id: UUID) -> int:
        """The customer said something more, in a contact: back to work, or open again."""
        held = await self._holding.lock(question_id, None, told=True)
        again = await self._place_again(held) if starts(Verb.REPLY, held.standing.state) else None
        heard = await self._apply(Verb.REPLY, held, placement=again)
        if again:
            await self._tell(heard, "reopened")
        await add(self._work, [self._spoken(held, "reply", text, contact_id)])
        return heard.version

    async def close(self, question_id: UUID, expected: int) -> int:
        """Nothing more to do."""
        return (await self._apply(Verb.CLOSE, await self._holding.lock(question_id, expected))).version

    async def reopen(self, question_id: UUID, reason: str, expected: int) -> int:
        """The answer was not enough."""
        held = await self._holding.lock(question_id, expected)
        again = await self._apply(Verb.REOPEN, held, reason=reason, placement=await self._place_again(held))
        await self._tell(again, "reopened")
        reopened = QuestionReopened(question_id=held.id, department_id=held.standing.department_id)
        await self._work.tell(reopened)
        return again.version

    async def withdraw(self, question_id: UUID, data: Withdraw, expected: int) -> int:
        """Ends without an answer, with the reason."""
        held = await self._holding.lock(question_id, expected)
        return (await self._end(Verb.WITHDRAW, held, f"{data.cause}: {data.reason}")).version

    async def undelivered(self, question_id: UUID, reason: str) -> None:
        """A mail that mattered could not be delivered: somebody has to do something."""
        held = await self._holding.lock(question_id, None)
        if held.standing.state in ALLOWED[Verb.FAIL]:  # otherwise somebody is at work on it already
            await self._tell(await self._apply(Verb.FAIL, held, reason=reason), "undelivered")

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
        if held.standing.open_contributions:
            held = await self._owes_no_more(held, department_id)
        placement = await self._holding.placement(held, department_id)
        moved = await self._apply(verb, held, placement=placement, reason=reason)
        deadline = moved.standing.deadline
        recap = mail(self._work, "recap", held.id, department_id=placement.department_id, deadline=deadline)
        await add(self._work, [recap])
        news = QuestionForwarded(
            question_id=held.id, from_department_id=held.standing.department_id, to_department_id=department_id
        )
        await self._work.tell(news)
        if PRIORITIES[moved.standing.priority] != "normal":
            leads = await StaffService(self._work).leads(department_id)
            await NoticeService(self._work).tell(leads, held.id, "urgent")
        return moved.version

    async def _owes_no_more(self, held: Held, department_id: UUID) -> Held:
        """Whoever gets the question owes it no part any more; the parts of others stay as they are."""
        for part in await drop_open(self._work, held.id, OWNER_NOW, department_id=department_id):
            held = await self._holding.apply(Verb.DROP_PART, held, reason=OWNER_NOW, data=part.data)
        return held

    async def _end(self, verb: Verb, held: Held, reason: str | None) -> Held:
        """A verb after which nobody waits for parts: with a reason those that are open are dropped for it."""
        data: dict[str, Any] | None = None
        if held.standing.open_contributions and reason:
            dropped = await drop_open(self._work, held.id, reason)
            data = {"contributionIds": [str(part.id) for part in dropped]}
        given = Given(at=self._work.now, overriding=data is not None)
        return await self._holding.apply(verb, held, given, reason=reason, data=data)

    async def _place_again(self, held: Held) -> Placement:
        return await self._holding.placement(held, held.standing.department_id)

    async def _apply(self, verb: Verb, held: Held, *, reason: str | None = None, **given: Any) -> Held:
        return await self._holding.apply(verb, held, Given(at=self._work.now, **given), reason=reason)

    async def _tell(self, held: Held, kind: NoticeKind) -> None:
        """Tell whoever has the question, or the team leads of who owns it."""
        assignee = held.standing.assignee_id
        who = [assignee] if assignee else await StaffService(self._work).leads(held.standing.department_id)
        await NoticeService(self._work).tell(who, held.id, kind)

    async def _recipient(self, held: Held, typed: str | None) -> str:
        """The address to write to: given now, else told in a contact about this question, else on file."""
        address = await address_for(self._work.uow, self._customers, held.id, held.customer_id, typed)
        if address is None:
            raise conflict("noEmailAddress", "No e-mail address is known; give one, or choose another channel.")
        return address

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


def _named(message: MessageRow, message_id: UUID | None) -> MessageRow:
    """The message under the id that the caller gives it."""
    return msgspec.structs.replace(message, id=message_id) if message_id else message
