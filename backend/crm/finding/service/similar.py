"""Customers with a name like the one that was typed: typing errors, Flemish spelling, short names, words swapped."""

from uuid import UUID

from backend.crm.finding.rules import KnownName, Understanding, begins
from backend.crm.finding.service.found import Found
from backend.crm.finding.service.statements import NAMES, START
from backend.crm.matching.rules import PersonName, Place, Subject
from backend.crm.matching.service import MatchService
from backend.crm.rules import name_key, name_words
from backend.kit.work import Work

MOST_ALIKE = 50
"""Names like it that are shown at most."""


async def similar(work: Work, wanted: Understanding, after: Found, most: int) -> list[Found]:
    """The most alike first; who was found by the beginning of the name is not shown again."""
    if not wanted.name or wanted.birth_date:
        return []
    matching = MatchService(work)
    if wanted.postcode:
        matches = await matching.find(_subject(wanted), most=MOST_ALIKE)
    else:
        matches = await matching.find_by_name(wanted.name, most=MOST_ALIKE)
    order = [one.customer_id for one in matches if one.ruled_out is None]
    seen = await _found_before(work, wanted, order)
    order = [one for one in order if one not in seen or one == after.customer]
    if after.branch == _BRANCH and after.customer in order:
        order = order[order.index(after.customer) + 1 :]
    return [Found(live=one, by="similarName", branch=_BRANCH, customer=one, fact=START) for one in order[:most]]


_BRANCH = 4


def _subject(wanted: Understanding) -> Subject:
    """The words as the name of a person or an organisation at that postcode."""
    name = wanted.name or ""
    first, _, rest = name.partition(" ")
    names = (PersonName(given=first if rest else "", family=rest or first),)
    return Subject(names=names, organisations=(name,), places=(Place(postcode=wanted.postcode or ""),))


async def _found_before(work: Work, wanted: Understanding, ids: list[UUID]) -> set[UUID]:
    key, words = name_key(wanted.name), name_words(wanted.name or "")
    several = len((wanted.name or "").split()) > 1
    rows = await work.uow.fetch(NAMES, ids)
    return {
        row["customer_id"]
        for row in rows
        if begins(
            key,
            words,
            KnownName(folded=row["folded"], folded_given=row["folded_given"], parts=tuple(row["parts"])),
            several=several,
        )
    }
