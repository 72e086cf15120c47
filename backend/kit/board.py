"""What changed lately, for who waits to see it: one listener per process, however many people wait.

A cursor says up to where somebody has heard. It holds the number of the change in this process and the moment, so that
another process can go on from it: there, what was heard around that moment is told once more rather than missed.
"""

import asyncio
import contextlib
import re
import secrets
import time
from collections.abc import Collection, Iterator

import msgspec

from backend.kit.changes import ChangeFeed
from backend.kit.problems import ProblemError, invalid_input

OVERLAP_MS = 2_000
"""By so much clocks of two processes may differ, and news travel."""
_CURSOR = re.compile(r"([0-9a-f]{8})\.(\d{1,15})\.(\d{1,15})\Z")


class Heard(msgspec.Struct, frozen=True):
    """When something was heard last: its number in this process, and the moment (ms since 1970)."""

    number: int
    at: int


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since a cursor, and the cursor to go on with."""

    topics: frozenset[str]
    cursor: str


class Board:
    """The last change of every topic.

    Args:
        feed: tells of changes, wherever they were made.
    """

    def __init__(self, feed: ChangeFeed) -> None:
        self._process = secrets.token_hex(4)
        self._number = 0
        self._everything = Heard(0, _now())
        self._heard: dict[str, Heard] = {}
        self._waiting: dict[str, set[asyncio.Event]] = {}
        feed.watch(self._hear)

    async def changed(self, topics: Collection[str], since: str | None, seconds: float) -> Changed:
        """Which of the topics changed since the cursor; waits at most so long for the first change.

        Args:
            topics: what somebody looks at.
            since: cursor of the time before; None: just begin.
            seconds: how long to wait when nothing changed.

        Raises:
            ProblemError: 400 for what is no cursor.
        """
        if since is None:
            return Changed(topics=frozenset(), cursor=self._cursor())
        after = self._read(since)
        if not (found := self._since(topics, after)):
            with self._registered(topics) as event, contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()
            found = self._since(topics, after)
        return Changed(topics=found, cursor=self._cursor())

    def _since(self, topics: Collection[str], after: Heard | int) -> frozenset[str]:
        def newer(heard: Heard) -> bool:
            return heard.number > after.number if isinstance(after, Heard) else heard.at > after

        if newer(self._everything):
            return frozenset(topics)
        return frozenset(one for one in topics if one in self._heard and newer(self._heard[one]))

    def _read(self, cursor: str) -> Heard | int:
        """How far somebody heard in this process; or until which moment, in another one."""
        found = _CURSOR.match(cursor)
        if found is None:
            raise _no_cursor()
        process, number, at = found.groups()
        return Heard(int(number), int(at)) if process == self._process else int(at) - OVERLAP_MS

    def _cursor(self) -> str:
        return f"{self._process}.{self._number}.{_now()}"

    @contextlib.contextmanager
    def _registered(self, topics: Collection[str]) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        for topic in topics:
            self._waiting.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            for topic in topics:
                waiting = self._waiting[topic]
                waiting.discard(event)
                if not waiting:
                    del self._waiting[topic]

    def _hear(self, topic: str | None) -> None:
        self._number += 1
        heard = Heard(self._number, _now())
        if topic is None:
            self._everything = heard
            self._heard.clear()
        elif ":" in topic:  # about a thing; reference data change as a whole, and nobody waits for them
            self._heard[topic] = heard
        for waiting in [self._waiting.get(topic, set())] if topic else list(self._waiting.values()):
            for event in waiting:
                event.set()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _no_cursor() -> ProblemError:
    return invalid_input("Not a cursor of this list.", where="query", name="since")
