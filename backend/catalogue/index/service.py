"""The search index of one process: built from PostgreSQL, built again when the catalogue changed.

Every search uses an index that was right at most two seconds before. The first search after an announced change waits
for the new index (about 0.3 s at 340 products; texts of unchanged products are kept); others meanwhile use the old one
for as long as that rule allows. Besides, at most every two seconds one cheap query asks whether anything changed: an
announcement can be lost, a row's version cannot.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import msgspec
import structlog

from backend.catalogue.engines.rules import INDEX
from backend.catalogue.index.rules import SETTINGS
from backend.catalogue.rules import PUBLISH, Form, ProductFacts, display, search_keywords, search_texts
from backend.catalogue.rules.names import names
from backend.catalogue.rules.snippets import Passage, passages, stems_of, teaser
from backend.catalogue.rules.synonyms import effective, meaning
from backend.catalogue.vocabulary.service import synonym_groups
from backend.kit.changes import ChangeFeed
from backend.kit.db import Database, Row, UnitOfWork
from backend.kit.search import Document, Engine, SearchResult
from backend.kit.search.lexicon import Lexicon
from backend.kit.text import fold
from backend.kit.work import Work

log = structlog.get_logger("catalogue")

TOPIC = "catalogue"
CHECK_SECONDS = 2.0

_NEVER = datetime.max.replace(tzinfo=UTC)

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


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the index holds it.

    Attributes:
        order: its place in a list by title: the beginning of the folded title, then the id.
        teaser: the beginning of the description, as safe HTML.
        title: the stems of its title.
        passages: the city's texts that may be the answer itself.
        visible: from when until when the service is offered.
    """

    id: UUID
    version: int
    order: tuple[str, str]
    product_number: str | None
    department_id: UUID | None
    has_help_sheets: bool
    has_transaction: bool
    teaser: str
    title: frozenset[str]
    passages: tuple[Passage, ...]
    visible: tuple[datetime | None, datetime | None]
    document: Document

    def lacks(self, filters: Mapping[str, Sequence[str]]) -> list[str]:
        """The facets of which it has none of the wanted codes."""
        facets = self.document.facets
        return [name for name, codes in filters.items() if not any(code in facets.get(name, ()) for code in codes)]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """The whole catalogue at one moment; immutable.

    Attributes:
        held: every published product, also those not offered now: their texts need not be made again.
        entries: what can be found, in the order of their titles.
        synonyms: groups of phrases that mean the same: the shipped list as the city changed it.
        until: when a product starts or stops being offered.
    """

    signature: tuple[object, ...]
    held: dict[UUID, Entry]
    entries: dict[str, Entry]
    synonyms: tuple[tuple[str, ...], ...]
    engine: Engine
    until: datetime

    def search(self, query: str, *, limit: int, filters: Mapping[str, Sequence[str]]) -> SearchResult:
        """The best products for what somebody typed; hit ids are keys of `entries`."""
        return self.engine.search(query, limit=limit, filters=filters)

    def with_synonyms(self, synonyms: tuple[tuple[str, ...], ...]) -> "Shelf":
        """The same products with another list of synonyms; takes as long as building (0.4 s): for a thread."""
        engine = _engine(self.entries.values(), synonyms)
        return msgspec.structs.replace(self, synonyms=synonyms, engine=engine)

    def share(self, phrase: str) -> float:
        """Which part of the products has every word of a phrase, in any form or as part of a longer word; 0 to 1."""
        postings = self.engine.index.postings
        holding = [set(postings.get(one, ())) for one in meaning(phrase)]
        return len(set.intersection(*holding)) / len(self.entries) if holding and self.entries else 0.0

    @property
    def lexicon(self) -> Lexicon:
        """Every word of the products and the synonyms."""
        return self.engine.index.lexicon

    def numbered(self, number: str) -> Entry | None:
        """The product with this number, the first by title when a number is used twice."""
        return next((entry for entry in self.entries.values() if entry.product_number == number), None)

    def listed(self, filters: Mapping[str, Sequence[str]]) -> list[Entry]:
        """Every product that has, per facet, one of these codes; by title."""
        return [entry for entry in self.entries.values() if not entry.lacks(filters)]


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
            groups = await synonym_groups(uow)
            shelf = await asyncio.to_thread(_build, rows, held, effective(groups.values()), signature, self.form, now)
        self._shelf, self._heeded, self._checked, self._ready = shelf, told, started, True
        return shelf


def _build(
    rows: list[Row],
    known: Mapping[UUID, Entry],
    synonyms: tuple[tuple[str, ...], ...],
    signature: tuple[object, ...],
    form: Form,
    now: datetime,
) -> Shelf:
    """The index of these rows; runs in a thread."""
    every = [known[row["id"]] if row["known"] else _entry(row, form) for row in rows]
    every.sort(key=lambda entry: entry.order)
    offered = [entry for entry in every if (entry.visible[0] or now) <= now < (entry.visible[1] or _NEVER)]
    turns = [moment for entry in every for moment in entry.visible if moment and moment > now]
    return Shelf(
        signature=signature,
        held={entry.id: entry for entry in every},
        entries={entry.document.id: entry for entry in offered},
        synonyms=synonyms,
        engine=_engine(offered, synonyms),
        until=min(turns, default=_NEVER),
    )


def _engine(entries: Iterable[Entry], synonyms: tuple[tuple[str, ...], ...]) -> Engine:
    return Engine.build([entry.document for entry in entries], synonyms, SETTINGS)


def _entry(row: Row, form: Form) -> Entry:
    facts = msgspec.json.decode(row["facts"], type=ProductFacts)
    shown = display(facts, form)
    texts = search_texts(shown)
    faq = "\n".join(f"{one['question']}\n{one['answer']}" for one in row["faq"] or ())
    more = {"firstLineInformation": row["first_line_information"] or "", "faq": faq}
    department: UUID | None = row["department_id"]
    identity = str(row["id"])
    return Entry(
        id=row["id"],
        version=row["version"],
        order=(fold(shown.name)[:200], identity),
        product_number=row["product_number"],
        department_id=department,
        has_help_sheets=row["has_help_sheets"],
        has_transaction=row["has_transaction"],
        teaser=teaser(shown.description_text),
        title=stems_of(shown.name),
        passages=passages(row["first_line_information"], row["faq"] or ()),
        visible=(facts.valid_from, facts.valid_to),
        document=Document(
            id=identity,
            title=shown.name,
            # who knows the number of a product types it instead of a name
            keywords=(*search_keywords(facts, form), *filter(None, (row["product_number"],))),
            body=texts | {name: text for name, text in more.items() if text},
            facets={
                "theme": facts.themes,
                "audience": facts.audiences,
                "type": (facts.type,) if facts.type else (),
                "department_id": (str(department),) if department else (),
                "has_help_sheets": (str(row["has_help_sheets"]).lower(),),
                "has_transaction": (str(row["has_transaction"]).lower(),),
            },
        ),
    )
