"""What merges, and their undoing, mean for suggestions: called in the transaction of the merge.

What is suggested about the files as they then are, the worker looks for (`CustomerService.reindex` asks it to).
"""

from uuid import UUID

from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerService
from backend.crm.events import CustomersMerged, CustomersSplit
from backend.crm.suggestions.rules import ENGINE, UNDONE, Cause, ordered
from backend.crm.suggestions.service.finding import record
from backend.crm.suggestions.service.prints import Known, known
from backend.crm.suggestions.service.statements import (
    INSERT,
    OBSOLETE,
    OF_PAIR,
    OPEN_OF,
    REPRINT,
    SAME,
    TO_CARRY,
    UNDONE_FROM,
    UNROOTED,
    UPDATE,
)
from backend.kit.db import Row, encode_json
from backend.kit.work import Work


class Follower:
    """Keeps suggestions and decisions right when files become one, or two again.

    Args:
        work: the unit of work of the merge.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def merged(self, event: CustomersMerged) -> None:
        """One file from now on.

        Whatever was suggested about the one that is gone no longer holds, and is looked for anew for the file. Who was
        told to be different from it is different from the file: that decision is carried over. A decision about the one
        that stays holds on: its data grew, but nobody said anything new about it.
        """
        uow, now = self._work.uow, self._work.now
        pair = ordered(event.survivor_id, event.merged_id)
        same = [row["id"] for row in await uow.fetch(SAME, *pair, now)]
        await record(self._work, [(one, "same", "merged") for one in same], actor=self._work.actor)
        gone = [row["id"] for row in await uow.fetch(OPEN_OF, event.merged_id)]
        await self._obsolete(gone, "merged")
        await self._hold(event.survivor_id)
        await self._carry(event.survivor_id)

    async def split(self, event: CustomersSplit) -> None:
        """Two files again: somebody said that the two of that merge are not the same, so that is remembered.

        It holds for the file that the first of them is part of now, as long as it is. Decisions that were carried over
        from a customer who left no longer hold; its own ones hold as before.
        """
        both = (event.survivor_id, event.restored_id)
        for one in both:
            unrooted = [row["id"] for row in await self._work.uow.fetch(UNROOTED, one)]
            await self._obsolete(unrooted, "split")
        into = await self._work.uow.fetchval(UNDONE_FROM, event.restored_id)
        await self._apart(*ordered(into, event.restored_id))
        await self._hold(event.survivor_id)
        for one in both:
            await self._carry(one)

    async def _obsolete(self, ids: list[UUID], cause: Cause) -> None:
        if ids:
            await self._work.uow.execute(OBSOLETE, ids, self._work.now)
            await record(self._work, [(one, "obsolete", cause) for one in ids])

    async def _hold(self, customer_id: UUID) -> None:
        """Decisions about a customer hold on although its file grew or shrank."""
        about = await known(self._work, self._customers, [customer_id])
        await self._work.uow.execute(REPRINT, customer_id, about.print(customer_id), self._work.keys.writes)

    async def _apart(self, first: UUID, second: UUID) -> None:
        """The two are different, because their merge was undone."""
        about = await known(self._work, self._customers, (first, second))
        held = await self._work.uow.fetchrow(OF_PAIR, first, second)
        apart = await self._different(held, (first, second), about)
        await record(self._work, [(apart, "different", "split")], reason=UNDONE, actor=self._work.actor)

    async def _carry(self, customer_id: UUID) -> None:
        """What was decided about members of a file holds for the file."""
        members = (await self._customers.file(customer_id)).members
        for row in await self._work.uow.fetch(TO_CARRY, customer_id, members):
            pair = ordered(row["first_live"], row["second_live"])
            if pair[0] == pair[1] or pair == (row["first_id"], row["second_id"]):
                continue
            held = await self._work.uow.fetchrow(OF_PAIR, *pair)
            if held is not None and held["state"] in {"different", "same"}:
                continue
            about = await known(self._work, self._customers, pair)
            carried = await self._different(held, pair, about, root=row)
            await record(self._work, [(carried, "different", "carried")])

    async def _different(
        self, held: Row | None, pair: tuple[UUID, UUID], about: Known, *, root: Row | None = None
    ) -> UUID:
        """Store that a pair is different; what it shows is what was shown of it, or of where it was decided."""
        shown = held or root
        row_id: UUID = held["id"] if held else uuid7()
        row = {
            "id": row_id,
            "first_id": pair[0],
            "second_id": pair[1],
            "state": "different",
            "score": shown["score"] if shown else 0.0,
            "probability": shown["probability"] if shown else 0.0,
            "parts": shown["parts"] if shown else [],
            "engine": shown["engine"] if shown else ENGINE,
            "first_print": about.print(pair[0]),
            "second_print": about.print(pair[1]),
            "key_version": self._work.keys.writes,
            "root_id": root["id"] if root else None,
        }
        if held is None:
            await self._work.uow.execute(INSERT, encode_json([row]), self._work.now)
        else:
            row["version"] = held["version"]
            await self._work.uow.execute(UPDATE, encode_json([row]), self._work.now)
        return row_id
