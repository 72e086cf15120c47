"""Administers indexes with the official client: waits for every task, and takes a failed task for a failure.

The client blocks, opens a connection per call and keeps changing one set of headers, so an `Administration` belongs to
one thread at a time; asynchronous code runs it in a worker thread. It alone uses the administration key.
"""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any, TypeVar, cast

import meilisearch
import msgspec
import requests
from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.models.task import Task, TaskInfo

from backend.kit.search.meilisearch.contents import META
from backend.kit.search.meilisearch.faults import Away, Malformed, Mismatch, Refused, TaskFailed
from backend.kit.search.meilisearch.filters import In, written

REQUEST_SECONDS = 10
BATCH_BYTES = 8_000_000
"""Documents of one request; the server itself takes 100 MB."""

_PAGE = 1000
_CHUNK = 500
_NOT_FOUND = 404
_LOOK_MS = 50

T = TypeVar("T")


class Administration:
    """Everything that changes a server, or looks at more than a search may.

    Args:
        url: of the server.
        key: that may administer; empty for a server without keys.
        seconds: what everything together may take.
    """

    def __init__(self, url: str, key: str, *, seconds: float) -> None:
        self._client = meilisearch.Client(url.rstrip("/"), key or None, timeout=REQUEST_SECONDS)
        self._until = monotonic() + seconds

    def about(self, uid: str) -> dict[str, Any] | None:
        """The document that says what the index was made from; None without it or without the index."""
        try:
            return self._said(lambda: dict(self._client.index(uid).get_document(META)))
        except Refused as fault:
            if fault.status == _NOT_FOUND:
                return None
            raise

    def digests(self, uid: str) -> dict[str, str]:
        """Id and digest of every document of the index, besides the one about the index."""

        def page(offset: int) -> tuple[list[tuple[str, str]], int]:
            wanted = {"fields": ["id", "digest"], "limit": _PAGE, "offset": offset}
            sent = self._client.index(uid).get_documents(wanted)
            return [(one["id"], one.get("digest", "")) for one in map(dict, sent.results)], sent.total

        return {key: digest for key, digest in self._every(page) if key != META}

    def count(self, uid: str) -> int:
        """How many documents the index says it holds."""
        return self._said(lambda: self._client.index(uid).get_stats().number_of_documents)

    def shown_settings(self, uid: str) -> dict[str, Any]:
        """The settings as the server shows them."""
        # the client's own call turns a part of them into objects
        return self._said(lambda: dict(self._client.http.get(f"indexes/{uid}/settings")))

    def names(self, prefix: str) -> list[str]:
        """Names of the indexes that begin so."""

        def page(offset: int) -> tuple[list[str], int]:
            # the client says that it gives a list; it gives the whole answer
            sent = cast("dict[str, Any]", self._client.get_raw_indexes({"limit": _PAGE, "offset": offset}))
            return [one["uid"] for one in sent["results"]], sent["total"]

        return [name for name in self._every(page) if name.startswith(prefix)]

    def create(self, uid: str) -> None:
        """Make an empty index."""
        self._done(lambda: self._client.create_index(uid, {"primaryKey": "id"}))

    def configure(self, uid: str, settings: dict[str, Any]) -> None:
        """Change the settings that are given."""
        self._done(lambda: self._client.index(uid).update_settings(settings))

    def add(self, uid: str, documents: Sequence[dict[str, Any]]) -> None:
        """Add documents or replace those with the same id, in the order given; the last come last.

        Raises:
            Mismatch: the server took fewer than it got.
        """
        for batch in _batches(documents):
            task = self._done(partial(self._client.index(uid).add_documents, batch, "id"))
            taken = (task.details or {}).get("indexedDocuments")
            if taken != len(batch):
                raise Mismatch("documents_lost", f"{taken} of {len(batch)}")

    def remove(self, uid: str, keys: Sequence[str]) -> None:
        """Remove documents by their ids."""
        for start in range(0, len(keys), _CHUNK):
            wanted = written(In("id", tuple(keys[start : start + _CHUNK])))
            self._done(partial(self._client.index(uid).delete_documents, filter=wanted))

    def swap(self, one: str, other: str) -> None:
        """Each index gets the name of the other, at once."""
        self._done(lambda: self._client.swap_indexes([{"indexes": [one, other]}]))

    def delete(self, uid: str) -> None:
        """Remove an index."""
        self._done(lambda: self._client.delete_index(uid))

    def create_search_key(self, uid: str, description: str) -> str:
        """A new key that can search this index and nothing else; it does not expire."""
        asked = {"description": description, "actions": ["search"], "indexes": [uid], "expiresAt": None}
        return self._said(lambda: self._client.create_key(asked).key)

    def _every(self, page: Callable[[int], tuple[list[T], int]]) -> list[T]:
        """The things of all pages; `page` gives those from an offset on, and how many there are in all."""
        found: list[T] = []
        offset, total = 0, 1
        while offset < total:
            some, total = self._said(partial(page, offset))
            found += some
            offset += _PAGE
        return found

    def stop(self) -> None:
        """Ask nothing any more: who waited for it is gone; may be called from another thread."""
        self._until = 0.0

    def _said(self, call: Callable[[], T]) -> T:
        """What a call gives; everything that can go wrong with it is a fault."""
        if monotonic() > self._until:
            raise Away("deadline")
        try:
            return call()
        except MeilisearchApiError as error:
            raise Refused(f"http_{error.status_code}", str(error.code or ""), status=error.status_code) from error
        except (MeilisearchError, requests.RequestException) as error:
            if isinstance(error, requests.JSONDecodeError):
                raise Malformed("not JSON") from error
            raise Away("connection", type(error).__name__) from error
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:  # it trusts the answer
            raise Malformed(type(error).__name__) from error

    def _done(self, start: Callable[[], TaskInfo]) -> Task:
        """Start a task and wait until it succeeded: the client gives a failed task back as if all were well."""
        info = self._said(start)
        left = max(int((self._until - monotonic()) * 1000), 1)
        task = self._said(
            lambda: self._client.wait_for_task(info.task_uid, timeout_in_ms=left, interval_in_ms=_LOOK_MS)
        )
        if task.status != "succeeded":
            code = (task.error or {}).get("code") or task.status
            raise TaskFailed(str(code), f"{task.type} {task.uid} {task.status}")
        return task


def _batches(documents: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    batches: list[list[dict[str, Any]]] = []
    size = BATCH_BYTES
    for document in documents:
        own = len(msgspec.json.encode(document))
        if size + own > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(document)
        size += own
    return batches
