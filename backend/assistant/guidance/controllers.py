"""Resource: flows, for agents who take them with a customer."""

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.assistant.guidance.rules import GuidedView
from backend.assistant.guidance.schemas import GuidedAsk
from backend.assistant.guidance.service import GuidedService
from backend.assistant.steps.controllers import provide_steps
from backend.assistant.steps.service import StepService
from backend.crm.customers.service import CustomerService
from backend.kit.operation import post
from backend.kit.work import Work


def provide_guided(work: NamedDependency[Work], steps: NamedDependency[StepService]) -> GuidedService:
    """Dependency `guided`."""
    return GuidedService(work, steps, CustomerService(work))


class GuidedFlowController(Controller):
    """Guided questions on one screen."""

    path = "/flows"
    tags = ["assistant"]
    dependencies = {
        "steps": Provide(provide_steps, sync_to_thread=False),
        "guided": Provide(provide_guided, sync_to_thread=False),
    }

    @post("/{slug:str}/guided", problems=[404], status_code=200)
    async def take_guided_step(
        self, slug: FromPath[str], data: JSONBody[GuidedAsk], guided: NamedDependency[GuidedService]
    ) -> GuidedView:
        """A whole flow on one screen: every question with where it stands, how to ask it, and which one comes now.

        Answers may come in any order: one that is ahead is used once its question comes. What the customer cannot
        answer goes into `notKnown`: where not knowing is an answer the flow goes on, elsewhere it stops (`stopped`)
        with what is known so far. With `customerId` answers that we know are filled in (`from` = `customer`), as far as
        this person may see them; the look is logged. Nothing is kept: give the answers to `registerContact` or
        `attachFlow`, those of the customer too.
        """
        return await guided.screen(slug, data)
