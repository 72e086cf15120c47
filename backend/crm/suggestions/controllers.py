"""Resources: suggestions of the same customer, runs over all customers."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.crm.customers.service import CustomerService
from backend.crm.suggestions.rules import QueueState, Strength
from backend.crm.suggestions.schemas import (
    DecisionInput,
    MatchRequest,
    MatchResult,
    MatchRunCreate,
    MatchRunPage,
    MatchRunView,
    SuggestionPage,
    SuggestionView,
)
from backend.crm.suggestions.service import DecisionService, RunService, SuggestionService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work

ACCEPTED = 202
StateParameter = Annotated[
    QueueState,
    QueryParameter(
        name="state", description="`open`: to be decided; `later`: resting; `different` and `same`: decided."
    ),
]
StrengthParameter = Annotated[
    Strength | None,
    QueryParameter(description="`strong` from 95 %, `likely` from 50 %, `possible` from 10 %; all when left out."),
]


def provide_suggestions(work: NamedDependency[Work]) -> SuggestionService:
    """Dependency `suggestions`."""
    return SuggestionService(work, CustomerService(work))


def provide_decisions(work: NamedDependency[Work]) -> DecisionService:
    """Dependency `decisions`."""
    return DecisionService(work, CustomerService(work))


def provide_runs(work: NamedDependency[Work]) -> RunService:
    """Dependency `runs`."""
    return RunService(work, CustomerService(work))


class CustomerSuggestionController(Controller):
    """Suggestions about one customer, known or about to be registered."""

    path = "/customers"
    tags = ["crm"]
    dependencies = {"suggestions": Provide(provide_suggestions, sync_to_thread=False)}

    @post("/match", status_code=200)
    async def match_customers(
        self, data: JSONBody[MatchRequest], suggestions: NamedDependency[SuggestionService]
    ) -> MatchResult:
        """Find who may be registered already, from what is typed so far; stores nothing.

        At most ten customers, the most likely first, each explained feature by feature (`parts`, in Dutch). What is not
        finished (a number whose check digits do not fit yet) does not count. Whoever certainly is somebody else is not
        in it. Every customer shown is logged.
        """
        return await suggestions.match(data)

    @get("/{customer_id:uuid}/suggestions", problems=[404])
    async def list_customer_suggestions(
        self,
        customer_id: FromPath[UUID],
        suggestions: NamedDependency[SuggestionService],
        page: NamedDependency[PageRequest],
        in_state: StateParameter = "open",
    ) -> SuggestionPage:
        """Customers that may be the same as this one, looked for at this moment; earlier decisions are respected.

        What is found is stored, so that it is in the list of all suggestions too. Every customer shown is logged.
        """
        return await suggestions.of_customer(customer_id, page, state=in_state)


class SuggestionController(Controller):
    """All suggestions."""

    path = "/suggestions"
    tags = ["crm"]
    dependencies = {
        "suggestions": Provide(provide_suggestions, sync_to_thread=False),
        "decisions": Provide(provide_decisions, sync_to_thread=False),
    }

    @get()
    async def list_suggestions(
        self,
        suggestions: NamedDependency[SuggestionService],
        page: NamedDependency[PageRequest],
        in_state: StateParameter = "open",
        strength: StrengthParameter = None,
    ) -> SuggestionPage:
        """Pairs of customers that may be the same, the most likely first, with both customers and the explanation.

        Pairs that are certainly not the same are never in it. Every customer shown is logged.
        """
        return await suggestions.page(page, state=in_state, wanted=strength)

    @get("/{suggestion_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_suggestion(
        self, suggestion_id: FromPath[UUID], suggestions: NamedDependency[SuggestionService]
    ) -> Response[SuggestionView]:
        """One suggestion, also one that no longer holds; both customers are logged."""
        view = await suggestions.get(suggestion_id)
        return tagged(view, view.version)

    @post("/{suggestion_id:uuid}/decision", status_code=200, problems=[404, 409, 412, 428], response_headers=[ETAG])
    async def decide_suggestion(
        self,
        suggestion_id: FromPath[UUID],
        data: JSONBody[DecisionInput],
        suggestions: NamedDependency[SuggestionService],
        decisions: NamedDependency[DecisionService],
        expected: NamedDependency[int],
    ) -> Response[SuggestionView]:
        """Decide whether two customers are the same; only a person does, and it can be taken back.

        `same` makes them one file at once (undo the merge to take it back: then they are remembered as different).
        `different` is remembered in both directions, until the data of one of the two change and the suggestion comes
        up again. `later` lets it rest. `open` takes back `different` or `later`. 409 `suggestionMerged`,
        `suggestionObsolete` or `suggestionOpen` when there is nothing to decide, or what merging refuses.
        """
        await decisions.decide(suggestion_id, data, expected)
        view = await suggestions.get(suggestion_id)
        return tagged(view, view.version)


class MatchRunController(Controller):
    """Walks over all customers, to find duplicates that are there already."""

    path = "/matchRuns"
    tags = ["crm"]
    dependencies = {"runs": Provide(provide_runs, sync_to_thread=False)}

    @get()
    async def list_match_runs(
        self, runs: NamedDependency[RunService], page: NamedDependency[PageRequest]
    ) -> MatchRunPage:
        """Runs, the newest first: how far, how many suggestions, how long."""
        return await runs.page(page)

    @get("/{run_id:uuid}", problems=[404])
    async def get_match_run(self, run_id: FromPath[UUID], runs: NamedDependency[RunService]) -> MatchRunView:
        """One run."""
        return await runs.get(run_id)

    @post(status_code=ACCEPTED, problems=[409, 422])
    async def start_match_run(
        self, data: JSONBody[MatchRunCreate], runs: NamedDependency[RunService], once: NamedDependency[Once]
    ) -> Response[MatchRunView]:
        """Have the worker look at all customers, or at those whose search keys are of an older version.

        It takes at most half of a core and goes on where it was after an interruption. 409 `matchRunRunning` while
        one is under way.
        """
        return await once.run(data, lambda: runs.start(data), status=ACCEPTED)
