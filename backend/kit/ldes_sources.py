"""Where the pages of a stream come from: files in a folder, or one HTTP origin."""

import asyncio
import glob
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

import httpx

from backend.kit.ldes_http import TIMEOUT, Fetched, Fetcher, Traffic
from backend.kit.ldes_page import PageBroken, read_page

_NAMES = ("*.json", "*.jsonld")
_LONGEST_LINK = 2_000
_NUMBER = re.compile(r"([?&](?:pageNumber|page)=)(\d{1,9})(?=&|\Z)")


class LdesUnavailable(Exception):
    """Nothing can be read from the source that was given.

    Attributes:
        retry_after: seconds after which the server wants to be asked again.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PageSource(Protocol):
    """Gives pages by name; a name is whatever the source finds them by."""

    traffic: Traffic

    async def start(self) -> list[str]:
        """The names of the pages to begin with."""
        ...

    def stream_of(self, name: str) -> str | None:
        """The stream to which a page belongs; None when the source does not know, or has but one."""
        ...

    def resolve(self, base: str, link: str, itself: str | None = None) -> str | None:
        """The name of the page a link on page `base` points at; None when it may not be followed.

        Args:
            base: name of the page with the link.
            link: as it stands there.
            itself: what that page calls itself.
        """
        ...

    def successor(self, name: str) -> str | None:
        """The page with the next number, when pages are numbered: a way past a page that cannot be read."""
        ...

    async def load(self, name: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        """Read one page, or learn that it is still the one these validators came with.

        Raises:
            PageBroken: with the reason.
        """
        ...


@asynccontextmanager
async def open_source(
    source: str,
    *,
    api_key: str | None,
    client: httpx.AsyncClient | None,
    page_bytes: int,
    private: bool,
    stream: str | None = None,
) -> AsyncIterator[PageSource]:
    """The pages behind a file, a folder, a glob or an http(s) address; of files only those of a stream if one is given.

    A file that does not say of which stream it is may be of any: it is begun with as well, and reading it tells.
    """
    if not is_address(source):
        yield FilePages(source, page_bytes, stream)
        return
    if client is not None:
        yield HttpPages(source, Fetcher(client, api_key, most=page_bytes, private=private))
        return
    # a transport of its own: no proxy of the environment gets the key
    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, transport=httpx.AsyncHTTPTransport()) as own:
        yield HttpPages(source, Fetcher(own, api_key, most=page_bytes, private=private))


async def streams_in_files(source: str, page_bytes: int) -> list[str]:
    """The streams whose pages are in a file, folder or glob, sorted; none for an address, or when no page says it."""
    return [] if is_address(source) else await FilePages(source, page_bytes).streams()


class FilePages:
    """Pages in files. One file: its folder holds the others, found by their "@id"; else: all files given."""

    def __init__(self, source: str, page_bytes: int, stream: str | None = None) -> None:
        self.traffic = Traffic()
        self._source = source.removeprefix("file://")
        self._most = page_bytes
        self._stream = stream
        self._streams: dict[str, str] = {}
        self._pages: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._unread: list[str] = []

    async def start(self) -> list[str]:
        """The file itself, or every file of the folder or glob, in the order of their names."""
        found = await asyncio.to_thread(self._find)
        return [one for one in found if self._stream in {None, self._streams.get(one, self._stream)}]

    def stream_of(self, name: str) -> str | None:
        """The stream of which a file's page, or one that is linked with it, calls itself a page."""
        return self._streams.get(name)

    async def streams(self) -> list[str]:
        """The streams that the files to begin with belong to, sorted."""
        try:
            return sorted({self._streams[one] for one in await self.start() if one in self._streams})
        except LdesUnavailable:
            return []

    def resolve(self, base: str, link: str, itself: str | None = None) -> str | None:  # noqa: ARG002 known already
        """The file whose page has this id; the id itself when there is none, so that reading it is refused."""
        page = urljoin(self._ids.get(base, ""), link)
        return self._pages.get(page) or self._pages.get(link) or page

    def successor(self, name: str) -> str | None:
        """The file whose page has the next number."""
        following = _following(self._ids.get(name) or name)
        return self._pages.get(following) if following else None

    async def load(self, name: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:  # noqa: ARG002 files have no validators
        """Read one file."""
        self.traffic.requests += 1
        body = await asyncio.to_thread(self._read, name)
        self.traffic.bytes += len(body)
        return Fetched(body=body, etag=None, modified=None)

    def _find(self) -> list[str]:
        given = Path(self._source)
        if given.is_dir():
            chosen = sorted({path for pattern in _NAMES for path in given.glob(pattern)})
        elif given.is_file():
            chosen = [given]
        else:
            chosen = sorted(Path(name) for name in glob.glob(self._source) if Path(name).is_file())  # noqa: PTH207
        if not chosen:
            raise LdesUnavailable(f"no page of an LDES at {self._source}")
        beside = given.parent if given.is_file() else None
        siblings = [path for pattern in _NAMES for path in beside.glob(pattern)] if beside else []
        links = {str(path): self._index(path) for path in sorted({*chosen, *siblings})}
        self._join(links)
        return [str(path) for path in chosen]

    def _join(self, links: Mapping[str, Sequence[str]]) -> None:
        """Pages with links between them are of one stream, whatever they call themselves: numbers may be in a path."""
        beside: dict[str, set[str]] = defaultdict(set)
        for name, found in links.items():
            for link in found:
                if target := self.resolve(name, link):
                    beside[name].add(target)
                    beside[target].add(name)
        joined: set[str] = set()
        for name in links:
            if name in self._streams and name not in joined:
                stream, waiting = self._streams[name], {name}
                while waiting:
                    one = waiting.pop()
                    joined.add(one)
                    self._streams[one] = stream
                    waiting |= beside[one] - joined

    def _index(self, path: Path) -> list[str]:
        """Note what a page calls itself; gives where it leads to."""
        self._ids[str(path)] = ""
        try:
            page = read_page(self._bytes(path), path.name, member_bytes=0)
        except (PageBroken, OSError):
            self._unread.append(path.name)
            return []
        if page.of:
            self._streams[str(path)] = page.of
        for name in filter(None, (page.stream, *page.views)):
            self._pages.setdefault(name, str(path))
            self._ids[str(path)] = self._ids[str(path)] or name
        return [link.target for link in page.links]

    def _read(self, name: str) -> bytes:
        if name not in self._ids:  # also keeps a link from naming a file of its own choice
            unread = f"; not readable there: {', '.join(self._unread[:5])}" if self._unread else ""
            raise PageBroken(f"no file beside the others has this page{unread}")
        try:
            return self._bytes(Path(name))
        except OSError as problem:
            raise PageBroken(problem.strerror or str(problem)) from problem

    def _bytes(self, path: Path) -> bytes:
        if path.stat().st_size > self._most:
            raise PageBroken(f"more than {self._most // 1024 // 1024} MiB")
        return path.read_bytes()


class HttpPages:
    """Pages on one origin (scheme, host, port); links to another origin are not followed."""

    def __init__(self, source: str, fetcher: Fetcher) -> None:
        self.traffic = fetcher.traffic
        self._source = urldefrag(source).url
        self._fetcher = fetcher

    async def start(self) -> list[str]:
        """The address that was given."""
        return [self._source]

    def stream_of(self, name: str) -> str | None:  # noqa: ARG002 links do not leave the origin, nor the stream
        """Not known: what the first page leads to is the stream."""
        return None

    def resolve(self, base: str, link: str, itself: str | None = None) -> str | None:
        """The absolute address without fragment; None for another origin.

        A publisher behind a proxy may not know its own origin: then its name for itself means the origin we asked.
        """
        try:
            address = urldefrag(urljoin(base, link)).url
            if itself and origin(itself) == origin(address) and urlsplit(itself).path == urlsplit(base).path:
                asked = urlsplit(self._source)
                address = urlunsplit(urlsplit(address)._replace(scheme=asked.scheme, netloc=asked.netloc))
            same = origin(address) == origin(self._source) and "@" not in urlsplit(address).netloc
        except ValueError:
            return None
        return address if same and len(address) <= _LONGEST_LINK else None

    def successor(self, name: str) -> str | None:
        """The address with the next page number."""
        return _following(name)

    async def load(self, name: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        """Fetch one page."""
        return await self._fetcher.fetch(name, etag=etag, modified=modified)


def is_address(source: str) -> bool:
    """Whether the pages come over HTTP; if not they are in files."""
    return urlsplit(source).scheme in {"http", "https"}


def origin(address: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port.

    Raises:
        ValueError: the port is none.
    """
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _following(name: str) -> str | None:
    following, times = _NUMBER.subn(lambda match: f"{match[1]}{int(match[2]) + 1}", name)
    return following if times == 1 else None
