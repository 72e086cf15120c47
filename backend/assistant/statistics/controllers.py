"""Resource: how flows are taken."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from backend.assistant.statistics.schemas import FlowStatistics
from backend.assistant.statistics.service import FlowsAsked, StatisticsService
from backend.contacts.rules import Mode
from backend.kit.operation import get
from backend.kit.work import Work


def provide_statistics(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> StatisticsService:
    """Dependency `statistics`."""
    return StatisticsService(work, request.app.state.platform.flows)


class FlowStatisticsController(Controller):
    """How flows are taken."""

    path = "/flowStatistics"
    tags = ["assistant"]
    dependencies = {"statistics": Provide(provide_statistics, sync_to_thread=False)}

    @get()
    async def get_flow_statistics(
        self,
        statistics: NamedDependency[StatisticsService],
        first: Annotated[
            date | None, QueryParameter(name="from", description="First day, in Brussels; 30 days in all without it")
        ] = None,
        last: Annotated[date | None, QueryParameter(name="to", description="Last day; today without it")] = None,
        flow: Annotated[str | None, QueryParameter(max_length=60, description="Name in the address of a flow")] = None,
        version: Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="Of the flow")] = None,
        mode: Annotated[
            Mode | None, QueryParameter(description="Citizens themselves, or agents for them; both without it")
        ] = None,
    ) -> FlowStatistics:
        """How often flows are started and finished, with which outcome, and at which question people stop.

        Per flow, version and mode. Only sums of a day are kept: no visitor, no moment, no answers. `droppedOff` is how
        often a question was shown and nothing came after it; of today it holds whoever is still thinking.
        """
        return await statistics.read(FlowsAsked(first=first, last=last, flow=flow, version=version, mode=mode))
