"""Mailboxes: made and changed by administrators; which one an address is."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from uuid_utils.compat import uuid7

from backend.contacts.mailboxes.models import Mailbox
from backend.contacts.mailboxes.rules import PORTS, THIS_MACHINE, bare
from backend.contacts.mailboxes.schemas import MailboxCreate, MailboxPage, MailboxPatch, MailboxView
from backend.kit.db import UnitOfWork
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import invalid_input, not_found, unknown_reference
from backend.kit.schema import changes, given
from backend.kit.work import Work

_SERVER = ("host", "port", "tls", "username")
"""With whom a password is shared."""
_PLACE = (*_SERVER, "folder", "protocol")
"""What the numbers of the mails that were fetched belong to."""
_ACCEPTS = """
SELECT id FROM mailbox WHERE address = $1 AND active AND protocol = 'lmtp'
"""
_OF_ADDRESS = "SELECT id FROM mailbox WHERE address = $1"
_DEPARTMENT = "SELECT true FROM department WHERE id = $1 AND active"


class MailboxService:
    """Group mailboxes.

    Args:
        work: the unit of work.
        plain: whether a password may travel unencrypted to another machine.
    """

    def __init__(self, work: Work, *, plain: bool) -> None:
        self._work = work
        self._plain = plain

    async def page(self, page: PageRequest) -> MailboxPage:
        """Mailboxes by address."""
        query = select(Mailbox).order_by(Mailbox.address).limit(page.limit + 1)
        if page.cursor:
            query = query.where(Mailbox.address > decode_cursor(page.cursor, (str,), scope="mailboxes")[0])
        rows = (await self._work.uow.session.scalars(query)).all()
        views = [_view(row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            return MailboxPage(items=views, next=encode_cursor((views[-1].address,), scope="mailboxes"))
        return MailboxPage(items=views)

    async def get(self, mailbox_id: UUID) -> MailboxView:
        """One mailbox; 404."""
        return _view(await self._row(mailbox_id))

    async def create(self, data: MailboxCreate) -> MailboxView:
        """A new mailbox; 400 for an unknown department or incomplete settings, 409 for an address in use."""
        mailbox_id = uuid7()
        row = Mailbox(
            id=mailbox_id,
            address=_address(data.address),
            name=data.name,
            department_id=given(data.department_id),
            kind=data.kind,
            protocol=data.protocol,
            host=given(data.host),
            port=given(data.port) or PORTS[data.tls],
            tls=data.tls,
            folder=data.folder,
            done_folder=given(data.done_folder),
            username=given(data.username),
            password=self._sealed(given(data.password), mailbox_id),
            active=data.active,
            created_at=self._work.now,
            failures=0,
            version=1,
        )
        await self._check(row)
        self._work.uow.session.add(row)
        await self._work.uow.session.flush()
        self._work.trail.record("mailbox", [mailbox_id])
        return _view(row)

    async def change(self, mailbox_id: UUID, data: MailboxPatch, expected: int) -> MailboxView:
        """Change a mailbox; 400, 404, 412."""
        row = await self._row(mailbox_id, lock=True)
        check_version(expected, row.version)
        fields = changes(data)
        before = {name: getattr(row, name) for name in (*_PLACE, "active")}
        if "tls" in fields and "port" not in fields:
            fields["port"] = PORTS[fields["tls"]]  # type: ignore[index] # checked by the shape
        if "password" in fields:
            fields["password"] = self._sealed(given(data.password), mailbox_id)
        elif row.password is not None and any(fields.get(name, before[name]) != before[name] for name in _SERVER):
            raise invalid_input("Give the password again: it goes with its server.", name="password")
        for name, value in fields.items():
            setattr(row, name, value)
        if any(getattr(row, name) != value for name, value in before.items()):
            row.failures, row.failure = 0, None
        if any(getattr(row, name) != before[name] for name in _PLACE):
            row.uid_validity = row.last_uid = None
        await self._check(row)
        row.version = row.version + 1
        await self._work.uow.session.flush()
        self._work.trail.record("mailbox", [mailbox_id], fields=list(changes(data)))
        return _view(row)

    async def _check(self, row: Mailbox) -> None:
        """400 for what the shape alone cannot say."""
        if row.department_id and not await self._work.uow.fetchval(_DEPARTMENT, row.department_id):
            raise unknown_reference("departmentId", "No such department, or it is not active any more.")
        if row.protocol != "imap":
            return
        for name in ("host", "username", "password"):
            if getattr(row, name) is None:
                raise invalid_input("A mailbox that is fetched needs host, username and password.", name=name)
        if row.tls == "none" and not self._plain and row.host not in THIS_MACHINE:
            raise invalid_input("A password does not travel unencrypted to another machine.", name="tls")

    async def _row(self, mailbox_id: UUID, *, lock: bool = False) -> Mailbox:
        row = await self._work.uow.session.get(Mailbox, mailbox_id, with_for_update=lock or None)
        if row is None:
            raise not_found("mailbox")
        return row

    def _sealed(self, password: str | None, mailbox_id: UUID) -> bytes | None:
        if password is None:
            return None
        return self._work.keys.encrypt(password, table="mailbox", column="password", row=mailbox_id)


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mail goes: a mailbox, or the sender address of our own mails, which need not be one."""

    id: UUID | None
    address: str


async def box_of(uow: UnitOfWork, address: str, sender: str) -> Box | None:
    """The mailbox that a mail server means by an address; None when it is not ours to take.

    Args:
        uow: the transaction.
        address: as the server says, perhaps with `+something`.
        sender: address in From of our own mails: customers answer to it, and reports about our mails come to it.
    """
    try:
        found = bare(address)
    except ValueError:
        return None
    if found == bare(sender):
        return Box(id=await uow.fetchval(_OF_ADDRESS, found), address=found)
    mailbox_id = await uow.fetchval(_ACCEPTS, found)
    return Box(id=mailbox_id, address=found) if mailbox_id else None


def _address(typed: str) -> str:
    try:
        found = bare(typed)
    except ValueError as error:
        raise invalid_input("This is no e-mail address.", name="address") from error
    if found != typed.lower():
        raise invalid_input("Leave out what follows the +: it is delivered to the same mailbox.", name="address")
    return found


def _view(row: Mailbox) -> MailboxView:
    shown: dict[str, Any] = {
        name: getattr(row, name) for name in MailboxView.__struct_fields__ if name != "has_password"
    }
    return MailboxView(**shown, has_password=row.password is not None)
