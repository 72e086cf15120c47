"""Resource: our stream of snapshots; for the whole world, without a token."""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, QueryParameter

from backend.catalogue.publication.schemas import SnapshotDocument, SnapshotPage
from backend.catalogue.publication.service import StreamReader
from backend.kit.operation import get

MEDIA_TYPE = "application/ld+json"
FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=10"
"""The last page: what is published is seen by every reader within this many seconds."""

_LAST_PAGE = 1_000_000_000
_HEADERS = [
    ResponseHeader(name="ETag", description="Changes when the content does.", value='"9f2c…"', documentation_only=True),
    ResponseHeader(name="Cache-Control", description="How long it holds.", value=SHORTLY, documentation_only=True),
]
_UNCHANGED = {304: ResponseSpec(None, description="You have it already.")}
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="The ETag you have: 304 when it still holds.")
]


def provide_stream(request: Request[Any, Any, Any]) -> StreamReader:
    """Dependency `stream`."""
    platform = request.app.state.platform
    return StreamReader(platform.database, platform.stream)


class StreamController(Controller):
    """The catalogue as a Linked Data Event Stream."""

    path = "/doc/instancesnapshot"
    tags = ["catalogue"]
    dependencies = {"stream": Provide(provide_stream, sync_to_thread=False)}

    @get(public=True, problems=[404], media_type=MEDIA_TYPE, response_headers=_HEADERS, responses=_UNCHANGED)
    async def get_snapshot_page(
        self,
        stream: NamedDependency[StreamReader],
        page_number: Annotated[
            int, QueryParameter(name="pageNumber", ge=0, le=_LAST_PAGE, description="The first page is 0.")
        ] = 0,
        if_none_match: IfNoneMatch = None,
    ) -> Response[SnapshotPage]:
        """A page of our published products as a Linked Data Event Stream (LDES) of snapshots, oldest first.

        Follow `view.relation` to the next page; 404 beyond the last one. Snapshots are only ever added, at the end: a
        page with a next page never changes again. The last snapshot of a product counts; `gearchiveerd` withdraws it.
        """
        body, complete = await stream.page(page_number)
        return _answer(body, if_none_match, FOREVER if complete else SHORTLY)

    @get(
        "/{snapshot_id:uuid}",
        public=True,
        problems=[404],
        media_type=MEDIA_TYPE,
        response_headers=_HEADERS,
        responses=_UNCHANGED,
    )
    async def get_snapshot(
        self, stream: NamedDependency[StreamReader], snapshot_id: FromPath[UUID], if_none_match: IfNoneMatch = None
    ) -> Response[SnapshotDocument]:
        """One snapshot of our stream by itself; it never changes."""
        return _answer(await stream.snapshot(snapshot_id), if_none_match, FOREVER)


def _answer(body: bytes, if_none_match: str | None, cache: str) -> Response[Any]:
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache}
    held = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    if held & {tag, "*"}:
        return Response(None, status_code=304, headers=headers, media_type=MEDIA_TYPE)
    return Response(body, headers=headers, media_type=MEDIA_TYPE)
