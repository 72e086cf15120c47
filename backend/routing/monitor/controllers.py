"""Resource: the monitor."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter

from backend.contacts.lists.rules import Bucket
from backend.contacts.questions.schemas import QuestionPage
from backend.contacts.reminders.schemas import ReminderView
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work
from backend.routing.monitor.schemas import MonitorView, ReminderCreate
from backend.routing.monitor.service import MonitorService


def provide_monitor(work: NamedDependency[Work]) -> MonitorService:
    """Dependency `monitor`."""
    return MonitorService(work)


class MonitorController(Controller):
    """Every open question of the city."""

    path = "/monitor"
    tags = ["routing"]
    dependencies = {"monitor": Provide(provide_monitor, sync_to_thread=False)}

    @get()
    async def get_monitor(self, monitor: NamedDependency[MonitorService]) -> MonitorView:
        """All open questions in numbers: by age, deadline, movement and department, as they were counted at `asOf`.

        They are counted in the background, at most some fifteen seconds after the first look at older numbers.
        """
        return await monitor.view()

    @get("/questions", keep_plans=True, in_order=True)
    async def list_monitor_questions(
        self,
        monitor: NamedDependency[MonitorService],
        page: NamedDependency[PageRequest],
        bucket: Annotated[Bucket, QueryParameter(description="The number")],
        department: Annotated[UUID | None, QueryParameter(description="Only of this department")] = None,
    ) -> QuestionPage:
        """The questions behind a number, as they are at this moment: oldest, most overdue or longest unmoved first."""
        return await monitor.questions(bucket, department, page)

    @post("/reminders", problems=[422])
    async def remind_questions(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ReminderCreate],
        work: NamedDependency[Work],
        monitor: NamedDependency[MonitorService],
        once: NamedDependency[Once],
    ) -> Response[ReminderView]:
        """Remind whoever has these questions, or the team leads of a department where nobody has them.

        At most once a day for each question; what is skipped says why. A reminder is in the timeline, is no movement,
        and colleagues are told of it in their notices and by mail.
        """
        placer = request.app.state.platform.placer(work)
        return await once.run(data, lambda: monitor.remind(data, placer))
