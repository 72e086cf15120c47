"""Planning call-backs, and what follows on each attempt."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.contacts.calls import rules
from backend.contacts.calls.schemas import CallAttemptCreate, CallBackPlan
from backend.contacts.life.schemas import Answer
from backend.contacts.life.service import Held, Holding, LifeService
from backend.contacts.messages.service import add, address_for, mail
from backend.contacts.rules import Given, NextAction, Placer, Verb, clock
from backend.crm.customers.service import CustomerService
from backend.kit.problems import invalid_input
from backend.kit.schema import given
from backend.kit.work import Work

_ADD = "INSERT INTO call_attempt (id, question_id, version, outcome, note, actor_id, at) VALUES ($1,$2,$3,$4,$5,$6,$7)"
_OUTCOMES = "SELECT outcome FROM call_attempt WHERE question_id = $1 ORDER BY version"
_UNREACHED = {
    "email": "Na drie pogingen niet bereikt: het antwoord gaat per e-mail.",
    "letter": "Na drie pogingen niet bereikt, en er is geen e-mailadres: het antwoord gaat per brief.",
}


class CallService:
    """Calls to customers.

    Args:
        work: the unit of work.
        placer: knows the opening hours that a question is handled in.
        life: answers a question.
        customers: knows the addresses on file.
    """

    def __init__(self, work: Work, placer: Placer, life: LifeService, customers: CustomerService) -> None:
        self._work = work
        self._holding = Holding(work, placer)
        self._life = life
        self._customers = customers

    async def plan(self, question_id: UUID, data: CallBackPlan, expected: int) -> int:
        """Call back at a moment; whoever has the question does, else who plans it. Gives the version.

        Raises:
            ProblemError: 400 for a moment that is over or far away, and outside the windows without a reason.
        """
        held = await self._holding.lock(question_id, expected)
        now, reason = self._work.now, given(data.reason)
        if not now < data.at <= now + rules.AHEAD:
            raise invalid_input("Between now and three months from now.", name="at", kind="outOfRange")
        offered = rules.windows(held.call_back_windows)
        if offered and reason is None and not rules.fits(offered, data.at):
            raise invalid_input("The customer did not offer this moment; say why it is chosen.", name="reason")
        planned = Given(at=now, assignee_id=self._work.who.id, planned=(NextAction.CALL_BACK, data.at))
        done = await self._holding.apply(Verb.PLAN, held, planned, reason=reason, data={"action": "callBack"})
        return done.version

    async def register(self, question_id: UUID, data: CallAttemptCreate, expected: int) -> int:
        """What came of a call, and what has to be done next. Gives the version of the question.

        Reached: answered in the same breath, or what was planned is over. Not reached: the next attempt is planned;
        the third one in vain changes the channel of the answer, and the customer hears of it by mail.

        Raises:
            ProblemError: 400 for an answer to nobody; 409 `contributionsOpen` as for every answer.
        """
        answer, reached = given(data.answer), data.outcome == "reached"
        if answer is not None and not reached:
            raise invalid_input("Nobody was reached, so nobody heard an answer.", name="answer")
        held = await self._holding.lock(question_id, expected)
        earlier = [row["outcome"] for row in await self._work.uow.fetch(_OUTCOMES, held.id)]
        failed, attempt_id = rules.in_vain([*earlier, data.outcome]), uuid7()
        what, reason = await self._follows(held, failed)
        event = {"attemptId": str(attempt_id), "outcome": data.outcome, "failed": failed}
        called = await self._holding.apply(Verb.CALL, held, what, reason=reason, data=event)
        who, now = self._work.who.id, self._work.now
        values = (held.id, called.version, data.outcome, given(data.note), who, now)
        await self._work.uow.execute(_ADD, attempt_id, *values)
        if failed == rules.MOST_ATTEMPTS and what.answer_channel == "email":
            await self._tell(called)
        if answer is None:
            return called.version
        told = Answer(text=answer, channel="phone", override_reason=data.override_reason)
        return await self._life.answer(held.id, told, called.version)

    async def _follows(self, held: Held, failed: int) -> tuple[Given, str | None]:
        """What the attempt changes, and why when it changes the channel of the answer."""
        now, who = self._work.now, self._work.who.id
        if failed >= rules.MOST_ATTEMPTS:
            known = await address_for(self._work.uow, self._customers, held.id, held.customer_id)
            channel, deadline = "email" if known else "letter", held.standing.deadline
            planned = (NextAction.ANSWER, deadline)
            what = Given(at=now, assignee_id=who, planned=planned, answer_channel="email" if known else "letter")
            return what, _UNREACHED[channel]
        if failed and held.standing.next_action is not NextAction.APPOINTMENT:
            return Given(at=now, assignee_id=who, planned=(NextAction.CALL_BACK, await self._again(held))), None
        return Given(at=now, assignee_id=who), None

    async def _again(self, held: Held) -> datetime:
        """When to try again, in the opening hours that were agreed on when the clock of the question started."""
        hours = clock(await self._holding.ticks(held)).term.hours
        return rules.next_attempt(rules.windows(held.call_back_windows), self._work.now, hours)

    async def _tell(self, held: Held) -> None:
        """A mail to the customer: we could not reach you."""
        now = held.standing
        told = mail(self._work, "unreached", held.id, department_id=now.department_id, deadline=now.deadline)
        await add(self._work, [told])
