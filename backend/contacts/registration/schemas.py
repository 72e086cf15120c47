"""JSON shapes of a contact and its registration."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.facts.rules import Postcode
from backend.contacts.messages.schemas import Email
from backend.contacts.questions.schemas import QuestionSummary
from backend.contacts.rules import AnswerChannel, Channel, Confidentiality, Direction, FlowAnswers, Kind, Priority
from backend.crm.customers.schemas import CustomerCreate
from backend.kit.schema import Input, LongText, Moment, ShortText, View


class CallBackWindow(Input):
    """When the customer can be called."""

    start: Moment
    end: Moment


class Caller(Input):
    """Who the customer says to be in this contact; not a profile."""

    name: ShortText | UnsetType = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    email: Email | UnsetType = UNSET


class StructuredAnswer(Input):
    """One answered question of a form or of the digital assistant."""

    question: ShortText
    answer: Annotated[str, Meta(max_length=2_000)]


class Location(Input):
    """Where a report is about."""

    description: ShortText | UnsetType = UNSET
    postcode: Postcode | UnsetType = UNSET
    latitude: Annotated[float, Meta(ge=-90, le=90)] | UnsetType = UNSET
    longitude: Annotated[float, Meta(ge=-180, le=180)] | UnsetType = UNSET


class FirstLineAnswer(Input):
    """Answered at once: what was said, and whether the product's information is mailed."""

    text: LongText
    send_information: bool = False


class QuestionCreate(Input):
    """A question in a contact; without `answer` it is routed.

    `flow` = guided questions that were put to the customer: their answers are added to `structuredAnswers`.
    """

    kind: Kind = "question"
    subject: ShortText
    text: LongText | UnsetType = UNSET
    product_id: UUID | UnsetType = UNSET
    department_id: UUID | UnsetType = UNSET
    priority: Priority = "normal"
    confidentiality: Confidentiality = "normal"
    language: Literal["nl", "fr", "de", "en"] = "nl"
    answer_channel: AnswerChannel = "email"
    call_back_windows: Annotated[list[CallBackWindow], Meta(max_length=5)] | UnsetType = UNSET
    structured_answers: Annotated[list[StructuredAnswer], Meta(max_length=100)] | UnsetType = UNSET
    flow: FlowAnswers | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    answer: FirstLineAnswer | UnsetType = UNSET
    acknowledge: bool = True


class FollowUp(Input):
    """More about a question that exists."""

    question_id: UUID
    text: LongText


class ContactCreate(Input):
    """One interaction with everything that came out of it; all of it is stored, or nothing."""

    channel: Channel
    direction: Direction = "inbound"
    started_at: Moment | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET
    customer_id: UUID | UnsetType = UNSET
    customer: CustomerCreate | UnsetType = UNSET
    on_behalf_of_id: UUID | UnsetType = UNSET
    caller: Caller | UnsetType = UNSET
    notes: LongText | UnsetType = UNSET
    consulted_product_ids: Annotated[list[UUID], Meta(max_length=50)] = []
    questions: Annotated[list[QuestionCreate], Meta(max_length=20)] = []
    follow_ups: Annotated[list[FollowUp], Meta(max_length=20)] = []


class ContactView(View):
    """A contact and the questions it was about; without `agentId` the platform took it in by itself."""

    id: UUID
    channel: Channel
    direction: Direction
    started_at: datetime
    ended_at: datetime | None = None
    agent_id: UUID | None = None
    department_id: UUID | None = None
    customer_id: UUID | None = None
    on_behalf_of_id: UUID | None = None
    caller: dict[str, Any] | None = None
    notes: str | None = None
    consulted_product_ids: list[UUID] = []
    questions: list[QuestionSummary]
