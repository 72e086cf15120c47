"""Making two customers one file, and taking that back."""

from uuid import UUID

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerService, Profile, best_name
from backend.crm.errors import customer_merged
from backend.crm.events import CustomersMerged, CustomersSplit
from backend.crm.links.errors import cannot_be_one, file_changed, merge_undone
from backend.crm.links.rules import refusal
from backend.crm.links.schemas import MergeCreate, MergePage, MergePreview, MergeResult, MergeUndone, MergeView
from backend.crm.links.service.choices import choices, hides
from backend.crm.links.service.statements import (
    LIVE,
    LOCK,
    MERGE,
    OF_FILE,
    ONE,
    ONE_LOCKED,
    RENAME,
    REPRESENTS,
    UNDO,
)
from backend.kit.db import rows_to
from backend.kit.etag import check_version
from backend.kit.locks import one_at_a_time
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import invalid_input, not_found
from backend.kit.schema import given
from backend.kit.work import Work

__all__ = ["LinkService"]

SHOWN = ("displayName", "names", "identifiers", "addresses", "contactPoints")


class LinkService:
    """Merges and their undoing; only a person decides.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def preview(self, survivor_id: UUID, merged_id: UUID) -> MergePreview:
        """The common file as it would be, and why; 404, 409.

        It is really merged and really undone, inside this transaction: what is shown is what will be.
        """
        before = await self._pair(survivor_id, merged_id)
        await self._work.uow.execute("SAVEPOINT preview")
        await self._link(survivor_id, merged_id, None)
        result = await self._settle(survivor_id)
        await self._work.uow.execute("ROLLBACK TO SAVEPOINT preview")
        self._work.trail.record("customer", [survivor_id, merged_id], fields=SHOWN)
        survivor, merged = before
        show = self._customers.view
        views = show(survivor), show(merged)
        common = show(result)
        if hides(result):  # which of them are one place is not told before the two are one
            common = replace(common, addresses=[*(given(views[0].addresses) or []), *(given(views[1].addresses) or [])])
        return MergePreview(
            survivor=views[0],
            merged=views[1],
            result=common,
            choices=choices(survivor, merged, result, self._work.keys),
        )

    async def create(self, survivor_id: UUID, data: MergeCreate) -> MergeResult:
        """Merge what was seen in a preview; 404, 409, 412 when one of the two was changed since."""
        versions = (data.survivor_version, data.merged_version)
        return await self.merge(survivor_id, data.merged_id, given(data.reason), versions)

    async def merge(
        self, survivor_id: UUID, merged_id: UUID, reason: str | None, versions: tuple[int, int] | None = None
    ) -> MergeResult:
        """One file from now on, that of the survivor; references to the other lead there. 404, 409, 412."""
        await self._pair(survivor_id, merged_id, versions)
        merge_id = await self._link(survivor_id, merged_id, reason)
        result = await self._settle(survivor_id)
        self._work.trail.record("customer", [survivor_id, merged_id], action="mergeCustomers", fields=SHOWN)
        await self._customers.reindex(result, gone=merged_id)
        await self._work.tell(CustomersMerged(survivor_id=survivor_id, merged_id=merged_id))
        return MergeResult(merge=await self._one(merge_id), customer=self._customers.view(result))

    async def undo(self, customer_id: UUID, merge_id: UUID, reason: str) -> MergeUndone:
        """Two files again, each with what was told of it, also since; 404, 409 when it was undone before."""
        uow = self._work.uow
        await self.reserve()
        merge = await self._of_file(customer_id, merge_id)
        live = await uow.fetchval(LIVE, merge.merged_id)
        locked = {row["id"]: row for row in await uow.fetch(LOCK, [live, merge.merged_id])}
        if (await uow.fetchrow(ONE_LOCKED, merge_id))["undone_at"]:  # type: ignore[index] # it was there
            raise merge_undone()
        if locked[merge.merged_id]["survivor_id"] != live:
            raise file_changed()
        await uow.execute(UNDO, merge.merged_id, merge_id, self._work.now, self._work.actor, reason)
        survivor = await self._settle(live)
        restored = await self._settle(merge.merged_id)
        self._work.trail.record("customer", [live, merge.merged_id], action="undoMerge", fields=SHOWN)
        await self._customers.reindex(survivor)
        await self._customers.reindex(restored)
        await self._work.tell(CustomersSplit(survivor_id=live, restored_id=merge.merged_id))
        show = self._customers.view
        return MergeUndone(merge=await self._one(merge_id), survivor=show(survivor), restored=show(restored))

    async def reserve(self) -> None:
        """Let no other merge or undo in between, until this transaction ends; to be called before other locks."""
        await one_at_a_time(self._work.uow, "crm.links")

    async def page(self, customer_id: UUID, page: PageRequest) -> MergePage:
        """The merges of a customer's file, newest first; 404."""
        file = await self._customers.file(customer_id)
        after = decode_cursor(page.cursor, (UUID,), scope="merges")[0] if page.cursor else None
        rows = await self._work.uow.fetch(OF_FILE, file.members, after, page.limit + 1)
        self._work.trail.record("customer", [file.id])
        items = rows_to(MergeView, rows[: page.limit])
        if len(rows) > page.limit:
            return MergePage(items=items, next=encode_cursor((items[-1].id,), scope="merges"))
        return MergePage(items=items)

    async def _pair(
        self, survivor_id: UUID, merged_id: UUID, expected: tuple[int, int] | None = None
    ) -> tuple[Profile, Profile]:
        """Both files, locked until the end; refuses what cannot be one."""
        if survivor_id == merged_id:
            raise invalid_input("Is the customer itself.", name="mergedId")
        await self.reserve()
        locked = {row["id"]: row for row in await self._work.uow.fetch(LOCK, [survivor_id, merged_id])}
        if len(locked) < 2:  # noqa: PLR2004 two customers
            raise not_found("customer")
        for place, one in enumerate((survivor_id, merged_id)):
            if locked[one]["survivor_id"] is not None:
                raise customer_merged()
            if expected:
                check_version(expected[place], locked[one]["version"])
        profiles = await self._customers.profiles([survivor_id, merged_id])
        survivor, merged = profiles[survivor_id], profiles[merged_id]
        numbers = [self._customers.numbers(profile) for profile in (survivor, merged)]
        if await self._work.uow.fetchval(REPRESENTS, survivor.members, merged.members):
            raise cannot_be_one("representsTheOther")
        if why := refusal((survivor.kind, merged.kind), numbers[0], numbers[1]):
            raise cannot_be_one(why)
        return survivor, merged

    async def _link(self, survivor_id: UUID, merged_id: UUID, reason: str | None) -> UUID:
        merge_id = uuid7()
        who = self._work.actor
        await self._work.uow.execute(MERGE, survivor_id, merged_id, merge_id, self._work.now, who, reason)
        return merge_id

    async def _settle(self, customer_id: UUID) -> Profile:
        """The file as it now is, under the name that now counts first."""
        profile = (await self._customers.profiles([customer_id]))[customer_id]
        await self._work.uow.execute(RENAME, customer_id, best_name(profile), self._work.now)
        return (await self._customers.profiles([customer_id]))[customer_id]

    async def _one(self, merge_id: UUID) -> MergeView:
        return rows_to(MergeView, await self._work.uow.fetch(ONE, merge_id))[0]

    async def _of_file(self, customer_id: UUID, merge_id: UUID) -> MergeView:
        """A merge, when it is one of this customer's; 404."""
        found = rows_to(MergeView, await self._work.uow.fetch(ONE, merge_id))
        members = (await self._customers.file(customer_id)).members
        if not found or not {found[0].survivor_id, found[0].merged_id} & {*members, customer_id}:
            raise not_found("merge")
        return found[0]
