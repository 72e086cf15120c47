"""The format of a flow: one JSON document per version, as city staff write it and other systems exchange it."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from backend.kit.schema import Shape

DONT_KNOW = "weet_niet"
"""The answer of who does not know; only where `dont_know` says that this is an answer."""
YES, NO = "ja", "nee"
MOST_QUESTIONS, MOST_OUTCOMES = 80, 120

Slug = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, examples=["verhuizen"])]
Id = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=50, examples=["nieuwe_postcode"])]
Cel = Annotated[str, Meta(min_length=1, max_length=600, examples=['woning == "huur" && personen > 2'])]
"""A condition in the Common Expression Language; people make it from rows."""
Words = Annotated[str, Meta(min_length=1)]
Language = Annotated[str, Meta(pattern="^[a-z]{2}$")]
Text = Words | dict[Language, Words]
"""Dutch, or the same per language (ISO 639-1) with Dutch among them."""

QuestionType = Literal["choice", "multi", "yesno", "date", "integer", "number", "money", "postcode", "country", "text"]
OutcomeKind = Literal[
    "permit",
    "notification",
    "information_duty",
    "forbidden",
    "free",
    "entitled",
    "not_entitled",
    "service",
    "referral",
    "contact",
]
BlockKind = Literal["permit", "notification", "information_duty", "forbidden", "advice", "document", "service"]
Status = Literal["draft", "review", "published", "retired"]


class Part(msgspec.Struct, metaclass=Shape, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a flow; what it does not know is refused."""


class Option(Part):
    """One answer of a choice; `goto` goes before the rules of the question, `exclusive` goes with no other answer."""

    value: Id
    label: Text
    explain: Text | None = None
    goto: Id | None = None
    exclusive: bool = False


class Must(Part):
    """What an answer has to be, and what is said when it is not."""

    must: Cel
    message: Text


class Rule(Part):
    """Where to go; without `when` always: the default, which comes last."""

    goto: Id
    when: Cel | None = msgspec.field(default=None, name="if")


class Question(Part):
    """One question.

    Attributes:
        agent_note: for colleagues only.
        agent_say: how an agent asks it on the phone.
        prefill: what of the customer answers it, see `PREFILLS`.
        ask_if: it is passed over when this does not hold.
        next: the first rule that holds decides; without any, the following question of the list.
    """

    id: Id
    type: QuestionType
    title: Text
    explain: Text | None = None
    hint: Text | None = None
    agent_note: str | None = None
    agent_say: str | None = None
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    options: Annotated[tuple[Option, ...], Meta(min_length=2)] | None = None
    dont_know: bool = False
    sensitive: bool = False
    prefill: str | None = None
    ask_if: Cel | None = None
    validate: tuple[Must, ...] = ()
    next: Annotated[tuple[Rule, ...], Meta(min_length=1)] | None = None


class Link(Part):
    """Where to go on: a product of the catalogue, a form, an address, another flow."""

    label: Text
    product: str | None = None
    form: str | None = None
    url: str | None = None
    flow: Slug | None = None


class Block(Part):
    """A part of an outcome, shown when its condition holds."""

    id: Id
    text: Text
    when: Cel | None = msgspec.field(default=None, name="if")
    kind: BlockKind | None = None
    links: tuple[Link, ...] = ()


class Handover(Part):
    """To whom the question goes when somebody wants to ask the city; `team` is the code of a department."""

    topic: str
    team: str | None = None
    include_answers: bool = True


class Outcome(Part):
    """Where a flow ends."""

    id: Id
    kind: OutcomeKind
    title: Text
    text: Text
    agent_note: str | None = None
    legal_basis: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    blocks: tuple[Block, ...] = ()
    handover: Handover | None = None


class Fact(Part):
    """A condition with a name; `why` says to people what it means."""

    id: Id
    expr: Cel
    type: Literal["bool", "number", "integer", "string"] = "bool"
    why: Text | None = None


class NamedTest(Part):
    """What an example must lead to: an outcome, or the question that is open then."""

    name: str
    answers: dict[str, Any]
    outcome: Id
    today: date | None = None
    blocks: tuple[str, ...] | None = None


class Flow(Part):
    """One version of a flow."""

    format: Literal[1]
    flow: Slug
    version: Annotated[int, Meta(ge=1)]
    status: Status
    title: Text
    owner: str
    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=MOST_QUESTIONS)]
    outcomes: Annotated[tuple[Outcome, ...], Meta(min_length=1, max_length=MOST_OUTCOMES)]
    intro: Text | None = None
    review_by: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    note: str | None = None
    products: tuple[str, ...] = ()
    answers_in: Literal["url", "session"] = "url"
    lists: dict[Id, Annotated[tuple[str, ...], Meta(min_length=1)]] = {}
    facts: tuple[Fact, ...] = ()
    tests: tuple[NamedTest, ...] = ()

    @property
    def private(self) -> bool:
        """Whether answers may never be in an address."""
        return self.answers_in == "session" or any(question.sensitive for question in self.questions)

    def links(self) -> Iterator[tuple[Outcome, Link]]:
        """Every link of every outcome, those of its blocks too."""
        for outcome in self.outcomes:
            for link in outcome.links:
                yield outcome, link
            for block in outcome.blocks:
                for link in block.links:
                    yield outcome, link


_FIRST_REVIEW = date(2, 1, 1)
"""No day lies a year before an earlier one."""

_DECODER = msgspec.json.Decoder(Flow)


def decode(content: bytes | str) -> Flow:
    """A flow from JSON; `msgspec.ValidationError` at the first fault (the checker names every one, in Dutch)."""
    return _DECODER.decode(content)


def encode(flow: Flow) -> bytes:
    """A flow as JSON, without what is left out."""
    return msgspec.json.encode(flow)


def following(flow: Flow) -> dict[str, str]:
    """Each question's id and that of the question after it in the list; the last one has none."""
    ids = [question.id for question in flow.questions]
    return dict(pairwise(ids))


def day_of_test(flow: Flow, test: NamedTest, fallback: date) -> date:
    """The day of a named test: its own, else the one on which the version is valid, else a year before its review.

    So a test keeps its result whatever day it is run; `fallback` only when a flow names no day at all.
    """
    return test.today or reference_day(flow, fallback)


def reference_day(flow: Flow, fallback: date) -> date:
    """The day on which a version is proved; see `day_of_test`."""
    if flow.valid_from:
        return flow.valid_from
    if flow.review_by:
        day = max(flow.review_by, _FIRST_REVIEW)
        return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004
    return fallback
