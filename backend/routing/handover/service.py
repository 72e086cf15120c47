"""The sweeps over questions whose assignee or department is not there (any more)."""

from datetime import date
from uuid import UUID

from backend.contacts.life.service import Held, Holding, LifeService
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import Given, Placer, Verb
from backend.identity.staff.service import StaffService
from backend.kit.clock import BRUSSELS
from backend.kit.work import BATCH, Work

ABSENT = "De behandelaar is afwezig."
LEFT = "De behandelaar werkt hier niet meer."
CLOSED = "De dienst bestaat niet meer."

_OPEN = "q.state IN ('new', 'inProgress', 'waitingForCustomer')"
# what is due before they are back, unless they took it up themselves although they are away
_OF_ABSENT = f"""
SELECT q.id FROM absence a JOIN question q ON q.assignee_id = a.user_id AND {_OPEN}
 WHERE a.ended_at IS NULL AND a.first_day <= $1 AND a.last_day >= $1
   AND least(q.deadline, q.next_action_at) < ((a.last_day + 1)::timestamp AT TIME ZONE 'Europe/Brussels')
   AND NOT EXISTS (
     SELECT FROM question_event e WHERE e.question_id = q.id AND e.actor_id = a.user_id
        AND e.at >= greatest(a.first_day::timestamp AT TIME ZONE 'Europe/Brussels', a.recorded_at))
 ORDER BY q.id LIMIT {BATCH} FOR UPDATE OF q SKIP LOCKED
"""
_OF_INACTIVE = f"""
SELECT q.id FROM question q
 WHERE q.assignee_id IN (SELECT id FROM app_user WHERE NOT active) AND {_OPEN}
 ORDER BY q.id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
"""
_OF_CLOSED = f"""
SELECT q.id FROM question q
 WHERE q.department_id IN (SELECT id FROM department WHERE NOT active AND kind <> 'frontOffice') AND {_OPEN}
 ORDER BY q.id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
"""


class HandoverService:
    """Gives questions to whoever is there.

    Args:
        work: the unit of work of the platform itself.
        placer: who owns a question and until when.
        life: the life cycle.
    """

    def __init__(self, work: Work, placer: Placer, life: LifeService) -> None:
        self._work = work
        self._life = life
        self._holding = Holding(work, placer)
        self._staff = StaffService(work)
        self._notices = NoticeService(work)

    async def absent(self) -> int:
        """What is due before an absent colleague is back goes to the replacement, or back to the department.

        A replacement who gets several at once finds them all in the list, and gets one mail.
        """
        today = self._work.now.astimezone(BRUSSELS).date()
        rows = await self._work.uow.fetch(_OF_ABSENT, today)
        mailed: set[UUID] = set()
        for row in rows:
            held = await self._holding.lock(row["id"], None)
            instead = await self._instead(held, today)
            if instead is None:
                await self._holding.apply(Verb.RELEASE, held, reason=ABSENT)
                continue
            data = {"onBehalfOf": str(held.standing.assignee_id)}
            given = Given(at=self._work.now, assignee_id=instead)
            await self._holding.apply(Verb.ASSIGN, held, given, reason=ABSENT, data=data)
            await self._notices.tell([instead], held.id, "assigned", mail=instead not in mailed)
            mailed.add(instead)
        return len(rows)

    async def inactive(self) -> int:
        """What somebody had who does not work here any more goes back to the department."""
        rows = await self._work.uow.fetch(_OF_INACTIVE)
        for row in rows:
            await self._holding.apply(Verb.RELEASE, await self._holding.lock(row["id"], None), reason=LEFT)
        return len(rows)

    async def closed(self) -> int:
        """What a department had that does not exist any more goes to the contact centre."""
        rows = await self._work.uow.fetch(_OF_CLOSED)
        for row in rows:
            await self._life.give_back(row["id"], CLOSED, None)
        return len(rows)

    async def _instead(self, held: Held, today: date) -> UUID | None:
        who = held.standing.assignee_id
        if who is None:
            return None
        standing = await self._staff.standing_in([who], today, department_id=held.standing.department_id)
        return standing.get(who)
