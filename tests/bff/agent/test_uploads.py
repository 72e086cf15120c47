"""Files that come slowly: how many are held in memory at once, and for how long."""

import asyncio
from typing import Any

import httpx
import pytest

from bff.core import uploads
from tests.bff.agent.conftest import Desk

pytestmark = pytest.mark.anyio

BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x", "Idempotency-Key": "traag-0001"}


class Slow(httpx.AsyncByteStream):
    """A file of which the end does not come."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.end = asyncio.Event()

    async def __aiter__(self) -> Any:
        yield b"--x\r\n"
        self.begun.set()
        await self.end.wait()


async def send(browser: httpx.AsyncClient, question: dict[str, Any], file: Slow) -> httpx.Response:
    return await browser.post(f"/questions/{question['id']}/attachments", content=file, headers=BOUNDARY)


async def test_one_person_sends_so_many_files_at_once(desk: Desk, question: dict[str, Any]) -> None:
    files = [Slow() for _ in range(uploads.MOST_OF_ONE)]
    sent = [asyncio.create_task(send(desk["agent"], question, file)) for file in files]
    async with asyncio.timeout(10):
        for file in files:
            await file.begun.wait()
        refused = await send(desk["agent"], question, Slow())
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        other = Slow()
        other.end.set()
        assert (await send(desk["expert"], question, other)).status_code == 400, "another one's is read"
        for file in files:
            file.end.set()
        assert {answer.status_code for answer in await asyncio.gather(*sent)} == {400}
        assert (await send(desk["agent"], question, other)).status_code == 400, "there is place again"


async def test_a_file_that_does_not_come_is_not_waited_for(
    desk: Desk, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SECONDS", 0.1)
    async with asyncio.timeout(10):
        answer = await send(desk["agent"], question, Slow())
    assert (answer.status_code, answer.json()["detail"]) == (400, "The file took too long.")
