"""Fetching the mail of a mailbox; the handler of outbox topic `contacts.fetchMailbox`.

A mail is kept, and that committed, before the server hears that we have it; so a crash in between neither loses it nor
doubles it: the next look knows it by its UID.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from backend.contacts.inbound.service import Arrival, keep
from backend.contacts.mailboxes.rules import pause
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import Database, UnitOfWork
from backend.kit.imap import ImapAccount, ImapAway, ImapFolder
from backend.kit.locks import exclusive
from backend.kit.mail_in import LARGEST
from backend.kit.outbox import Effect, Handler, SlowHandler, awaiting
from backend.kit.work import Work

FETCH = "contacts.fetchMailbox"
"""Outbox topic; ids: `mailbox`."""
MOST = 200
"""Mails of one look; the next look goes on."""
TOO_LARGE = "it is larger than 30 MB: here are its headers, the whole of it is still in the mailbox"
FAILING = 5

log = structlog.get_logger("mailboxes")

_PLAN = """
SELECT id, address, host, port, tls, folder, done_folder, username, password, created_at, uid_validity, last_uid,
       failures
  FROM mailbox WHERE id = $1 AND active AND protocol = 'imap'
"""
_DUE = "SELECT id, looked_at, failures FROM mailbox WHERE active AND protocol = 'imap'"
_LOOKED = """
UPDATE mailbox SET looked_at = $2, uid_validity = $3, last_uid = $4, failures = $5, failure = $6
 WHERE id = $1 AND host = $7 AND port = $8 AND folder = $9 AND username = $10
"""
_KNOWN = """
SELECT uid FROM inbound_mail
 WHERE mailbox_id = $1 AND uid_validity = $2 AND uid = ANY($3::bigint[]) AND reason IS DISTINCT FROM $4
"""

Begin = Callable[[str], AbstractAsyncContextManager[Work]]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox as it was when the look began."""

    id: UUID
    address: str
    account: ImapAccount
    created_at: datetime
    uid_validity: int | None
    last_uid: int | None
    failures: int


class Looked(msgspec.Struct, kw_only=True):
    """How far a look came."""

    uid_validity: int | None
    last_uid: int | None
    failure: str | None = None


class Fetcher:
    """Fetches mailboxes.

    Args:
        database: for the lock: one look at a mailbox at a time.
        begin: begins a unit of work of the platform; committed when the block ends well.
    """

    def __init__(self, database: Database, begin: Begin) -> None:
        self._database = database
        self._begin = begin

    @property
    def handler(self) -> SlowHandler:
        """For the outbox."""
        return SlowHandler(self._prepare)

    async def _prepare(self, effect: Effect) -> Handler:
        mailbox_id = UUID(effect.ids["mailbox"])
        async with exclusive(self._database, f"mailbox {mailbox_id}") as held:
            plan = await self._plan(mailbox_id) if held else None
            if plan is None:
                return _nothing
            looked = Looked(uid_validity=plan.uid_validity, last_uid=plan.last_uid)
            try:
                await self._look(plan, looked)
            except ImapAway as away:
                looked.failure = str(away)
                tell = log.error if plan.failures + 1 >= FAILING else log.warning
                tell("mailbox_not_fetched", mailbox=str(plan.id), failures=plan.failures + 1, error=looked.failure)

        async def finish(uow: UnitOfWork, _effect: Effect) -> None:
            account = plan.account
            await uow.execute(
                _LOOKED,
                plan.id,
                datetime.now(plan.created_at.tzinfo),
                looked.uid_validity,
                looked.last_uid,
                plan.failures + 1 if looked.failure else 0,
                looked.failure,
                account.host,
                account.port,
                account.folder,
                account.username,
            )

        return finish

    async def _plan(self, mailbox_id: UUID) -> Plan | None:
        async with self._begin(str(mailbox_id)) as work:
            row = await work.uow.fetchrow(_PLAN, mailbox_id)
            if row is None:
                return None
            fields = dict(row)
            try:
                fields["password"] = work.keys.decrypt(
                    row["password"], table="mailbox", column="password", row=mailbox_id
                )
            except DecryptionFailed:
                fields["password"] = ""  # the login is refused, and that is told
        account = ImapAccount(**{name: fields.pop(name) for name in ImapAccount.__struct_fields__})
        return Plan(account=account, **fields)

    async def _look(self, plan: Plan, looked: Looked) -> None:
        """Fetch what is new; `looked` says at every moment how far it came."""
        folder = ImapFolder(plan.account)
        await asyncio.to_thread(folder.__enter__)
        try:
            uids, last = await self._new(plan, folder)
            kept: list[int] = []
            for uid in uids[:MOST]:
                if await self._fetch(plan, folder, uid):
                    kept.append(uid)
                if last is None:
                    looked.uid_validity, looked.last_uid = folder.validity, uid
            if last is not None and len(uids) <= MOST:
                looked.uid_validity, looked.last_uid = folder.validity, last
            # at last: a server that lets nobody mark a mail must not keep the others from coming in
            kept += await self._left(plan, folder, kept)
            await asyncio.to_thread(folder.put_away, kept)
        finally:
            await asyncio.to_thread(folder.__exit__, None, None, None)

    async def _new(self, plan: Plan, folder: ImapFolder) -> tuple[list[int], int | None]:
        """What to fetch; and for a first look up to where it is, as it does not go by number."""
        if plan.uid_validity == folder.validity and plan.last_uid is not None:
            return await asyncio.to_thread(folder.after, plan.last_uid), None
        if plan.uid_validity is None:
            wanted = await asyncio.to_thread(folder.unseen)
        else:  # the folder was numbered anew: what was fetched under the old numbers is recognised by its digest
            wanted = await asyncio.to_thread(folder.since, (plan.created_at - timedelta(days=1)).date())
        known = await self._known(plan, folder, wanted)
        return [uid for uid in wanted if uid not in known], max([folder.next_uid - 1, *wanted])

    async def _left(self, plan: Plan, folder: ImapFolder, kept: list[int]) -> list[int]:
        """Mails that were kept just before a crash, and that the server calls unseen."""
        unseen = [uid for uid in await asyncio.to_thread(folder.unseen) if uid not in kept][:MOST]
        return sorted(await self._known(plan, folder, unseen, whole=True))

    async def _known(self, plan: Plan, folder: ImapFolder, uids: list[int], *, whole: bool = False) -> set[int]:
        """Those that are kept; `whole`: not only their headers."""
        except_for = TOO_LARGE if whole else ""
        async with self._begin(str(plan.id)) as work:
            rows = await work.uow.fetch(_KNOWN, plan.id, folder.validity, uids, except_for)
        return {row["uid"] for row in rows}

    async def _fetch(self, plan: Plan, folder: ImapFolder, uid: int) -> bool:
        """Keep a mail, durably; gives whether the server may hear of it."""
        size = await asyncio.to_thread(folder.size, uid)
        large = size > LARGEST
        content = await asyncio.to_thread(folder.head if large else folder.content, uid)
        if not content:  # somebody took it away meanwhile
            return False
        arrival = Arrival(
            mailbox_id=plan.id,
            recipient=plan.address,
            uid=(folder.validity, uid),
            unusable=TOO_LARGE if large else "",
        )
        async with self._begin(f"{plan.id} {uid}") as work:
            await keep(work, content[:LARGEST], [arrival])
        return not large


async def plan_fetches(work: Work) -> int:
    """Have every mailbox looked at that is due; gives how many."""
    planned = 0
    for row in await work.uow.fetch(_DUE):
        ids = {"mailbox": row["id"]}
        due = row["looked_at"] is None or row["looked_at"] + pause(row["failures"]) <= work.now + timedelta(seconds=10)
        if due and not await awaiting(work.uow, FETCH, **ids):
            work.outbox.add(FETCH, work.now, **ids)
            planned += 1
    return planned


async def _nothing(_uow: UnitOfWork, _effect: Effect) -> None:
    """The mailbox is gone, or somebody looks at it."""
