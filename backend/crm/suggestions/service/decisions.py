"""What people decide about suggestions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerService
from backend.crm.links.service import LinkService
from backend.crm.suggestions.errors import already_merged, already_open, no_longer_proposed
from backend.crm.suggestions.rules import LONGEST_REST, REST, SUGGEST, Cause, State
from backend.crm.suggestions.schemas import DecisionInput
from backend.crm.suggestions.service.finding import record
from backend.crm.suggestions.service.prints import known
from backend.crm.suggestions.service.statements import DECIDE, DECIDED, LIVE, LIVE_ALONE, ONE, ONE_LOCKED, TAKE_BACK
from backend.kit.db import Row, encode_json
from backend.kit.etag import check_version
from backend.kit.problems import invalid_input, not_found
from backend.kit.schema import given
from backend.kit.work import Work


class DecisionService:
    """Same, different, later, or open again.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def decide(self, suggestion_id: UUID, data: DecisionInput, expected: int) -> None:
        """Store a decision and do what follows from it, in this transaction.

        The customers are locked before the suggestion, as whoever merges or looks does: of two at once one is told.

        Raises:
            ProblemError: 400; 404; 409 when there is nothing to decide (any more), or the two cannot be one; 412 when
                the suggestion was changed since it was read.
        """
        self._check(data)
        uow = self._work.uow
        row = await uow.fetchrow(ONE, suggestion_id)
        if row is None:
            raise not_found("suggestion")
        pair: tuple[UUID, UUID] = (row["first_id"], row["second_id"])
        links = LinkService(self._work, self._customers)
        if data.decision == "same":
            await links.reserve()
        lock = LIVE_ALONE if data.decision == "same" else LIVE
        live = {one["id"] for one in await uow.fetch(lock, list(pair))}
        row = await uow.fetchrow(ONE_LOCKED, suggestion_id)
        if row is None:
            raise not_found("suggestion")
        self._refuse(row, data, expected)
        if not live.issuperset(pair):
            raise no_longer_proposed()
        await self._write(row, data)
        if data.decision == "same":
            survivor = given(data.survivor_id) or pair[0]
            merged = pair[1] if survivor == pair[0] else pair[0]
            await links.merge(survivor, merged, given(data.reason))
        if data.decision in {"different", "open"}:  # who else may be the same is another question now
            for one in pair:
                self._work.outbox.add(SUGGEST, self._work.now, customer=one)

    def _check(self, data: DecisionInput) -> None:
        until, now = given(data.until), self._work.now
        if given(data.survivor_id) and data.decision != "same":
            raise invalid_input("Goes with `same` only.", name="survivorId")
        if until is None:
            return
        if data.decision != "later":
            raise invalid_input("Goes with `later` only.", name="until")
        if not now < until <= now + LONGEST_REST:
            raise invalid_input("A moment to come, within a year.", name="until", kind="outOfRange")

    def _refuse(self, row: Row, data: DecisionInput, expected: int) -> None:
        check_version(expected, row["version"])
        if row["state"] == "same":
            raise already_merged()
        if row["state"] == "obsolete":
            raise no_longer_proposed()
        if row["state"] == data.decision == "open":
            raise already_open()
        if (survivor := given(data.survivor_id)) and survivor not in {row["first_id"], row["second_id"]}:
            raise invalid_input("Is neither of the two.", name="survivorId")

    async def _write(self, row: Row, data: DecisionInput) -> None:
        """The new state, with hashes of what is known of both now: what the decision was about."""
        work, until = self._work, self._until(data)
        first, second = row["first_id"], row["second_id"]
        about = await known(work, self._customers, (first, second))
        if data.decision in {"open", "later"}:
            await self._take_back(row)
        prints = (about.print(first), about.print(second), work.keys.writes)
        await work.uow.execute(DECIDE, row["id"], data.decision, until, *prints, work.now)
        decision: dict[str, Any] = {
            "id": uuid7(),
            "suggestion_id": row["id"],
            "decision": data.decision,
            "cause": "person",
            "actor_id": work.actor,
            "reason": given(data.reason),
            "until": until,
        }
        await work.uow.execute(DECIDED, encode_json([decision]), work.now)
        work.trail.record("suggestion", [row["id"]], fields=[f"decision:{data.decision}"])

    async def _take_back(self, row: Row) -> None:
        """What was decided about members of the two files is taken back with it, or it would be carried over again."""
        files = [(await self._customers.file(row[side])).members for side in ("first_id", "second_id")]
        back = await self._work.uow.fetch(TAKE_BACK, *files, self._work.now, row["id"])
        told: list[tuple[UUID, State, Cause]] = [(one["id"], "obsolete", "person") for one in back]
        await record(self._work, told, actor=self._work.actor)

    def _until(self, data: DecisionInput) -> datetime | None:
        return (given(data.until) or self._work.now + REST) if data.decision == "later" else None
