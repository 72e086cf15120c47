"""Keeps the index in Meilisearch equal to the catalogue: after a change, and every minute when it is not.

The outbox says no more than that there may be something to do; what is compared is the whole catalogue with what the
index says it holds, so a lost, doubled or late row is harmless.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from backend.catalogue.engines.rules import INDEX, LOCK, index_name
from backend.catalogue.engines.service import reader_of
from backend.catalogue.index.service import TOPIC, ProductIndex
from backend.kit.changes import ChangeFeed
from backend.kit.db import Database, UnitOfWork
from backend.kit.locks import exclusive
from backend.kit.outbox import Effect, Handler, TryAgain, awaiting
from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.contents import Signatures
from backend.kit.search.meilisearch.faults import Fault
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.upkeep import Upkeep, bring_up_to_date, differs, rebuild
from backend.kit.work import Work
from backend.settings import Settings

UPKEEP_SECONDS = 600.0
LOOK_SECONDS = 4.0
TRIES = 3
"""Of one row of the outbox; after that the sweep tries every minute."""

T = TypeVar("T")

log = structlog.get_logger("search")


class Busy(Exception):
    """Another process is changing the index."""


class IndexKeeper:
    """Fills Meilisearch; for the worker and the command line.

    Args:
        database: where the lock is.
        products: the catalogue.
        feed: tells when it changed.
        settings: where Meilisearch is, with a key that may administer; without an address nothing happens.
    """

    def __init__(self, database: Database, products: ProductIndex, feed: ChangeFeed, settings: Settings) -> None:
        self._database = database
        self._products = products
        self._feed = feed
        self._settings = settings
        self._uid = index_name(settings.meilisearch_prefix)
        self._signatures = Signatures()
        self._turn = asyncio.Lock()

    async def prepare(self, effect: Effect) -> Handler:
        """Bring the index up to date; the handler of topic `catalogue.index`, which runs without a transaction.

        Raises:
            TryAgain: another process is at it, or Meilisearch is away.
        """
        if self._settings.meilisearch_url:
            try:
                _tell(await self.bring_up_to_date())
            except Busy as error:
                raise TryAgain("another process is changing the index") from error
            except Fault as fault:
                if effect.attempts < TRIES:
                    raise TryAgain(str(fault)) from fault
                log.warning("search_index_behind", reason=fault.code)
        return _nothing

    async def sweep(self, uow: UnitOfWork, work: Work) -> int:
        """Ask for an update when the index is not what it should be (lost, changed by others, never told)."""
        if not self._settings.meilisearch_url or await awaiting(uow, INDEX):
            return 0
        try:
            reader = await self._reader(uow)
            reason = await _in_thread(self._settings, LOOK_SECONDS, lambda admin: differs(admin, self._uid, reader))
        except Fault as fault:
            log.debug("search_index_unknown", reason=fault.code)
            return 0
        if not reason:
            return 0
        log.info("search_index_differs", reason=reason)
        work.outbox.add(INDEX, work.now)
        return 1

    async def bring_up_to_date(self) -> Upkeep:
        """Send what differs, or everything when that cannot mend it.

        Raises:
            Busy: another process is at it.
            Fault: Meilisearch did not do it.
        """
        return await self._change(bring_up_to_date)

    async def rebuild(self) -> Upkeep:
        """Build the index anew beside the old one and put it in its place.

        Raises:
            Busy: another process is at it.
            Fault: Meilisearch did not do it.
        """
        return await self._change(rebuild)

    async def _change(self, what: Callable[[Administration, str, Reader], Upkeep]) -> Upkeep:
        # who waits for its turn in this process finds that all is done; only other processes make us come back later
        async with self._turn, exclusive(self._database, f"{LOCK}:{self._uid}") as alone:
            if not alone:
                raise Busy
            reader = await self._reader()
            return await _in_thread(self._settings, UPKEEP_SECONDS, lambda admin: what(admin, self._uid, reader))

    async def _reader(self, uow: UnitOfWork | None = None) -> Reader:
        self._feed.tell(TOPIC)  # the row may be here before the news that the catalogue changed
        shelf = await self._products.shelf(uow)
        return await asyncio.to_thread(reader_of, shelf, self._signatures)


async def search_key(settings: Settings) -> str:
    """A new key that can search this index and nothing else.

    Raises:
        Fault: Meilisearch did not make one.
    """
    uid = index_name(settings.meilisearch_prefix)
    return await _in_thread(settings, LOOK_SECONDS, lambda admin: admin.create_search_key(uid, "Onthaal: search only"))


async def _in_thread(settings: Settings, seconds: float, what: Callable[[Administration], T]) -> T:
    admin = Administration(settings.meilisearch_url, settings.meilisearch_admin_key, seconds=seconds)
    try:
        return await asyncio.to_thread(what, admin)
    except asyncio.CancelledError:
        admin.stop()  # the thread goes on until its next request
        raise


def _tell(done: Upkeep) -> None:
    if done.action != "nothing":
        log.info("search_index", action=done.action, reason=done.reason, sent=done.sent, removed=done.removed)


async def _nothing(_uow: UnitOfWork, _effect: Effect) -> None:
    """All is done before the transaction: this one marks the row."""
