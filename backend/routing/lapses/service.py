"""The sweeps over what was planned and did not happen; each is said once, in the timeline and to colleagues."""

from typing import Literal

from backend.contacts.life.service import Held, Holding
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import NextAction, Placer, Verb
from backend.identity.staff.service import StaffService
from backend.kit.work import BATCH, Work
from backend.routing.lapses.rules import CALL_LATE, STILL

Lapse = Literal["noReply", "callBack", "stalled"]

_OPEN = "q.state IN ('new', 'inProgress', 'waitingForCustomer')"
# a call-back without a moment of its own is due at the deadline, which has a chain of its own
_PASSED = f"""
SELECT q.id FROM question q
 WHERE {_OPEN} AND q.next_action IN ('awaitReply', 'callBack', 'appointment') AND q.next_action_at <= $1
   AND (q.next_action = 'awaitReply' OR q.next_action_at <= $1 - $2::interval AND q.next_action_at <> q.deadline)
   AND NOT EXISTS (
     SELECT FROM question_event e WHERE e.question_id = q.id AND e.type = 'reminded' AND e.at >= q.next_action_at
        AND e.data ->> 'lapse' IN ('noReply', 'callBack'))
 ORDER BY q.next_action_at LIMIT {BATCH} FOR UPDATE OF q SKIP LOCKED
"""
_STILL = f"""
SELECT q.id FROM question q
 WHERE q.state = 'inProgress' AND q.assignee_id IS NOT NULL AND q.moved_at < $1
   AND NOT EXISTS (
     SELECT FROM question_event e WHERE e.question_id = q.id AND e.type = 'reminded' AND e.at >= q.moved_at
        AND e.data ->> 'lapse' = 'stalled')
 ORDER BY q.moved_at LIMIT {BATCH} FOR UPDATE OF q SKIP LOCKED
"""


class LapseService:
    """Finds what did not happen.

    Args:
        work: the unit of work of the platform itself.
        placer: who owns a question and until when.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._holding = Holding(work, placer)
        self._staff = StaffService(work)
        self._notices = NoticeService(work)

    async def passed(self) -> int:
        """The customer did not reply in time, or nobody called at the moment that was planned."""
        rows = await self._work.uow.fetch(_PASSED, self._work.now, CALL_LATE)
        for row in rows:
            held = await self._holding.lock(row["id"], None)
            await self._say(held, "noReply" if held.standing.next_action is NextAction.AWAIT_REPLY else "callBack")
        return len(rows)

    async def still(self) -> int:
        """Somebody took a question, and nothing happened with it since."""
        rows = await self._work.uow.fetch(_STILL, self._work.now - STILL)
        for row in rows:
            await self._say(await self._holding.lock(row["id"], None), "stalled")
        return len(rows)

    async def _say(self, held: Held, lapse: Lapse) -> None:
        standing = held.standing
        leads = await self._staff.leads(standing.department_id)
        for group in ([standing.assignee_id] if standing.assignee_id else [], leads):
            if await self._notices.tell(group, held.id, lapse):
                break
        await self._holding.apply(Verb.REMIND, held, data={"lapse": lapse})
