"""JSON shapes of the source API, `application/hal+json`."""

from datetime import date, datetime
from uuid import UUID

from msgspec import field

from backend.kit.schema import View
from bff.burgerprofiel.paging import Href, Link, PageMetadata


class QuestionItem(View):
    """A question that the citizen asked the city; `status` in plain Dutch."""

    id: UUID
    language: str
    name: str
    reference: str
    kind: str
    status: str
    answered: bool
    department: str
    product_name: str | None = None
    created_at: datetime
    changed_at: datetime
    deadline: date
    links: list[Link]


class QuestionList(View):
    """A page of questions, the newest first."""

    questions: list[QuestionItem]
    page_metadata: PageMetadata
    links: list[Link]


class MessageItem(View):
    """Something that the city said to the citizen, or the citizen to the city."""

    id: UUID
    name: str
    direction: str
    text: str | None = None
    at: datetime
    question_id: UUID
    reference: str


class StepItem(View):
    """One step of a question, in plain Dutch, and the department it was with."""

    at: datetime
    name: str
    department: str


class QuestionDetail(QuestionItem):
    """A question with what was said about it and what happened to it."""

    text: str | None = None
    messages: list[MessageItem]
    steps: list[StepItem]


class MessageList(View):
    """A page of messages, the newest first."""

    messages: list[MessageItem]
    page_metadata: PageMetadata
    links: list[Link]


class ConsultationItem(View):
    """That a department used the data of the citizen on a day, and why; never who did."""

    day: date
    purpose: str
    department: str | None = None


class ConsultationList(View):
    """A page of consultations, the latest day first."""

    consultations: list[ConsultationItem]
    page_metadata: PageMetadata
    links: list[Link]


class Sso(View):
    """For whom a token must be, so that who is logged in need not do so again on the page of the form."""

    audience: str


class Form(View):
    """A form that citizens can open: the contact form about a product, whose number in IPDC is `productId`.

    `embed` is for inside Mijn Burgerprofiel, with a place for a token where there is `sso`; `fallback` is the page by
    itself; at `ssoTokenRegistrationApi` a token is handed over; at `thirdPartyCookieApi` cookies are asked for.
    """

    id: UUID
    name: str
    product_id: str
    sso: Sso | None = None
    links: dict[str, Href] = field(name="_links")


class Forms(View):
    """The forms themselves."""

    items: list[Form]


class OffsetMetadata(View):
    """Which part of the list this is."""

    offset: int
    size: int
    total_items: int


class FormList(View):
    """A part of the list of forms."""

    links: dict[str, Href] = field(name="_links")
    page_metadata: OffsetMetadata = field(name="_pageMetadata")
    embedded: Forms = field(name="_embedded")
