"""Operations of the core that a channel passes on as they are: same path, body and answer, with the caller's session.

What a front end needs from one operation of the core is not written a second time: the channel names the operation,
method and path come from `openapi/core.json`, and so does its description in the document of the channel.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, route
from litestar.handlers import HTTPRouteHandler

from backend.kit.query import PASSED_ON as UNREAD
from backend.kit.uploads import KIND, MOST
from bff.core.client import PASSED_ON, Caller, Core, Operation
from bff.core.transport import Received
from bff.core.uploads import Uploads

DOCUMENT = Path(__file__).parents[2] / "openapi" / "core.json"
SENT_ON = ("if-match", "if-none-match", "idempotency-key", "x-status-secret")
"""Headers of a request that the core gets too."""
LARGEST = 10 * 1024 * 1024
"""Bytes of a file that is passed on, as much as the core takes."""

Json = dict[str, Any]
Relayed = str | tuple[str, str]
"""An operation of the core, or one and the path it has on the channel."""


@cache
def document() -> Json:
    """The description of the core API."""
    read: Json = json.loads(DOCUMENT.read_bytes())
    return read


@cache
def described() -> dict[str, tuple[str, str, Json]]:
    """Operation id -> method, path, description."""
    return {
        one["operationId"]: (method.upper(), path, one)
        for path, item in document()["paths"].items()
        for method, one in item.items()
    }


def placed(one: Relayed) -> tuple[str, str]:
    """An operation and its path on the channel, usually that of the core."""
    return (one, described()[one][1]) if isinstance(one, str) else one


def relays(names: Iterable[Relayed]) -> list[HTTPRouteHandler]:
    """A handler for each of these operations; use them in a channel whose guard sets `caller` in the state."""
    return [_relay(*placed(one)) for one in names]


async def _sent(operation: Operation[Any], request: Request[Any, Any, Any], body: bytes) -> Received:
    core: Core = request.app.state.core
    caller: Caller = request.scope["state"]["caller"]
    return await core.send(
        operation,
        caller,
        path=request.path_params,
        query={key: request.query_params.getall(key) for key in request.query_params},
        body=body,
        headers=[(key, request.headers[key]) for key in SENT_ON if key in request.headers],
        kind=request.headers.get("content-type", "application/json"),
    )


def _relay(name: str, place: str) -> HTTPRouteHandler:
    method, path, one = described()[name]
    operation: Operation[Any] = Operation(name, method, path, msgspec.Raw)  # type: ignore[arg-type] # of HTTP
    takes_file = KIND in one.get("requestBody", {}).get("content", {})

    async def relay(request: Request[Any, Any, Any]) -> Response[bytes]:
        if takes_file:
            uploads: Uploads = request.app.state.uploads
            async with uploads.whole(request, request.scope["state"]["caller"]) as body:
                answer = await _sent(operation, request, body)
        else:
            answer = await _sent(operation, request, await request.body())
        passed = {key: answer.headers[key] for key in PASSED_ON if key in answer.headers}
        kind = answer.headers.get("content-type", "application/json")
        return Response(answer.body or None, status_code=answer.status, headers=passed, media_type=kind)  # type: ignore[arg-type]

    relay.__name__ = f"relay_{name}"
    typed = place.replace("}", ":str}")
    options: Json = {UNREAD: True} | ({MOST: LARGEST} if takes_file else {})
    register = route(
        typed,
        http_method=[method],  # type: ignore[list-item] # of HTTP
        operation_id=name,
        include_in_schema=False,
        opt=options,
        request_max_body_size=None,  # the boundary counts: a file of the most bytes has something around it
        status_code=200,  # else a DELETE could never have a body; the answer says its own
    )
    return register(relay)
