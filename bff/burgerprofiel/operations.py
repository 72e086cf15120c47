"""What this channel asks of the core."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.kit.identifiers import IdentifierInvalid, normalise_ssin
from backend.kit.problems import invalid_input
from bff.core.client import Caller, Core, Operation
from bff.core.tokens import CHANNEL_ITSELF


class Citizen(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A national number, to be looked up."""

    capacity: str = "BUR"
    ssin: str


class Identified(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose it is, when anybody's."""

    customer_id: UUID | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A question of the citizen."""

    id: UUID
    reference: str
    subject: str
    kind: str
    product_id: UUID | None = None
    product_name: str | None = None
    status_text: str
    department: str
    created_at: datetime
    changed_at: datetime
    deadline: date
    answered: bool


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something said about a question."""

    id: UUID
    question_id: UUID
    reference: str
    direction: str
    title: str
    text: str | None = None
    at: datetime


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a question, in plain Dutch."""

    at: datetime
    text: str
    department: str


class WholeQuestion(Question, frozen=True, kw_only=True, rename="camel"):
    """A question with what was said and done."""

    text: str | None = None
    messages: list[Message] = []
    timeline: list[Step] = []


class Consultation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """That a department used the data on a day."""

    day: date
    purpose: str
    department: str | None = None


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """A page of questions."""

    items: list[Question] = []
    total: int = 0


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """A page of messages."""

    items: list[Message] = []
    total: int = 0


class Consultations(msgspec.Struct, frozen=True, kw_only=True):
    """A page of consultations."""

    items: list[Consultation] = []
    total: int = 0


class Product(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A product of the catalogue."""

    id: UUID
    title: str
    product_number: str | None = None


class Products(msgspec.Struct, frozen=True, kw_only=True):
    """A page of products."""

    items: list[Product] = []
    next: str | None = None


IDENTIFY = Operation("identifyCustomer", "POST", "/customers/identify", Identified, Citizen)
QUESTIONS = Operation("listOwnQuestions", "GET", "/own/questions", Questions)
QUESTION = Operation("getOwnQuestion", "GET", "/own/questions/{question_id}", WholeQuestion)
MESSAGES = Operation("listOwnMessages", "GET", "/own/messages", Messages)
CONSULTATIONS = Operation("listOwnConsultations", "GET", "/own/consultations", Consultations)
PRODUCTS = Operation("searchProducts", "GET", "/products", Products)


async def citizen(core: Core, trace: str, typed: str) -> Caller | None:
    """For whom to ask the core; None when we know nobody with this number. 400 for a number that cannot be."""
    try:
        ssin = normalise_ssin(typed)
    except IdentifierInvalid:
        raise invalid_input("Not a national number.", where="path", name="insz") from None
    answer = await core.call(IDENTIFY, Caller(subject=CHANNEL_ITSELF, trace=trace), body=Citizen(ssin=ssin))
    found = answer.value.customer_id
    return Caller(subject=str(found), trace=trace) if found else None
