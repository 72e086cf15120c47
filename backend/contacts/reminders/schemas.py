"""JSON shapes of reminders."""

from typing import Literal
from uuid import UUID

from backend.kit.schema import View

Skipped = Literal["unknown", "notOpen", "alreadyReminded", "busy"]


class SkippedQuestion(View):
    """A question that was not reminded of.

    `unknown`: there is none that you may see; `notOpen`: nothing has to be done any more; `alreadyReminded`: today;
    `busy`: somebody is changing it at this moment.
    """

    question_id: UUID
    reason: Skipped


class ReminderView(View):
    """Which questions somebody was reminded of, and which were skipped."""

    reminded: list[UUID]
    skipped: list[SkippedQuestion]
