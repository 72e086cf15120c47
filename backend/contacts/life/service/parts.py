"""Open contributions of a question that ends or moves: nobody owes a part of what is answered already."""

from uuid import UUID

import msgspec

from backend.contacts.contributions.rules import told
from backend.contacts.events import ContributionDropped
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import REMINDER
from backend.identity.staff.service import StaffService
from backend.kit.work import Work

OWNER_NOW = "De vraag zelf is nu van deze dienst."
"""Reason of a part that was asked of the department that gets the question."""

_DROP = """
WITH owed AS (
    SELECT id, assignee_id FROM contribution
     WHERE question_id = $1 AND state = 'open' AND ($4::uuid IS NULL OR department_id = $4))
UPDATE contribution c SET state = 'dropped', reason = $2, ended_at = $3, assignee_id = NULL, escalate_at = NULL,
       version = version + 1
  FROM owed WHERE c.id = owed.id RETURNING c.id, c.department_id, owed.assignee_id
"""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A part that was open until now."""

    id: UUID
    department_id: UUID
    assignee_id: UUID | None

    @property
    def data(self) -> dict[str, str]:
        """What the event of the question says of it."""
        return {"contributionId": str(self.id), "departmentId": str(self.department_id)}


async def drop_open(work: Work, question_id: UUID, reason: str, *, department_id: UUID | None = None) -> list[Owed]:
    """End the open parts of a locked question, or that of one department; whoever owed them is told.

    The caller applies the verb that says so in the timeline.
    """
    rows = await work.uow.fetch(_DROP, question_id, reason, work.now, department_id)
    dropped = sorted((Owed(**row) for row in rows), key=lambda one: one.id)
    for one in dropped:
        news = ContributionDropped(contribution_id=one.id, question_id=question_id, department_id=one.department_id)
        await work.tell(news)
        who = await working_on(work, one.department_id, one.assignee_id)
        await NoticeService(work).tell(who, question_id, "contributionDropped")
    work.trail.record("contribution", [one.id for one in dropped])
    return dropped


async def working_on(
    work: Work, department_id: UUID, assignee_id: UUID | None, *, step: int = REMINDER, head_id: UUID | None = None
) -> set[UUID]:
    """Who in a department is told about what is asked of it, or about its question; see `told`."""
    staff = StaffService(work)
    leads, members = await staff.leads(department_id), await staff.members(department_id)
    return told(step, assignee=assignee_id, leads=leads, members=members, head=head_id)
