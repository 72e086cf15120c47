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
    found: dict[UUID, Found] = {}
    if wanted.asker and wanted.asker > after.customer:
        found[wanted.asker] = _found(wanted.asker, "reference")
    for kind, number in wanted.identifiers:
        rows = await _by_identifier(work, kind, number, after.customer, most)
        found |= {row["live"]: _found(row["live"], kind, row["profile"]) for row in rows}
    for point, value in wanted.contact_points:
        rows = await work.uow.fetch(CONTACT_POINT, after.customer, most, value)
        found |= {row["live"]: _found(row["live"], point, row["profile"]) for row in rows}
    if wanted.place:
        for row in await _at(work, wanted.place, after.customer, most):
            at = Found(live=row["live"], by="address", branch=0, customer=row["customer_id"], fact=START)
            found.setdefault(row["live"], at)
    return sorted(found.values(), key=lambda one: one.customer)[:most]


def _found(live: UUID, by: FoundBy, profile: str | None = None) -> Found:
    return Found(live=live, by=by, branch=0, customer=live, fact=START, profile=profile)


async def _by_identifier(work: Work, kind: IdentifierType, number: str, after: UUID, most: int) -> list[Row]:
    lookups = work.keys.lookups(number, purpose="ssin") if kind == "ssin" else [number.encode()]
    if len(lookups) > 1:
        return await work.uow.fetch(IDENTIFIER_OLDER, after, most, kind, lookups)
    return await work.uow.fetch(IDENTIFIER, after, most, kind, lookups[0])


async def _at(work: Work, place: Place, after: UUID, most: int) -> list[Row]:
    """Who lives there; when words were given, only where they are the street, the town or the name."""
    rows = await work.uow.fetch(PLACE, place.postcode, place.number, after, MOST_AT_PLACE if place.words else most)
    return [row for row in rows if _fits(place, row)] if place.words else rows


def _same(word: str, known: str) -> bool:
    return known.startswith(word) or fuzz.ratio(word, known) >= ALIKE


def _fits(place: Place, row: Row) -> bool:
    """Whether the words are the town, the street as people shorten and misspell it, or the name of who lives there."""
    street, town, names = name_key(row["street"]), name_key(row["municipality"]), name_words(row["name"])
    left = [word for word in place.words if not any(_same(word, one) for one in (town, *names))]
    typed = "".join(name_words(" ".join(left)))
    return not typed or street.startswith(typed) or fuzz.ratio(typed, street[: len(typed) + 2]) >= ALIKE
