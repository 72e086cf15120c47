"""Planning once: statements with many parts take PostgreSQL longer to plan than to run.

By default it plans a prepared statement anew for each call as long as it thinks the values make a difference. That is
right for optional filters, and costs ten times the reading for a statement whose shape decides.
"""

from backend.kit.db import UnitOfWork

_KEEP = "SET LOCAL plan_cache_mode = force_generic_plan"


async def keep_plans(uow: UnitOfWork) -> None:
    """Until the end of the transaction use the plan that a connection made once, whatever the values.

    For statements that read by index whatever is asked; not for those with filters that may be left out.
    """
    await uow.execute(_KEEP)
