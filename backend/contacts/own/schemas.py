"""JSON shapes of what a customer sees: no colleagues, no notes, no internal words."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from backend.contacts.appointments.rules import State as AppointmentState
from backend.contacts.rules import AnswerChannel, Channel, Kind, State
from backend.kit.schema import Page, View


class OwnQuestion(View):
    """A question of the customer; `statusText` says in plain Dutch where it is, `deadline` by when it is answered."""

    id: UUID
    reference: str
    subject: str
    kind: Kind
    product_id: UUID | None = None
    product_name: str | None = None
    state: State
    status_text: str
    department: str
    created_at: datetime
    changed_at: datetime
    deadline: date
    answered: bool


class OwnQuestionPage(Page):
    """Questions of the customer, the newest first; `total` over all pages."""

    items: list[OwnQuestion]
    total: int


class OwnMessage(View):
    """Something that the city said to the customer, or the customer to the city; `title` says what it is."""

    id: UUID
    question_id: UUID
    reference: str
    subject: str
    direction: Literal["inbound", "outbound"]
    channel: str
    title: str
    text: str | None = None
    at: datetime


class OwnMessagePage(Page):
    """Messages of all questions of the customer, the newest first; `total` over all pages."""

    items: list[OwnMessage]
    total: int


class OwnStep(View):
    """One step of a question, in plain Dutch, and the department it was with."""

    at: datetime
    text: str
    department: str


class OwnAppointment(View):
    """An appointment about a question."""

    id: UUID
    state: AppointmentState
    start: datetime
    end: datetime
    place: str | None = None
    link: str | None = None


class OwnQuestionView(OwnQuestion):
    """A question with what was said about it, and what happened to it."""

    text: str | None = None
    channel: Channel
    answer_channel: AnswerChannel
    messages: list[OwnMessage]
    timeline: list[OwnStep]
    appointments: list[OwnAppointment]
