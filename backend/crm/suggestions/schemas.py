"""JSON shapes of suggestions, decisions and runs."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.crm.customers.schemas import CustomerHit
from backend.crm.rules import ContactPointType, IdentifierType, Kind
from backend.crm.suggestions.rules import Cause, Decision, RunState, Scope, State, Strength
from backend.kit.schema import Input, Moment, Page, Reason, View

Typed = Annotated[str, Meta(max_length=200)]
"""What somebody is typing: it may be empty or not finished."""


class TypedNames(Input):
    """Names of a person, as far as they are typed."""

    given: Annotated[str, Meta(max_length=200, examples=["Jan"])] = ""
    family: Annotated[str, Meta(max_length=200, examples=["Vandenbr"])] = ""
    alias: Typed = ""


class TypedIdentifier(Input):
    """An official number, as far as it is typed; it counts once its check digits fit."""

    type: IdentifierType
    value: Typed = ""


class TypedAddress(Input):
    """An address, as far as it is typed."""

    street: Annotated[str, Meta(max_length=200, examples=["Kerkstr."])] = ""
    number: Annotated[str, Meta(max_length=200, examples=["12 bus 3"])] = ""
    box: Typed = ""
    postcode: Annotated[str, Meta(max_length=200, examples=["9080"])] = ""
    municipality: Typed = ""


class TypedContactPoint(Input):
    """An e-mail address or phone number, as far as it is typed; it counts once it is complete."""

    type: ContactPointType
    value: Annotated[str, Meta(max_length=254, examples=["0470 12 34 56"])] = ""


class MatchRequest(Input):
    """What is known of a customer who may be registered already; everything is optional, and may be unfinished."""

    kind: Kind
    names: TypedNames | UnsetType = UNSET
    organisation_name: Typed = ""
    birth_date: date | UnsetType = UNSET
    identifiers: Annotated[tuple[TypedIdentifier, ...], Meta(max_length=10)] = ()
    addresses: Annotated[tuple[TypedAddress, ...], Meta(max_length=10)] = ()
    contact_points: Annotated[tuple[TypedContactPoint, ...], Meta(max_length=20)] = ()


class ExplanationPart(View):
    """What one feature says: in words (Dutch), and how much it weighs for (+) or against (-) being the same."""

    feature: Annotated[str, Meta(examples=["phone"])]
    level: Annotated[str, Meta(examples=["mobile"])]
    weight: Annotated[float, Meta(examples=[5.31])]
    text: Annotated[str, Meta(examples=["zelfde telefoonnummer"])]


class MatchHit(View):
    """A customer who may be the one; the weights of `parts` add up to `score`."""

    customer: CustomerHit
    strength: Strength
    probability: float
    score: float
    parts: list[ExplanationPart]


class MatchResult(View):
    """At most ten customers, the most likely first."""

    items: list[MatchHit]


class DecisionInput(Input):
    """What a person decides.

    Attributes:
        decision: `same` merges the two, `different` is remembered until the data of one of them change, `later` brings
            the suggestion back at `until`, `open` takes back an earlier `different` or `later`.
        survivor_id: with `same`: whose file the other one becomes part of; without it that of the customer who was
            registered first.
        until: with `later`: a week from now when left out, a year at most.
    """

    decision: Decision
    reason: Reason | UnsetType = UNSET
    survivor_id: UUID | UnsetType = UNSET
    until: Moment | UnsetType = UNSET


class DecisionView(View):
    """A change of state: by a person (`cause` `person`), or by what happened since.

    Attributes:
        cause: `dataChanged`, `expired` (the rest was over), `notProposed` (the data no longer suggest it), `merged`
            (one of the two became part of another file), `carried` (decided about a customer who was merged into one of
            the two), `split` (a merge was undone).
    """

    decision: State
    cause: Cause
    at: datetime
    actor_id: UUID | None = None
    reason: str | None = None
    until: datetime | None = None


class SuggestionView(View):
    """Two customers that may be the same, and why; the weights of `parts` add up to `score`.

    Attributes:
        customers: the two, whoever was registered first in front; what is shielded is masked or left out.
        decisions: what was decided, the newest first; empty while nobody did.
        engine: which rules and weights computed the score.
        version: send it as If-Match with a decision.
    """

    id: UUID
    state: State
    strength: Strength
    probability: float
    score: float
    parts: list[ExplanationPart]
    customers: list[CustomerHit]
    decisions: list[DecisionView]
    engine: str
    created_at: datetime
    changed_at: datetime
    version: int
    until: datetime | None = None


class SuggestionPage(Page):
    """Suggestions, the most likely first."""

    items: list[SuggestionView]


class MatchRunCreate(Input):
    """Which customers to look at: all of them, or only those whose search keys are of an older version."""

    scope: Scope = "all"


class MatchRunView(View):
    """A walk over the customers.

    Attributes:
        looked_at: customers so far.
        rewritten: of these, whose search keys were written anew.
        created: suggestions that are new.
        reopened: suggestions that are open again.
        closed: suggestions that no longer hold.
        seconds: time spent working; in between it rests.
    """

    id: UUID
    scope: Scope
    state: RunState
    engine: str
    looked_at: int
    rewritten: int
    created: int
    reopened: int
    closed: int
    seconds: float
    started_at: datetime
    changed_at: datetime
    finished_at: datetime | None = None


class MatchRunPage(Page):
    """Runs, the newest first."""

    items: list[MatchRunView]
