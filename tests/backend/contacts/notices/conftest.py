"""A mail server of the test, and a worker that mails what is due."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiosmtpd.smtp import SMTP

from backend.app import Platform
from backend.contacts.notices.service import MAIL, NoticeService
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.notifications.service import Mailer
from backend.worker import handlers
from tests.backend.crm.verification.conftest import Post

Mail = Callable[[], Awaitable[None]]


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
def mail(platform: Platform, post: Post, uow: UnitOfWork) -> Mail:
    """Runs the notices that wait in the outbox, as the worker does; nothing else."""
    assert platform.mailer is post.mailer

    async def run() -> None:
        await uow.execute("UPDATE outbox SET available_at = 'infinity' WHERE done_at IS NULL AND topic <> $1", MAIL)
        await uow.execute("UPDATE outbox SET available_at = now() WHERE done_at IS NULL AND topic = $1", MAIL)
        dispatcher = Dispatcher(platform.database, handlers(platform))
        for effect in await dispatcher.lease(50):
            await dispatcher.run(effect)

    return run


def notices(platform: Platform, uow: UnitOfWork) -> NoticeService:
    """As a sweep tells."""
    return NoticeService(platform.work(uow, None, "test", "test"))
