"""Resource: customers."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.crm.customers.schemas import (
    CustomerCreate,
    CustomerPatch,
    CustomerView,
    RevealedView,
    RevealRequest,
)
from backend.crm.customers.service import CustomerService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, patch, post
from backend.kit.work import Work


def provide_customers(work: NamedDependency[Work]) -> CustomerService:
    """Dependency `customers`."""
    return CustomerService(work)


class CustomerController(Controller):
    """Customers."""

    path = "/customers"
    tags = ["crm"]
    dependencies = {"customers": Provide(provide_customers, sync_to_thread=False)}

    @post(problems=[409, 422])
    async def create_customer(
        self, data: JSONBody[CustomerCreate], customers: NamedDependency[CustomerService], once: NamedDependency[Once]
    ) -> Response[CustomerView]:
        """Create a customer; 409 `customerExists` when an identifier is in use."""
        return await once.run(data, lambda: customers.create(data))

    @get("/{customer_id:uuid}", problems=[404], response_headers=[ETAG], keep_plans=True)
    async def get_customer(
        self,
        work: NamedDependency[Work],
        customer_id: FromPath[UUID],
        customers: NamedDependency[CustomerService],
    ) -> Response[CustomerView]:
        """One customer, shielded fields masked; the look is logged.

        The second line sees only who it is of a customer with whom its departments have nothing to do.
        """
        view = (await work.access.project_all("customer", [await customers.get(customer_id)], [customer_id]))[0]
        return tagged(view, view.version)

    @patch("/{customer_id:uuid}", response_headers=[ETAG])
    async def change_customer(
        self,
        customer_id: FromPath[UUID],
        data: JSONBody[CustomerPatch],
        customers: NamedDependency[CustomerService],
        expected: NamedDependency[int],
    ) -> Response[CustomerView]:
        """Change a customer; fields left out stay, what is replaced is kept as history.

        The second line changes only customers with whom its departments have to do.
        """
        view = await customers.change(customer_id, data, expected)
        return tagged(view, view.version)

    @post("/{customer_id:uuid}/reveal", status_code=200, problems=[404])
    async def reveal_customer(
        self, customer_id: FromPath[UUID], data: JSONBody[RevealRequest], customers: NamedDependency[CustomerService]
    ) -> RevealedView:
        """Show shielded fields in clear, for a stated purpose; who looked and why is logged.

        The second line does so only for customers with whom its departments have to do.
        """
        return await customers.reveal(customer_id, data)
