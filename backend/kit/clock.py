"""Where the time comes from: an argument, so that a test can hold it still."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
"""Local time of every city that runs this system: for opening hours, deadlines and what people read."""


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC, in microseconds (as PostgreSQL keeps it)."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests and simulations.

    Args:
        at: An aware datetime, in any zone.

    Raises:
        ValueError: `at` has no time zone.
    """

    def __init__(self, at: datetime) -> None:
        self._at = as_utc(at)

    def now(self) -> datetime:
        """Return the moment at which the clock stands, as an aware datetime in UTC."""
        return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move the clock (a negative amount moves it back) and return the new moment in UTC."""
        self._at += by
        return self._at

    def __repr__(self) -> str:
        return f"FixedClock({self._at.isoformat()})"


def as_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC.

    Raises:
        ValueError: `moment` has no time zone, so nobody can know which moment it is.
    """
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)
