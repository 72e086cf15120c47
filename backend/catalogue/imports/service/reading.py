"""Reads a stream of snapshots and understands it; needs no database, so nothing waits for a slow publisher."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec

from backend.catalogue.imports.schemas import ImportMode, RefusalView
from backend.catalogue.rules import ProductFacts, SnapshotRefused, content_hash, product_facts, remarks
from backend.kit.ldes import (
    Bookmark,
    Contents,
    LdesUnavailable,
    Limits,
    Member,
    MemberBroken,
    Refusal,
    StreamRead,
    read_stream,
)
from backend.kit.text import drop_refused

BATCH = 250
MOST_REFUSALS = 500
"""Refusals kept in a report; the count is of all of them."""

_LONGEST_NAME = 1_000
_LONGEST_ID = 1_500  # an index entry of PostgreSQL holds at most 2704 bytes, of both together
_AHEAD = timedelta(days=1)
_CONTEXTS = frozenset({"ipdc-lpdc-im.jsonld", "ldes.jsonld", "hydra.jsonld"})
"""File names of the contexts whose compact keys we know; they are never fetched."""

Progress = Callable[[int, int], None]
"""Told how many of how many snapshots are done."""


class Understood(msgspec.Struct, frozen=True):
    """The facts of a product and their digest."""

    facts: ProductFacts
    digest: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A stream, read and understood, ready to be stored.

    Attributes:
        catalogue: name of the catalogue these products belong to.
        products: the newest snapshot of every product, as facts.
        seen: ids of all products in what was read, also of those whose snapshot was refused.
        refused: how many pages and snapshots were left out.
        refusals: the first 500 of them, and notices.
        complete: whether every page was read.
        bookmark: where to go on next time.
        retry_after: seconds after which the publisher wants to be asked again.
        error: why nothing could be read.
    """

    catalogue: str
    started_at: datetime
    products: list[Understood] = []
    seen: frozenset[str] = frozenset()
    refused: int = 0
    refusals: list[RefusalView] = []
    mode: ImportMode = "full"
    pages: int = 0
    requests: int = 0
    bytes: int = 0
    complete: bool = False
    bookmark: Bookmark | None = None
    retry_after: float | None = None
    error: str | None = None


async def read_catalogue(
    source: str | Path,
    *,
    name: str | None = None,
    api_key: str | None = None,
    bookmark: Bookmark | None = None,
    client: httpx.AsyncClient | None = None,
    limits: Limits | None = None,
    private: bool = True,
    stream: str | None = None,
    mixed: bool = False,
) -> Reading:
    """Read every page, or what was added since the bookmark; never raises for what the publisher does.

    Args:
        source: a page's file (its folder holds the others), a folder, a glob, or a page's http(s) address.
        name: of the catalogue; without it what the stream calls itself.
        api_key: sent as `x-api-key`.
        bookmark: of the reading before.
        client: to use instead of one of our own.
        limits: see `kit.ldes.Limits`.
        private: whether the addresses of this machine and its network may be asked.
        stream: only pages of this stream, one of `kit.ldes.streams_at`.
        mixed: whether pages of other streams belong to the catalogue all the same.
    """
    started, source = datetime.now(UTC), str(source)
    collected = _Collected(started + _AHEAD)
    try:
        read = await read_stream(
            source,
            collected.take,
            api_key=api_key,
            client=client,
            bookmark=bookmark,
            limits=limits,
            private=private,
            stream=stream,
            mixed=mixed,
        )
    except LdesUnavailable as problem:
        return Reading(
            catalogue=_fitting(name or drop_refused(stream or "") or _place(source)),
            started_at=started,
            error=drop_refused(str(problem)),
            retry_after=problem.retry_after,
        )
    catalogue = _fitting(name or drop_refused(read.stream or "") or _place(source))
    return await asyncio.to_thread(collected.reading, catalogue, started, read)


class _Collected:
    """The newest snapshot of every product, as its bytes: a page is not kept."""

    def __init__(self, latest: datetime) -> None:
        self._ahead = latest
        self._newest: dict[str, Member] = {}
        self._seen: set[str] = set()
        self._refused: list[Refusal] = []

    def take(self, page: Contents) -> None:
        """Keep what is newer than what we have; of two with the same time the one read last."""
        names = [re.split(r"[/#]", address)[-1] for address in page.contexts]
        if names and not _CONTEXTS.intersection(names):
            shown = ", ".join(page.contexts)[:200]
            reason = f"unknown context {shown}: read by its compact keys"
            self._refused.append(Refusal(id=page.name, reason=reason, kind="notice"))
        for member in page.members:
            self._seen.add(member.version_of)
            held = self._newest.get(member.version_of)
            if member.generated_at > self._ahead:
                self._refused.append(Refusal(id=member.id, reason="generatedAtTime lies in the future"))
            elif held is None or member.generated_at >= held.generated_at:
                self._newest[member.version_of] = member

    def reading(self, catalogue: str, started: datetime, read: StreamRead) -> Reading:
        """Understand what was kept; runs in a thread."""
        products: list[Understood] = []
        told = {(one.id, one.reason) for one in read.refused}
        for member in self._newest.values():
            try:
                understood, notices = _understood(member)
                products.append(understood)
                fresh = [one for one in notices if (member.id, one) not in told]
                self._refused += [Refusal(id=member.id, reason=one, kind="notice") for one in fresh]
            except (SnapshotRefused, MemberBroken) as problem:
                self._refused.append(Refusal(id=member.id, reason=str(problem)))
        refused = [*read.refused, *self._refused]
        refused.sort(key=lambda one: one.kind == "notice")  # what was left out comes first
        self._seen.update(one.version_of for one in refused if one.version_of)
        return Reading(
            catalogue=catalogue,
            started_at=started,
            products=products,
            seen=frozenset(self._seen),
            refused=sum(one.kind != "notice" for one in refused),
            refusals=[_refusal(one) for one in refused[:MOST_REFUSALS]],
            mode=read.mode,
            pages=read.pages,
            requests=read.requests,
            bytes=read.bytes,
            complete=read.complete,
            bookmark=read.bookmark,
            retry_after=read.retry_after,
        )


def batches(products: Sequence[Understood]) -> list[Sequence[Understood]]:
    """Products in pieces that one statement can carry."""
    return [products[first : first + BATCH] for first in range(0, len(products), BATCH)]


def _understood(member: Member) -> tuple[Understood, list[str]]:
    """The facts of a snapshot, and what of it is not kept."""
    data = member.data
    facts = product_facts(data)
    if len(facts.external_id.encode()) > _LONGEST_ID:
        raise SnapshotRefused(f"an id of more than {_LONGEST_ID} bytes")
    if b"\\u0000" in msgspec.json.encode(facts):
        raise SnapshotRefused("a NUL character")
    return Understood(facts, content_hash(facts)), remarks(data)


def _refusal(one: Refusal) -> RefusalView:
    name, reason = (drop_refused(text)[:_LONGEST_ID] for text in (one.id, one.reason))
    return RefusalView(id=name, reason=reason, kind="snapshot" if one.kind == "member" else one.kind)


def _fitting(name: str) -> str:
    """The name, cut off where no index could hold it."""
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore")


def _place(source: str) -> str:
    """A name from where the pages are: the address without its query, or the folder."""
    if urlsplit(source).scheme in {"http", "https"}:
        return source.partition("?")[0]
    path = Path(source.removeprefix("file://")).absolute()
    return f"file://{path if path.is_dir() else path.parent}"
