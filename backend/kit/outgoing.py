"""Calls to a service of somebody else: with a time limit, a size limit, a limit to how many at once, and a breaker.

Whatever the service does, a call ends within its seconds, with an answer or with `CallFailed`. Nothing of a request or
an answer is logged: both may hold personal data.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Literal, TypeVar

import httpx
import msgspec

from backend.kit.breaker import Breaker

T = TypeVar("T")

Reason = Literal["timeout", "connection", "tls", "status", "busy", "unreadable", "resting", "full"]
"""No answer in time; no connection, or it broke; no agreement on certificates; a status that says `away`; asked to
wait; rubbish or too much; not asked, because it failed time after time; not asked, because too many are asking."""

CONNECT_SECONDS = 2.0
LARGEST = 1024 * 1024
AT_ONCE = 4
_AWAY = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 3600.0
_FULL_SECONDS = 2.0


class CallFailed(Exception):
    """There is no answer that can be used.

    Attributes:
        reason: why; the text of the exception is the same.
        retry_after: seconds after which asking again makes sense.
    """

    def __init__(self, reason: Reason, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    body: bytes


def tls_context(*, ca_file: str = "", certificate_file: str = "", key_file: str = "") -> ssl.SSLContext:
    """A context that trusts the usual authorities, or those of `ca_file` only, and shows our certificate.

    Raises:
        OSError: a file cannot be read, or holds no certificate or key (`ssl.SSLError`).
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file:
        context.load_cert_chain(Path(certificate_file), Path(key_file) if key_file else None)
    return context


class Caller:
    """Calls one service.

    Args:
        tls: the certificates; None where the addresses are http.
        seconds: a call takes at most this long, from connecting to the last byte.
        largest: bytes of an answer.
        at_once: calls under way at the same time; more are refused at once, so that nobody queues up behind a slow
            service.
        breaker: another than the usual one.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None,
        seconds: float = 15.0,
        largest: int = LARGEST,
        at_once: int = AT_ONCE,
        breaker: Breaker | None = None,
    ) -> None:
        self.seconds = seconds
        self.breaker = breaker or Breaker()
        self._tls = tls
        self._largest = largest
        self._free = at_once
        self._rest_until = 0.0
        self._client: httpx.AsyncClient | None = None

    async def ask(
        self,
        method: str,
        url: str,
        read: Callable[[Answer], T],
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> T:
        """Ask, and give what `read` makes of the answer.

        Args:
            method: of HTTP.
            url: where.
            read: takes the answer apart; a `CallFailed` of it counts as a failure of the service, any other
                exception as an answer.
            content: body of the request.
            headers: of the request.
            seconds: a shorter limit than the usual one.

        Raises:
            CallFailed: with the reason.
        """
        self.check()
        if not self.breaker.allows():
            raise CallFailed("resting", self.breaker.seconds_left)
        self._free -= 1
        try:
            return await self._judged(method, url, read, content, dict(headers or {}), seconds)
        finally:
            self._free += 1

    def check(self) -> None:
        """Whether a call would be made now; for who has to do something else first.

        Raises:
            CallFailed: it would not: `full`, `busy` or `resting`.
        """
        if self._free <= 0:
            raise CallFailed("full", _FULL_SECONDS)
        wait = self._rest_until - monotonic()
        if wait > 0:
            raise CallFailed("busy", wait)
        if self.breaker.state == "open":
            raise CallFailed("resting", self.breaker.seconds_left)

    async def _judged(
        self,
        method: str,
        url: str,
        read: Callable[[Answer], T],
        content: bytes | None,
        headers: dict[str, str],
        seconds: float | None,
    ) -> T:
        """Ask, and tell the breaker how it went."""
        try:
            result = read(await self._sent(method, url, content, headers, seconds or self.seconds))
        except CallFailed as failure:
            if failure.reason == "busy":  # it answers: it is only asked to wait
                self.breaker.succeeded()
                self._rest_until = monotonic() + (failure.retry_after or 1.0)
            else:
                self.breaker.failed(failure.reason)
            raise
        except asyncio.CancelledError:
            self.breaker.dropped()
            raise
        except Exception:
            self.breaker.succeeded()
            raise
        self.breaker.succeeded()
        return result

    async def _sent(
        self, method: str, url: str, content: bytes | None, headers: dict[str, str], seconds: float
    ) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                async with self._opened().stream(method, url, content=content, headers=headers) as response:
                    return await self._answer(response)
        except (TimeoutError, httpx.TimeoutException):
            raise CallFailed("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise CallFailed("tls" if _about_tls(error) else "connection") from None

    async def _answer(self, response: httpx.Response) -> Answer:
        if response.status_code in _AWAY:
            wait = _wait(response.headers.get("retry-after"))
            raise CallFailed("busy" if response.status_code == httpx.codes.TOO_MANY_REQUESTS else "status", wait)
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise CallFailed("unreadable")  # not asked for, and a little can unpack to very much
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > self._largest:
                raise CallFailed("unreadable")
        return Answer(status=response.status_code, body=bytes(body))

    def _opened(self) -> httpx.AsyncClient:
        """The client, made when it is first needed: it belongs to the event loop that runs then."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=self._tls if self._tls is not None else True,
                timeout=httpx.Timeout(self.seconds, connect=CONNECT_SECONDS),
                # a redirect could carry a key or a number to somebody else
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
            )
        return self._client

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _about_tls(error: BaseException) -> bool:
    """Whether an error of the transport is about certificates, however deep that is said."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _wait(value: str | None) -> float | None:
    """Seconds of a Retry-After in seconds; a date, or rubbish, is as if there were none."""
    return min(float(value), _LONGEST_WAIT) if value and value.strip().isdigit() and value.isascii() else None
