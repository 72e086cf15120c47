"""JSON shapes of identification."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.crm.customers.schemas import Number, Ssin
from backend.crm.identification.rules import Capacity
from backend.kit.schema import Input, View


class CustomerIdentify(Input):
    """The capacity of a login, and the number that belongs to it: `ssin`, `enterpriseNumber` or `vCode`."""

    capacity: Capacity
    ssin: Ssin | UnsetType = UNSET
    enterprise_number: Number | UnsetType = UNSET
    v_code: Number | UnsetType = UNSET


class IdentifiedView(View):
    """The customer, when there is exactly one."""

    customer_id: UUID | None = None
