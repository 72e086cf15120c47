"""Suggestions as people see them: both customers as hits, the explanation, what was decided before."""

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.crm.customers.schemas import CustomerHit
from backend.crm.customers.service import CustomerService, Profile
from backend.crm.matching.rules import Part
from backend.crm.matching.service import MatchService
from backend.crm.suggestions.rules import MOST, PURPOSE, QueueState, Strength, bounds, proposal, strength
from backend.crm.suggestions.schemas import (
    DecisionView,
    ExplanationPart,
    MatchHit,
    MatchRequest,
    MatchResult,
    SuggestionPage,
    SuggestionView,
)
from backend.crm.suggestions.service.asked import subject_asked
from backend.crm.suggestions.service.finding import Finder
from backend.crm.suggestions.service.statements import ONE_SHOWN, QUEUE, QUEUE_OF_CUSTOMER
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import not_found
from backend.kit.work import Work

_HIT = ("displayName", "identifiers", "address", "contactPoints")
"""Personal data of a customer in a list, for the audit log."""


class SuggestionService:
    """Suggestions: found now, listed, shown. Every customer that is shown is an entry in the audit log.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def match(self, asked: MatchRequest) -> MatchResult:
        """Customers who may be the one that is being typed; nothing is stored."""
        found = await MatchService(self._work).find(subject_asked(asked), most=MOST)
        seen = {match.customer_id: one for match in found if (one := proposal(match))}
        hits = await self._hits(list(seen))
        self._log(list(hits))
        items = [
            MatchHit(
                customer=hits[customer_id],
                strength=strength(one.probability),
                probability=one.probability,
                score=one.score,
                parts=_explained(one.parts),
            )
            for customer_id, one in seen.items()
            if customer_id in hits
        ]
        return MatchResult(items=items)

    async def of_customer(self, customer_id: UUID, page: PageRequest, *, state: QueueState) -> SuggestionPage:
        """The suggestions about a customer, looked for now; of a merged one those of the live one. 404."""
        live = (await self._customers.file(customer_id)).id
        if page.cursor is None:
            await Finder(self._work, self._customers).refresh([live])
        return await self.page(page, state=state, wanted=None, customer_id=live)

    async def page(
        self, page: PageRequest, *, state: QueueState, wanted: Strength | None, customer_id: UUID | None = None
    ) -> SuggestionPage:
        """Suggestions in one state, the most likely first.

        Args:
            page: limit and cursor.
            state: which ones.
            wanted: how strong; None for all.
            customer_id: about this live customer only.
        """
        scope = f"suggestions.{state}.{wanted}.{customer_id}"
        low, high = bounds(wanted)
        before: tuple[Any, ...] = (high, -math.inf, UUID(int=0))
        if page.cursor:
            before = decode_cursor(page.cursor, (float, float, UUID), scope=scope)
        sql, of = (QUEUE, []) if customer_id is None else (QUEUE_OF_CUSTOMER, [customer_id])
        rows = await self._work.uow.fetch(sql, state, low, *before, page.limit + 1, *of)
        items = await self._views(rows[: page.limit])
        if not items:
            self._log([customer_id])
        if len(rows) > page.limit:
            last = rows[page.limit - 1]
            cursor = encode_cursor((last["probability"], last["score"], last["id"]), scope=scope)
            return SuggestionPage(items=items, next=cursor)
        return SuggestionPage(items=items)

    async def get(self, suggestion_id: UUID) -> SuggestionView:
        """One suggestion; 404."""
        row = await self._work.uow.fetchrow(ONE_SHOWN, suggestion_id)
        if row is None:
            raise not_found("suggestion")
        return (await self._views([row]))[0]

    async def _views(self, rows: Sequence[Row]) -> list[SuggestionView]:
        hits = await self._hits([row[side] for row in rows for side in ("first_id", "second_id")])
        self._log([one for one in hits if one is not None])
        return [_view(row, hits) for row in rows]

    async def _hits(self, customer_ids: list[UUID]) -> dict[UUID, CustomerHit]:
        profiles = await self._customers.profiles(customer_ids) if customer_ids else {}
        return {one: self._hit(profiles[one]) for one in customer_ids if one in profiles}

    def _hit(self, profile: Profile) -> CustomerHit:
        hit = self._customers.hit(profile, self._work.now.astimezone(BRUSSELS).date())
        return hit if profile.survivor_id is None else msgspec.structs.replace(hit, status="merged")

    def _log(self, customer_ids: Sequence[UUID | None]) -> None:
        self._work.trail.record("customer", customer_ids or [None], fields=_HIT, purpose=PURPOSE)


def _view(row: Row, hits: dict[UUID, CustomerHit]) -> SuggestionView:
    shown = ("id", "state", "probability", "score", "engine", "created_at", "changed_at", "version", "until")
    return SuggestionView(
        **{name: row[name] for name in shown},
        strength=strength(row["probability"]),
        parts=_explained(msgspec.convert(row["parts"], list[Part])),
        customers=[hits[row["first_id"]], hits[row["second_id"]]],
        decisions=msgspec.convert(row["decisions"], list[DecisionView]),
    )


def _explained(parts: Sequence[Part]) -> list[ExplanationPart]:
    """The features, what weighs most in front."""
    best = sorted(parts, key=lambda part: -abs(part.weight))
    return [ExplanationPart(**msgspec.structs.asdict(part)) for part in best]
