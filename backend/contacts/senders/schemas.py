"""JSON shapes of recognising a sender."""

from uuid import UUID

from backend.crm.customers.schemas import CustomerHit
from backend.kit.schema import Input, View


class SenderSuggestions(View):
    """Customers with the e-mail address from which a question came: suggestions, for an address proves nothing."""

    items: list[CustomerHit]


class Identification(Input):
    """Whose question it is."""

    customer_id: UUID
