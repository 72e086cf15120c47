"""What an agent sees of a flow."""

from typing import Any, Literal

import msgspec

from backend.assistant.steps.rules import AskedQuestion, CountryOption, ReachedOutcome
from backend.kit.schema import View

State = Literal["answered", "open", "ahead", "notNeeded", "passedOver", "notKnown"]
Origin = Literal["given", "customer"]


class GuidedQuestion(AskedQuestion):
    """A question on the screen.

    Attributes:
        say: how to ask it.
        note: for the agent only.
        state: `answered`; `open`: is asked now; `ahead`: may still be asked; `notNeeded`: cannot be asked any more with
            these answers; `passedOver`: its condition does not hold; `notKnown`: the customer could not answer.
        answer: in words; one that is ahead is used once its question comes.
        value: as it is to be sent, when the contact is registered too.
        origin: who gave it: the agent, or what we know of the customer.
        refused: why the answer cannot be.
    """

    say: str
    note: str | None = None
    state: State
    answer: str | None = None
    value: Any = None
    origin: Origin | None = msgspec.field(default=None, name="from")
    refused: str | None = None


class GuidedOutcome(ReachedOutcome):
    """An outcome, with what is for the agent only."""

    agent_note: str | None = None


class OutcomeLeft(View):
    """An outcome that can still be reached."""

    id: str
    title: str


class OutcomesLeft(View):
    """How many outcomes can still be reached; which ones, once they are few."""

    count: int
    items: list[OutcomeLeft] = []


class GuidedView(View):
    """A whole flow for an agent.

    Attributes:
        questions: all of them, in the order of the flow; they may be answered in any order.
        next: id of the question to ask now.
        stopped: it goes no further, for what the customer does not know is needed.
        countries: to choose from, for every question of type `country`.
        unknown: ids of answers that are no question of this version.
        stuck: nothing follows: a fault of the flow.
    """

    flow: str
    version: int
    title: str
    language: str
    version_changed: bool = False
    questions: list[GuidedQuestion]
    next: str | None = None
    outcome: GuidedOutcome | None = None
    outcomes_left: OutcomesLeft
    stopped: bool = False
    countries: tuple[CountryOption, ...] = ()
    unknown: list[str] = []
    stuck: bool = False
