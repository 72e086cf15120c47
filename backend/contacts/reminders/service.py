"""Reminders: one a day for each question."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from backend.contacts.life.service import Holding
from backend.contacts.notices.service import NoticeService
from backend.contacts.reminders.schemas import ReminderView, Skipped, SkippedQuestion
from backend.contacts.rules import OPEN, Placer, Verb
from backend.contacts.shielding.service import usual
from backend.identity.staff.service import StaffService
from backend.kit.clock import BRUSSELS
from backend.kit.work import Work

TELL = "contacts.tellReminder"
"""Outbox topic; ids: `question`."""

_SEEN = """
SELECT id, customer_id, department_id, assignee_id, confidentiality, state FROM question WHERE id = ANY($1::uuid[])
"""
_FREE = "SELECT id, state FROM question WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED"
_TODAY = """
SELECT DISTINCT question_id FROM question_event WHERE question_id = ANY($1::uuid[]) AND type = $2 AND at >= $3
"""
_WHOSE = "SELECT department_id, assignee_id, state FROM question WHERE id = $1"


class ReminderService:
    """Reminds of questions.

    Args:
        work: the unit of work.
        placer: who owns a question and until when.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._holding = Holding(work, placer)

    async def remind(self, question_ids: Sequence[UUID], note: str | None) -> ReminderView:
        """Remind of these questions, all that can be; colleagues are told from the commit on.

        Nobody is waited for: what somebody else holds at this moment is skipped, and what was reminded of today too.

        Args:
            question_ids: of which; doubled ones count once.
            note: for colleagues, in the timeline; it is not mailed.
        """
        asked = list(dict.fromkeys(question_ids))
        skipped = await self._reasons(asked)
        reminded = [one for one in asked if one not in skipped]
        for one in sorted(reminded):  # in one order, so that nobody waits in a circle
            await self._holding.apply(Verb.REMIND, await self._holding.lock(one, None), reason=note)
            self._work.outbox.add(TELL, self._work.now, question=one)
        return ReminderView(
            reminded=reminded, skipped=[SkippedQuestion(question_id=one, reason=why) for one, why in skipped.items()]
        )

    async def _reasons(self, asked: list[UUID]) -> dict[UUID, Skipped]:
        """Why questions are skipped; the others are locked afterwards."""
        uow = self._work.uow
        seen = {row["id"] for row in await uow.fetch(_SEEN, asked) if usual(self._work, row)}
        free = {row["id"]: row["state"] for row in await uow.fetch(_FREE, sorted(seen))}
        midnight = datetime.combine(self._work.now.astimezone(BRUSSELS).date(), time(), tzinfo=BRUSSELS).astimezone(UTC)
        # a statement of its own: it sees what whoever held the question before has done
        today = {row["question_id"] for row in await uow.fetch(_TODAY, sorted(free), Verb.REMIND, midnight)}
        reasons: dict[UUID, Skipped] = {}
        for one in asked:
            if one not in seen:
                reasons[one] = "unknown"
            elif one not in free:
                reasons[one] = "busy"
            elif free[one] not in OPEN:
                reasons[one] = "notOpen"
            elif one in today:
                reasons[one] = "alreadyReminded"
        return reasons


async def tell(work: Work, question_id: UUID) -> None:
    """Tell whoever has an open question that an answer is waited for, or the team leads when nobody has it."""
    row = await work.uow.fetchrow(_WHOSE, question_id)
    if row is None or row["state"] not in OPEN:
        return
    assignee = row["assignee_id"]
    people = [assignee] if assignee else await StaffService(work).leads(row["department_id"])
    await NoticeService(work).tell(people, question_id, "reminder")
