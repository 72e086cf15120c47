"""Finding customers: what was typed is understood, the surest hits come first, every hit shown is logged."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from backend.crm.customers.schemas import CustomerHit
from backend.crm.customers.service import CustomerService, Profile, read_profile
from backend.crm.finding.rules import FoundBy, Understanding
from backend.crm.finding.schemas import CustomerHitPage, CustomerQuery
from backend.crm.finding.service.exact import exact
from backend.crm.finding.service.found import Found
from backend.crm.finding.service.keys import wanted
from backend.crm.finding.service.names import parts, prefixes
from backend.crm.finding.service.similar import similar
from backend.crm.finding.service.statements import START
from backend.kit.clock import BRUSSELS
from backend.kit.paging import CursorInvalid, PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

__all__ = ["AskReference", "FindingService"]

HIT = ("displayName", "identifiers", "address", "contactPoints")
"""Personal data in a list of hits."""

AskReference = Callable[[str], Awaitable[UUID | None]]
"""The customer whose question has this reference, if the person may see it; questions belong to a higher module."""
Step = Callable[[Work, Understanding, Found, int], Awaitable[list[Found]]]

_STEPS: tuple[tuple[range, Step], ...] = (
    (range(1), exact),
    (range(1, 3), prefixes),
    (range(3, 4), parts),
    (range(4, 5), similar),
)
"""The branches of each step, and the step; hits of a lower branch come first."""
_CURSOR = "cursor"
_NOWHERE = Found(live=START, by="name", branch=0, customer=START, fact=START)
"""Before every hit."""


class FindingService:
    """One box, or one key.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
        reference: finds the customer of a question.
    """

    def __init__(self, work: Work, customers: CustomerService, reference: AskReference) -> None:
        self._work = work
        self._customers = customers
        self._reference = reference

    async def query(self, query: CustomerQuery, page: PageRequest) -> CustomerHitPage:
        """Customers found, the surest first; every hit on the page is an entry in the audit log. 400."""
        understood = wanted(query)
        if understood.reference:
            understood = msgspec.structs.replace(understood, asker=await self._reference(understood.reference))
        keys, text = self._work.keys, repr(understood)
        scopes = [_scope(one) for one in keys.lookups(text, purpose=_CURSOR)]  # of a page from before a new key too
        found = await self._found(understood, _start(page, scopes), page.limit + 1)
        shown = found[: page.limit]
        today = self._work.now.astimezone(BRUSSELS).date()
        unread = [one.live for one in shown if one.profile is None]
        profiles = await self._customers.profiles(unread) if unread else {}
        profiles |= {one.live: read_profile(one.profile) for one in shown if one.profile is not None}
        hits = [self._hit(one, profiles, today) for one in shown if one.live in profiles]
        self._work.trail.record("customer", [hit.id for hit in hits] or [None], fields=HIT, purpose=query.purpose)
        kinds: list[FoundBy] = understood.kinds if isinstance(query.text, str) else []
        if len(found) > page.limit:
            last = shown[-1]
            scope = _scope(keys.lookup(text, purpose=_CURSOR))
            cursor = encode_cursor((last.branch, last.customer, last.fact), scope=scope)
            return CustomerHitPage(items=hits, next=cursor, understood=kinds)
        return CustomerHitPage(items=hits, understood=kinds)

    def _hit(self, one: Found, profiles: dict[UUID, Profile], today: date) -> CustomerHit:
        hit = self._customers.hit(profiles[one.live], today)
        return msgspec.structs.replace(hit, found_by=one.by)

    async def _found(self, wanted: Understanding, start: Found, most: int) -> list[Found]:
        """At most `most` hits from the start on, step by step until there are enough; each customer once."""
        found: dict[UUID, Found] = {}
        for branches, step in _STEPS:
            if branches.stop <= start.branch or len(found) >= most:
                continue
            after = start if start.branch in branches else _NOWHERE
            for one in await step(self._work, wanted, after, most - len(found)):
                found.setdefault(one.live, one)
        return list(found.values())


def _scope(key: bytes) -> str:
    return f"customers.{key.hex()}"


def _start(page: PageRequest, scopes: Sequence[str]) -> Found:
    """Where the page begins; a cursor fits one query only, and holds ids, never what was searched."""
    if not page.cursor:
        return _NOWHERE
    types = (Literal[0, 1, 2, 3, 4], UUID, UUID)
    for scope in scopes:
        with contextlib.suppress(CursorInvalid):
            branch, customer, fact = decode_cursor(page.cursor, types, scope=scope)
            return Found(live=customer, by="name", branch=branch, customer=customer, fact=fact)
    raise CursorInvalid("not a cursor of this list")
