"""Customers found by a number, a phone, an e-mail address, a reference, an address: by id, each once."""

from uuid import UUID

from rapidfuzz import fuzz

from backend.crm.finding.rules import FoundBy, Place, Understanding
from backend.crm.finding.service.found import Found
from backend.crm.finding.service.statements import CONTACT_POINT, IDENTIFIER, IDENTIFIER_OLDER, PLACE, START
from backend.crm.rules import IdentifierType, name_key, name_words
from backend.kit.db import Row
from backend.kit.work import Work

MOST_AT_PLACE = 500
"""Customers with one postcode and house number that are looked through for the right street."""
ALIKE = 75
"""From how much on (of 100) a word is a street: `Kerkstr` is Kerkstraat."""


async def exact(work: Work, wanted: Understanding, after: Found, most: int) -> list[Found]:
    """At most `most` customers found by exact keys, after the one where the page before ended."""
    found: dict[UUID, tuple[FoundBy, str | None]] = {}
    if wanted.asker and wanted.asker > after.live:
        found[wanted.asker] = ("reference", None)
    for kind, number in wanted.identifiers:
        rows = await _by_identifier(work, kind, number, after.live, most)
        found |= {row["live"]: (kind, row["profile"]) for row in rows}
    for point, value in wanted.contact_points:
        rows = await work.uow.fetch(CONTACT_POINT, after.live, most, value)
        found |= {row["live"]: (point, row["profile"]) for row in rows}
    if wanted.place:
        found |= {live: ("address", None) for live in await _at(work, wanted.place) if live > after.live}
    return [
        Found(live=live, by=found[live][0], branch=0, customer=live, fact=START, profile=found[live][1])
        for live in sorted(found)[:most]
    ]


async def _by_identifier(work: Work, kind: IdentifierType, number: str, after: UUID, most: int) -> list[Row]:
    lookups = work.keys.lookups(number, purpose="ssin") if kind == "ssin" else [number.encode()]
    if len(lookups) > 1:
        return await work.uow.fetch(IDENTIFIER_OLDER, after, most, kind, lookups)
    return await work.uow.fetch(IDENTIFIER, after, most, kind, lookups[0])


async def _at(work: Work, place: Place) -> set[UUID]:
    """Who lives there; when words were given, only where one of them is the street or the municipality."""
    rows = await work.uow.fetch(PLACE, place.postcode, place.number, MOST_AT_PLACE)
    if not place.words:
        return {row["live"] for row in rows}
    return {row["live"] for row in rows if _fits(place, row)}


def _same(word: str, known: str) -> bool:
    return known.startswith(word) or fuzz.ratio(word, known) >= ALIKE


def _fits(place: Place, row: Row) -> bool:
    """Whether the words are the town, the street as people shorten and misspell it, or the name of who lives there."""
    street, town, names = name_key(row["street"]), name_key(row["municipality"]), name_words(row["name"])
    left = [word for word in place.words if not any(_same(word, one) for one in (town, *names))]
    typed = "".join(name_words(" ".join(left)))
    return not typed or street.startswith(typed) or fuzz.ratio(typed, street[: len(typed) + 2]) >= ALIKE
