"""Taking mail from a mail server, reading it, telling people about what could not be read.

Handlers of outbox topics `contacts.readMail` and `contacts.quarantineNotice`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from backend.contacts.inbound.rules import ReadMail, words
from backend.contacts.inbound.service import Arrival, MailTaker, arrived, keep, notice, quarantine
from backend.contacts.life.service import LifeService
from backend.contacts.mailboxes.service import Box, box_of
from backend.contacts.rules import Placer
from backend.kit.blobs import read_blob
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect, Handler, SlowHandler
from backend.kit.work import Work
from backend.notifications.rules import plain_mail
from backend.notifications.service import Mailer

TRIES = 5
"""A mail that could not be taken in so often, in about half an hour, goes to people."""

Begin = Callable[[str], AbstractAsyncContextManager[Work]]
"""Begins a unit of work of the platform, given what asked for it; committed when the block ends well."""

_WHY = "SELECT reason FROM outbox WHERE id = $1"


class Doorkeeper:
    """Takes mail over from a mail server: what it said yes to is committed.

    Args:
        begin: begins a unit of work.
        sender: address in From of our own mails.
    """

    def __init__(self, begin: Begin, sender: str) -> None:
        self._begin = begin
        self._sender = sender

    async def accepts(self, address: str) -> bool:
        """Whether mail for this address is taken here; raises when nobody knows now."""
        async with self._begin("rcpt") as work:
            return await box_of(work.uow, address, self._sender) is not None

    async def keep(self, envelope_sender: str, recipients: Sequence[str], content: bytes) -> None:
        """Keep a mail, durably; raises when that is not certain."""
        async with self._begin("data") as work:
            boxes: dict[str, Box] = {}
            for address in recipients:
                box = await box_of(work.uow, address, self._sender)
                if box is None:  # changed since it was asked
                    raise LookupError("not a mailbox any more")
                boxes[box.address] = box
            arrivals = [
                Arrival(mailbox_id=box.id, recipient=box.address, envelope_sender=envelope_sender)
                for box in boxes.values()
            ]
            await keep(work, content, arrivals)


class MailReader:
    """Outbox handler: reads a mail beside the event loop, then decides about it in one transaction.

    Args:
        begin: begins a unit of work.
        work: makes one of a transaction.
        placer: who owns a question.
        life: the life cycle.
        read: reads a mail.
        sender: address in From of our own mails.
    """

    def __init__(
        self,
        begin: Begin,
        work: Callable[[UnitOfWork, Effect], Work],
        placer: Callable[[Work], Placer],
        life: Callable[[Work], LifeService],
        read: ReadMail,
        sender: str,
    ) -> None:
        self._begin = begin
        self._work = work
        self._placer = placer
        self._life = life
        self._read = read
        self._sender = sender

    @property
    def handler(self) -> SlowHandler:
        """For the outbox."""
        return SlowHandler(self._prepare)

    async def _prepare(self, effect: Effect) -> Handler:
        mail_id = UUID(effect.ids["mail"])
        if effect.attempts > TRIES:
            return self._give_up
        async with self._begin(str(effect.id)) as work:
            row = await arrived(work.uow, mail_id)
            content = await read_blob(work, row.blob_id) if row and row.state == "received" else b""
        if row is None or row.state != "received":
            return _nothing
        mail = await asyncio.to_thread(self._read, content, row.envelope_sender)

        async def finish(uow: UnitOfWork, effect: Effect) -> None:
            work = self._work(uow, effect)
            await MailTaker(work, self._placer(work), self._life(work), self._sender).take(mail_id, mail)

        return finish

    async def _give_up(self, uow: UnitOfWork, effect: Effect) -> None:
        work, mail_id = self._work(uow, effect), UUID(effect.ids["mail"])
        row = await arrived(uow, mail_id, lock=True)
        if row is not None and row.state == "received":
            why = await uow.fetchval(_WHY, effect.id) or "the worker stopped each time"
            await quarantine(work, mail_id, f"it could not be taken in, {TRIES} times: {why}")


async def _nothing(_uow: UnitOfWork, _effect: Effect) -> None:
    """Somebody was first."""


class QuarantineNotifier:
    """Outbox handler: tells one person that a mail is in quarantine.

    Args:
        work: makes the unit of work of a job.
        mailer: the mail server.
        city: who writes.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work], mailer: Mailer, city: str) -> None:
        self._work = work
        self._mailer = mailer
        self._city = city

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Send the notice; raises when it must be tried again."""
        told = await notice(uow, UUID(effect.ids["mail"]), UUID(effect.ids["user"]))
        if told is None:
            return
        text = words.notice_text(told.id, told.at, self._city)
        await self._mailer.send(plain_mail(str(effect.id), told.recipient, words.QUARANTINE, text, told.at))
        self._work(uow, effect).trail.record("user", [UUID(effect.ids["user"])], purpose="supervision")
