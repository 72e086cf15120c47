"""JSON shapes of the monitor."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.lists.rules import Bucket
from backend.kit.schema import Input, Reason, View


class MonitorCounts(View):
    """How many questions are open, and of them by age, deadline and movement.

    The ages (days since the day on which it was asked) make up all that is open; so do `overdue`, `dueToday`,
    `dueThisWeek` and `dueLater`. The others overlap: `overdueOver5` is part of `overdue`, `unmovedOver7` of
    `unmovedOver3`. `pingPong`: came back to a department that had had it before. `reminded` and `escalatedTo…`: the
    last step of the escalation that was done.
    """

    open: int
    age_today: int
    age_1_to_2: int
    age_3_to_5: int
    age_6_to_10: int
    age_over_10: int
    overdue: int
    overdue_over_5: int
    due_today: int
    due_this_week: int
    due_later: int
    unassigned: int
    waiting: int
    unmoved_over_3: int
    unmoved_over_7: int
    ping_pong: int
    reminded: int
    escalated_to_assignee: int
    escalated_to_team_lead: int
    escalated_to_head: int


class DepartmentMonitor(View):
    """The open questions of a department.

    `oldestAt`: when the oldest one was asked; `movedAt`: when one of them moved last; `actedAt`: when one of its people
    did anything with any question; `silent`: a reminder passed, and nobody did anything for three working days.
    """

    department_id: UUID
    counts: MonitorCounts
    silent: bool
    oldest_at: datetime | None = None
    moved_at: datetime | None = None
    acted_at: datetime | None = None


class MonitorView(View):
    """All open questions that you may know of, as they were counted at `asOf`: the departments with most overdue first.

    What is shielded counts for insiders of its department only.
    """

    as_of: datetime
    counts: MonitorCounts
    departments: list[DepartmentMonitor]


class ReminderCreate(Input):
    """Which questions to remind of: these, or the first 500 behind a number of the monitor.

    `note`: for colleagues, in the timeline; it is not mailed.
    """

    question_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    bucket: Bucket | UnsetType = UNSET
    department_id: UUID | UnsetType = UNSET
    note: Reason | UnsetType = UNSET
