"""A client that remembers: it registers contacts and writes down each answer, with fsync, before it goes on.

Run as a process of its own: `TOKEN=… python -m tests.reliability.ledger --url URL --file FILE --mark MARK`. It behaves
as a front end should (design 6): no answer or a 503 means the same call again, with the same key, until 201.
"""

import argparse
import asyncio
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import httpx
import msgspec

CREATED, AWAY = 201, 503
AGAIN_SECONDS = 0.2
GIVE_UP_SECONDS = 60.0
ANSWER_SECONDS = 15.0


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call and what came of it.

    Attributes:
        key: its Idempotency-Key.
        status: HTTP status; 0: no answer.
        error: kind of the failure when there was no answer.
        seconds: how long it took.
        body: SHA-256 of what was sent.
        answer: SHA-256 of the body of the answer.
        contact: id of the contact, when acknowledged.
        questions: ids of its questions, when acknowledged.
        retry_after: that header.
        media_type: of the answer.
    """

    key: str
    status: int = 0
    error: str = ""
    seconds: float
    body: str
    answer: str = ""
    contact: str = ""
    questions: list[str] = []
    retry_after: str = ""
    media_type: str = ""


def keys_of(mark: str, count: int) -> list[str]:
    """The keys of one load."""
    return [f"{mark}-{number:05}" for number in range(count)]


def body_of(key: str) -> bytes:
    """What is registered under a key: a new customer with a mailbox, and a question; always the same bytes."""
    return msgspec.json.encode(
        {
            "channel": "phone",
            "customer": {
                "kind": "person",
                "names": {"given": "Klant", "family": key.title()},
                "contactPoints": [{"type": "email", "value": f"{key}@voorbeeld.be"}],
            },
            "questions": [{"subject": f"Vraag {key}", "text": "Wanneer komt de wagen voor het grofvuil langs?"}],
        }
    )


async def call(client: httpx.AsyncClient, key: str, body: bytes) -> Entry:
    """Register once; what goes wrong becomes an entry too."""
    began = time.perf_counter()
    sent = hashlib.sha256(body).hexdigest()
    try:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        response = await client.post("/contacts", content=body, headers=headers)
    except httpx.TransportError as error:
        return Entry(key=key, error=type(error).__name__, seconds=time.perf_counter() - began, body=sent)
    contact = response.json() if response.status_code == CREATED else {}
    return Entry(
        key=key,
        status=response.status_code,
        seconds=time.perf_counter() - began,
        body=sent,
        answer=hashlib.sha256(response.content).hexdigest(),
        contact=contact.get("id", ""),
        questions=[question["id"] for question in contact.get("questions", [])],
        retry_after=response.headers.get("Retry-After", ""),
        media_type=response.headers.get("Content-Type", ""),
    )


def read(file: Path) -> list[Entry]:
    """What was written down so far (whole lines)."""
    whole = file.read_bytes().rpartition(b"\n")[0] if file.exists() else b""
    return [msgspec.json.decode(line, type=Entry) for line in whole.splitlines()]


class Ledger:
    """The file, and the clients that fill it.

    Args:
        file: gets a line per call.
        url: the core API.
        token: of an agent.
    """

    def __init__(self, file: Path, url: str, token: str) -> None:
        self._handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._url = url
        self._token = token

    async def fill(self, keys: Iterable[str], clients: int) -> None:
        """Register every key, `clients` at a time; returns when each is acknowledged, refused or given up."""
        waiting = iter(keys)

        async def one() -> None:
            headers = {"Authorization": f"Bearer {self._token}"}
            async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=ANSWER_SECONDS) as client:
                for key in waiting:
                    await self._until_acknowledged(client, key)

        await asyncio.gather(*(one() for _ in range(clients)))

    async def _until_acknowledged(self, client: httpx.AsyncClient, key: str) -> None:
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            entry = await call(client, key, body_of(key))
            self._write(entry)
            if entry.status not in {0, AWAY}:
                return
            await asyncio.sleep(AGAIN_SECONDS)

    def _write(self, entry: Entry) -> None:
        os.write(self._handle, msgspec.json.encode(entry) + b"\n")
        os.fsync(self._handle)


def main() -> None:
    """Read the arguments and fill the ledger."""
    parser = argparse.ArgumentParser(description="Registers contacts and writes down every answer.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--mark", required=True, help="begin of the keys")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    ledger = Ledger(options.file, options.url, os.environ["TOKEN"])
    asyncio.run(ledger.fill(keys_of(options.mark, options.count), options.clients))


if __name__ == "__main__":
    main()
