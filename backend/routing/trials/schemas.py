"""JSON shapes of trying rules out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.facts.rules import Postcode
from backend.contacts.rules import Channel, Kind, Priority, Topic
from backend.crm.rules import Kind as CustomerKind
from backend.kit.schema import Input, Moment, View
from backend.routing.rulesets.rules import Why

MOST = 5_000
"""Questions in one dry run."""


class DryRun(Input):
    """Which past questions: the newest ones, none from before `since`."""

    since: Moment | UnsetType = UNSET
    most: Annotated[int, Meta(ge=1, le=MOST)] = MOST


class Move(View):
    """So many questions would go from one department to another."""

    from_department_id: UUID
    to_department_id: UUID
    questions: int


class RuleUse(View):
    """How often a rule would decide, and how often it fits but an earlier one decides.

    `shadowedBy`: an earlier rule fits whenever this one does, whatever is asked: this one can never decide.
    """

    rule: int
    name: str
    decides: int
    fits: int
    shadowed_by: int | None = None


class MovedQuestion(View):
    """A question that would go elsewhere; `subject` only for who may read the question itself."""

    id: UUID
    reference: str
    subject: str | None = None
    from_department_id: UUID
    to_department_id: UUID


class DryRunView(View):
    """What would have been different with this set instead of the active one.

    Both place the questions anew, with product, customer and terms as they are today; where a person chose the
    department, it stays. Priorities are those of the rules, whatever was asked. A question can go elsewhere and have
    another priority and another term: it is counted in each.

    Attributes:
        active: number of the set that counts now; absent when there is none.
        questions: how many were placed; sensitive ones of others are not among them.
        since: when the oldest of them was registered.
        moves: most questions first.
        moved: the newest hundred of those that go elsewhere.
    """

    active: int | None = None
    questions: int
    since: datetime | None = None
    same: int
    elsewhere: int
    other_priority: int
    other_term: int
    moves: list[Move]
    rules: list[RuleUse]
    moved: list[MovedQuestion]


class Preview(Input):
    """A question that might be asked; `ruleSetId` tries another set than the active one.

    `topic` and `team`: as guided questions would give them, `team` being the code of a department.
    """

    kind: Kind = "question"
    channel: Channel
    product_id: UUID | UnsetType = UNSET
    department_id: UUID | UnsetType = UNSET
    postcode: Postcode | UnsetType = UNSET
    customer_kind: CustomerKind | UnsetType = UNSET
    topic: Topic | UnsetType = UNSET
    team: Topic | UnsetType = UNSET
    rule_set_id: UUID | UnsetType = UNSET


class PreviewView(View):
    """Where it would go and why.

    Attributes:
        why: what decides the department: a person, a rule, guided questions, the product's responsible department, the
            last resort.
        rule_set: number of the set that was used; absent when none is active yet.
        rule: number of the rule that fits, which decides at least the priority or the term; absent when none does.
        priority: what the rule says; absent: as asked.
        working_days: until the answer is due, after the day of the question.
        deadline: when it is due if the question comes now.
    """

    department_id: UUID
    why: Why
    rule_set: int | None = None
    rule: int | None = None
    rule_name: str | None = None
    priority: Priority | None = None
    working_days: int
    deadline: datetime
