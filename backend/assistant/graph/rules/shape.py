"""A flow as a list: every question and outcome, and how they lead to each other."""

from typing import Literal

from backend.assistant.rules import Id
from backend.kit.schema import View

QUESTION_TYPES = {
    "choice": "één antwoord kiezen",
    "multi": "antwoorden aankruisen",
    "yesno": "ja of nee",
    "date": "datum",
    "integer": "geheel getal",
    "number": "getal",
    "money": "bedrag in euro",
    "postcode": "postcode",
    "country": "land",
    "text": "eigen woorden",
}
OUTCOME_KINDS = {
    "permit": "vergunning nodig",
    "notification": "melding nodig",
    "information_duty": "plicht om te informeren",
    "forbidden": "niet toegelaten",
    "free": "mag zonder meer",
    "entitled": "recht op",
    "not_entitled": "geen recht op",
    "service": "dienst van de stad",
    "referral": "doorverwijzing",
    "contact": "contact met de stad",
}
BLOCK_KINDS = {
    "permit": "vergunning nodig",
    "notification": "melding nodig",
    "information_duty": "plicht om te informeren",
    "forbidden": "niet toegelaten",
    "advice": "advies",
    "document": "document",
    "service": "dienst van de stad",
}


class OutlineTarget(View):
    """A question or an outcome; numbers of questions and of outcomes both start at 1. `unknown`: it does not exist."""

    id: Id
    kind: Literal["question", "outcome", "unknown"]
    number: int | None = None
    title: str | None = None


class OutlineAnswer(View):
    """An answer that can be chosen; without `leads` it depends on earlier answers or on the day."""

    label: str
    leads: OutlineTarget | None = None


class OutlineRule(View):
    """Where it goes when a condition holds; the first rule that holds decides.

    Attributes:
        words: the condition in Dutch, or as it is written when it cannot be said.
        fault: what is wrong with the rule, in Dutch.
    """

    words: str
    leads: OutlineTarget
    fault: str | None = None


class OutlineQuestion(View):
    """A question.

    Attributes:
        number: in an order in which no question comes before one that leads to it.
        kind: in Dutch words.
        asked_when: it is passed over when this does not hold; absent when it is always asked.
        otherwise: where it goes when no answer and no rule decides.
        faults: what is wrong with it, in Dutch.
    """

    number: int
    id: Id
    title: str
    kind: str
    asked_when: str | None = None
    answers: list[OutlineAnswer] = []
    rules: list[OutlineRule] = []
    otherwise: OutlineTarget | None = None
    faults: list[str] = []


class OutlineLink(View):
    """A link; `to` is what it leads to, in Dutch."""

    label: str
    to: str


class OutlineBlock(View):
    """A part of an outcome; without `shown_when` it is always shown."""

    id: Id
    text: str
    kind: str | None = None
    shown_when: str | None = None
    links: list[OutlineLink] = []
    fault: str | None = None


class OutlineOutcome(View):
    """An outcome, with the questions that lead straight to it.

    Attributes:
        handover: the topic of a question to the city, with the department if there is one.
    """

    number: int
    id: Id
    title: str
    kind: str
    reached_from: list[OutlineTarget] = []
    blocks: list[OutlineBlock] = []
    links: list[OutlineLink] = []
    handover: str | None = None
    faults: list[str] = []


class OutlineFact(View):
    """A condition with a name."""

    id: Id
    words: str
    why: str | None = None
    fault: str | None = None


class Outline(View):
    """A flow as a list; `text` is the same in plain Dutch, to read or to print."""

    title: str
    questions: list[OutlineQuestion]
    outcomes: list[OutlineOutcome]
    facts: list[OutlineFact] = []
    text: str
