"""Where the pages of a stream come from: files in a folder, or one HTTP origin."""

import asyncio
import glob
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import msgspec

_TIMEOUT = 15.0
_BIGGEST = 64 * 1024 * 1024
_NAMES = ("*.json", "*.jsonld")


class LdesUnavailable(Exception):
    """Nothing can be read from the source that was given."""


class PageBroken(Exception):
    """One page cannot be read."""


class PageSource(Protocol):
    """Gives pages by name; a name is whatever the source finds them by."""

    async def start(self) -> list[str]:
        """The names of the pages to begin with."""
        ...

    def resolve(self, base: str, link: str) -> str | None:
        """The name of the page a link on page `base` points at; None when it may not be followed."""
        ...

    async def load(self, name: str) -> Mapping[str, Any]:
        """Read one page.

        Raises:
            PageBroken: with the reason.
        """
        ...


@asynccontextmanager
async def open_source(
    source: str, *, api_key: str | None, client: httpx.AsyncClient | None
) -> AsyncIterator[PageSource]:
    """The pages behind a file, a folder, a glob or an http(s) address."""
    if urlsplit(source).scheme not in {"http", "https"}:
        yield FilePages(source)
    elif client is not None:
        yield HttpPages(source, client, api_key)
    else:
        # redirects are not followed: they could carry the key to another host
        async with httpx.AsyncClient(timeout=_TIMEOUT, transport=httpx.AsyncHTTPTransport(retries=2)) as own:
            yield HttpPages(source, own, api_key)


class FilePages:
    """Pages in files. One file: its folder holds the others, found by their "@id"; else: all files given."""

    def __init__(self, source: str) -> None:
        self._source = source.removeprefix("file://")
        self._pages: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._unread: list[str] = []

    async def start(self) -> list[str]:
        """The file itself, or every file of the folder or glob, in the order of their names."""
        return await asyncio.to_thread(self._find)

    def resolve(self, base: str, link: str) -> str | None:
        """The file whose page has this id; the id itself when there is none, so that reading it is refused."""
        page = urljoin(self._ids.get(base, ""), link)
        return self._pages.get(page) or self._pages.get(link) or page

    async def load(self, name: str) -> Mapping[str, Any]:
        """Read one file."""
        return await asyncio.to_thread(self._read, name)

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
        for path in sorted({*chosen, *siblings}):
            self._index(path)
        return [str(path) for path in chosen]

    def _index(self, path: Path) -> None:
        self._ids[str(path)] = ""
        try:
            page = decode(path.read_bytes())
        except (PageBroken, OSError):
            self._unread.append(path.name)
            return
        views = page.get("view", [])
        for holder in (page, *(views if isinstance(views, list) else [views])):
            name = holder.get("@id") if isinstance(holder, Mapping) else holder
            if isinstance(name, str):
                self._pages.setdefault(name, str(path))
                self._ids[str(path)] = self._ids[str(path)] or name

    def _read(self, name: str) -> Mapping[str, Any]:
        if name not in self._ids:  # also keeps a link from naming a file of its own choice
            unread = f"; not readable there: {', '.join(self._unread[:5])}" if self._unread else ""
            raise PageBroken(f"no file beside the others has this page{unread}")
        try:
            return decode(Path(name).read_bytes())
        except OSError as problem:
            raise PageBroken(problem.strerror or str(problem)) from problem


class HttpPages:
    """Pages on one origin (scheme, host, port); links to another origin are not followed."""

    def __init__(self, source: str, client: httpx.AsyncClient, api_key: str | None) -> None:
        self._source = urldefrag(source).url
        self._client = client
        self._headers = {"Accept": "application/ld+json"} | ({"x-api-key": api_key} if api_key else {})

    async def start(self) -> list[str]:
        """The address that was given."""
        return [self._source]

    def resolve(self, base: str, link: str) -> str | None:
        """The absolute address without fragment; None for another origin."""
        try:
            address = urldefrag(urljoin(base, link)).url
            return address if _origin(address) == _origin(self._source) else None
        except ValueError:
            return None

    async def load(self, name: str) -> Mapping[str, Any]:
        """Fetch one page (at most 64 MiB, 15 s without an answer)."""
        body = bytearray()
        try:
            async with self._client.stream("GET", name, headers=self._headers) as response:
                if response.status_code != httpx.codes.OK:
                    target = response.headers.get("location")
                    raise PageBroken(f"status {response.status_code}" + (f", it moved to {target}" if target else ""))
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > _BIGGEST:
                        raise PageBroken(f"more than {_BIGGEST // 1024 // 1024} MiB")
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise PageBroken(f"{type(problem).__name__}: {problem}") from problem
        return decode(bytes(body))


def decode(raw: bytes) -> Mapping[str, Any]:
    """The JSON object of a page.

    Raises:
        PageBroken: it is not one.
    """
    try:
        page = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise PageBroken(f"not valid JSON: {problem}") from problem
    if not isinstance(page, dict):
        raise PageBroken("not a JSON object")
    return page


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
