"""A question to attach files to, a scanner of the test, and a worker that runs what is due."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.kit.scanner import Scanner
from backend.worker import handlers
from tests.conftest import Client
from tests.simulators.clamd import Clamd

Attach = Callable[..., Awaitable[httpx.Response]]
Work = Callable[[], Awaitable[None]]

DUE = """
UPDATE outbox SET available_at = now(), leased_until = NULL
 WHERE topic = 'contacts.scanAttachment' AND done_at IS NULL AND dead_at IS NULL
"""
LATER = "UPDATE outbox SET available_at = now() + interval '1 day' WHERE topic <> 'contacts.scanAttachment'"


@pytest.fixture
def question(registered: dict[str, Any]) -> str:
    """The path of a question of civil affairs."""
    return f"/questions/{registered['questions'][0]['id']}"


@pytest.fixture
def attach(agent: Client, question: str) -> Attach:
    """POST a file, with a fresh key; of the agent, to the question."""

    async def post(
        name: str, content: bytes, *, client: Client = agent, to: str = question, key: str = ""
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return await client.post(f"{to}/attachments", files={"file": (name, content)}, headers=headers)

    return post


@pytest.fixture
async def clamd(platform: Platform) -> AsyncIterator[Clamd]:
    """The scanner of the platform of this test."""
    async with Clamd().running() as made:
        platform.scanner = Scanner(made.url)
        yield made


@pytest.fixture
def work(platform: Platform, uow: UnitOfWork) -> Work:
    """Scans what waits, as the worker does."""

    async def run() -> None:
        # in the one transaction of a test `now()` stands still before anything was asked
        await uow.execute(LATER)
        await uow.execute(DUE)
        dispatcher = Dispatcher(platform.database, handlers(platform))
        for effect in await dispatcher.lease(10):
            await dispatcher.run(effect)

    return run
