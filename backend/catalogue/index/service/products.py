"""The search index of one process: made from PostgreSQL, and again when the catalogue changed.

Every search uses an index that was right at most two seconds before. The first search after an announced change waits
for the new index (see `shelf`; texts of unchanged products are kept); others meanwhile use the old one for as long as
that rule allows. Besides, at most every two seconds one cheap query asks whether anything changed: an announcement can
be lost, a row's version cannot.
"""

import asyncio
from datetime import UTC, datetime
from time import monotonic

import structlog

from backend.catalogue.engines.rules import INDEX
from backend.catalogue.index.service.shelf import Shelf, shelf_of
from backend.catalogue.rules import PUBLISH, Form
from backend.catalogue.rules.names import names
from backend.catalogue.rules.synonyms import effective
from backend.catalogue.vocabulary.service import synonym_groups
from backend.kit.changes import ChangeFeed
from backend.kit.db import Database, UnitOfWork
from backend.kit.work import Work

log = structlog.get_logger("catalogue")

TOPIC = "catalogue"
CHECK_SECONDS = 2.0
SETTLE_SECONDS = 3.0
"""After a change; more edits often follow."""

_SIGNATURE = """
SELECT (SELECT count(*) FROM product), (SELECT sum(version) FROM product), (SELECT sum(version) FROM product_city),
       (SELECT md5(string_agg(id || ':' || version, ',' ORDER BY id)) FROM synonym_group)
"""
# Products are never deleted and every change raises a version, so equal sums mean equal products. A synonym group may
# go: another with the same version could take its place in a count and a sum, so here every row is looked at. An id is
# never used again, so the same ids and versions mean the same groups.
_ANY = "SELECT EXISTS (SELECT FROM product)"
_ROWS = """
WITH known AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS known(id, version)),
     wanted AS (
    SELECT p.id, p.version + coalesce(c.version, 0) AS version, p.product_number, p.facts, c.department_id,
           c.first_line_information, c.faq, c.transaction_url IS NOT NULL AS has_transaction,
           coalesce(jsonb_array_length(c.help_sheets), 0) > 0 AS has_help_sheets
      FROM product p LEFT JOIN product_city c ON c.product_id = p.id
     WHERE p.status = 'published' AND c.published IS NOT FALSE)
SELECT w.id, w.version, known.id IS NOT NULL AS known, w.product_number, w.department_id, w.first_line_information,
       w.has_transaction, w.has_help_sheets, CASE WHEN known.id IS NULL THEN w.facts::text END AS facts,
       CASE WHEN known.id IS NULL THEN w.faq END AS faq
  FROM wanted w LEFT JOIN known USING (id, version)
"""


async def changed(work: Work) -> None:
    """Tell, in the transaction of the change, that something a search or a reader of our stream sees is different."""
    await work.feed.announce(work.uow, TOPIC)
    work.outbox.add(PUBLISH, work.now)
    work.outbox.add(INDEX, work.now)


class ProductIndex:
    """Finds products; one per process, shared by its requests.

    Args:
        database: where the catalogue is.
        feed: tells when it changed.
        form: how the city addresses people.
    """

    def __init__(self, database: Database, feed: ChangeFeed, *, form: Form) -> None:
        self.form: Form = form
        self._database = database
        self._lock = asyncio.Lock()
        self._shelf: Shelf | None = None
        self._told = 0
        self._heeded = -1
        self._checked = 0.0
        self._ready = False
        self._warming: asyncio.Task[bool] | None = None
        self._settling: asyncio.Task[None] | None = None
        feed.on(TOPIC, self._tell)

    async def warm(self) -> bool:
        """Make everything a search needs before the first one comes; tells whether that went well.

        A process starts all the same when it does not: PostgreSQL may be away for a moment.
        """
        try:
            async with self._database.begin() as uow:
                if await uow.fetchval(_ANY):
                    await asyncio.to_thread(names)
                    await self.shelf(uow)
        except Exception as error:  # noqa: BLE001 whatever it is, the first search will say it again
            log.warning("search_not_warm", error=type(error).__name__)
        else:
            self._ready = True
        return self._ready

    async def ready(self) -> bool:
        """Whether a search can be answered at once; tries again in the background when the start failed."""
        if not self._ready and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self.warm())
        return self._ready

    async def shelf(self, uow: UnitOfWork | None = None) -> Shelf:
        """The catalogue as it is now.

        Args:
            uow: the transaction of the request, to read with: waiting for a second connection while holding one could
                bring a busy process to a standstill. Without one (warming up) the index takes its own.
        """
        if (held := self._fresh() or self._recent()) is not None:
            return held
        if uow is None:
            async with self._database.begin() as own:
                return await self.shelf(own)
        async with self._lock:
            return self._fresh() or await self._refresh(uow)

    def _tell(self) -> None:
        self._told += 1

    def _fresh(self) -> Shelf | None:
        """The index we have, when it is certain to be right."""
        checked = self._heeded == self._told and monotonic() - self._checked < CHECK_SECONDS
        return self._shelf if checked and self._shelf and datetime.now(UTC) < self._shelf.until else None

    def _recent(self) -> Shelf | None:
        """The index we have, while a newer one is being built and this one was right two seconds ago."""
        return self._shelf if self._lock.locked() and monotonic() - self._checked < CHECK_SECONDS else None

    async def _refresh(self, uow: UnitOfWork) -> Shelf:
        told, started, now, shelf = self._told, monotonic(), datetime.now(UTC), self._shelf
        signature = tuple(await uow.fetchrow(_SIGNATURE) or ())
        if shelf is None or shelf.signature != signature or now >= shelf.until:
            held = shelf.held if shelf else {}
            rows = await uow.fetch(_ROWS, list(held), [entry.version for entry in held.values()])
            groups = effective((await synonym_groups(uow)).values())
            shelf = await asyncio.to_thread(shelf_of, rows, shelf, groups, signature, self.form, now)
        self._shelf, self._heeded, self._checked, self._ready = shelf, told, started, True
        if not shelf.settled and (self._settling is None or self._settling.done()):
            self._settling = asyncio.create_task(self._settle())
        return shelf

    async def _settle(self) -> None:
        """Build an engine in the place of a patched one, beside the searches; changes meanwhile are patched into it."""
        while (shelf := self._shelf) is not None and not shelf.settled:
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                built = await asyncio.to_thread((self._shelf or shelf).built)
            except Exception as error:  # noqa: BLE001 the patched one goes on serving
                log.warning("search_not_settled", error=type(error).__name__)
                return
            self._shelf = built.up_to(self._shelf) if self._shelf else built

    async def close(self) -> None:
        """Stop what is being built."""
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
