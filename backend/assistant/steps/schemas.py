"""JSON shapes of taking a flow."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.assistant.steps.rules import AnswersIn, StepView
from backend.contacts.intake.schemas import FormSubmit
from backend.kit.schema import Input, Page, View

Answer = str | int | float | Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=200)]
"""One answer: a text, a number, or the values of several options."""
Node = Annotated[str, Meta(min_length=1, max_length=50, examples=["verhuisdatum"])]
"""Id of a question or an outcome."""
Answers = Annotated[
    dict[Node, Answer],
    Meta(
        max_length=100,
        description="By id of the question. Dates as 2026-12-01; numbers as JSON has them, or as typed here: 1.500,50.",
        examples=[{"richting": "binnen"}],
    ),
]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1, description="That was begun with; the current one without it.")]
Language = Annotated[
    str, Meta(min_length=2, max_length=35, examples=["fr"], description="Falls back to Dutch when it is not there.")
]


class StepAsk(Input):
    """Answers so far; `answered` and `wasAt` only serve to count how often each step is taken.

    Attributes:
        answered: the question that was just answered.
        was_at: the question or outcome that was open, when an earlier answer was changed.
    """

    answers: Answers = {}
    version: Version | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    answered: Node | UnsetType = UNSET
    was_at: Node | UnsetType = UNSET


class SummaryAsk(Input):
    """Answers to be put together for the city; those of `leftOut` (ids of questions) stay out of it."""

    answers: Answers = {}
    version: Version | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    left_out: Annotated[list[Node], Meta(max_length=100)] = []


class FlowHandover(SummaryAsk):
    """A question for the city that follows on guided questions: the form as the asker edited it, and the answers."""

    form: FormSubmit


class HandoverSent(View):
    """A hand-over as it was sent, by which it is known when it is sent again."""

    flow: str
    asked: FlowHandover


class FlowProduct(View):
    """A product that a flow is about."""

    id: UUID
    name: str


class FlowSummary(View):
    """A flow in a list; `answersIn` = `session`: the answers are never to stand in an address."""

    slug: str
    title: str
    intro: str | None = None
    version: int
    languages: tuple[str, ...]
    answers_in: AnswersIn
    products: list[FlowProduct] = []


class FlowPage(Page):
    """Flows, in the order of their slugs."""

    items: list[FlowSummary]


class FlowView(FlowSummary):
    """A flow and its first step; `questions`: how many it has in all."""

    language: str
    questions: int
    review_by: date | None = None
    step: StepView


class SummaryAnswer(View):
    """An answer that goes along unless the asker takes it out."""

    question: str
    title: str
    answer: str
    value: Any
    sensitive: bool = False


class SummaryView(View):
    """What will be asked, for the asker to edit; `departmentName`: who gets it, when the flow says so."""

    subject: str
    text: str
    language: str
    answers: list[SummaryAnswer] = []
    topic: str | None = None
    product: FlowProduct | None = None
    department_name: str | None = None
