"""JSON shapes of calling back."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.contacts.calls.rules import Outcome
from backend.kit.schema import Input, LongText, Moment, Reason, View


class CallBackPlan(Input):
    """When the customer is called; outside the windows that the customer gave only with a reason."""

    at: Moment
    reason: Reason | UnsetType = UNSET


class CallAttemptCreate(Input):
    """What came of a call. `answer` = the customer was reached and answered at once, which ends the question.

    `overrideReason` = answered though contributions of other departments are open.
    """

    outcome: Outcome
    note: LongText | UnsetType = UNSET
    answer: LongText | UnsetType = UNSET
    override_reason: Reason | UnsetType = UNSET


class CallAttemptView(View):
    """A call to the customer and what came of it."""

    id: UUID
    at: datetime
    actor_id: UUID
    outcome: Outcome
    note: str | None = None
