"""Who has to do with whom: relation `linked` of the policy table."""

from collections.abc import Collection
from uuid import UUID

from backend.crm.customers.service import members
from backend.kit.access import Principal, Ties
from backend.kit.db import UnitOfWork

_TIES = """
SELECT customer_id FROM question WHERE customer_id = ANY($1::uuid[]) AND department_id = ANY($2::uuid[])
UNION
SELECT customer_id FROM contact WHERE customer_id = ANY($1::uuid[]) AND department_id = ANY($2::uuid[])
"""


def ties(uow: UnitOfWork) -> Ties:
    """Relation `linked` of customers: a question or contact of anybody in the file is with a department of the person.

    Args:
        uow: the transaction of whoever asks.
    """

    async def linked(who: Principal, customer_ids: Collection[UUID]) -> frozenset[UUID]:
        if not who.departments:
            return frozenset()
        files = await members(uow, customer_ids)
        rows = await uow.fetch(_TIES, list(files), list(who.departments))
        return frozenset(asked for row in rows for asked in files[row["customer_id"]])

    return linked
