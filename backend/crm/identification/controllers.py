"""Resource: customers (who logged in)."""

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from backend.crm.identification.schemas import CustomerIdentify, IdentifiedView
from backend.crm.identification.service import IdentificationService
from backend.kit.operation import post
from backend.kit.work import Work


def provide_identification(work: NamedDependency[Work]) -> IdentificationService:
    """Dependency `identification`."""
    return IdentificationService(work)


class IdentificationController(Controller):
    """Identification of a login."""

    path = "/customers"
    tags = ["crm"]
    dependencies = {"identification": Provide(provide_identification, sync_to_thread=False)}

    @post("/identify", status_code=200)
    async def identify_customer(
        self, data: JSONBody[CustomerIdentify], identification: NamedDependency[IdentificationService]
    ) -> IdentifiedView:
        """The customer with the official number that an identity provider vouches for; empty when we know nobody.

        Nobody is made by it. Who acts for an enterprise or association is never led to the file of a person.
        """
        return await identification.identify(data)
