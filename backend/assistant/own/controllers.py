"""Resource: flows, for citizens who are logged in."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from backend.assistant.own.schemas import OwnFlowAnswers
from backend.assistant.own.service import OwnAnswerService
from backend.assistant.steps.controllers import provide_steps
from backend.assistant.steps.service import StepService
from backend.crm.customers.service import CustomerService
from backend.kit.operation import get
from backend.kit.work import Work


def provide_own_answers(work: NamedDependency[Work], steps: NamedDependency[StepService]) -> OwnAnswerService:
    """Dependency `own`."""
    return OwnAnswerService(work, steps, CustomerService(work))


class OwnFlowController(Controller):
    """Answers from the own file."""

    path = "/own/flows"
    tags = ["assistant"]
    dependencies = {
        "steps": Provide(provide_steps, sync_to_thread=False),
        "own": Provide(provide_own_answers, sync_to_thread=False),
    }

    @get("/{slug:str}/answers", problems=[404])
    async def get_own_flow_answers(
        self,
        slug: FromPath[str],
        own: NamedDependency[OwnAnswerService],
        version: Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="That was begun with")] = None,
    ) -> OwnFlowAnswers:
        """Answers to a flow that we know already of who is logged in, to put in before the first question.

        Send those that may be used as answers of `takeFlowStep`; each can be changed like any other. Who is no customer
        (yet) gets none. An address that is not to be disclosed is never used. Nothing is kept but that we looked, and
        at which fields.
        """
        return await own.answers(slug, version)
