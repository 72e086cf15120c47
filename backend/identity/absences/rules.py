"""Who stands in for whom, and which days an absence can have. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from backend.kit.problems import invalid_input

LONGEST = timedelta(days=731)
"""Nobody is out of office for longer: then another colleague has the work."""


def stand_in(user: UUID, replaced: Mapping[UUID, UUID | None]) -> UUID | None:
    """Who is there instead of an absent user; a replacement who is absent too is followed on.

    Args:
        user: who is absent.
        replaced: everybody who is absent -> the replacement.

    Returns:
        None when the chain ends with nobody, or comes back to somebody it passed.
    """
    passed = {user}
    found = replaced.get(user)
    while found is not None and found in replaced:
        if found in passed:
            return None
        passed.add(found)
        found = replaced[found]
    return found


def check_days(first: date, last: date, today: date) -> None:
    """400 on `lastDay` when the absence ends before it begins, is over already or lasts too long."""
    if last < first:
        raise invalid_input("Ends before it begins.", name="lastDay", kind="invalidPeriod")
    if last < today:
        raise invalid_input("Is over already.", name="lastDay", kind="outOfRange")
    if last - max(first, today) > LONGEST:
        raise invalid_input("Longer than two years.", name="lastDay", kind="outOfRange")
