"""JSON shapes of questions, messages and the timeline."""

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.contacts.appointments.schemas import AppointmentView
from backend.contacts.attachments.schemas import AttachmentView
from backend.contacts.calls.schemas import CallAttemptView
from backend.contacts.contributions.schemas import ContributionView
from backend.contacts.messages.schemas import MessageView
from backend.contacts.rules import (
    AnswerChannel,
    Assistance,
    Channel,
    Confidentiality,
    Identity,
    Kind,
    NextAction,
    Priority,
    State,
)
from backend.crm.customers.schemas import CustomerView
from backend.crm.representation.schemas import PartyName
from backend.kit.schema import Input, Page, ShortText, View


class EventView(View):
    """One line of the timeline: what was done, by whom, where the question stood after it; `data` = ids and codes."""

    type: str
    at: datetime
    actor_id: UUID | None = None
    state: State
    department_id: UUID
    assignee_id: UUID | None = None
    reason: str | None = None
    data: dict[str, Any] | None = None


class QuestionSummary(View):
    """A question as a line of a list.

    `escalation`: steps of the chain done since its clock started; `bounces`: how often it came to a department that had
    had it before; `movedAt`: when anything last happened to it, reminders aside.
    """

    id: UUID
    reference: str
    kind: Kind
    subject: str
    channel: Channel
    customer_id: UUID | None = None
    product_id: UUID | None = None
    department_id: UUID
    assignee_id: UUID | None = None
    state: State
    priority: Priority
    deadline: datetime
    next_action: NextAction | None = None
    next_action_at: datetime | None = None
    confidentiality: Confidentiality
    created_at: datetime
    answered_at: datetime | None = None
    escalation: int = 0
    bounces: int = 0
    open_contributions: int = 0
    moved_at: datetime
    version: int


class QuestionPage(Page):
    """Questions."""

    items: list[QuestionSummary]


class QuestionView(QuestionSummary):
    """A question with everything said and done about it, whose it is, and on whose behalf it was asked."""

    text: str | None = None
    language: str
    answer_channel: AnswerChannel
    call_back_windows: list[dict[str, Any]] | None = None
    identity: Identity
    structured_answers: list[dict[str, Any]] | None = None
    assistance: Assistance | None = None
    location: dict[str, Any] | None = None
    closed_at: datetime | None = None
    messages: list[MessageView]
    attachments: list[AttachmentView]
    call_attempts: list[CallAttemptView]
    appointments: list[AppointmentView]
    contributions: list[ContributionView]
    timeline: list[EventView]
    contact_ids: list[UUID]
    customer: CustomerView | None = None
    on_behalf_of: PartyName | None = None


class Reference(Input):
    """What somebody read aloud or typed."""

    reference: ShortText
