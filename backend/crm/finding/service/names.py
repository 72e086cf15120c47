"""Customers found by the beginning of a name, by a later word of it, or by a name and a birth date."""

from uuid import UUID

from rapidfuzz import fuzz

from backend.crm.finding.rules import FoundBy, Understanding
from backend.crm.finding.service.found import Found
from backend.crm.finding.service.statements import BORN, NAME, PART, START
from backend.crm.rules import name_key, name_words, prefix_range
from backend.kit.db import Row
from backend.kit.work import Work

MOST_BORN = 2_000
"""Names of people born on one day that are looked through: fifty times as many as a big city has."""
ALIKE = 80
"""From how much on (of 100) a name beside the right birth date is the one that was typed."""


async def prefixes(work: Work, wanted: Understanding, after: Found, most: int) -> list[Found]:
    """Names that begin so, family name first, then given name first; with a birth date those born that day."""
    if not wanted.name:
        return []
    if wanted.birth_date:
        return await born(work, wanted, after, most)
    several = len(wanted.name.split()) > 1
    bounds = prefix_range(name_key(wanted.name))
    branch = max(after.branch, 1)
    rows = await work.uow.fetch(NAME, after.customer, most, after.fact, branch, *bounds, several, wanted.postcode)
    return [_found(row, "name") for row in rows]


async def parts(work: Work, wanted: Understanding, after: Found, most: int) -> list[Found]:
    """Names in which every word begins a word of the name: `broeck` of Van den Broeck."""
    words = name_words(wanted.name or "")
    if not words or wanted.birth_date:
        return []
    low, high = prefix_range(max(words, key=len))
    whole = prefix_range(name_key(wanted.name))
    several = len((wanted.name or "").split()) > 1
    rows = await work.uow.fetch(
        PART, after.customer, most, after.fact, low, *whole, high, wanted.postcode, list(words), several
    )
    return [_found(row, "namePart") for row in rows]


def _found(row: Row, by: FoundBy) -> Found:
    return Found(
        live=row["live"],
        by=by,
        branch=row["branch"],
        customer=row["customer_id"],
        fact=row["fact_id"],
        profile=row["profile"],
    )


async def born(work: Work, wanted: Understanding, after: Found, most: int) -> list[Found]:
    """Who was born that day and has such a name, the most alike first."""
    if wanted.birth_date is None or not wanted.name:
        return []
    lookups = work.keys.lookups(wanted.birth_date.isoformat(), purpose="birthDate")
    best: dict[UUID, float] = {}
    for row in await work.uow.fetch(BORN, lookups, MOST_BORN):
        best[row["live"]] = max(best.get(row["live"], 0), _likeness(wanted.name, row))
    order = sorted((one for one in best if best[one] >= ALIKE), key=lambda one: (-best[one], one))
    if after.customer in order:
        order = order[order.index(after.customer) + 1 :]
    return [Found(live=one, by="birthDate", branch=1, customer=one, fact=START) for one in order[:most]]


def _likeness(typed: str, row: Row) -> float:
    """0 to 100: 100 when what was typed begins the name; else how alike they are, in any order of the words."""
    key = name_key(typed)
    whole = [row["folded"], *([row["folded_given"]] if row["folded_given"] else [])]
    if any(one.startswith(key) for one in whole):
        return 100
    name = " ".join(filter(None, (row["given"], row["family"], row["label"])))
    return max(
        *(fuzz.ratio(key, one) for one in whole),
        fuzz.token_sort_ratio(" ".join(name_words(typed)), " ".join(name_words(name))),
    )
