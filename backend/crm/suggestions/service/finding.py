"""Looking for customers that may be the same, and keeping the stored suggestions equal to what the engine says."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerService
from backend.crm.matching.service import MatchService
from backend.crm.suggestions.rules import (
    ENGINE,
    MOST,
    Cause,
    Held,
    Proposal,
    Revision,
    State,
    ordered,
    proposal,
    revised,
)
from backend.crm.suggestions.service.prints import Known, known
from backend.crm.suggestions.service.statements import DECIDED, INSERT, LIVE, OF_CUSTOMERS, OLD_PRINTS, STAMP, UPDATE
from backend.kit.db import Row, encode_json
from backend.kit.work import Work

Pair = tuple[UUID, UUID]
Found = dict[Pair, Proposal]
Apart = defaultdict[UUID, set[UUID]]
"""Who was told to be different from whom: they do not stand in the way of who really is the same."""


class Counts(msgspec.Struct, kw_only=True):
    """What a look changed."""

    created: int = 0
    reopened: int = 0
    closed: int = 0


class Finder:
    """Looks for suggestions and stores them.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers
        self._matches = MatchService(work)

    async def refresh(self, customer_ids: Sequence[UUID]) -> Counts:
        """Bring the suggestions about these customers up to date; merged and unknown ones have none.

        Nothing is written, and nobody waits, when nothing changed. Of two that look at the same pair at once the first
        one writes, and the second one finds it written; what it sees better, of the same data, it writes anew.
        """
        held = await self._work.uow.fetch(OF_CUSTOMERS, list(customer_ids))
        watched = [row for row in held if row["state"] in {"open", "later", "different"}]
        about = await known(self._work, self._customers, (*customer_ids, *_customers_of(watched)))
        apart = _apart(held, about)
        found = await self._look(customer_ids, about, apart)
        more = {one for pair in found for one in pair if one not in about.profiles}
        about = about.joined(await known(self._work, self._customers, more)) if more else about
        await self._look_back([row for row in held if _gone(row, found, about)], customer_ids, about, apart, found)
        stored = {(row["first_id"], row["second_id"]) for row in held}
        new = [pair for pair in found if pair not in stored]
        revisions = [
            (row, revision)
            for row in held
            if (revision := self._revised(row, found.get((row["first_id"], row["second_id"])), about))
        ]
        return await self._store(new, revisions, found, about)

    async def _look(self, customer_ids: Sequence[UUID], about: Known, apart: Apart) -> Found:
        """What the engine proposes, seen from each of these customers; of a pair seen twice the better view."""
        found: Found = {}
        for customer_id in customer_ids:
            if about.live(customer_id):
                for other, seen in (await self._seen(customer_id, about, apart)).items():
                    pair = ordered(customer_id, other)
                    if pair not in found or found[pair].probability < seen.probability:
                        found[pair] = seen
        return found

    async def _seen(self, customer_id: UUID, about: Known, apart: Apart) -> dict[UUID, Proposal]:
        without = {customer_id, *apart[customer_id]}
        matches = await self._matches.find(about.subjects[customer_id], without=without, most=MOST)
        return {match.customer_id: seen for match in matches if (seen := proposal(match))}

    async def _look_back(
        self, gone: Sequence[Row], looked: Sequence[UUID], about: Known, apart: Apart, found: Found
    ) -> None:
        """A pair that is no longer seen from one side may still be seen from the other: then it stays."""
        for row in gone:
            first, second = row["first_id"], row["second_id"]
            here, other = (first, second) if first in looked else (second, first)
            if other not in looked:
                back = (await self._seen(other, about, apart)).get(here)
                found |= {(first, second): back} if back else {}

    def _revised(self, row: Row, found: Proposal | None, about: Known) -> Revision | None:
        held = Held(
            state=row["state"],
            probability=row["probability"],
            until=row["until"],
            same_data=about.same_data(row),
            current=_current(row, about),
        )
        return revised(held, found, self._work.now)

    async def _store(
        self, new: Sequence[Pair], revisions: Sequence[tuple[Row, Revision]], found: Found, about: Known
    ) -> Counts:
        counts = Counts()
        if not new and not revisions:
            return counts
        pairs = [*new, *((row["first_id"], row["second_id"]) for row, _ in revisions)]
        live = {row["id"] for row in await self._work.uow.fetch(LIVE, list({one for pair in pairs for one in pair}))}
        rows = [_row(uuid7(), pair, "open", found[pair], about, self._work) for pair in new if live.issuperset(pair)]
        if rows:
            counts.created = len(await self._work.uow.fetch(INSERT, encode_json(rows), self._work.now))
        if counts.created < len(rows):
            revisions = [*revisions, *await self._overtaken(new, found, about)]
        await self._revise(revisions, live, about, counts)
        return counts

    async def _overtaken(self, new: Sequence[Pair], found: Found, about: Known) -> list[tuple[Row, Revision]]:
        """Of pairs that somebody else wrote since we looked: those that we see better, of the same data."""
        written = await self._work.uow.fetch(OF_CUSTOMERS, list({one for pair in new for one in pair}))
        rows = {(row["first_id"], row["second_id"]): row for row in written if _current(row, about)}
        return [
            (rows[pair], revision)
            for pair in new
            if pair in rows and (revision := self._revised(rows[pair], found[pair], about))
        ]

    async def _revise(
        self, revisions: Sequence[tuple[Row, Revision]], live: set[UUID], about: Known, counts: Counts
    ) -> None:
        rows, causes = [], {}
        for row, revision in revisions:
            pair = (row["first_id"], row["second_id"])
            if not live.issuperset(pair):
                continue  # a merge was first, and took care of it
            shown = revision.proposal or Proposal(
                score=row["score"], probability=row["probability"], parts=msgspec.convert(row["parts"], list[Any])
            )
            rows.append(_row(row["id"], pair, revision.state, shown, about, self._work) | {"version": row["version"]})
            if revision.cause:
                causes[row["id"]] = (revision.state, revision.cause)
        if not rows:
            return
        done = [row["id"] for row in await self._work.uow.fetch(UPDATE, encode_json(rows), self._work.now)]
        told = [(one, *causes[one]) for one in done if one in causes]
        await record(self._work, told)
        counts.reopened = sum(state == "open" for _, state, _ in told)
        counts.closed = sum(state == "obsolete" for _, state, _ in told)

    async def restamp(self, most: int) -> int:
        """Write hashes made with older keys anew, at most so many suggestions; gives how many there were."""
        writes = self._work.keys.writes
        rows = await self._work.uow.fetch(OLD_PRINTS, writes, most)
        about = await known(self._work, self._customers, _customers_of(rows))
        fresh = [
            {
                "id": row["id"],
                "first_print": about.fresh(row["first_id"], row["first_print"]),
                "second_print": about.fresh(row["second_id"], row["second_print"]),
            }
            for row in rows
        ]
        if fresh:
            await self._work.uow.execute(STAMP, encode_json(fresh), writes)
        return len(fresh)


async def record(
    work: Work, changes: Iterable[tuple[UUID, State, Cause]], *, reason: str | None = None, actor: UUID | None = None
) -> None:
    """Note why suggestions changed state."""
    rows = [
        {"id": uuid7(), "suggestion_id": one, "decision": state, "cause": cause, "actor_id": actor, "reason": reason}
        for one, state, cause in changes
    ]
    if rows:
        await work.uow.execute(DECIDED, encode_json(rows), work.now)


def _row(row_id: UUID, pair: Pair, state: State, shown: Proposal, about: Known, work: Work) -> dict[str, Any]:
    return {
        "id": row_id,
        "first_id": pair[0],
        "second_id": pair[1],
        "state": state,
        "score": shown.score,
        "probability": shown.probability,
        "parts": shown.parts,
        "engine": ENGINE,
        "first_print": about.print(pair[0]),
        "second_print": about.print(pair[1]),
        "key_version": work.keys.writes,
    }


def _apart(held: Iterable[Row], about: Known) -> Apart:
    apart: Apart = defaultdict(set)
    for row in held:
        if row["state"] == "different" and about.same_data(row):
            apart[row["first_id"]].add(row["second_id"])
            apart[row["second_id"]].add(row["first_id"])
    return apart


def _gone(row: Row, found: Found, about: Known) -> bool:
    """Whether a pair of live customers was suggested, of other data than now, and is not seen any more."""
    first, second = pair = (row["first_id"], row["second_id"])
    was = row["state"] in {"open", "later"} and not _current(row, about)
    return was and pair not in found and about.live(first) and about.live(second)


def _current(row: Row, about: Known) -> bool:
    return row["engine"] == ENGINE and about.same_data(row)


def _customers_of(rows: Iterable[Row]) -> list[UUID]:
    return [row[side] for row in rows for side in ("first_id", "second_id")]
