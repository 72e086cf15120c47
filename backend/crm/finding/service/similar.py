"""Customers with a name like the one that was typed: typing errors, Flemish spelling, short names, words swapped."""

from uuid import UUID

from rapidfuzz import fuzz

from backend.crm.finding.rules import KnownName, Understanding, begins
from backend.crm.finding.service.found import Found
from backend.crm.finding.service.statements import NAMES, START
from backend.crm.matching.rules import PersonName, Place, Subject
from backend.crm.matching.service import MatchService
from backend.crm.rules import name_key, name_words
from backend.kit.work import Work

ALIKE = 65
"""From how much on (of 100) a name is shown: less is somebody else, whom nobody needs to see."""
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
    like = await _like(work, wanted, order)
    order = [one for one in order if one in like or one == after.customer]
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


async def _like(work: Work, wanted: Understanding, ids: list[UUID]) -> set[UUID]:
    """Those with a name that is like it, without those that were found by the beginning of the name."""
    key, words = name_key(wanted.name), name_words(wanted.name or "")
    several = len((wanted.name or "").split()) > 1
    names: dict[UUID, list[KnownName]] = {}
    for row in await work.uow.fetch(NAMES, ids):
        name = KnownName(folded=row["folded"], folded_given=row["folded_given"], parts=tuple(row["parts"]))
        names.setdefault(row["customer_id"], []).append(name)
    return {
        customer
        for customer, known in names.items()
        if max(_likeness(key, name) for name in known) >= ALIKE
        and not any(begins(key, words, name, several=several) for name in known)
    }


def _likeness(key: str, name: KnownName) -> float:
    """0 to 100: how much what was typed is the whole name, its beginning, or one of its words."""
    whole = [name.folded, *([name.folded_given] if name.folded_given else [])]
    return max(fuzz.ratio(key, one) for one in (*whole, *(one[: len(key) + 1] for one in whole), *name.parts))
