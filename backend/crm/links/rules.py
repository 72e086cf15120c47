"""When two customers cannot be one, and why a fact comes first in their common file. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal

from backend.crm.rules import PRECEDENCE, SEVERAL, IdentifierType, Kind, Source

Refusal = Literal["kindsDiffer", "identifiersDiffer", "representsTheOther"]
Outcome = Literal["first", "beside", "double"]
Why = Literal["only", "source", "survivor", "earlier", "same", "strictest"]

WHY: dict[Why, str] = {
    "only": "Alleen dit dossier zegt er iets over.",
    "source": "Een betrouwbaarder bron gaat voor.",
    "survivor": "Het dossier dat blijft, gaat voor.",
    "earlier": "Wat er het eerst stond, gaat voor.",
    "same": "Beide dossiers zeggen hetzelfde.",
    "strictest": "Het strengste blijft gelden.",
}
"""Why a fact comes first or not, in plain Dutch."""

_BIS_MONTHS = frozenset([*range(20, 33), *range(40, 53)])


def is_bis(ssin: str) -> bool:
    """Whether a national number is a bis number (month + 20 or + 40): given to who is not in the register yet."""
    return int(ssin[2:4]) in _BIS_MONTHS


def refusal(
    kinds: tuple[Kind, Kind], one: Mapping[IdentifierType, set[str]], other: Mapping[IdentifierType, set[str]]
) -> Refusal | None:
    """Why two customers cannot be one; None when they can.

    Args:
        kinds: person, association or enterprise, of each.
        one: the numbers of one.
        other: the numbers of the other.

    Different national numbers are different people, unless one is a bis number: that one is followed by another.
    """
    if kinds[0] != kinds[1]:
        return "kindsDiffer"
    for kind in one.keys() & other.keys():
        if kind in SEVERAL or one[kind] & other[kind]:
            continue
        if kind == "ssin" and any(is_bis(number) for number in one[kind] | other[kind]):
            continue
        return "identifiersDiffer"
    return None


def why_first(source: Source, *, own: bool, besides: Iterable[tuple[Source, bool]]) -> Why:
    """Why a fact comes before the others of its kind.

    Args:
        source: who said it.
        own: whether it was told of the customer that stays.
        besides: source and `own` of every other fact of its kind.
    """
    rest = list(besides)
    if not rest:
        return "only"
    if all(PRECEDENCE[source] < PRECEDENCE[other] for other, _ in rest):
        return "source"
    equals = [whose for other, whose in rest if PRECEDENCE[other] == PRECEDENCE[source]]
    return "survivor" if own and not any(equals) else "earlier"


def why_beside(source: Source, *, own: bool, first: tuple[Source, bool]) -> Why:
    """Why a fact stands beside the first one of its kind (`first`: its source, and whether it is of who stays)."""
    if PRECEDENCE[first[0]] < PRECEDENCE[source]:
        return "source"
    return "survivor" if first[1] and not own else "earlier"
