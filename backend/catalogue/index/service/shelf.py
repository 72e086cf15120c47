"""The whole catalogue at one moment: what can be found, and the engine that finds it.

A new engine takes .6 s of work at 500 products and 5 s at 5 000. Searches do not wait for that after an edit: the
engine is patched, in .05 to .5 s, and built anew beside the searches.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from backend.catalogue.index.rules import SETTINGS
from backend.catalogue.index.service.entries import Entry, entry_of
from backend.catalogue.rules import Form
from backend.catalogue.rules.synonyms import meaning
from backend.kit.db import Row
from backend.kit.search import Document, Engine, SearchResult
from backend.kit.search.lexicon import Lexicon

PATCHED_FROM = 200
"""A smaller catalogue is built anew at once: that takes no longer than a search may wait."""

PATCHED_FROM_SYNONYMS = 1500
"""... as it is up to here when the synonyms changed: a patch leaves what titles are also called for later."""

PATCHED_MOST = 20
"""Products that change together; more come from an import, which nobody waits for."""

NEVER = datetime.max.replace(tzinfo=UTC)

Synonyms = tuple[tuple[str, ...], ...]
Entries = Mapping[str, Entry]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """The whole catalogue at one moment; immutable.

    Attributes:
        held: every published product, also those not offered now: their texts need not be made again.
        entries: what can be found, in the order of their titles.
        synonyms: groups of phrases that mean the same: the shipped list as the city changed it.
        until: when a product starts or stops being offered.
        settled: whether the engine was built for just this, or patched for the time being.
    """

    signature: tuple[object, ...]
    held: dict[UUID, Entry]
    entries: dict[str, Entry]
    synonyms: tuple[tuple[str, ...], ...]
    engine: Engine
    until: datetime
    settled: bool = True

    def search(self, query: str, *, limit: int, filters: Mapping[str, Sequence[str]]) -> SearchResult:
        """The best products for what somebody typed; hit ids are keys of `entries`."""
        return self.engine.search(query, limit=limit, filters=filters)

    def with_synonyms(self, synonyms: tuple[tuple[str, ...], ...]) -> "Shelf":
        """The same products with another list of synonyms; takes as long as building (0.4 s): for a thread."""
        return msgspec.structs.replace(self, synonyms=synonyms, engine=_built(self.entries, synonyms), settled=True)

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

    def built(self) -> "Shelf":
        """The same with an engine built for just this: for a thread."""
        return msgspec.structs.replace(self, engine=_built(self.entries, self.synonyms), settled=True)

    def up_to(self, other: "Shelf") -> "Shelf":
        """The other shelf with our engine, patched to what the other holds."""
        if other is self or (engine := _patched(self, other.entries, other.synonyms)) is None:
            return other
        return msgspec.structs.replace(other, engine=engine, settled=engine is self.engine)


def shelf_of(
    rows: Sequence[Row],
    before: Shelf | None,
    synonyms: Synonyms,
    signature: tuple[object, ...],
    form: Form,
    now: datetime,
) -> Shelf:
    """The shelf of these rows; for a thread.

    Args:
        rows: every published product; without its texts when `before` holds it as it is.
        before: the last shelf.
        synonyms: groups of phrases that mean the same.
        signature: of the rows and the synonyms.
        form: how the city addresses people.
        now: products that are not offered at this moment cannot be found.
    """
    known = before.held if before else {}
    every = [known[row["id"]] if row["known"] else entry_of(row, form) for row in rows]
    every.sort(key=lambda entry: entry.order)
    entries = {
        entry.document.id: entry for entry in every if (entry.visible[0] or now) <= now < (entry.visible[1] or NEVER)
    }
    turns = [moment for entry in every for moment in entry.visible if moment and moment > now]
    patched = _patched(before, entries, synonyms) if before else None
    return Shelf(
        signature=signature,
        held={entry.id: entry for entry in every},
        entries=entries,
        synonyms=synonyms,
        engine=patched or _built(entries, synonyms),
        until=min(turns, default=NEVER),
        settled=patched is None or (before is not None and before.settled and patched is before.engine),
    )


def _patched(before: Shelf, entries: Entries, synonyms: Synonyms) -> Engine | None:
    """The engine for these products from that of others, or none when it had better be built."""
    again = synonyms != before.synonyms
    if len(entries) < (PATCHED_FROM_SYNONYMS if again else PATCHED_FROM):
        return None
    fresh = [entry.document for name, entry in entries.items() if before.entries.get(name) is not entry]
    gone = before.entries.keys() - entries.keys()
    if len(fresh) + len(gone) > PATCHED_MOST:
        return None
    if not (fresh or gone or again):
        return before.engine
    return before.engine.patched(fresh, gone, synonyms if again else None)


def _built(entries: Entries, synonyms: Synonyms) -> Engine:
    documents: list[Document] = [entry.document for entry in entries.values()]
    return Engine.build(documents, synonyms, SETTINGS)
