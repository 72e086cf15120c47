"""Mail in and out of one test: brought to the door, read by the worker's handlers, sent to a server that keeps it."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.contacts.inbound.jobs import Doorkeeper
from backend.kit.db import Row, UnitOfWork
from backend.kit.embedded.mailsink import Keeper, list_mails, read_mail
from backend.kit.outbox import Dispatcher, Effect
from backend.notifications.service import Mailer
from backend.worker import handlers
from tests.people import People

FROM = "onthaal@zonderwater.example"
LOKET = "loket@zonderwater.example"
PAGE = """
SELECT i.*, q.state AS question_state, q.subject, q.body, q.department_id, q.kind FROM inbound_mail i
  LEFT JOIN question q ON q.id = i.question_id WHERE i.id = ANY($1::uuid[]) ORDER BY i.id
"""


class Office:
    """What a test does with mail.

    Attributes:
        failures: why effects failed, in order.
    """

    def __init__(self, platform: Platform, uow: UnitOfWork, maildir: Path) -> None:
        self.platform = platform
        self.uow = uow
        self.maildir = maildir
        self.failures: list[str] = []
        self.door = Doorkeeper(lambda trace: platform.unit(None, "receiveMail", trace), FROM)

    async def mailbox(self, address: str = LOKET, **columns: Any) -> UUID:
        """A mailbox straight in the database."""
        made = uuid7()
        await self.uow.execute(
            """INSERT INTO mailbox (id, address, name, department_id, kind, protocol, port, tls, folder, active,
                      created_at)
               VALUES ($1, $2, 'Loket', $3, $4, 'lmtp', 993, 'implicit', 'INBOX', $5, now())""",
            made,
            address,
            columns.get("department_id"),
            columns.get("kind", "question"),
            columns.get("active", True),
        )
        return made

    async def bring(self, raw: bytes, to: str = LOKET, sender: str = "iemand@voorbeeld.be") -> UUID:
        """A mail server brings a mail; gives the id of its row."""
        before = {row["id"] for row in await self.uow.fetch("SELECT id FROM inbound_mail")}
        await self.door.keep(sender, [to], raw)
        rows = await self.uow.fetch("SELECT id FROM inbound_mail ORDER BY id")
        new = [row["id"] for row in rows if row["id"] not in before]
        found: UUID = (new or [row["id"] for row in rows])[-1]
        return found

    async def work(self, *, attempts: int | None = None) -> None:
        """Run what waits in the outbox, as the worker does."""
        due = "UPDATE outbox SET available_at = now(), leased_until = NULL WHERE done_at IS NULL AND dead_at IS NULL"
        for _ in range(5):
            await self.uow.execute(due)
            if attempts is not None:
                await self.uow.execute("UPDATE outbox SET attempts = $1 WHERE done_at IS NULL", attempts)
            dispatcher = Dispatcher(self.platform.database, handlers(self.platform), self._failed)
            effects = await dispatcher.lease(50)
            for effect in effects:
                await dispatcher.run(effect)
            if not effects or self.failures:
                return

    def _failed(self, effect: Effect, why: str, _dead: bool) -> None:
        self.failures.append(f"{effect.topic}: {why}")

    async def take(self, raw: bytes, to: str = LOKET, sender: str = "iemand@voorbeeld.be") -> Row:
        """A mail comes in and is read; gives its row and the question it belongs to."""
        mail_id = await self.bring(raw, to, sender)
        await self.work()
        assert self.failures == []
        return await self.row(mail_id)

    async def row(self, mail_id: UUID) -> Row:
        (row,) = await self.uow.fetch(PAGE, [mail_id])
        return row

    async def messages(self, question_id: UUID) -> list[Row]:
        return await self.uow.fetch("SELECT * FROM message WHERE question_id = $1 ORDER BY id", question_id)

    def sent(self, to: str | None = None) -> list[EmailMessage]:
        """The mails that left, oldest first."""
        kept = [one for one in list_mails(self.maildir) if to is None or to in one.to]
        return [read_mail(self.maildir, one.id) for one in kept]


@pytest.fixture
async def office(platform: Platform, people: People, uow: UnitOfWork, tmp_path: Path) -> AsyncIterator[Office]:
    assert people
    keeper = Keeper(tmp_path / "sent")
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keeper, hostname="localhost"), "127.0.0.1", 0)
    platform.mailer = Mailer(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", FROM, "Stad Zonderwater")
    yield Office(platform, uow, tmp_path / "sent")
    server.close()
    await server.wait_closed()
