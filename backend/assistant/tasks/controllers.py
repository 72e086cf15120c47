"""Resource: what has to be done about flows."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.assistant.rules import Slug
from backend.assistant.tasks.schemas import FlowTaskFinish, FlowTaskPage, FlowTaskView
from backend.assistant.tasks.service import TaskService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.schema import given
from backend.kit.work import Work


def provide_tasks(work: NamedDependency[Work]) -> TaskService:
    """Dependency `tasks`."""
    return TaskService(work)


class FlowTaskController(Controller):
    """Next actions for the owner of a flow."""

    path = "/flowTasks"
    tags = ["assistant"]
    dependencies = {"tasks": Provide(provide_tasks, sync_to_thread=False)}

    @get()
    async def list_flow_tasks(
        self,
        tasks: NamedDependency[TaskService],
        page: NamedDependency[PageRequest],
        flow: Annotated[Slug | None, QueryParameter(description="Of this flow only.")] = None,
    ) -> FlowTaskPage:
        """What has to be done about flows: what is open first, the newest first.

        A product of an outcome is withdrawn or unknown, another flow is not published any more, a review is due within
        30 days or overdue. A task closes by itself when its cause is gone.
        """
        return await tasks.page(page, flow)

    @post("/{task_id:uuid}/finish", problems=[404, 409, 412, 428], status_code=200, response_headers=[ETAG])
    async def finish_flow_task(
        self,
        task_id: FromPath[UUID],
        data: JSONBody[FlowTaskFinish],
        tasks: NamedDependency[TaskService],
        expected: NamedDependency[int],
    ) -> Response[FlowTaskView]:
        """It is done, or nothing has to be done; the same cause raises it again only after it has been away.

        409 `taskDone`: it was finished before.
        """
        view = await tasks.finish(task_id, given(data.note), expected)
        return tagged(view, view.version)
