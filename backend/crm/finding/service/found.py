"""One row of a search: whom it leads to, by what, and where the next page goes on."""

from uuid import UUID

import msgspec

from backend.crm.finding.rules import FoundBy


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that was found.

    Attributes:
        live: the live customer.
        by: what it was found by.
        branch: which part of the list it is in; lower ones come first.
        customer: with `fact` the row after which a page goes on.
        fact: the name that was found, or zeros.
        profile: what is stored of the customer, as JSON, when the search read it along.
    """

    live: UUID
    by: FoundBy
    branch: int
    customer: UUID
    fact: UUID
    profile: str | None = None
