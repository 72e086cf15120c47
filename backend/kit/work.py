"""Everything one request or job works with, made once, handed to every service it uses."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from backend.kit.access import PLATFORM, Access, Principal
from backend.kit.changes import ChangeFeed
from backend.kit.crypto import KeyRing
from backend.kit.db import UnitOfWork
from backend.kit.events import Event, EventBus
from backend.kit.outbox import Outbox
from backend.kit.trail import Trail

BATCH = 100
"""What a sweep takes at most; one that gives this number is run again at once, in a transaction of its own."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of work and its surroundings.

    Attributes:
        uow: the transaction.
        access: what the person may do and see.
        trail: audit entries of this unit of work.
        outbox: effects outside the process, from the commit on.
        events: news to higher modules, in this transaction.
        feed: tells other processes that reference data changed.
        keys: encryption and look-up keys.
        now: the moment of the request (aware, UTC): one value for all its rows.
    """

    uow: UnitOfWork
    access: Access
    trail: Trail
    outbox: Outbox
    events: EventBus
    feed: ChangeFeed
    keys: KeyRing
    now: datetime

    @property
    def who(self) -> Principal:
        """Who acts."""
        return self.access.principal

    async def tell(self, event: Event) -> None:
        """News to higher modules, in this transaction."""
        await self.events.publish(self, event)

    def touch(self, kind: str, ids: Iterable[UUID]) -> None:
        """After the commit, have the screens that show these things hear that they are not the same any more."""
        topics = [f"{kind}:{one}" for one in ids]
        if topics:
            self.uow.after_commit(partial(self.feed.later, *topics))

    @property
    def actor(self) -> UUID | None:
        """The user who acts; None when the platform itself does."""
        return None if self.who is PLATFORM else self.who.id
