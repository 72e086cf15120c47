"""Resource: versions of flows."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.assistant.rules import Slug, Status
from backend.assistant.versions.schemas import (
    FlowEventPage,
    FlowVersionCreate,
    FlowVersionPage,
    FlowVersionReplace,
    FlowVersionSummary,
    FlowVersionView,
    FlowWhy,
)
from backend.assistant.versions.service import Authoring, VersionService, create
from backend.kit.access import operation_of
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import delete, get, post, put
from backend.kit.paging import PageRequest
from backend.kit.work import Work

STEP = (404, 409, 412, 428)


def provide_versions(work: NamedDependency[Work]) -> VersionService:
    """Dependency `versions`."""
    return VersionService(work)


def provide_authoring(request: Request[Any, Any, Any]) -> Authoring:
    """Dependency `authoring`: without `work`, so that no transaction waits while a document is read."""
    platform = request.app.state.platform
    operation, trace = operation_of(request.route_handler), request.scope["state"]["trace"]
    return Authoring(lambda: platform.unit(request.user, operation, trace))


class FlowVersionController(Controller):
    """Drafts of flows, and what became of them."""

    path = "/flowVersions"
    tags = ["assistant"]
    dependencies = {
        "versions": Provide(provide_versions, sync_to_thread=False),
        "authoring": Provide(provide_authoring, sync_to_thread=False),
    }

    @get()
    async def list_flow_versions(
        self,
        versions: NamedDependency[VersionService],
        page: NamedDependency[PageRequest],
        flow: Annotated[Slug | None, QueryParameter(description="Of this flow only.")] = None,
        status: Annotated[Status | None, QueryParameter(description="With this status only.")] = None,
    ) -> FlowVersionPage:
        """Versions of flows without their documents, the newest first."""
        return await versions.page(page, flow=flow, status=status)

    @post(problems=[409, 422])
    async def create_flow_version(
        self,
        data: JSONBody[FlowVersionCreate],
        work: NamedDependency[Work],
        authoring: NamedDependency[Authoring],
        once: NamedDependency[Once],
    ) -> Response[FlowVersionView]:
        """Make a draft: import a document, copy a version (`copyOf`), or begin a new flow.

        An imported document becomes the next version of the flow that it names. 409 `draftExists` when this flow has a
        draft, or a version in review; `flowExists` when a new flow would have the name of another one.
        """
        flow = await authoring.wanted(data)
        return await once.run(data, lambda: create(work, data, flow))

    @get("/{version_id:uuid}", problems=[404, 409], response_headers=[ETAG])
    async def get_flow_version(
        self, version_id: FromPath[UUID], authoring: NamedDependency[Authoring]
    ) -> Response[FlowVersionView]:
        """One version with its document; each condition as CEL, and as rows where rows can say it."""
        view = await authoring.read(version_id)
        return tagged(view, view.version)

    @put("/{version_id:uuid}", problems=STEP, response_headers=[ETAG])
    async def replace_flow_version(
        self,
        version_id: FromPath[UUID],
        data: JSONBody[FlowVersionReplace],
        authoring: NamedDependency[Authoring],
        expected: NamedDependency[int],
    ) -> Response[FlowVersionView]:
        """Give a draft this document; it may be half done, as long as it has the form of a flow.

        A condition is CEL text, or rows that the server turns into CEL. 400 names every fault of form. 409 `notADraft`:
        what is in review or was ever published does not change.
        """
        view = await authoring.replace(version_id, data.document, expected)
        return tagged(view, view.version)

    @delete("/{version_id:uuid}", problems=STEP)
    async def remove_flow_version(
        self,
        version_id: FromPath[UUID],
        versions: NamedDependency[VersionService],
        expected: NamedDependency[int],
    ) -> None:
        """Throw a draft away; the history keeps that it was there. 409 `notADraft`."""
        await versions.remove(version_id, expected)

    @get("/{version_id:uuid}/document", problems=[404, 409], media_type="application/json")
    async def export_flow_version(
        self, version_id: FromPath[UUID], authoring: NamedDependency[Authoring]
    ) -> Response[dict[str, Any]]:
        """The document by itself, to keep or to import somewhere else; `getFlowSchema` describes it."""
        name, content = await authoring.document(version_id)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, headers=headers, media_type="application/json")  # type: ignore[arg-type] # bytes as they are

    @post("/{version_id:uuid}/return", problems=STEP, status_code=200, response_headers=[ETAG])
    async def return_flow_version(
        self,
        version_id: FromPath[UUID],
        data: JSONBody[FlowWhy],
        versions: NamedDependency[VersionService],
        expected: NamedDependency[int],
    ) -> Response[FlowVersionSummary]:
        """Send a version that waits for review back to who wrote it, as a draft. 409 `wrongStatus`."""
        view = await versions.send_back(version_id, data.reason, expected)
        return tagged(view, view.version)

    @post("/{version_id:uuid}/retire", problems=STEP, status_code=200, response_headers=[ETAG])
    async def retire_flow_version(
        self,
        version_id: FromPath[UUID],
        data: JSONBody[FlowWhy],
        versions: NamedDependency[VersionService],
        expected: NamedDependency[int],
    ) -> Response[FlowVersionSummary]:
        """Take a published version out of use at once; it is never changed or published again. 409 `wrongStatus`.

        When an older version of the flow is still published it counts again from then on; retire that first to take
        the whole flow away.
        """
        view = await versions.retire(version_id, data.reason, expected)
        return tagged(view, view.version)

    @get("/{version_id:uuid}/history", problems=[404])
    async def get_flow_history(
        self,
        version_id: FromPath[UUID],
        versions: NamedDependency[VersionService],
        page: NamedDependency[PageRequest],
    ) -> FlowEventPage:
        """What happened to the versions of this one's flow, the newest first: who, when, what, why.

        Also of a draft that was thrown away.
        """
        return await versions.events(version_id, page)
