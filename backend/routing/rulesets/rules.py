"""Routing rules: what a rule asks, what it says, and the first one that fits. Pure."""

from collections.abc import Container, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.contacts.facts.rules import normal_postcode
from backend.contacts.rules import Channel, Kind, Priority
from backend.crm.rules import Kind as CustomerKind

State = Literal["draft", "active", "retired"]
Why = Literal["chosen", "rule", "product", "contactCentre"]
"""What decided the department: a person, a rule, the product's responsible department, the last resort."""

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


_Test = tuple[str, frozenset[Any]]


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one set, ready to be used; `tests` are the conditions of each."""

    number: int
    rules: tuple[Rule, ...]
    tests: tuple[tuple[_Test, ...], ...]

    def asks(self, *conditions: str) -> bool:
        """Whether any rule looks at one of these."""
        return any(name in conditions for tests in self.tests for name, _ in tests)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Where a question goes and why; `rule` is the number of the rule that fits, 0 for none."""

    department_id: UUID
    why: Why
    rule: int = 0
    name: str | None = None
    priority: Priority | None = None
    working_days: int | None = None


class Fallback(msgspec.Struct, frozen=True, kw_only=True):
    """Where questions go without rules: `chosen` by a person, else to the `responsible` of the product."""

    active: Container[UUID]
    centre: UUID
    chosen: UUID | None = None
    responsible: UUID | None = None


def book(number: int, rules: Sequence[Rule]) -> Book:
    """Make rules ready, once."""
    return Book(number=number, rules=tuple(rules), tests=tuple(_tests(rule.conditions) for rule in rules))


NO_RULES = book(0, ())


def fitting(held: Book, facts: Facts) -> list[int]:
    """The numbers of all rules that fit, in order: the first one decides."""
    known = _known(facts)
    return [number for number, tests in enumerate(held.tests, start=1) if _holds(tests, known)]


def decide(held: Book, facts: Facts, fallback: Fallback) -> Decision:
    """The first rule that fits decides all that it says; a person who chose a department goes before its department.

    A department that is not active (any more) is skipped: priority and working days of its rule hold all the same.
    """
    known = _known(facts)
    number = next((place for place, tests in enumerate(held.tests, start=1) if _holds(tests, known)), 0)
    return decided(held, number, fallback)


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


def shadows(held: Book) -> dict[int, int]:
    """Rules that can never decide -> the first earlier rule that fits whenever they do."""
    found: dict[int, int] = {}
    for number, tests in enumerate(held.tests, start=1):
        earlier = (place for place, wider in enumerate(held.tests[: number - 1], start=1) if _covers(wider, tests))
        if (first := next(earlier, 0)) != 0:
            found[number] = first
    return found


def _department(said: UUID | None, fallback: Fallback) -> tuple[UUID, Why]:
    if fallback.chosen is not None:
        return fallback.chosen, "chosen"
    if said is not None and said in fallback.active:
        return said, "rule"
    if fallback.responsible is not None and fallback.responsible in fallback.active:
        return fallback.responsible, "product"
    return fallback.centre, "contactCentre"


def _tests(conditions: Conditions) -> tuple[_Test, ...]:
    values = msgspec.structs.asdict(conditions)
    values["postcodes"] = tuple(map(normal_postcode, conditions.postcodes))
    return tuple((name, frozenset(wanted)) for name, wanted in values.items() if wanted)


def _known(facts: Facts) -> dict[str, frozenset[Any]]:
    return {
        "product_ids": frozenset({facts.product_id}),
        "themes": facts.themes,
        "kinds": frozenset({facts.kind}),
        "channels": frozenset({facts.channel}),
        "postcodes": frozenset({facts.postcode}),
        "customer_kinds": frozenset({facts.customer_kind}),
    }


def _holds(tests: tuple[_Test, ...], known: dict[str, frozenset[Any]]) -> bool:
    return all(not wanted.isdisjoint(known[name]) for name, wanted in tests)


def _covers(wider: tuple[_Test, ...], tests: tuple[_Test, ...]) -> bool:
    """Whether whatever passes `tests` passes `wider` too."""
    narrow = dict(tests)
    return all(name in narrow and narrow[name] <= wanted for name, wanted in wider)


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
