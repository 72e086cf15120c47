"""What of a flow is shown to who takes it."""

from typing import Any, Literal
from uuid import UUID

from backend.assistant.rules.document import BlockKind, OutcomeKind, QuestionType
from backend.kit.schema import View

AnswersIn = Literal["url", "session"]
"""Whether answers may stand in an address, or are only ever sent in a body."""


class AnswerOption(View):
    """One answer to choose.

    Attributes:
        value: what is sent.
        exclusive: it goes with no other answer.
    """

    value: str
    label: str
    explain: str | None = None
    exclusive: bool = False


class CountryOption(View):
    """A country to choose; its code (ISO 3166-1, lower case) is what is sent."""

    code: str
    name: str


class AskedQuestion(View):
    """What a question asks, for whoever it is shown to.

    Attributes:
        options: of a choice, of several choices, and of yes or no.
        dont_know: what who does not know sends; absent when that is no answer.
        sensitive: the answer is never to stand in an address or be kept on a device.
    """

    id: str
    type: QuestionType
    title: str
    explain: str | None = None
    hint: str | None = None
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    options: list[AnswerOption] = []
    dont_know: AnswerOption | None = None
    sensitive: bool = False


class OpenQuestion(AskedQuestion):
    """The question that is open; `countries` are those to choose from, in the order of their names."""

    countries: tuple[CountryOption, ...] = ()


class PassedQuestion(View):
    """A question that was answered; every one of them can be answered anew.

    Attributes:
        answer: in words.
        value: as it was sent.
    """

    id: str
    title: str
    answer: str
    value: Any
    sensitive: bool = False


class HelpSheet(View):
    """How to do a digital application."""

    title: str
    url: str


class OutcomeLink(View):
    """Where to go on.

    Attributes:
        product_id, product_name, help_sheets, has_transaction: of `product`; with `hasTransaction` it can be applied
            for online.
        url: of `url` and `form`.
        flow: name in the address of another flow.
    """

    label: str
    kind: Literal["product", "form", "url", "flow"]
    product_id: UUID | None = None
    product_name: str | None = None
    help_sheets: tuple[HelpSheet, ...] = ()
    has_transaction: bool = False
    url: str | None = None
    flow: str | None = None


class OutcomeBlock(View):
    """A part of an outcome that goes for these answers."""

    id: str
    kind: BlockKind | None = None
    text: str
    links: list[OutcomeLink] = []


class ReachedOutcome(View):
    """Where the answers led to.

    Attributes:
        kind_label: its kind in plain words.
        handover: contact with the city is part of the outcome, or all that is left of it; asking is possible anyhow.
    """

    id: str
    kind: OutcomeKind
    kind_label: str
    title: str
    text: str
    legal_basis: tuple[str, ...] = ()
    blocks: list[OutcomeBlock] = []
    links: list[OutcomeLink] = []
    handover: bool


class FlowProgress(View):
    """How far it is: questions answered, and how many may come at most, the open one included."""

    answered: int
    at_most: int


class StepView(View):
    """Where somebody is in a flow: `question` is open, or `outcome` is reached.

    Attributes:
        version: that was used.
        version_changed: the version that was asked for does not count any more; the answers were read by this one.
        language: in which the texts are.
        passed: the questions that led here, in the order in which they were asked.
        refused: why the answer to `question` cannot be.
        unused: ids of given answers that play no part (any more).
        stuck: nothing follows: a fault of the flow; the city can be asked.
    """

    flow: str
    version: int
    title: str
    language: str
    version_changed: bool = False
    passed: list[PassedQuestion] = []
    question: OpenQuestion | None = None
    refused: str | None = None
    outcome: ReachedOutcome | None = None
    unused: list[str] = []
    progress: FlowProgress
    stuck: bool = False
