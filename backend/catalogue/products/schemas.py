"""JSON shapes of products: what is read, and the parts that editors and seed data give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.catalogue.rules import PLACEHOLDERS, TRANSACTION_URL, DisplayContact, DisplayItem, Form, Status
from backend.kit.schema import Input, LongText, ShortText, View

Language = Literal["nl", "fr", "de", "en"]
AskedForm = Literal["city", "informal", "formal"]
"""How people are addressed: as the city does, or one of the two."""
Address = Annotated[
    str,
    Meta(pattern=r"^https?://[^\s<>\"]+$", max_length=2_000, examples=["https://www.stad.example/hulpfiche/reispas"]),
]
_FILLED = "An address; these are filled in when known: " + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS) + "."
_EXAMPLE = "https://loket.stad.example/reispas?naam={name}&referentie={reference}"
AnswerKind = Literal["text", "choice", "date", "number"]
Template = Annotated[str, Meta(pattern=TRANSACTION_URL, max_length=2_000, description=_FILLED, examples=[_EXAMPLE])]
GuidingQuestion = Annotated[str, Meta(max_length=500, examples=["Wanneer vertrek je op reis?"])]
FlowCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,59}$", max_length=60, examples=["verhuizen"])]

_FLOW = (
    "Guided questions about it. They may be not published yet, or retired: `listFlows` with `productId` gives those "
    "that can be taken."
)


class FaqInput(Input):
    """A frequently asked question and its answer, plain text."""

    question: Annotated[str, Meta(min_length=1, max_length=500, examples=["Mag iemand anders mijn reispas ophalen?"])]
    answer: Annotated[LongText, Meta(examples=["Ja, als je bij de aanvraag een volmacht hebt getekend."])]


class HelpSheetInput(Input):
    """How to do a digital application: a title and where it is explained."""

    title: Annotated[ShortText, Meta(examples=["Online een afspraak maken voor een reispas"])]
    url: Address


class KnownData(Input):
    """What is known of the customer and the question; only what the template asks for is used, nothing is kept.

    Without `name` it is made of the given and the family name. There is no national number here: it may not stand in
    an address.
    """

    name: Annotated[ShortText, Meta(examples=["Lien De Smet"])] | UnsetType = UNSET
    given_name: Annotated[ShortText, Meta(examples=["Lien"])] | UnsetType = UNSET
    family_name: Annotated[ShortText, Meta(examples=["De Smet"])] | UnsetType = UNSET
    email: Annotated[str, Meta(min_length=1, max_length=254, examples=["lien@voorbeeld.be"])] | UnsetType = UNSET
    phone: Annotated[str, Meta(min_length=1, max_length=40, examples=["0470 12 34 56"])] | UnsetType = UNSET
    street: Annotated[ShortText, Meta(examples=["Dorpsstraat"])] | UnsetType = UNSET
    house_number: Annotated[str, Meta(min_length=1, max_length=20, examples=["12A"])] | UnsetType = UNSET
    box: Annotated[str, Meta(min_length=1, max_length=20, examples=["3"])] | UnsetType = UNSET
    postcode: Annotated[str, Meta(min_length=1, max_length=20, examples=["9080"])] | UnsetType = UNSET
    municipality: Annotated[ShortText, Meta(examples=["Lochristi"])] | UnsetType = UNSET
    reference: Annotated[str, Meta(min_length=1, max_length=40, examples=["7XK2-M4QF"])] | UnsetType = UNSET


class TransactionLinkView(View):
    """Where the transaction is done, with what was known filled in; what was not known is left out."""

    url: Annotated[str, Meta(examples=["https://loket.stad.example/reispas?naam=Lien%20De%20Smet"])]


class FormQuestionInput(Input):
    """A question that the contact form asks about the product; answers come with the question as structured answers.

    `options` are for a `choice` and for nothing else; its answer is one of them.
    """

    key: Annotated[str, Meta(pattern=r"^[a-z][A-Za-z0-9]{0,39}$", max_length=40, examples=["vertrekdatum"])]
    label: Annotated[ShortText, Meta(examples=["Wanneer vertrek je op reis?"])]
    kind: AnswerKind = "text"
    options: Annotated[list[ShortText], Meta(max_length=50)] = []
    required: bool = False
    help: Annotated[str, Meta(max_length=500, examples=["De dag waarop je België verlaat."])] = ""


class FaqView(View):
    """A frequently asked question and its answer, plain text."""

    question: str
    answer: str


class HelpSheetView(View):
    """How to do a digital application: a title and where it is explained."""

    title: str
    url: str


class FormQuestionView(View):
    """A question that the contact form asks about the product."""

    key: str
    label: str
    kind: AnswerKind
    options: list[str] = []
    required: bool = False
    help: str = ""


class ResponsibleDepartment(View):
    """Whom colleagues turn to about a product; for staff only."""

    id: UUID
    code: str
    name: str
    email: str | None = None
    phone: str | None = None
    active: bool


class CityFields(View):
    """What the city itself adds to a product: plain text, in Dutch."""

    department_id: UUID | None = None
    first_line_information: str | None = None
    faq: list[FaqView] = []
    help_sheets: list[HelpSheetView] = []
    transaction_url: str | None = None
    internal_instructions: str | None = None
    guiding_questions: list[str] = []
    contact_form_questions: list[FormQuestionView] = []
    flow: Annotated[str, Meta(description=_FLOW)] | None = None
    published: bool | UnsetType = UNSET


class ProductView(CityFields, kw_only=True):
    """A product in one language and form of address; descriptions are safe HTML.

    Attributes:
        department: of `department_id`; for staff only, like `internal_instructions` and `published`.
        description_text: the description as plain text.
        status: a product that is withdrawn at its source can still be read, but is not found any more.
        language: the language asked for.
        form: how people are addressed in the Dutch texts, where there is a choice.
        text_languages: in which languages the texts of a field really are, by field; the one asked for first.
        untranslated: fields with a text in another language than asked, for want of a translation.
    """

    id: UUID
    source: str
    external_id: str
    product_number: str | None = None
    concept_number: str | None = None
    status: Status
    department: ResponsibleDepartment | None = None
    language: Language
    form: Form
    text_languages: dict[str, tuple[str, ...]] = {}
    untranslated: tuple[str, ...] = ()
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
