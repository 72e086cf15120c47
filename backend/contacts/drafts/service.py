"""Contacts in progress, each of one colleague only."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.contacts.drafts.schemas import (
    ContactDraftPage,
    ContactDraftReplace,
    ContactDraftSummary,
    ContactDraftView,
)
from backend.kit.db import Row, UnitOfWork
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, invalid_input, not_found
from backend.kit.work import Work

KEEP = timedelta(days=30)
"""Since the last change."""
LARGEST = 200_000
MOST = 50
"""Contacts in progress of one colleague."""

_SCOPE = "contactDrafts"
_COLUMNS = "id, content, version, created_at, changed_at"
_PAGE = f"""
SELECT {_COLUMNS} FROM contact_draft
 WHERE owner_id = $1 AND ($2::timestamptz IS NULL OR (changed_at, id) < ($2, $3::uuid))
 ORDER BY changed_at DESC, id DESC LIMIT $4
"""
_ONE = f"SELECT {_COLUMNS}, owner_id FROM contact_draft WHERE id = $1"
_HELD = "SELECT count(*) FROM contact_draft WHERE owner_id = $1"
_ADD = """
INSERT INTO contact_draft (id, owner_id, content, version, created_at, changed_at) VALUES ($1, $2, $3, 1, $4, $4)
    ON CONFLICT (id) DO NOTHING RETURNING version
"""
_CHANGE = "UPDATE contact_draft SET content = $2, version = version + 1, changed_at = $3 WHERE id = $1"
_REMOVE = "DELETE FROM contact_draft WHERE id = $1"
_FORGET = "DELETE FROM contact_draft WHERE changed_at < now() - $1::interval"


class Typed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is encrypted."""

    content: dict[str, Any]
    title: str | UnsetType = UNSET


_TYPED = msgspec.json.Decoder(Typed)


class DraftService:
    """The contacts in progress of the person.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest) -> ContactDraftPage:
        """The person's own, the one changed last first; without content."""
        after = decode_cursor(page.cursor, (datetime, UUID), scope=_SCOPE) if page.cursor else (None, None)
        rows = await self._work.uow.fetch(_PAGE, self._work.who.id, *after, page.limit + 1)
        shown = rows[: page.limit]
        items = [ContactDraftSummary(title=self._typed(row).title, **_facts(row)) for row in shown]
        self._work.trail.record("contactDraft", [one.id for one in items], fields=["title"])
        if len(rows) > page.limit:
            last = (shown[-1]["changed_at"], shown[-1]["id"])
            return ContactDraftPage(items=items, next=encode_cursor(last, scope=_SCOPE))
        return ContactDraftPage(items=items)

    async def get(self, draft_id: UUID) -> ContactDraftView:
        """One with all that was typed; 404 for one of somebody else."""
        row = await self._mine(draft_id)
        if row is None:
            raise not_found("contact in progress")
        self._work.trail.record("contactDraft", [draft_id])
        typed = self._typed(row)
        return ContactDraftView(title=typed.title, content=typed.content, **_facts(row))

    async def replace(self, draft_id: UUID, data: ContactDraftReplace, expected: int) -> ContactDraftView:
        """Keep what was typed; version 0 begins a new one.

        Raises:
            ProblemError: 400 for too much, 404 for one of somebody else, 409 `tooManyDrafts`, 412 when another screen
                of the person changed or dropped it meanwhile.
        """
        clear = msgspec.json.encode(Typed(title=data.title, content=data.content)).decode()
        if len(clear.encode()) > LARGEST:
            raise invalid_input(f"At most {LARGEST} bytes.", name="content", kind="outOfRange")
        work, row = self._work, await self._mine(draft_id, lock=True)
        check_version(expected, row["version"] if row else 0)
        sealed = work.keys.encrypt(clear, table="contact_draft", column="content", row=draft_id)
        if row:
            await work.uow.execute(_CHANGE, draft_id, sealed, work.now)
        else:
            await self._add(draft_id, sealed)
        work.trail.record("contactDraft", [draft_id])
        return ContactDraftView(
            id=draft_id,
            title=data.title,
            content=data.content,
            version=expected + 1,
            created_at=row["created_at"] if row else work.now,
            changed_at=work.now,
        )

    async def remove(self, draft_id: UUID, expected: int) -> None:
        """Drop it; 404, 412."""
        row = await self._mine(draft_id, lock=True)
        if row is None:
            raise not_found("contact in progress")
        check_version(expected, row["version"])
        await self._work.uow.execute(_REMOVE, draft_id)
        self._work.trail.record("contactDraft", [draft_id])

    async def _add(self, draft_id: UUID, sealed: bytes) -> None:
        who, now = self._work.who.id, self._work.now
        if await self._work.uow.fetchval(_HELD, who) >= MOST:
            raise conflict("tooManyDrafts", f"{MOST} contacts in progress: register or drop some.")
        if await self._work.uow.fetchval(_ADD, draft_id, who, sealed, now) is None:  # begun at this very moment
            check_version(0, 1)

    async def _mine(self, draft_id: UUID, *, lock: bool = False) -> Row | None:
        row = await self._work.uow.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, draft_id)
        if row is not None and row["owner_id"] != self._work.who.id:
            raise not_found("contact in progress", denied=("contactDraft", draft_id))
        return row

    def _typed(self, row: Row) -> Typed:
        clear = self._work.keys.decrypt(row["content"], table="contact_draft", column="content", row=row["id"])
        return _TYPED.decode(clear)


def _facts(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "version", "created_at", "changed_at")}


async def forget_old(uow: UnitOfWork) -> int:
    """Drop what was not touched for a month; gives how many."""
    tag = await uow.execute(_FORGET, KEEP)
    return int(tag.split()[-1])
