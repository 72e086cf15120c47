"""Resource: the history of a customer."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from backend.cases.applications.service import CaseService
from backend.cases.history.rules import EntryKind, HistoryFilter
from backend.cases.history.schemas import HistoryPage
from backend.cases.history.service import HistoryService
from backend.contacts.rules import State
from backend.crm.customers.service import CustomerService
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.schema import Moment
from backend.kit.work import Work


def provide_history(work: NamedDependency[Work]) -> HistoryService:
    """Dependency `history`."""
    return HistoryService(work, CustomerService(work), CaseService(work))


class CustomerHistoryController(Controller):
    """The history of a customer."""

    path = "/customers/{customer_id:uuid}/history"
    tags = ["cases"]
    dependencies = {"history": Provide(provide_history, sync_to_thread=False)}

    @get(problems=[404], keep_plans=True)
    async def get_customer_history(
        self,
        *,
        customer_id: FromPath[UUID],
        history: NamedDependency[HistoryService],
        page: NamedDependency[PageRequest],
        kind: Annotated[EntryKind | None, QueryParameter(description="Only entries of this kind")] = None,
        since: Annotated[Moment | None, QueryParameter(description="Not older than this moment")] = None,
        until: Annotated[Moment | None, QueryParameter(description="Before this moment")] = None,
        product: Annotated[UUID | None, QueryParameter(description="Of questions and cases about this product")] = None,
        department: Annotated[UUID | None, QueryParameter(description="Of questions of this department")] = None,
        question_state: Annotated[
            State | None, QueryParameter(name="state", description="Of questions in this state")
        ] = None,
        only_open: Annotated[bool, QueryParameter(name="open", description="Only what is not finished")] = False,
    ) -> HistoryPage:
        """What happened with a customer, newest first: contacts, questions, messages, contributions, cases, changes.

        Over all customers of the file, also after a merge; contacts of others on the customer's behalf say who called.
        A filter on product, department, state or `open` is about questions, with their contacts and messages, and
        cases where that applies. Questions that are not this person's to see are not there, nor what was only about
        them. Texts are cut at 500 characters.
        """
        wanted = HistoryFilter(
            kind=kind,
            since=since,
            until=until,
            product_id=product,
            department_id=department,
            state=question_state,
            open=only_open,
        )
        return await history.page(customer_id, wanted, page)
