"""Roles in which one customer acts for another, between which kinds, and when that holds. Pure."""

from datetime import date, datetime
from typing import Literal

from backend.crm.rules import Kind
from backend.kit.problems import ProblemError, invalid_input

Role = Literal[
    "contactPerson",
    "legalRepresentative",
    "boardMember",
    "employee",
    "volunteer",
    "accountant",
    "mandate",
    "guardian",
    "administrator",
    "parent",
    "family",
    "careGiver",
]
"""`administrator` is the one a justice of the peace appoints (bewindvoerder); `mandate` is a power of attorney."""

Direction = Literal["represents", "representedBy"]

_PERSON: frozenset[Kind] = frozenset({"person"})
_ASSOCIATION: frozenset[Kind] = frozenset({"association"})
_ORGANISATION: frozenset[Kind] = frozenset({"association", "enterprise"})
_ANYBODY: frozenset[Kind] = _PERSON | _ORGANISATION

BETWEEN: dict[Role, tuple[frozenset[Kind], frozenset[Kind]]] = {
    "contactPerson": (_PERSON, _ORGANISATION),
    "legalRepresentative": (_ANYBODY, _ORGANISATION),
    "boardMember": (_ANYBODY, _ORGANISATION),
    "employee": (_PERSON, _ORGANISATION),
    "volunteer": (_PERSON, _ASSOCIATION),
    "accountant": (_PERSON | {"enterprise"}, _ANYBODY),
    "mandate": (_ANYBODY, _ANYBODY),
    "guardian": (_PERSON, _PERSON),
    "administrator": (_PERSON, _PERSON),
    "parent": (_PERSON, _PERSON),
    "family": (_PERSON, _PERSON),
    "careGiver": (_PERSON, _PERSON),
}
"""Role -> kinds that can act in it, kinds they can act for; a company can sit on a board, it cannot be a guardian."""


def check_role(role: Role, representative: Kind, represented: Kind) -> None:
    """400 on `role` when these kinds of customers do not act for each other in it."""
    who, whom = BETWEEN[role]
    if representative not in who:
        raise invalid_input(f"A customer of kind {representative} does not act as {role}.", name="role")
    if represented not in whom:
        raise invalid_input(f"Nobody acts as {role} for a customer of kind {represented}.", name="role")


def check_period(start: date | None, end: date | None) -> None:
    """400 on `validTo` when it lies before `validFrom`."""
    if start and end and end < start:
        raise invalid_input("Ends before it starts.", name="validTo", kind="invalidPeriod")


def oneself(name: str) -> ProblemError:
    """400 on field `name`: that is the same customer, perhaps under an older id."""
    return invalid_input("Nobody represents oneself.", name=name)


def holds(start: date | None, end: date | None, ended_at: datetime | None, today: date) -> bool:
    """Whether somebody may act on it today."""
    return ended_at is None and (start is None or start <= today) and (end is None or end >= today)
