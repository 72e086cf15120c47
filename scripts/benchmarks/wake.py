"""How soon a worker starts on what a registration left behind.

What is measured: the time from the moment that the client has read the 201 of a registration (its commit is just behind
it) to the moment that the worker's SMTP connection for the acknowledgement mail of that registration arrives at a mail
server in this process, so on the same clock. Between them lie the gathering of wake-ups (10 ms), Redis, arq's poll
(50 ms), the lease of the row and the handler's first statements: the figure is a little more than commit to handler
start, never less. Workers also look by themselves every second: without wake-ups the median would be about 500 ms.
"""

import asyncio
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session

from scripts.benchmarks.stack import START_SECONDS, Stack

WARM = 20
"""Registrations before those that count."""
LEAVE_SECONDS = 60.0
CREATED = 201


class _Connection(SMTP):
    """Knows when its client came."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the time, then greet."""
        self.came = time.perf_counter()
        super().connection_made(transport)


class _Arrivals:
    """A mail server that keeps nothing but the time at which the sender of each mail came, by recipient."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self.taken: set[str] = set()

    async def handle_RCPT(  # noqa: N802 aiosmtpd fixes the name
        self, server: _Connection, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the recipient."""
        self.times[address] = server.came
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail."""
        self.taken.update(envelope.rcpt_tos)
        return "250 OK"


@asynccontextmanager
async def _worker(running: Stack, port: int) -> AsyncIterator[None]:
    """A worker that sends its mails here."""
    command = [sys.executable, "-P", "-m", "backend.cli", "worker"]
    environment = {**running.environment, "SMTP_URL": f"smtp://127.0.0.1:{port}"}
    worker = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield
    finally:
        worker.terminate()
        await asyncio.wait_for(worker.wait(), START_SECONDS)


async def _register(client: httpx.AsyncClient, address: str) -> float:
    """One registration with a mail to this address; gives when it was acknowledged."""
    body = {
        "channel": "phone",
        "caller": {"name": "Jan Peeters", "email": address},
        "questions": [{"subject": "Wanneer wordt het grofvuil opgehaald?"}],
    }
    response = await client.post("/contacts", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    acknowledged = time.perf_counter()
    if response.status_code != CREATED:
        raise RuntimeError(response.text)
    return acknowledged


async def delays(running: Stack, port: int, count: int, per_second: float) -> list[float]:
    """Register one after the other at this pace; milliseconds from answer to worker, of each.

    Args:
        running: the platform.
        port: of its API.
        count: registrations that are measured.
        per_second: registrations per second.

    Raises:
        RuntimeError: a registration failed, or mails did not leave within a minute.
    """
    arrivals = _Arrivals()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(arrivals, hostname="localhost"), "127.0.0.1", 0)
    acknowledged: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {running.people.tokens['agent']}"}
    async with _worker(running, server.sockets[0].getsockname()[1]):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            warm = [f"warm{number}@voorbeeld.be" for number in range(WARM)]
            for address in warm:
                await _register(client, address)
            await _taken(arrivals, warm)
            began = time.perf_counter()
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                address = f"klant{number}@voorbeeld.be"
                acknowledged[address] = await _register(client, address)
        await _taken(arrivals, list(acknowledged))
    server.close()
    return [(arrivals.times[address] - at) * 1000 for address, at in acknowledged.items()]


async def _taken(arrivals: _Arrivals, addresses: list[str]) -> None:
    end = time.perf_counter() + LEAVE_SECONDS
    while not arrivals.taken >= set(addresses):
        if time.perf_counter() > end:
            raise RuntimeError(f"only {len(arrivals.taken)} mails left within {LEAVE_SECONDS:.0f} s")
        await asyncio.sleep(0.01)
