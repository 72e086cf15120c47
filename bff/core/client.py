"""Typed calls of the core: an `Operation` says where and what, `Core` sends it for somebody and reads the answer.

A 4xx is passed on as it is (`ProblemRelayed`), any 5xx and no answer at all become a 502. So does a refusal of our own
token: that is between the channel and the core, and nobody has to log in again for it. Nothing is ever repeated here: a
write that may have happened is repeated by whoever holds its `Idempotency-Key`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from backend.kit.problems import ProblemError
from bff.core.tokens import CallTokens
from bff.core.transport import CoreAway, Headers, Received, Sent, Transport

V = TypeVar("V")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = Mapping[str, str | int | bool | UUID | Sequence[str] | None]

PASSED_ON = ("etag", "location", "retry-after", "idempotency-replayed", "content-disposition")
"""Headers of an answer of the core that a front end gets too."""
OK, SERVER_FAULT, CLIENT_FAULT, UNAUTHORISED = 300, 500, 400, 401
NO_GOOD = "invalid_token"
"""Challenge of the core for a token that is no good: of a wrong key, or too old by its clock."""
NOWHERE = frozenset({"", ".", ".."})


class ProblemRelayed(Exception):
    """The core refused: its problem, as it came."""

    def __init__(self, answer: Received) -> None:
        super().__init__(f"the core answered {answer.status}")
        self.answer = answer


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a call is made.

    Attributes:
        subject: user id, customer id, `visitor` or `channel`.
        trace: id of the request, the same in the core.
        language: what the person reads best (`nl`, `fr`, `de`, `en`).
        network: keyed hash of the network of the request.
    """

    subject: str
    trace: str
    language: str = "nl"
    network: str | None = None


class Operation(Generic[V]):
    """One operation of the core, as `openapi/core.json` describes it; a test holds each to that document.

    Args:
        name: operation id.
        method: of HTTP.
        path: with its parameters in braces.
        view: what comes back, as far as we look at it; `msgspec.Raw`: passed on unread.
        body: struct of what is sent; None: nothing, or passed on unread.
        waits: the core answers when something happens, so that many are under way at once.
    """

    every: ClassVar[list["Operation[Any]"]] = []

    def __init__(
        self,
        name: str,
        method: Method,
        path: str,
        view: type[V],
        body: type[msgspec.Struct] | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self.name = name
        self.method = method
        self.path = path
        self.view = view
        self.body = body
        self.waits = waits
        self._decoder: msgspec.json.Decoder[V] = msgspec.json.Decoder(view)
        Operation.every.append(self)

    def address(self, path: Mapping[str, str | UUID], query: Query) -> str:
        """Where it is, with these parameters; what is None is left out.

        Raises:
            ProblemError: 404, a parameter would lead to another operation: nothing encodes `..`.
        """
        if any(str(value) in NOWHERE for value in path.values()):
            raise ProblemError(404)
        filled = self.path.format(**{name: quote(str(value), safe="") for name, value in path.items()})
        pairs = [
            (name, _text(one))
            for name, value in query.items()
            if value is not None
            for one in (value if isinstance(value, list | tuple) else (value,))
        ]
        return f"{filled}?{urlencode(pairs)}" if pairs else filled

    def read(self, answer: Received) -> V:
        """The body as the view."""
        if self.view is msgspec.Raw:
            return msgspec.Raw(answer.body)  # type: ignore[return-value]
        try:
            return self._decoder.decode(answer.body)
        except msgspec.DecodeError as error:
            raise ProblemError(502, "The core answered something else than it describes.") from error


class Answer(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """What the core gave."""

    status: int
    value: V
    headers: dict[str, str]

    @property
    def etag(self) -> str | None:
        """The version, for `If-Match` of a change."""
        return self.headers.get("etag")


class Core:
    """The core API, for one channel.

    Args:
        transport: how calls get there.
        tokens: signs who they are for.
    """

    def __init__(self, transport: Transport, tokens: CallTokens) -> None:
        self._transport = transport
        self._tokens = tokens

    async def call(
        self,
        operation: Operation[V],
        by: Caller,
        *,
        path: Mapping[str, str | UUID] | None = None,
        query: Query | None = None,
        body: msgspec.Struct | None = None,
        headers: Headers | None = None,
    ) -> Answer[V]:
        """Do it and read the answer.

        Raises:
            ProblemRelayed: the core refused (4xx).
            ProblemError: 502, it failed, did not answer in time or does not take our token.
        """
        raw = msgspec.json.encode(body) if body is not None else b""
        answer = await self.send(operation, by, path=path or {}, query=query or {}, body=raw, headers=headers or [])
        return Answer(status=answer.status, value=operation.read(answer), headers=answer.headers)

    async def get(self, operation: Operation[V], by: Caller, **path: str | UUID) -> V:
        """What is there, by the parameters of its path."""
        return (await self.call(operation, by, path=path)).value

    async def send(
        self,
        operation: Operation[Any],
        by: Caller,
        *,
        path: Mapping[str, str | UUID],
        query: Query,
        body: bytes,
        headers: Headers,
        kind: str = "application/json",
    ) -> Received:
        """Do it with a body as it is; raises as `call`."""
        sent = [
            ("authorization", f"Bearer {self._tokens.token(by.subject, by.network)}"),
            ("belgov-trace-id", by.trace),
            ("accept-language", by.language),
            *headers,
        ]
        if body:
            sent.append(("content-type", kind))
        address, waits = operation.address(path, query), operation.waits
        try:
            answer = await self._transport.send(
                Sent(method=operation.method, path=address, headers=sent, body=body, waits=waits)
            )
        except CoreAway as error:
            raise ProblemError(502, f"The core did not answer ({operation.name}).") from error
        if answer.status >= SERVER_FAULT:
            again = {"Retry-After": answer.headers["retry-after"]} if "retry-after" in answer.headers else None
            raise ProblemError(502, f"The core failed ({operation.name}).", headers=again)
        if answer.status == UNAUTHORISED and NO_GOOD in answer.headers.get("www-authenticate", ""):
            raise ProblemError(502, f"The core does not take the token of this channel ({operation.name}).")
        if answer.status >= CLIENT_FAULT:
            raise ProblemRelayed(answer)
        return answer

    async def close(self) -> None:
        """Let go of connections."""
        await self._transport.close()


def _text(value: str | int | bool | UUID) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
