"""Which customers or question somebody breaks the glass for."""

from uuid import UUID

from backend.contacts.glass.schemas import BreakGlass
from backend.crm.customers.service import CustomerService
from backend.identity.glass.schemas import BreakGlassView
from backend.identity.glass.service import GlassService
from backend.kit.problems import invalid_input
from backend.kit.reach import EVERYTHING
from backend.kit.reference import ReferenceInvalid, parse_reference
from backend.kit.schema import given
from backend.kit.work import Work

_FIND = "SELECT id FROM question WHERE reference = $1"


class GlassBreaker:
    """Opens what is sensitive, without telling whether there is anything."""

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def open(self, data: BreakGlass) -> BreakGlassView:
        """Break the glass; 400 for a reference that cannot be one, 404 for an unknown customer."""
        customer_id, reference = given(data.customer_id), given(data.reference)
        glass = GlassService(self._work)
        if customer_id and not reference:
            file = await self._customers.file(customer_id)
            return await glass.open("customer", file.members, data.reason)
        if reference and not customer_id:
            found = await self._find(reference)
            return await glass.open("question", [found] if found else [], data.reason)
        raise invalid_input("Give customerId or reference.", name="customerId")

    async def _find(self, typed: str) -> UUID | None:
        try:
            reference = parse_reference(typed)
        except ReferenceInvalid as error:
            raise invalid_input("No reference of a question looks like this.", name="reference") from error
        async with self._work.uow.reaching(EVERYTHING):
            found: UUID | None = await self._work.uow.fetchval(_FIND, reference)
        return found
