"""A national number is of one customer, also while keys are being replaced and two hashes of it exist."""

from collections.abc import Sequence

from backend.crm.customers.service.profile import IdentifierFact
from backend.crm.customers.service.views import clear_ssin
from backend.crm.errors import customer_exists
from backend.kit.work import Work

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hash) FROM unnest($1::bigint[]) AS hash"
_HELD = "SELECT true FROM customer_identifier WHERE type = 'ssin' AND lookup = ANY($1::bytea[]) AND ended_at IS NULL"


async def check_older_keys(work: Work, added: Sequence[IdentifierFact]) -> None:
    """409 for a number stored under another key: the unique index cannot see that it is the same.

    Two registrations of one number wait for each other here, whichever key each of them writes with: all processes hold
    every version with which any of them writes (`kit.keeper`), so they have at least one hash in common. The look is a
    statement of its own, which sees what the first one committed meanwhile.
    """
    keys = work.keys
    if len(keys.versions) == 1:
        return
    for fact in added:
        if fact.type == "ssin":
            lookups = keys.lookups(clear_ssin(fact, keys), purpose="ssin")
            hashes = sorted(int.from_bytes(lookup[:8], signed=True) for lookup in lookups)  # all in the same order
            await work.uow.execute(_ONE_AT_A_TIME, hashes)
            if await work.uow.fetchval(_HELD, lookups):
                raise customer_exists()
