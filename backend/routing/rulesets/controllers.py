"""Resource: sets of routing rules."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, post, put
from backend.kit.paging import PageRequest
from backend.kit.work import Work
from backend.routing.rulesets.schemas import RuleSetActivate, RuleSetCreate, RuleSetPage, RuleSetReplace, RuleSetView
from backend.routing.rulesets.service import RuleSetService


def provide_rule_sets(work: NamedDependency[Work]) -> RuleSetService:
    """Dependency `rule_sets`."""
    return RuleSetService(work)


class RuleSetController(Controller):
    """Sets of routing rules."""

    path = "/routing/ruleSets"
    tags = ["routing"]
    dependencies = {"rule_sets": Provide(provide_rule_sets, sync_to_thread=False)}

    @get()
    async def list_rule_sets(
        self, rule_sets: NamedDependency[RuleSetService], page: NamedDependency[PageRequest]
    ) -> RuleSetPage:
        """Every set of rules there ever was, the newest first: who made it active, when and why, and what followed."""
        return await rule_sets.page(page)

    @post(problems=[422])
    async def create_rule_set(
        self,
        data: JSONBody[RuleSetCreate],
        rule_sets: NamedDependency[RuleSetService],
        once: NamedDependency[Once],
    ) -> Response[RuleSetView]:
        """Make a draft: a copy of the active set, of an older one (`copyOf`, to go back), or empty."""
        return await once.run(data, lambda: rule_sets.create(data))

    @get("/{rule_set_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_rule_set(
        self, rule_set_id: FromPath[UUID], rule_sets: NamedDependency[RuleSetService]
    ) -> Response[RuleSetView]:
        """One set with its rules, in order."""
        view = await rule_sets.get(rule_set_id)
        return tagged(view, view.version)

    @put("/{rule_set_id:uuid}", problems=[404, 409, 412, 428], response_headers=[ETAG])
    async def change_rule_set(
        self,
        rule_set_id: FromPath[UUID],
        data: JSONBody[RuleSetReplace],
        rule_sets: NamedDependency[RuleSetService],
        expected: NamedDependency[int],
    ) -> Response[RuleSetView]:
        """Give a draft these rules, in this order; every fault is told at once.

        409 `notADraft`: what is or was active never changes.
        """
        view = await rule_sets.change(rule_set_id, data, expected)
        return tagged(view, view.version)

    @post("/{rule_set_id:uuid}/activate", problems=[404, 409, 412, 428], status_code=200, response_headers=[ETAG])
    async def activate_rule_set(
        self,
        rule_set_id: FromPath[UUID],
        data: JSONBody[RuleSetActivate],
        rule_sets: NamedDependency[RuleSetService],
        expected: NamedDependency[int],
    ) -> Response[RuleSetView]:
        """Let a draft take the place of the active set, with the reason; new questions follow it at once.

        409 `ruleSetOvertaken`: another set was activated since this draft was made.
        """
        view = await rule_sets.activate(rule_set_id, data.reason, expected)
        return tagged(view, view.version)
