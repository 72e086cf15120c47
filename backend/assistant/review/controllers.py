"""Resource: versions of flows, as authors and reviewers look at them."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.assistant.proof.rules import OutcomeDiff, flow_schema
from backend.assistant.review.schemas import FlowGraph, FlowPreview, FlowPreviewInput, FlowPublish, FlowReport
from backend.assistant.review.service import ReviewService
from backend.assistant.steps.service import StepService
from backend.assistant.versions.schemas import FlowVersionSummary
from backend.kit.access import operation_of
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, post

STEP = (404, 409, 412, 428)
Language = Annotated[str, QueryParameter(pattern="^[a-z]{2}$", description="Of titles and labels.")]
Against = Annotated[UUID | None, QueryParameter(description="The older version; by default the published one.")]


def provide_reviews(request: Request[Any, Any, Any]) -> ReviewService:
    """Dependency `reviews`: without `work`, so that no transaction waits while a version is checked."""
    platform = request.app.state.platform
    operation, trace = operation_of(request.route_handler), request.scope["state"]["trace"]

    def steps(day: date) -> StepService:
        return StepService(platform.flows, platform.flow_products, platform.settings.flow_form_url, day)

    return ReviewService(lambda: platform.unit(request.user, operation, trace), steps, platform.prover)


class FlowReviewController(Controller):
    """Check, preview, graph and comparison of versions; submit and publish."""

    path = "/flowVersions/{version_id:uuid}"
    tags = ["assistant"]
    dependencies = {"reviews": Provide(provide_reviews, sync_to_thread=False)}

    @post("/check", problems=[404, 409], status_code=200)
    async def check_flow_version(
        self, version_id: FromPath[UUID], reviews: NamedDependency[ReviewService]
    ) -> FlowReport:
        """Look for every fault of a version, run its named tests and walk all its ways; nothing is changed.

        Products, other flows and departments are those of today.
        """
        return await reviews.check(version_id)

    @post("/submit", problems=STEP, status_code=200, response_headers=[ETAG])
    async def submit_flow_version(
        self,
        version_id: FromPath[UUID],
        reviews: NamedDependency[ReviewService],
        expected: NamedDependency[int],
    ) -> Response[FlowVersionSummary]:
        """Ask a colleague to review a draft; from then on it does not change.

        409 `hasFindings` when the check finds anything: `issues` has every finding; `notADraft`.
        """
        view = await reviews.submit(version_id, expected)
        return tagged(view, view.version)

    @post("/publish", problems=STEP, status_code=200, response_headers=[ETAG])
    async def publish_flow_version(
        self,
        version_id: FromPath[UUID],
        data: JSONBody[FlowPublish],
        reviews: NamedDependency[ReviewService],
        expected: NamedDependency[int],
    ) -> Response[FlowVersionSummary]:
        """Publish a version that waits for review; it is checked again, and never changes afterwards.

        409 `secondReviewerNeeded` for whoever wrote at it or submitted it, `hasFindings`, `wrongStatus`. Citizens get
        it at once, or from `validFrom` on; somebody who is taking an older version goes on with that. The department
        that the document names as its owner gets the tasks about the flow.
        """
        view = await reviews.publish(version_id, data, expected)
        return tagged(view, view.version)

    @post("/preview", problems=[404, 409], status_code=200)
    async def preview_flow_version(
        self, version_id: FromPath[UUID], data: JSONBody[FlowPreviewInput], reviews: NamedDependency[ReviewService]
    ) -> FlowPreview:
        """Take a version as a citizen would, on any day, whatever its status; nothing is counted.

        Beside the step: the notes for colleagues and the named conditions that are decided. 409 `flowUnusable` when a
        condition of a draft cannot be used yet.
        """
        return await reviews.preview(version_id, data)

    @get("/graph", problems=[404, 409])
    async def get_flow_graph(
        self, version_id: FromPath[UUID], reviews: NamedDependency[ReviewService], language: Language = "nl"
    ) -> FlowGraph:
        """A version drawn (Mermaid), and the same as a list for screen readers and keyboards; drafts too."""
        return await reviews.graph(version_id, language)

    @get("/diff", problems=[404, 409])
    async def compare_flow_versions(
        self, version_id: FromPath[UUID], reviews: NamedDependency[ReviewService], against: Against = None
    ) -> OutcomeDiff:
        """Which answers lead to another outcome than in an older version, or show other blocks.

        409 `nothingPublished` without `against` when no version of the flow is published, `flowUnusable` when a
        condition of either version cannot be used.
        """
        return await reviews.compare(version_id, against)


class FlowSchemaController(Controller):
    """The format of flows."""

    path = "/flowSchema"
    tags = ["assistant"]

    @get()
    async def get_flow_schema(self) -> dict[str, Any]:
        """The format of a flow as JSON Schema 2020-12."""
        return flow_schema()
