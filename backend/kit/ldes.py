"""Reads a Linked Data Event Stream (LDES, TREE): pages of snapshots, from files or over HTTP.

Pages are compact JSON-LD as published by LPDC/IPDC: `{"@id", "timestampPath", "versionOfPath", "view": {"@id",
"relation": [{"node", ...}]}, "member": [...]}`, or the Hydra collections of IPDC (`hydraMember`, `hydraNext`). Contexts
are not fetched: the compact keys are the contract. A page or member that cannot be used is a refusal with its reason;
the rest goes on. A stream that is only added to is read on from its last page: see `Bookmark`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import httpx
import msgspec

from backend.kit.ldes_page import (
    Contents,
    Link,
    Member,
    MemberBroken,
    PageBroken,
    Refusal,
    identifier,
    read_page,
    unreadable,
)
from backend.kit.ldes_sources import LdesUnavailable, PageSource, is_address, open_source, streams_in_files

__all__ = [
    "Bookmark",
    "Contents",
    "LdesRead",
    "LdesUnavailable",
    "Limits",
    "Member",
    "MemberBroken",
    "Mode",
    "Refusal",
    "StreamRead",
    "identifier",
    "read_latest",
    "read_members",
    "read_stream",
    "streams_at",
    "unreadable",
]

MIB = 1024 * 1024
_MOST_SEEN = 1_000

Mode = Literal["full", "resumed", "notModified"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stops: more is a mistake or an attack.

    Attributes:
        pages: the biggest known stream has about 220.
        page_bytes: of one page; the biggest known has 0.4 MiB.
        member_bytes: of one snapshot; the biggest known has 11 kB.
        total_bytes: of all pages.
        page_seconds: to receive one page.
        total_seconds: for the whole stream.
    """

    pages: int = 2_000
    page_bytes: int = 32 * MIB
    member_bytes: int = MIB
    total_bytes: int = 512 * MIB
    page_seconds: float = 60.0
    total_seconds: float = 1_800.0


class Bookmark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a read stopped: the last page, its validators, the ids of the members on it. Full pages never change."""

    page: str
    etag: str | None = None
    modified: str | None = None
    seen: tuple[str, ...] = ()


class StreamRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a read did.

    Attributes:
        mode: `full`: every page; `resumed`: from the bookmark on; `notModified`: nothing was added.
        bookmark: where to go on next time; None when only a full read will do.
        stream: what the first page calls itself ("@id") without the part that says which page it is.
        retry_after: seconds after which the server wants to be asked again; the read stopped there.
    """

    mode: Mode
    pages: int
    requests: int
    bytes: int
    refused: list[Refusal]
    bookmark: Bookmark | None = None
    stream: str | None = None
    retry_after: float | None = None

    @property
    def complete(self) -> bool:
        """Whether every page was read; if not, an object that is absent here may still exist."""
        return all(refusal.kind != "page" for refusal in self.refused)


class LdesRead(msgspec.Struct, frozen=True, kw_only=True):
    """The newest snapshot of every object, how many pages were read and what was left out; see `StreamRead`."""

    members: list[dict[str, Any]]
    pages: int
    refused: list[Refusal]
    stream: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every page was read; if not, an object that is absent here may still exist."""
        return all(refusal.kind != "page" for refusal in self.refused)


async def read_stream(
    source: str,
    take: Callable[[Contents], None],
    *,
    api_key: str | None = None,
    client: httpx.AsyncClient | None = None,
    bookmark: Bookmark | None = None,
    limits: Limits | None = None,
    private: bool = True,
    stream: str | None = None,
    mixed: bool = False,
) -> StreamRead:
    """Read a stream page by page; memory holds one page at a time, and what `take` keeps of it.

    A page that calls itself one of another stream than the first page is refused.

    Args:
        source: a page's file (its folder holds the others), a folder, a glob, or a page's http(s) address.
        take: gets every page, in a thread, one at a time; of a page that was seen before only the new members.
        api_key: sent as `x-api-key`.
        client: to use instead of one of our own (its limits and certificates count).
        bookmark: of the read before; without it, when it does not fit any more, and of files everything is read.
        limits: others than the usual ones.
        private: whether the addresses of this machine and its network may be asked.
        stream: one of `streams_at`: only pages that say that they belong to it.
        mixed: whether pages of other streams belong to it all the same.

    Raises:
        LdesUnavailable: nothing can be read from there.
    """
    limits = limits or Limits()
    async with open_source(
        source, api_key=api_key, client=client, page_bytes=limits.page_bytes, private=private, stream=stream
    ) as opened:
        # files may be others under the same names, and are read quickly
        if bookmark is not None and is_address(source):
            resumed = await _Walk(opened, take, limits, bookmark, stream, mixed=mixed).resume()
            if resumed is not None:
                return resumed
        return await _Walk(opened, take, limits, None, stream, mixed=mixed).run(source)


async def streams_at(source: str, limits: Limits | None = None) -> list[str]:
    """The streams whose pages are in a file, folder or glob, sorted; none for an address, or when no page says it."""
    return await streams_in_files(source, (limits or Limits()).page_bytes)


async def read_members(
    source: str, *, api_key: str | None = None, client: httpx.AsyncClient | None = None
) -> AsyncIterator[Member]:
    """Every usable snapshot of a stream, oldest first (so per object in the order of its versions).

    Arguments and errors as `read_stream`.
    """
    members, _ = await _read_all(source, api_key, client)
    for member in members:
        yield member


async def read_latest(source: str, *, api_key: str | None = None, client: httpx.AsyncClient | None = None) -> LdesRead:
    """The newest snapshot of every object of a stream; arguments and errors as `read_stream`."""
    members, read = await _read_all(source, api_key, client)
    latest = {member.version_of: member for member in members}
    usable: list[dict[str, Any]] = []
    refused = list(read.refused)
    for member in latest.values():
        try:
            usable.append(member.data)
        except MemberBroken as problem:
            refused.append(Refusal(id=member.id, reason=str(problem)))
    return LdesRead(members=usable, pages=read.pages, refused=refused, stream=read.stream)


async def _read_all(
    source: str, api_key: str | None, client: httpx.AsyncClient | None
) -> tuple[list[Member], StreamRead]:
    members: list[Member] = []
    read = await read_stream(source, lambda page: members.extend(page.members), api_key=api_key, client=client)
    members.sort(key=lambda member: member.generated_at)  # stable: the page read last wins when times are equal
    return members, read


class _Walk:
    """One read: from the start, or from a bookmark forward only."""

    def __init__(
        self,
        opened: PageSource,
        take: Callable[[Contents], None],
        limits: Limits,
        bookmark: Bookmark | None,
        stream: str | None,
        *,
        mixed: bool,
    ) -> None:
        self._opened = opened
        self._take = take
        self._limits = limits
        self._bookmark = bookmark
        self._refused: list[Refusal] = []
        self._pages = 0
        self._stream = stream
        self._chosen = stream is not None
        self._mixed = mixed
        self._ends: list[Bookmark] = []
        self._ordered = True
        self._retry_after: float | None = None
        self._known: set[str] = set()
        self._guesses: set[str] = set()
        self._waiting: list[str] = []
        self._deadline = asyncio.get_running_loop().time() + limits.total_seconds

    async def run(self, source: str) -> StreamRead:
        self._waiting = await self._opened.start()
        self._known = set(self._waiting)
        await self._all()
        if not self._pages:
            reason = self._refused[0].reason
            raise LdesUnavailable(f"cannot read {source}: {reason}", retry_after=self._retry_after)
        return self._outcome("full")

    async def resume(self) -> StreamRead | None:
        """Go on from the bookmark; None when the stream is not the one it was laid in, so all of it has to be read."""
        mark = self._bookmark
        if mark is None or self._opened.resolve(mark.page, mark.page) != mark.page:
            return None
        self._known = {mark.page}
        try:
            page = await self._load(mark.page, etag=mark.etag, modified=mark.modified)
        except PageBroken as problem:
            if problem.status is None or problem.status >= 500 or problem.status in {401, 403, 429}:  # noqa: PLR2004 HTTP
                reason = f"cannot read {mark.page}: {problem}"
                raise LdesUnavailable(reason, retry_after=problem.retry_after) from problem
            return None  # gone, moved or spoilt: the stream may have begun anew
        if page is None:
            self._ends = [mark]
            return self._outcome("notModified")
        if not set(mark.seen) <= {member.id for member in page[0].members}:
            return None
        await self._keep(mark.page, *page)
        await self._all()
        return self._outcome("resumed")

    async def _all(self) -> None:
        while self._waiting and self._retry_after is None:
            name = self._waiting.pop(0)
            if reason := self._too_much():
                self._refused.append(Refusal(id=name, reason=reason, kind="page"))
                break
            try:
                page = await self._load(name)
            except PageBroken as problem:
                self._broken(name, problem)
                continue
            if page is not None:
                await self._keep(name, *page)

    def _too_much(self) -> str | None:
        if self._pages >= self._limits.pages:
            return f"more than {self._limits.pages} pages"
        if self._opened.traffic.bytes > self._limits.total_bytes:
            return f"more than {self._limits.total_bytes // MIB} MiB in all"
        if asyncio.get_running_loop().time() > self._deadline:
            return f"not done within {self._limits.total_seconds:.0f} s"
        return None

    async def _load(
        self, name: str, *, etag: str | None = None, modified: str | None = None
    ) -> tuple[Contents, Bookmark] | None:
        """A page and the bookmark that would be laid in it; None when it did not change."""
        try:
            async with asyncio.timeout(self._limits.page_seconds):
                answer = await self._opened.load(name, etag=etag, modified=modified)
        except TimeoutError as problem:
            raise PageBroken(f"no complete page within {self._limits.page_seconds:g} s") from problem
        if answer.body is None:
            return None
        try:
            page = await asyncio.to_thread(read_page, answer.body, name, member_bytes=self._limits.member_bytes)
        except PageBroken as problem:
            raise PageBroken(str(problem), status=httpx.codes.OK) from problem
        seen = tuple(
            member.id for member in page.members if "\x00" not in member.id
        )  # what JSON in PostgreSQL can hold
        if len(seen) > _MOST_SEEN:
            seen = ()
        return page, Bookmark(page=name, etag=answer.etag, modified=answer.modified, seen=seen)

    def _broken(self, name: str, problem: PageBroken) -> None:
        if name in self._guesses:
            return  # nobody said that there is such a page
        self._refused.append(Refusal(id=name, reason=str(problem), kind="page"))
        self._retry_after = problem.retry_after
        # the links to all later pages are on the one that is broken
        following = self._opened.successor(name) if self._pages else None
        if following and following not in self._known:
            self._known.add(following)
            self._guesses.add(following)
            self._waiting.append(following)

    async def _keep(self, name: str, page: Contents, mark: Bookmark) -> None:
        if reason := self._foreign(name, page):
            self._refused.append(Refusal(id=name, reason=reason, kind="page"))
            return
        self._pages += 1
        self._stream = self._stream or self._opened.stream_of(name) or page.of
        self._refused += page.refused
        if self._bookmark is not None:
            old = set(self._bookmark.seen)
            page = msgspec.structs.replace(page, members=[one for one in page.members if one.id not in old])
        await asyncio.to_thread(self._take, page)
        itself = page.stream
        links = [(link, self._opened.resolve(name, link.target, itself)) for link in page.links]
        for link, target in links:
            self._follow(link, target)
        onward = [target for link, target in links if link.direction == "forward" and target != name]
        self._ordered &= all(link.direction != "other" or target == name for link, target in links)
        if not onward:
            self._ends.append(mark)

    def _foreign(self, name: str, page: Contents) -> str | None:
        """Why a page is none of this stream: two streams in one would pass for one catalogue, and never come apart."""
        stream = self._opened.stream_of(name)
        if self._mixed or self._stream is None or stream == self._stream:
            return None
        if stream is None:
            return "it does not say of which stream it is" if self._chosen and page.of is None else None
        return f"a page of another stream, {stream}"

    def _follow(self, link: Link, target: str | None) -> None:
        if self._bookmark is not None and link.direction != "forward":
            return
        if target is None:
            if all(refusal.id != link.target for refusal in self._refused):
                self._refused.append(Refusal(id=link.target, reason="not on the origin of the stream", kind="page"))
        elif target not in self._known:
            self._known.add(target)
            self._waiting.append(target)
        self._guesses.discard(target or "")

    def _outcome(self, mode: Mode) -> StreamRead:
        bookmark = self._ends[0] if len(self._ends) == 1 and self._ordered else None
        complete = all(refusal.kind != "page" for refusal in self._refused)
        if not self._ends and complete:
            where = next(iter(self._known))
            self._refused.append(Refusal(id=where, reason="the pages go round: none is the last", kind="notice"))
        traffic = self._opened.traffic
        return StreamRead(
            mode=mode,
            pages=self._pages,
            requests=traffic.requests,
            bytes=traffic.bytes,
            refused=self._refused,
            bookmark=bookmark if complete else self._bookmark,
            stream=self._stream,
            retry_after=self._retry_after,
        )
