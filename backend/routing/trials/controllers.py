"""Resources: the dry run of a rule set; the preview of a placement."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.kit.operation import post
from backend.kit.work import Work
from backend.routing.trials.schemas import DryRun, DryRunView, Preview, PreviewView
from backend.routing.trials.service import TrialService


def provide_trials(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> TrialService:
    """Dependency `trials`."""
    return TrialService(work, request.app.state.platform.directory)


class TrialController(Controller):
    """What rules would do."""

    path = "/routing"
    tags = ["routing"]
    dependencies = {"trials": Provide(provide_trials, sync_to_thread=False)}

    @post("/ruleSets/{rule_set_id:uuid}/dryRun", problems=[404], status_code=200)
    async def dry_run_rule_set(
        self, rule_set_id: FromPath[UUID], data: JSONBody[DryRun], trials: NamedDependency[TrialService]
    ) -> DryRunView:
        """Which past questions would go elsewhere, or get another priority or term, with this set; changes nothing.

        It looks at the newest questions of which you may know (at most 5 000) and tells how often each rule decides.
        """
        return await trials.dry_run(rule_set_id, data)

    @post("/preview", problems=[404], status_code=200)
    async def preview_routing(self, data: JSONBody[Preview], trials: NamedDependency[TrialService]) -> PreviewView:
        """Where a question like this would go, and why: a person's choice, a rule, a flow, the product, the centre."""
        return await trials.preview(data)
