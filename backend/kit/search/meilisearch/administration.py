"""Administers indexes with the official client: waits for every task, and takes a failed task for a failure.

The client blocks, opens a connection per call and keeps changing one set of headers, so an `Administration` belongs to
one thread at a time; asynchronous code runs it in a worker thread. It alone uses the administration key.
"""

from collections.abc import Callable, Sequence
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
            return dict(_said(lambda: self._client.index(uid).get_document(META)))
        except Refused as fault:
            if fault.status == _NOT_FOUND:
                return None
            raise

    def digests(self, uid: str) -> dict[str, str]:
        """Id and digest of every document of the index, besides the one about the index."""
        found: dict[str, str] = {}
        offset, total = 0, 1
        while offset < total:
            wanted = {"fields": ["id", "digest"], "limit": _PAGE, "offset": offset}
            page = _said(lambda asked=wanted: self._client.index(uid).get_documents(asked))  # type: ignore[misc]
            found |= {one["id"]: one.get("digest", "") for one in (dict(document) for document in page.results)}
            offset, total = offset + _PAGE, page.total
        found.pop(META, None)
        return found

    def count(self, uid: str) -> int:
        """How many documents the index says it holds."""
        return int(_said(self._client.index(uid).get_stats).number_of_documents)

    def shown_settings(self, uid: str) -> dict[str, Any]:
        """The settings as the server shows them."""
        # the client's own call turns a part of them into objects
        return cast("dict[str, Any]", _said(lambda: self._client.http.get(f"indexes/{uid}/settings")))

    def names(self, prefix: str) -> list[str]:
        """Names of the indexes that begin so."""
        found: list[str] = []
        offset, total = 0, 1
        while offset < total:
            wanted = {"limit": _PAGE, "offset": offset}
            page = cast("Any", _said(lambda asked=wanted: self._client.get_raw_indexes(asked)))  # type: ignore[misc]
            found += [one["uid"] for one in page["results"]]
            offset, total = offset + _PAGE, page["total"]
        return [name for name in found if name.startswith(prefix)]

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
            task = self._done(lambda some=batch: self._client.index(uid).add_documents(some, "id"))  # type: ignore[misc]
            taken = (task.details or {}).get("indexedDocuments")
            if taken != len(batch):
                raise Mismatch("documents_lost", f"{taken} of {len(batch)}")

    def remove(self, uid: str, keys: Sequence[str]) -> None:
        """Remove documents by their ids."""
        for start in range(0, len(keys), _CHUNK):
            wanted = written(In("id", tuple(keys[start : start + _CHUNK])))
            self._done(lambda some=wanted: self._client.index(uid).delete_documents(filter=some))  # type: ignore[misc]

    def swap(self, one: str, other: str) -> None:
        """Each index gets the name of the other, at once."""
        self._done(lambda: self._client.swap_indexes([{"indexes": [one, other]}]))

    def delete(self, uid: str) -> None:
        """Remove an index."""
        self._done(lambda: self._client.delete_index(uid))

    def create_search_key(self, uid: str, description: str) -> str:
        """A new key that can search this index and nothing else; it does not expire."""
        asked = {"description": description, "actions": ["search"], "indexes": [uid], "expiresAt": None}
        return _said(lambda: self._client.create_key(asked)).key

    def _done(self, start: Callable[[], TaskInfo]) -> Task:
        """Start a task and wait until it succeeded: the client gives a failed task back as if all were well."""
        info = _said(start)
        left = max(int((self._until - monotonic()) * 1000), 1)
        task = _said(lambda: self._client.wait_for_task(info.task_uid, timeout_in_ms=left, interval_in_ms=_LOOK_MS))
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


def _said(call: Callable[[], T]) -> T:
    """What a call gives; everything that can go wrong with it is a fault."""
    try:
        return call()
    except MeilisearchApiError as error:
        raise Refused(f"http_{error.status_code}", str(error.code or ""), status=error.status_code) from error
    except (MeilisearchError, requests.RequestException) as error:
        if isinstance(error, requests.JSONDecodeError):
            raise Malformed("not JSON") from error
        raise Away("connection", type(error).__name__) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # its models take what they get for granted
        raise Malformed(type(error).__name__) from error
