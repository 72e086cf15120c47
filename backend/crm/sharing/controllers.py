"""Resource: consent of a customer to share statuses."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.crm.sharing.schemas import StatusSharingPut, StatusSharingView
from backend.crm.sharing.service import SharingService
from backend.kit.operation import get, put
from backend.kit.work import Work


def provide_sharing(work: NamedDependency[Work]) -> SharingService:
    """Dependency `sharing`."""
    return SharingService(work)


class SharingController(Controller):
    """Whether Mijn Burgerprofiel may show how things stand."""

    path = "/customers/{customer_id:uuid}/statusSharing"
    tags = ["crm"]
    dependencies = {"sharing": Provide(provide_sharing, sync_to_thread=False)}

    @get(problems=[404])
    async def get_status_sharing(
        self, customer_id: FromPath[UUID], sharing: NamedDependency[SharingService]
    ) -> StatusSharingView:
        """Whether the customer agreed that Mijn Burgerprofiel shows the status of questions and cases; since when."""
        return await sharing.get(customer_id)

    @put(problems=[404])
    async def replace_status_sharing(
        self,
        customer_id: FromPath[UUID],
        data: JSONBody[StatusSharingPut],
        sharing: NamedDependency[SharingService],
    ) -> StatusSharingView:
        """What the customer says about it: with yes what is open is told there, with no everything is taken away."""
        return await sharing.decide(customer_id, agreed=data.agreed)
