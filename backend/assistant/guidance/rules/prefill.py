"""Answers that are known already of the customer."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET

from backend.assistant.rules import Program, Question, Refused, read


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """What of a customer answers questions, as far as the agent may see it; `address` holds today and may be told."""

    kind: str
    language: str
    address: Any = None


BELGIUM = "be"


def _country(who: Customer) -> str | None:
    return (who.address.country or "").lower() or None if who.address else None


def _postcode(who: Customer) -> str | None:
    """Of Belgium only: that of another country may look the same."""
    return who.address.postcode if who.address and _country(who) == BELGIUM else None


PREFILLS: Mapping[str, tuple[str, Callable[[Customer], str | None]]] = {
    "customer.postcode": ("addresses", _postcode),
    "customer.municipality": ("addresses", lambda who: who.address.municipality if who.address else None),
    "customer.country": ("addresses", _country),
    "customer.kind": ("kind", lambda who: who.kind),
    "customer.language": ("language", lambda who: who.language),
}
"""What a question can be answered from: the field that is looked at, as the audit log names it, and its value."""


def looked_at(program: Program) -> list[str]:
    """The fields of a customer that this flow looks at."""
    wanted = (PREFILLS.get(one.prefill or "") for one in program.flow.questions)
    return sorted({field for field, _ in filter(None, wanted)})


def address_of(addresses: Any, today: date) -> Any:
    """The first address that holds today; one that is not to be disclosed never, whatever else is known."""
    for one in () if addresses is UNSET else addresses:
        begun = one.valid_from is None or one.valid_from <= today
        if begun and not one.undisclosed and (one.valid_to is None or one.valid_to >= today):
            return one
    return None


def prefilled(program: Program, who: Customer) -> dict[str, str]:
    """Answers by id of the question; what is known and is no answer to the question is left out."""
    found = dict[str, str]()
    for question in program.flow.questions:
        wanted = PREFILLS.get(question.prefill or "")
        value = wanted[1](who) if wanted else None
        if value and _answers(question, value):
            found[question.id] = value
    return found


def _answers(question: Question, value: str) -> bool:
    try:
        read(question, value)
    except Refused:
        return False
    return True
