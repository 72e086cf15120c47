"""What a client was told: one call, its answer, and the file in which every answer is kept, with fsync."""

import hashlib
import os
import time
from pathlib import Path

import httpx
import msgspec

CREATED, DONE, AWAY = 201, 200, 503
MOVED_ON = {412, 403}
"""What a second try is told when the first one did change the question: another version, or another department."""
LOOK = "look"
"""Verb of who reads the question before changing it."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call and what came of it.

    Attributes:
        key: its Idempotency-Key; of a verb, which has none: a name of our own.
        verb: what was done to a question; empty: a contact was registered.
        at: when the answer was written down, in seconds since 1970.
        status: HTTP status; 0: no answer.
        error: kind of the failure when there was no answer.
        seconds: how long it took.
        body: SHA-256 of what was sent.
        answer: SHA-256 of the body of the answer.
        contact: id of the contact, when acknowledged.
        questions: ids of the questions concerned, when acknowledged.
        references: of these questions.
        version: of the question, when acknowledged.
        repeated: it was done before, by a try without an answer.
        retry_after: that header.
        media_type: of the answer.
    """

    key: str
    verb: str = ""
    at: float
    status: int = 0
    error: str = ""
    seconds: float
    body: str
    answer: str = ""
    contact: str = ""
    questions: list[str] = []
    references: list[str] = []
    version: int = 0
    repeated: bool = False
    retry_after: str = ""
    media_type: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told, one way or the other, that it is stored."""
        return self.verb != LOOK and (self.status in {CREATED, DONE} or self.repeated)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call that can be repeated.

    Attributes:
        verb: what it does to a question; empty: it registers a contact. `LOOK` changes nothing.
        version: of the question that it changes.
    """

    key: str
    path: str
    body: bytes = b""
    verb: str = ""
    version: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """The key of what is created, the version of what is changed."""
        if self.verb == LOOK:
            return {}
        condition = {"If-Match": f'"{self.version}"'} if self.verb else {"Idempotency-Key": self.key}
        return {**condition, "Content-Type": "application/json"} if self.body else condition


def body_of(key: str) -> bytes:
    """A plain registration: a new customer with a mailbox, and a question; always the same bytes."""
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
    return await made(client, Call(key=key, path="/contacts", body=body))


async def made(client: httpx.AsyncClient, asked: Call) -> Entry:
    """Make a call once; what goes wrong becomes an entry too."""
    began = time.perf_counter()
    sent = hashlib.sha256(asked.body).hexdigest()
    try:
        method = "GET" if asked.verb == LOOK else "POST"
        response = await client.request(method, asked.path, content=asked.body, headers=asked.headers)
    except httpx.TransportError as error:
        seconds, failure = time.perf_counter() - began, type(error).__name__
        return Entry(key=asked.key, verb=asked.verb, at=time.time(), error=failure, seconds=seconds, body=sent)
    contact = response.json() if response.status_code == CREATED else {}
    questions = contact.get("questions", [])
    return Entry(
        key=asked.key,
        verb=asked.verb,
        at=time.time(),
        status=response.status_code,
        seconds=time.perf_counter() - began,
        body=sent,
        answer=hashlib.sha256(response.content).hexdigest(),
        contact=contact.get("id", ""),
        questions=[question["id"] for question in questions],
        references=[question["reference"] for question in questions],
        version=int(response.headers.get("ETag", '"0"').strip('"')),
        retry_after=response.headers.get("Retry-After", ""),
        media_type=response.headers.get("Content-Type", ""),
    )


class Ledger:
    """The file.

    Args:
        file: gets a line per call, on disk before the client goes on.
    """

    def __init__(self, file: Path) -> None:
        self._handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, entry: Entry) -> None:
        """One line more."""
        os.write(self._handle, msgspec.json.encode(entry) + b"\n")
        os.fsync(self._handle)


def read(file: Path) -> list[Entry]:
    """What was written down so far (whole lines)."""
    whole = file.read_bytes().rpartition(b"\n")[0] if file.exists() else b""
    return [msgspec.json.decode(line, type=Entry) for line in whole.splitlines()]
