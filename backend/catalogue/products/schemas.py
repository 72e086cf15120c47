"""JSON shapes of products."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.catalogue.rules import TRANSACTION_URL, DisplayContact, DisplayItem, Status
from backend.kit.schema import Input, LongText, ShortText, View

Language = Literal["nl", "fr", "de", "en"]
Address = Annotated[
    str,
    Meta(pattern=r"^https?://[^\s<>\"]+$", max_length=2_000, examples=["https://www.stad.example/hulpfiche/reispas"]),
]
Template = Annotated[
    str,
    Meta(
        pattern=TRANSACTION_URL,
        max_length=2_000,
        description="An address; {name}, {email}, {phone}, {reference} and {productNumber} are filled in when known.",
        examples=["https://loket.stad.example/reispas?naam={name}&referentie={reference}"],
    ),
]
GuidingQuestion = Annotated[str, Meta(max_length=500, examples=["Wanneer vertrek je op reis?"])]
FlowCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,59}$", max_length=60, examples=["verhuizen"])]


class FaqInput(Input):
    """A frequently asked question and its answer, plain text."""

    question: Annotated[str, Meta(min_length=1, max_length=500)]
    answer: LongText


class HelpSheetInput(Input):
    """How to do a digital application: a title and where it is explained."""

    title: ShortText
    url: Address


class ProductPatch(Input):
    """The city's own fields to change; fields left out stay, null empties."""

    department_id: UUID | UnsetType | None = UNSET
    first_line_information: LongText | UnsetType | None = UNSET
    faq: Annotated[list[FaqInput], Meta(max_length=50)] | UnsetType = UNSET
    help_sheets: Annotated[list[HelpSheetInput], Meta(max_length=50)] | UnsetType = UNSET
    transaction_url: Template | UnsetType | None = UNSET
    internal_instructions: LongText | UnsetType | None = UNSET
    guiding_questions: Annotated[list[GuidingQuestion], Meta(max_length=30)] | UnsetType = UNSET
    flow: FlowCode | UnsetType | None = UNSET


class FaqView(View):
    """A frequently asked question and its answer, plain text."""

    question: str
    answer: str


class HelpSheetView(View):
    """How to do a digital application: a title and where it is explained."""

    title: str
    url: str


class CityFields(View):
    """What the city itself adds to a product."""

    department_id: UUID | None = None
    first_line_information: str | None = None
    faq: list[FaqView] = []
    help_sheets: list[HelpSheetView] = []
    transaction_url: str | None = None
    internal_instructions: str | None = None
    guiding_questions: list[str] = []
    flow: str | None = None


class ProductView(CityFields, kw_only=True):
    """A product in one language, in the form of address the city chose; descriptions are safe HTML.

    Attributes:
        description_text: the description as plain text.
        status: a withdrawn product can still be read, but is not found any more.
    """

    id: UUID
    source: str
    external_id: str
    product_number: str | None = None
    concept_number: str | None = None
    status: Status
    name: str
    description: str = ""
    description_text: str = ""
    further_description: str = ""
    exceptions: str = ""
    regulation: str = ""
    conditions: tuple[DisplayItem, ...] = ()
    procedures: tuple[DisplayItem, ...] = ()
    costs: tuple[DisplayItem, ...] = ()
    financial_advantages: tuple[DisplayItem, ...] = ()
    legal_resources: tuple[DisplayItem, ...] = ()
    websites: tuple[DisplayItem, ...] = ()
    contact_points: tuple[DisplayContact, ...] = ()
    type: str | None = None
    themes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    generated_at: datetime | None = None
    imported_at: datetime
    version: int


class ProductMail(View, kw_only=True):
    """The texts of a product that go into a mail; `transaction_url` is ready to use."""

    id: UUID
    name: str
    description_text: str = ""
    description_html: str = ""
    first_line_information: str | None = None
    help_sheets: list[HelpSheetView] = []
    transaction_url: str | None = None
