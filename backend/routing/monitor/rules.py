"""When a department is silent, and when a tally is old. Pure."""

from datetime import datetime, timedelta

from backend.kit.calendar import OpeningHours, end_of_business_day

SILENT_DAYS = 3
"""A department whose people do nothing at all for so many working days, while a reminder has passed, is silent."""

FRESH = timedelta(seconds=10)
"""So long nobody counts again."""

STALE = timedelta(seconds=15)
"""From then on whoever looks has it counted again, and meanwhile sees what was counted last."""


def is_silent(reminded_since: datetime | None, acted: datetime | None, now: datetime, hours: OpeningHours) -> bool:
    """Whether a department is silent.

    Args:
        reminded_since: since when the one of its open questions waits of which the reminder has passed and that did not
            move for longest; None: there is none.
        acted: when anybody of the department did anything with a question; None: never.
        now: the moment.
        hours: in which working days are counted.
    """
    if reminded_since is None:
        return False
    return end_of_business_day(max(reminded_since, acted or reminded_since), hours, SILENT_DAYS) < now
