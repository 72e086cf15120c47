"""One file as the body of a request: `multipart/form-data` with one part `file`, taken in as it comes.

A guard reads it: once it is known who asks and that the operation is theirs, and before any transaction begins, so that
a slow client keeps no connection to the database. It stays in memory: nothing of it is ever written down in clear.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import OpenAPIMediaType, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.types import Receive
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from backend.kit.operation import Described
from backend.kit.problems import ProblemError, invalid_input

MOST = "upload"
"""Key of a route's options: the most bytes of its file; the boundary lets multipart through to such a route only."""

KIND = "multipart/form-data"

FORM = "form"
"""Key of a route's options: the most bytes of the form it takes in place of JSON (`FORM_KIND`), read by itself."""

FORM_KIND = "application/x-www-form-urlencoded"
_FIELD = "file"
_STATE = "upload"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what the sender calls it, as typed: nothing of the name is to be trusted."""

    name: str
    content: bytes


@dataclass
class Uploading(Described):
    """The description of an operation that takes a file."""

    def __post_init__(self) -> None:
        """Describe the body, which no parameter of the handler does."""
        super().__post_init__()
        file = Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
        whole = Schema(
            type=OpenAPIType.OBJECT, properties={_FIELD: file}, required=[_FIELD], additional_properties=False
        )
        self.request_body = RequestBody(content={KIND: OpenAPIMediaType(schema=whole)}, required=True)


def taking_file(most: int) -> dict[str, Any]:
    """Options of a route that takes one file of at most so many bytes; the handler gets it from `provide_upload`."""
    # the boundary counts the whole body: Litestar's own limit would be a second opinion
    return {MOST: most, "guards": [_read], "operation_class": Uploading, "request_max_body_size": None}


def provide_upload(request: Request[Any, Any, Any]) -> Upload:
    """Dependency `upload`."""
    upload: Upload = request.scope["state"][_STATE]
    return upload


async def _read(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: take the file in.

    Raises:
        ProblemError: 400 for anything but one part `file` with a file name, 413, 415.
    """
    kind, options = parse_options_header(connection.headers.get("content-type", ""))
    if kind != KIND:
        raise ProblemError(415, f"Only {KIND} is accepted.")
    most: int = handler.opt[MOST]
    try:
        upload = await _taken(connection.receive, options.get("boundary", ""), most)
    except MultipartError as error:
        raise invalid_input(f"The body is not {KIND} with one part `{_FIELD}`.") from error
    connection.scope["state"][_STATE] = upload


async def _taken(receive: Receive, boundary: str, most: int) -> Upload:
    name, content = "", bytearray()
    with PushMultipartParser(boundary, max_segment_count=1) as parser:
        async for piece in _pieces(receive):
            if parser.closed:
                continue
            for event in parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    if event.name != _FIELD or not event.filename:
                        raise invalid_input("Send one part with a file name.", name=_FIELD)
                    name = event.filename
                elif event:
                    content += event
                    if len(content) > most:
                        raise ProblemError(413, f"A file is at most {most} bytes.")
    if not name:
        raise invalid_input("Send one part with a file name.", name=_FIELD)
    return Upload(name=name, content=bytes(content))


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes in, without empty pieces."""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ProblemError(400, "The body was cut off.")
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body", False):
            return
