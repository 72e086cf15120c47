"""The stream over a real server, with sessions in Redis: a claim of one colleague is told to the other."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backend.kit.embedded.places import free_port
from backend.settings import Settings, variable
from bff.agent.events import MOST_STREAMS
from bff.session import Sessions
from bff.session.store import store_of
from tests.bff.agent.conftest import contact, wrap_up
from tests.people import People

pytestmark = pytest.mark.anyio

START_SECONDS = 40


class Server(msgspec.Struct):
    """A process with the core and the channels, and its sessions."""

    url: str
    sessions: Sessions
    people: People
    opened: AsyncExitStack

    async def browser(self, who: str) -> httpx.AsyncClient:
        """A colleague who is logged in."""
        token, _ = await self.sessions.start(str(self.people.users[who]), who)
        headers = {"Cookie": f"{self.sessions.cookie}={token}", "X-CSRF": "1"}
        client = httpx.AsyncClient(base_url=f"{self.url}/agent", headers=headers, timeout=20)
        return await self.opened.enter_async_context(client)


@pytest.fixture
def process(core_settings: Settings, tmp_path: Path) -> Iterator[str]:
    """A running `onthaal serve --channels`; gives its address."""
    port = free_port("127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    given = {name: getattr(core_settings, name) for name in ("data", "database_url", "redis_url", "smtp_url")}
    environment = os.environ | {variable(name): value for name, value in given.items()}
    environment |= {
        "ONTHAAL_BFF_SESSIONS_URL": core_settings.redis_url,
        "ONTHAAL_BFF_KEYS": str(Path(core_settings.data) / "keys"),
        "ONTHAAL_BFF_PUBLIC_URL": url,
    }
    with (tmp_path / "serve.log").open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "serve", "--channels", "--port", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield url
        finally:
            started.terminate()
            started.wait(30)


@pytest.fixture
async def server(process: str, core_settings: Settings, city: People) -> AsyncIterator[Server]:
    """The process, once it answers, with its sessions."""
    await _ready(process)
    sessions = Sessions("agent", store_of(core_settings.redis_url, "agent"))
    async with AsyncExitStack() as opened:
        yield Server(process, sessions, city, opened)
    await sessions.close()


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(START_SECONDS * 5):
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{url}/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.2)
    pytest.fail("the server does not answer")


class Stream:
    """What a stream told, with the moment."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def until(self, wanted: str, seconds: float) -> list[str]:
        """Lines up to the first that begins so."""
        lines: list[str] = []
        async with asyncio.timeout(seconds):
            async for line in self._lines:
                lines.append(line)
                if line.startswith(wanted):
                    return lines
        raise AssertionError(f"the stream ended: {lines}")

    async def rest(self, seconds: float) -> list[str]:
        """Everything until it ends."""
        async with asyncio.timeout(seconds):
            return [line async for line in self._lines]


async def test_a_question_that_one_takes_is_told_to_the_other_within_a_second(server: Server) -> None:
    first, second, agent = [await server.browser(who) for who in ("expert", "expert2", "agent")]
    made = await wrap_up(agent, contact(server.people.departments["burgerzaken"]))
    assert made.status_code == 201, made.text
    question: dict[str, Any] = made.json()["contact"]["questions"][0]
    await asyncio.sleep(0.5)
    async with second.stream("GET", "/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = Stream(response)
        await stream.until(": open", 5)
        await asyncio.sleep(0.5)
        began = time.monotonic()
        claimed = await first.post(f"/questions/{question['id']}/claim", headers={"If-Match": '"1"'})
        assert claimed.status_code == 200, claimed.text
        told = await stream.until("data:", 5)
        assert time.monotonic() - began < 1.5, "on a machine that others use too; alone it is well below a second"
    assert "event: changed" in told
    assert told[-1] == 'data: {"changed":["worklists"]}'


async def test_a_cursor_that_is_none_ends_nothing(server: Server) -> None:
    client = await server.browser("expert")
    async with client.stream("GET", "/events", headers={"Last-Event-ID": "van elders"}) as response:
        stream = Stream(response)
        assert await stream.until(": still here", 17) == [": open", "", ": still here"]


async def test_a_session_has_so_many_streams_and_gets_new_ones_for_those_that_end(server: Server) -> None:
    client = await server.browser("expert2")
    async with AsyncExitStack() as streams:
        held = [Stream(await streams.enter_async_context(client.stream("GET", "/events"))) for _ in range(MOST_STREAMS)]
        for one in held:
            await one.until(": open", 5)
        async with client.stream("GET", "/events") as refused:
            assert (refused.status_code, refused.headers.get("retry-after")) == (429, "15")
        other = await server.browser("expert2")
        async with other.stream("GET", "/events") as response:
            assert response.status_code == 200, "another session has its own"
    for _ in range(50):
        if (status := await _status(client)) == 200:
            break
        await asyncio.sleep(0.2)
    assert status == 200


async def _status(client: httpx.AsyncClient) -> int:
    async with client.stream("GET", "/events") as response:
        return response.status_code


async def test_the_stream_says_that_it_lives_and_ends_with_the_session(server: Server) -> None:
    client = await server.browser("mobility")
    async with client.stream("GET", "/events") as response:
        stream = Stream(response)
        await stream.until(": open", 5)
        await stream.until(": still here", 17)
        (card,) = [one for one in await server.sessions.listed() if one.subject == str(server.people.users["mobility"])]
        await server.sessions.kill(card.id)
        assert "event: ended" in await stream.rest(8)
    assert (await client.get("/events")).status_code == 401
