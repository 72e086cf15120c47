"""JSON shapes of appointments."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.appointments.rules import State
from backend.contacts.messages.schemas import Email
from backend.kit.schema import Input, LongText, Moment, Reason, ShortText, View

Link = Annotated[
    str,
    Meta(pattern=r"^https://[^\s<>\"]+$", max_length=2_000, examples=["https://afspraken.stad.example/7XK2"]),
]


class AppointmentCreate(Input):
    """An appointment as it was made with the customer.

    Without `expertId` with whoever has the question, else who plans it. Without `link` the one of the city's
    appointment system, with what is known filled in. `email` = where the mails about it go, when not to the usual one.
    """

    start: Moment
    end: Moment
    expert_id: UUID | UnsetType = UNSET
    place: ShortText | UnsetType = UNSET
    link: Link | UnsetType = UNSET
    message: LongText | UnsetType = UNSET
    email: Email | UnsetType = UNSET


class AppointmentPatch(Input):
    """What changes; fields left out stay, null empties. `message` is for the customer, in the mail about it."""

    start: Moment | UnsetType = UNSET
    end: Moment | UnsetType = UNSET
    expert_id: UUID | UnsetType = UNSET
    place: ShortText | UnsetType | None = UNSET
    link: Link | UnsetType | None = UNSET
    message: LongText | UnsetType = UNSET


class AppointmentCancel(Input):
    """Why it does not take place; `message` is for the customer, the reason for the timeline."""

    reason: Reason
    message: LongText | UnsetType = UNSET


class AppointmentOutcome(Input):
    """Whether they met. `answer` = the customer got the answer there, which ends the question.

    `overrideReason` = answered though contributions of other departments are open.
    """

    outcome: Literal["done", "missed"]
    note: LongText | UnsetType = UNSET
    answer: LongText | UnsetType = UNSET
    override_reason: Reason | UnsetType = UNSET


class AppointmentView(View):
    """An appointment about a question; `revision` counts its changes."""

    id: UUID
    state: State
    start: datetime
    end: datetime
    expert_id: UUID
    place: str | None = None
    link: str | None = None
    note: str | None = None
    revision: int
    created_by: UUID
    created_at: datetime
