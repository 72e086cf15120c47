"""Fetches one page over HTTP: with limits on size, time and where it may be, whatever the server does."""

import asyncio
import ipaddress
import socket
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from backend.kit.ldes_page import PageBroken

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
TRIES = 3
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 10.0
"""A server that asks to wait longer is not waited for: the read stops there."""

_BUSY = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 24 * 3600.0
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SHOWN = 200

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; `body` is None when the page did not change since the tags that were sent."""

    body: bytes | None
    etag: str | None
    modified: str | None


class Traffic:
    """Requests made and bytes that came in (after unpacking)."""

    def __init__(self) -> None:
        self.requests = 0
        self.bytes = 0


class Fetcher:
    """Fetches pages with one client.

    Args:
        client: redirects are never followed, as they could carry the key to another host.
        api_key: sent as `x-api-key`.
        most: bytes of one page.
        private: whether addresses of this machine or network may be asked.
    """

    def __init__(self, client: httpx.AsyncClient, api_key: str | None, *, most: int, private: bool) -> None:
        self.traffic = Traffic()
        self._client = client
        self._headers = {"Accept": "application/ld+json", "Accept-Encoding": "gzip"}
        self._headers |= {"x-api-key": api_key} if api_key else {}
        self._most = most
        self._private = private

    async def fetch(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        """One page; asks again a moment later when the server is busy or the connection breaks.

        Raises:
            PageBroken: with the reason.
        """
        tags = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = self._headers | {name: value for name, value in tags.items() if value}
        for left in range(TRIES - 1, -1, -1):
            try:
                return await self._once(url, headers)
            except PageBroken as problem:
                wait = problem.retry_after or 0.0
                if not left or problem.status not in {None, *_BUSY} or wait > PATIENCE_SECONDS:
                    raise
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
                if not left or not isinstance(problem, httpx.TransportError):
                    raise PageBroken(f"{type(problem).__name__}: {problem}"[:_SHOWN]) from problem
                wait = 0.0
            await asyncio.sleep(wait or PAUSE_SECONDS)
        raise AssertionError  # the last try returns or raises

    async def _once(self, url: str, headers: dict[str, str]) -> Fetched:
        self.traffic.requests += 1
        request = self._client.build_request("GET", url, headers=headers)
        if not self._private:
            await self._pin(request)
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code == httpx.codes.NOT_MODIFIED and len(headers) > len(self._headers):
                return Fetched(body=None, etag=headers.get("If-None-Match"), modified=headers.get("If-Modified-Since"))
            if response.status_code != httpx.codes.OK:
                raise _unwanted(response)
            body = await self._body(response)
        finally:
            await response.aclose()
        tags = response.headers
        return Fetched(body=body, etag=_tag(tags.get("etag")), modified=_tag(tags.get("last-modified")))

    async def _pin(self, request: httpx.Request) -> None:
        """Have the request go to an address that was looked at, so that a name cannot mean another one a moment later.

        Certificate and Host are those of the name.
        """
        name, port = request.url.host, request.url.port or {"https": 443}.get(request.url.scheme, 80)
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(one[4][0]) for one in found]
        if not addresses or not all(map(public, addresses)):
            raise PageBroken("an address inside the network, which is not allowed here", status=0)
        request.extensions["sni_hostname"] = name
        request.url = request.url.copy_with(host=str(addresses[0]))

    async def _body(self, response: httpx.Response) -> bytes:
        """The whole body, unpacked; a page that unpacks to more than is allowed stops there."""
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in {"identity", "gzip", "x-gzip", ""}:
            raise PageBroken(f"packed as {packing[:20]}, which was not asked for", status=200)
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in packing else None
        body = bytearray()
        async for piece in response.aiter_raw():
            try:
                body += unpack.decompress(piece, self._most + 1 - len(body)) if unpack else piece
            except zlib.error as problem:
                raise PageBroken(f"not valid gzip: {problem}", status=200) from problem
            if len(body) > self._most:
                raise PageBroken(f"more than {self._most // 1024 // 1024} MiB", status=200)
        if unpack and not unpack.eof:
            raise PageBroken("truncated gzip", status=200)
        self.traffic.bytes += len(body)
        return bytes(body)


def public(address: Address) -> bool:
    """Whether an address is out on the internet, also the one that hides in an address of the other family."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden is not None:
            return public(hidden)
    return address.is_global and not address.is_multicast


def literal_address(url: str) -> Address | None:
    """The address in a URL without a name; None when it has a name."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return None


def _unwanted(response: httpx.Response) -> PageBroken:
    target = response.headers.get("location")
    moved = f", it moved to {target[:_SHOWN]}" if target else ""
    wait = _wait(response.headers.get("retry-after")) if response.status_code in _BUSY else None
    return PageBroken(f"status {response.status_code}{moved}", status=response.status_code, retry_after=wait)


def _wait(value: str | None) -> float | None:
    """Seconds of a Retry-After, which gives seconds or a date; at most a day."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else _until(value)
    except (ValueError, OverflowError, TypeError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _until(value: str) -> float:
    moment = parsedate_to_datetime(value)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _tag(value: str | None) -> str | None:
    """A validator to send back as it is; one of an absurd length is not kept."""
    return value if value and len(value) <= _SHOWN and value.isascii() else None
