"""What a change of synonyms would do to searches, without saving it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import UnsetType
from uuid_utils.compat import uuid7

from backend.catalogue.index.service import ProductIndex, Shelf
from backend.catalogue.rules.effects import Remark, remarks
from backend.catalogue.rules.synonyms import Group, Others, effective
from backend.catalogue.search.service import SearchLog, TermsAsked
from backend.catalogue.synonyms.schemas import (
    FoundProduct,
    QueryChange,
    SynonymPreview,
    SynonymPreviewView,
    SynonymWarning,
)
from backend.catalogue.synonyms.service.decisions import checked, others_of
from backend.catalogue.synonyms.service.groups import shipped_of
from backend.catalogue.vocabulary.service import synonym_groups
from backend.kit.paging import PageRequest
from backend.kit.problems import invalid_input, unavailable, unknown_reference
from backend.kit.schema import given
from backend.kit.text import fold
from backend.kit.work import Work

T = TypeVar("T")

WAIT_SECONDS = 3.0
MOST_WAITING = 3
MOST_QUERIES = 200
SHOWN = 5
MOST_SEARCHED = 100


class Previews:
    """Makes previews one at a time: each builds an index of its own and so takes half a second of a core."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def run(self, task: Callable[[], T]) -> T:
        """The result of `task`, made in a thread; 503 when it would take long before its turn comes."""
        if self._waiting >= MOST_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._lock.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        running = asyncio.get_running_loop().run_in_executor(None, task)
        # a caller that goes away does not stop the thread: the next one waits until it is really done
        running.add_done_callback(lambda _: self._lock.release())
        return await asyncio.shield(running)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A list to try.

    Attributes:
        phrases: of the group after the change, empty when it goes.
        touched: of the group before and after.
        synonyms: the whole list after the change.
        others: looks up a phrase in the other groups.
    """

    phrases: tuple[str, ...]
    touched: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]
    others: Others


class PreviewService:
    """Tries changes of synonyms.

    Args:
        work: the unit of work.
        index: the search index of this process.
        previews: one per process.
    """

    def __init__(self, work: Work, index: ProductIndex, previews: Previews) -> None:
        self._work = work
        self._index = index
        self._previews = previews

    async def preview(self, data: SynonymPreview) -> SynonymPreviewView:
        """Which queries change; the same 400 and 409 as saving it would give, 503 when others are being made."""
        groups = await synonym_groups(self._work.uow)
        trial = _trial(groups, data, await others_of(groups, given(data.id)))
        log = await SearchLog(self._work, self._index).terms(TermsAsked(), PageRequest(limit=MOST_SEARCHED))
        searched = [term.terms for term in log.items]
        queries = _distinct((*data.queries, *trial.touched, *searched))[:MOST_QUERIES]
        shelf = await self._index.shelf(self._work.uow)
        changes, warnings = await self._previews.run(lambda: _compare(shelf, trial, queries))
        return SynonymPreviewView(
            phrases=trial.phrases,
            changes=changes,
            compared=len(queries),
            unchanged=len(queries) - len(changes),
            warnings=[SynonymWarning(code=one.code, name=one.place, detail=one.detail) for one in warnings],
        )


def _trial(groups: Mapping[UUID, Group], data: SynonymPreview, others: Others) -> Trial:
    """The list with the change in it."""
    own = given(data.id)
    held = groups.get(own) if own else None
    if own and held is None:
        raise unknown_reference("id", "No such group of synonyms.")
    if data.removed or data.restored:
        if held is None or data.removed == data.restored:
            raise invalid_input("Removed or restored: one of them, with the id of a group.", name="id")
        phrases = shipped_of(held, data.phrases) if data.restored else ()
        if data.removed and not isinstance(data.phrases, UnsetType):
            raise invalid_input("Not together with phrases.", name="removed")
    elif isinstance(data.phrases, UnsetType):
        raise invalid_input("Give the phrases to try, or removed or restored.", name="phrases")
    else:
        phrases = checked(data.phrases, others, held)
    rest = [group for group in groups.values() if group.id != own]
    after = [*rest, Group(id=own or uuid7(), origin="city", phrases=phrases)] if phrases else rest
    before = held.phrases if held and held.origin != "removed" else ()
    return Trial(phrases=phrases, touched=(*phrases, *before), synonyms=effective(after), others=others)


def _compare(shelf: Shelf, trial: Trial, queries: list[str]) -> tuple[list[QueryChange], list[Remark]]:
    """The queries that find something else, and the warnings; runs in a thread."""
    other = shelf.with_synonyms(trial.synonyms)
    changes = []
    for query in queries:
        before, after = _found(shelf, query), _found(other, query)
        if before != after:
            changes.append(QueryChange(query=query, before=before, after=after))
    shares = [shelf.share(phrase) for phrase in trial.phrases]
    warnings = remarks(trial.phrases, trial.others, shares) if trial.phrases else []
    return changes, warnings


def _found(shelf: Shelf, query: str) -> list[FoundProduct]:
    hits = shelf.search(query, limit=SHOWN, filters={}).hits
    entries = [shelf.entries[hit.id] for hit in hits]
    return [FoundProduct(id=entry.id, title=entry.document.title) for entry in entries]


def _distinct(queries: Iterable[str]) -> list[str]:
    """Queries that differ in more than case and spaces."""
    found = {" ".join(fold(query).split()): query for query in reversed(list(queries))}
    return [query for key, query in reversed(found.items()) if key]


def _busy() -> Exception:
    return unavailable("Other previews are being made; try again in a moment.")
