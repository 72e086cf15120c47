"""Everything one request or job works with, made once, handed to every service it uses."""

from datetime import datetime

import msgspec

from backend.kit.access import Access, Principal
from backend.kit.changes import ChangeFeed
from backend.kit.crypto import KeyRing
from backend.kit.db import UnitOfWork
from backend.kit.events import EventBus
from backend.kit.outbox import Outbox
from backend.kit.trail import Trail


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
