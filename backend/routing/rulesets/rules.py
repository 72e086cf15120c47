"""Routing rules: what a rule asks, what it says, and the first one that fits. Pure."""

from collections.abc import Container, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.contacts.facts.rules import normal_postcode
from backend.contacts.rules import Channel, Kind, Priority, normal_topic
from backend.crm.rules import Kind as CustomerKind

State = Literal["draft", "active", "retired"]
Why = Literal["chosen", "rule", "flow", "product", "contactCentre"]
"""What decided the department: a person, a rule, guided questions, the product's responsible department, the last
resort."""

MOST = 200
"""Rules in one set."""

Idle = Literal["departmentInactive", "productWithdrawn"]
"""What a rule names that is not in use (any more)."""

WorkingDays = Annotated[int, Meta(ge=0, le=60)]


class Conditions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that are given must hold; one holds for any of its values. Without any, every question fits."""

    product_ids: tuple[UUID, ...] = ()
    themes: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    channels: tuple[Channel, ...] = ()
    postcodes: tuple[str, ...] = ()
    customer_kinds: tuple[CustomerKind, ...] = ()
    topics: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a rule says; what it leaves out goes as usual."""

    department_id: UUID | None = None
    priority: Priority | None = None
    working_days: WorkingDays | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule as it is stored; its number is its place in the set, from 1 on."""

    name: str
    conditions: Conditions = Conditions()
    outcome: Outcome


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What rules look at; None: not known, and then no condition about it holds."""

    kind: Kind
    channel: Channel
    product_id: UUID | None = None
    themes: frozenset[str] = frozenset()
    postcode: str | None = None
    customer_kind: CustomerKind | None = None
    topic: str | None = None


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one set, ready to be used: how many there are costs (almost) nothing.

    `masks`: condition -> the rules that do not ask it, and by value those that are content with it, a bit for each.
    """

    number: int
    rules: tuple[Rule, ...]
    masks: dict[str, tuple[int, dict[Any, int]]]

    def asks(self, *conditions: str) -> bool:
        """Whether any rule looks at one of these."""
        return not self.masks.keys().isdisjoint(conditions)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Where a question goes and why; `rule` is the number of the rule that fits, 0 for none."""

    department_id: UUID
    why: Why
    rule: int = 0
    name: str | None = None
    priority: Priority | None = None
    working_days: int | None = None

    @property
    def by_rule(self) -> bool:
        """Whether the rule decides anything: a person may have chosen, its department may not be active any more."""
        return self.why == "rule" or self.priority is not None or self.working_days is not None


class Fallback(msgspec.Struct, frozen=True, kw_only=True):
    """Where questions go without rules: `chosen` by a person, else to the `team` that guided questions name.

    Else to the `responsible` of the product; the last resort is the `centre`.
    """

    active: Container[UUID]
    centre: UUID
    chosen: UUID | None = None
    team: UUID | None = None
    responsible: UUID | None = None


def book(number: int, rules: Sequence[Rule]) -> Book:
    """Make rules ready, once."""
    masks: dict[str, tuple[int, dict[Any, int]]] = {}
    for place, rule in enumerate(rules):
        for name, wanted in _asked(rule).items():
            free, content = masks.get(name, (_all(rules), {}))
            masks[name] = (free & ~(1 << place), content | {one: content.get(one, 0) | 1 << place for one in wanted})
    return Book(number=number, rules=tuple(rules), masks=masks)


def fitting(held: Book, facts: Facts) -> list[int]:
    """The numbers of all rules that fit, in order: the first one decides."""
    fits = _fits(held, facts)
    return [number for number in range(1, len(held.rules) + 1) if fits >> (number - 1) & 1]


def first(held: Book, facts: Facts) -> int:
    """The number of the rule that decides; 0 for none."""
    fits = _fits(held, facts)
    return (fits & -fits).bit_length()


def decide(held: Book, facts: Facts, fallback: Fallback) -> Decision:
    """The first rule that fits decides all that it says; a person who chose a department goes before its department.

    A department that is not active (any more) is skipped: priority and working days of its rule hold all the same.
    """
    return decided(held, first(held, facts), fallback)


def decided(held: Book, number: int, fallback: Fallback) -> Decision:
    """The decision when this rule is the first that fits; 0 for none."""
    rule = held.rules[number - 1] if number else None
    says = rule.outcome if rule else Outcome()
    department, why = _department(says.department_id, fallback)
    return Decision(
        department_id=department,
        why=why,
        rule=number,
        name=rule.name if rule else None,
        priority=says.priority,
        working_days=says.working_days,
    )


def reason(held: Book, decision: Decision, facts: Facts) -> str | None:
    """What the timeline says about a question that a rule or guided questions placed; None when neither did."""
    found = [f"Regel {decision.rule} van regelset {held.number}: {decision.name}"] if decision.by_rule else []
    if decision.why == "flow":
        found.append(f"Wegwijzer: onderwerp {facts.topic}" if facts.topic else "Wegwijzer: dienst bij deze uitkomst")
    return ". ".join(found) or None


def codes(held: Book, decision: Decision) -> dict[str, Any]:
    """The same for programs: what decided the department, and which rule decided anything."""
    rule = {"ruleSet": held.number, "rule": decision.rule} if decision.by_rule else {}
    return {"by": decision.why, **rule}


def shadows(held: Book) -> dict[int, int]:
    """Rules that can never decide -> the first earlier rule that fits whenever they do."""
    asked = [_asked(rule) for rule in held.rules]
    found: dict[int, int] = {}
    for number, narrow in enumerate(asked, start=1):
        earlier = next((place for place, wide in enumerate(asked[: number - 1], start=1) if _covers(wide, narrow)), 0)
        if earlier:
            found[number] = earlier
    return found


def idle(
    rules: Sequence[Rule], departments: Container[UUID], products: Container[UUID]
) -> list[tuple[int, Idle, UUID]]:
    """Rules that name what is not in use: number of the rule, what it is, and its id.

    Args:
        rules: in order.
        departments: those that are active.
        products: those that are published.
    """
    found: list[tuple[int, Idle, UUID]] = []
    for number, rule in enumerate(rules, start=1):
        department = rule.outcome.department_id
        if department is not None and department not in departments:
            found.append((number, "departmentInactive", department))
        found += [(number, "productWithdrawn", one) for one in rule.conditions.product_ids if one not in products]
    return found


def _department(said: UUID | None, fallback: Fallback) -> tuple[UUID, Why]:
    if fallback.chosen is not None:
        return fallback.chosen, "chosen"
    if said is not None and said in fallback.active:
        return said, "rule"
    if fallback.team is not None and fallback.team in fallback.active:
        return fallback.team, "flow"
    if fallback.responsible is not None and fallback.responsible in fallback.active:
        return fallback.responsible, "product"
    return fallback.centre, "contactCentre"


def _asked(rule: Rule) -> dict[str, frozenset[Any]]:
    """The conditions that a rule has, with the values that each is content with."""
    values = msgspec.structs.asdict(rule.conditions)
    values["postcodes"] = tuple(map(normal_postcode, rule.conditions.postcodes))
    values["topics"] = tuple(map(normal_topic, rule.conditions.topics))
    return {name: frozenset(wanted) for name, wanted in values.items() if wanted}


def _covers(wide: dict[str, frozenset[Any]], narrow: dict[str, frozenset[Any]]) -> bool:
    """Whether whatever is content with `narrow` is so with `wide` too."""
    return all(name in narrow and narrow[name] <= wanted for name, wanted in wide.items())


def _all(rules: Sequence[Rule]) -> int:
    return (1 << len(rules)) - 1


def _fits(held: Book, facts: Facts) -> int:
    """The rules that fit, a bit for each."""
    known: dict[str, Iterable[Any]] = {
        "product_ids": (facts.product_id,),
        "themes": facts.themes,
        "kinds": (facts.kind,),
        "channels": (facts.channel,),
        "postcodes": (facts.postcode,),
        "customer_kinds": (facts.customer_kind,),
        "topics": (facts.topic and normal_topic(facts.topic),),
    }
    fits = _all(held.rules)
    for name, (free, content) in held.masks.items():
        fits &= reduce(or_, (content.get(value, 0) for value in known[name]), free)
    return fits


NO_RULES = book(0, ())
