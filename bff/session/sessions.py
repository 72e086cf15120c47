"""Sessions of one channel: the browser holds 256 random bits, the store holds their hash and what they alone open.

Whoever reads the store, or a copy of it, finds no id that opens a session and no content: the key of the content is
derived from the id in the cookie.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import redis.asyncio as redis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.kit.clock import Clock, SystemClock
from backend.kit.problems import unavailable
from bff.session.model import Card, Session, life_of
from bff.session.store import Kept, Store
from bff.settings import Channel

BYTES = 32
NONCE = 12
TOUCHED_SECONDS = 30
"""A use is written down at most so often."""


def mark(kind: str, issuer: str, value: str) -> str:
    """Under which sessions of a provider are found again: `sid` or `sub`, hashed."""
    return hashlib.sha256(msgspec.json.encode([kind, issuer, value])).hexdigest()


class Sessions:
    """The sessions of one channel; every method answers 503 while the store is away.

    Args:
        channel: whose they are.
        store: keeps them.
        clock: for their time-outs.
    """

    def __init__(self, channel: Channel, store: Store, clock: Clock | None = None) -> None:
        self.channel = channel
        self.life = life_of(channel)
        self._store = store
        self._clock = clock or SystemClock()

    @property
    def cookie(self) -> str:
        """Name of the cookie."""
        return f"__Host-onthaal-{self.channel}"

    async def start(self, subject: str, name: str, **more: Any) -> tuple[str, Session]:
        """A new session with a new id, whatever the browser held before; gives what goes into the cookie."""
        now = self._clock.now()
        made = Session(
            id=str(uuid4()), channel=self.channel, subject=subject, name=name, started_at=now, seen_at=now, **more
        )
        token = secrets.token_urlsafe(BYTES)
        card = Card(id=made.id, subject=subject, started_at=now, seen_at=now)
        kept = Kept(card=msgspec.json.encode(card), sealed=self._seal(token, made), seen=now.timestamp())
        grant = made.grant
        marks: tuple[str, ...] = ()
        if grant:
            marks = (mark("sub", grant.issuer, grant.subject),)
            marks += (mark("sid", grant.issuer, grant.sid),) if grant.sid else ()
        async with _reached():
            await self._store.add(_key(token), kept, marks, int(self.life.idle.total_seconds()))
        return token, made

    async def find(self, token: str) -> Session | None:
        """The session this id opens, used now; None for an id we did not give, or that ended."""
        async with _reached():
            kept = await self._store.get(_key(token))
            session = self._open(token, kept) if kept else None
            if session is None:
                return None
            left, now = self.seconds_left(session), self._clock.now()
            if left <= 0:
                await self._store.remove(_key(token))
                return None
            if (now - session.seen_at).total_seconds() >= TOUCHED_SECONDS:
                session = msgspec.structs.replace(session, seen_at=now)
                await self._store.touch(_key(token), now.timestamp(), self.seconds_left(session))
        return session

    async def look(self, token: str) -> Session | None:
        """The session this id opens, without using it: it ends as soon as it would have."""
        async with _reached():
            kept = await self._store.get(_key(token))
        session = self._open(token, kept) if kept else None
        return session if session and self.seconds_left(session) > 0 else None

    def seconds_left(self, session: Session) -> int:
        """Until it ends by itself when it is not used any more."""
        ends = min(session.seen_at + self.life.idle, session.started_at + self.life.whole)
        return int((ends - self._clock.now()).total_seconds())

    def now(self) -> datetime:
        """By the clock of the sessions."""
        return self._clock.now()

    async def replace(self, token: str, session: Session) -> bool:
        """Other content under the same id; False when the session ended in the meantime."""
        async with _reached():
            return await self._store.replace(_key(token), self._seal(token, session))

    async def end(self, token: str) -> None:
        """End the session of this id."""
        async with _reached():
            await self._store.remove(_key(token))

    async def listed(self) -> list[Card]:
        """Every session of the channel, the one used last first."""
        async with _reached():
            found = await self._store.every()
        cards = [
            msgspec.structs.replace(
                msgspec.json.decode(kept.card, type=Card), seen_at=datetime.fromtimestamp(kept.seen, UTC)
            )
            for kept in found.values()
        ]
        return sorted(cards, key=lambda card: card.seen_at, reverse=True)

    async def kill(self, session_id: str) -> bool:
        """End the session with this public name; whether there was one."""
        async with _reached():
            for key, kept in (await self._store.every()).items():
                if msgspec.json.decode(kept.card, type=Card).id == session_id:
                    return await self._store.remove(key)
        return False

    async def end_marked(self, found_by: str) -> int:
        """End every session with this mark; how many there were."""
        async with _reached():
            return sum([await self._store.remove(key) for key in await self._store.marked(found_by)])

    async def keep(self, token: str, value: msgspec.Struct, seconds: int) -> None:
        """Keep something small that only this secret opens, once."""
        async with _reached():
            await self._store.put(_key(token), self._seal(token, value), seconds)

    async def take(self, token: str, kind: type[msgspec.Struct]) -> Any:
        """What was kept under this secret, for the first who asks; None otherwise."""
        async with _reached():
            sealed = await self._store.take(_key(token))
        return self._unseal(token, sealed, kind) if sealed else None

    async def first(self, name: str, seconds: int) -> bool:
        """Whether nobody did this in these seconds: single use of an id, or one at a time until `done`."""
        async with _reached():
            return await self._store.put(name, b"1", seconds)

    async def done(self, name: str) -> None:
        """Let the next one do it."""
        async with _reached():
            await self._store.take(name)

    async def note(self, name: str, value: float, seconds: int) -> None:
        """Remember a number under this name, in place of what `first` or another one left there."""
        async with _reached():
            await self._store.note(name, str(value).encode(), seconds)

    async def noted(self, name: str) -> float | None:
        """The number under this name; that of `first` is 1."""
        async with _reached():
            value = await self._store.peek(name)
        return None if value is None else float(value)

    async def close(self) -> None:
        """Let go of the store."""
        await self._store.close()

    def _open(self, token: str, kept: Kept) -> Session | None:
        session: Session | None = self._unseal(token, kept.sealed, Session)
        if session is None or session.channel != self.channel:
            return None
        return msgspec.structs.replace(session, seen_at=datetime.fromtimestamp(kept.seen, UTC))

    def _seal(self, token: str, value: msgspec.Struct) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        cipher = AESGCM(_secret(token))
        return nonce + cipher.encrypt(nonce, msgspec.json.encode(value), self._bound(token))

    def _unseal(self, token: str, sealed: bytes, kind: type[msgspec.Struct]) -> Any:
        try:
            clear = AESGCM(_secret(token)).decrypt(sealed[:NONCE], sealed[NONCE:], self._bound(token))
        except InvalidTag:
            return None
        return msgspec.json.decode(clear, type=kind)

    def _bound(self, token: str) -> bytes:
        return f"{self.channel}|{_key(token)}".encode()


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _secret(token: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onthaal session content").derive(token.encode())


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    try:
        yield
    except (redis.RedisError, OSError, TimeoutError) as error:
        raise unavailable("Sessions cannot be read now.") from error
