"""JSON shapes of rule sets."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.facts.rules import Postcode
from backend.contacts.rules import Channel, Kind, Priority, Topic
from backend.crm.rules import Kind as CustomerKind
from backend.kit.schema import Input, Page, Reason, ShortText, View
from backend.routing.rulesets.rules import MOST, Idle, State, WorkingDays

Theme = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9]{0,59}$", examples=["burgerOverheid"])]


class RuleConditions(Input):
    """All that are given must hold, each for any one of its values; without conditions every question fits.

    `themes` are those of the product. `postcodes`: of the location, else of an answer to a question for the postcode,
    else of the customer's address (never of an undisclosed one). `topics`: of the outcome of guided questions; capitals
    make no difference.
    """

    product_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    themes: Annotated[list[Theme], Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    kinds: Annotated[list[Kind], Meta(min_length=1, max_length=5)] | UnsetType = UNSET
    channels: Annotated[list[Channel], Meta(min_length=1, max_length=7)] | UnsetType = UNSET
    postcodes: Annotated[list[Postcode], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    customer_kinds: Annotated[list[CustomerKind], Meta(min_length=1, max_length=3)] | UnsetType = UNSET
    topics: Annotated[list[Topic], Meta(min_length=1, max_length=100)] | UnsetType = UNSET


class RuleOutcome(Input):
    """What the rule says, at least one of these.

    What it leaves out goes as usual: to the department that guided questions name, else to the product's responsible
    one, with the priority that was asked, within the department's working days. A priority never lowers what was asked.
    """

    department_id: UUID | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    working_days: WorkingDays | UnsetType = UNSET


class RoutingRule(Input):
    """One rule; the first one of a set that fits decides."""

    name: ShortText
    conditions: RuleConditions = RuleConditions()
    outcome: RuleOutcome


Rules = Annotated[list[RoutingRule], Meta(max_length=MOST)]


class RuleSetCreate(Input):
    """A new draft: with the rules of `copyOf`, else of the active set; `empty` without any."""

    copy_of: UUID | UnsetType = UNSET
    empty: bool = False


class RuleSetReplace(Input):
    """All the rules of a draft, in their order."""

    rules: Rules


class RuleSetActivate(Input):
    """Why from now on these rules count; kept with the set."""

    reason: Reason


class RuleWarning(View):
    """A rule that names what is not in use any more.

    A department that is not active is passed over: the question goes as without the rule.
    """

    rule: int
    kind: Idle
    id: UUID


class RuleSetSummary(View):
    """A set of rules: who made, activated and replaced it, when and why.

    `copiedFromId`: whose rules it began with; `followsId`: the set that was active then, and has to be when this one
    is activated; `successorId`: the set that took its place.
    """

    id: UUID
    number: int
    state: State
    rule_count: int
    warnings: list[RuleWarning] = []
    copied_from_id: UUID | None = None
    follows_id: UUID | None = None
    created_at: datetime
    created_by: UUID | None = None
    changed_at: datetime
    changed_by: UUID | None = None
    activated_at: datetime | None = None
    activated_by: UUID | None = None
    reason: str | None = None
    retired_at: datetime | None = None
    successor_id: UUID | None = None
    version: int


class RuleSetPage(Page):
    """Sets of rules, the newest number first."""

    items: list[RuleSetSummary]


class RuleSetView(RuleSetSummary):
    """A set with its rules, in order; the number of a rule is its place, from 1 on."""

    rules: list[RoutingRule]
