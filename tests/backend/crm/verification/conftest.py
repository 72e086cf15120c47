"""A customer with an e-mail address, a mail server of the test, and a worker that runs what is due."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any, cast

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, Envelope

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.notifications.service import Mailer
from backend.worker import handlers
from tests.backend.crm.conftest import Body, Create

ADDRESS = "jan.vdb@voorbeeld.be"
KEYS = count(1)

Work = Callable[[], Awaitable[None]]


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"verification-{next(KEYS):06}"}


class Post:
    """Handler of the mail server; answers as told and keeps what came through. `mailer` sends to it."""

    mailer: Mailer

    def __init__(self) -> None:
        self.reply = "250 ok"
        self.kept: list[Envelope] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802 aiosmtpd's name
        if self.reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        self.kept.append(envelope)
        return "250 ok"

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(cast("bytes", one.content), policy=policy.default) for one in self.kept]

    def code(self) -> str:
        """The code in the last mail."""
        body = self.mails()[-1].get_body(("plain",))
        assert body is not None
        found = re.search(r"\b[0-9]{3} [0-9]{3}\b", body.get_content())
        assert found, "no code in the mail"
        return found[0]


class Asked(msgspec.Struct, frozen=True):
    """A customer and the address that is to be verified."""

    customer: str
    point: str

    @property
    def path(self) -> str:
        return f"/customers/{self.customer}/contactPoints/{self.point}/verification"


@pytest.fixture
async def post(platform: Platform) -> AsyncIterator[Post]:
    """The mail server to which the platform of this test sends."""
    made = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(made, hostname="localhost"), "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    made.mailer = platform.mailer = Mailer(url, "onthaal@stad.example", "Stad Zonderwater")
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
def work(platform: Platform, post: Post, uow: UnitOfWork) -> Work:
    """Runs what waits in the outbox, as the worker does."""
    assert platform.mailer is post.mailer

    async def run() -> None:
        # in the one transaction of a test `now()` stands still before anything was asked
        await uow.execute("UPDATE outbox SET available_at = now(), leased_until = NULL WHERE done_at IS NULL")
        dispatcher = Dispatcher(platform.database, handlers(platform))
        for effect in await dispatcher.lease(10):
            await dispatcher.run(effect)

    return run


@pytest.fixture
async def asked(create: Create, person: Body) -> Asked:
    view = (await create(person)).json()
    (point,) = [one for one in view["contactPoints"] if one["type"] == "email"]
    return Asked(view["id"], point["id"])
