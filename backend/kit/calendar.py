"""Business-hours arithmetic: deadlines are counted in the hours in which somebody is at work.

Everything is a pure function of its arguments. Hours are written in local (Brussels) time and turned into
moments in UTC per day, so a day on which the clock changes is as long as it really is. Cost: a few
microseconds for an amount of some days once the days are cached; linear in the number of days walked.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays
import msgspec

from backend.kit.clock import BRUSSELS, as_utc

DAYS_IN_WEEK = 7
HORIZON = 3660
"""Days that are searched before we say that the hours are never enough (ten years)."""

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LAST_DAY = date(9998, 12, 31).toordinal()

Interval = tuple[datetime, datetime]


class CalendarExhausted(ValueError):
    """The opening hours do not hold the asked amount of time within ten years."""


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """The hours in which a place is open.

    Attributes:
        weekly: Seven days, Monday first; each a tuple of (start, end) as "HH:MM" in local time, in order and
            without overlap. The end may be "24:00".
        closed: Extra closing days (bridging days, local holidays).
        country_holidays: Closed on Belgian public holidays.

    Raises:
        ValueError: Not seven days, a malformed time, or hours that are out of order.
    """

    weekly: tuple[tuple[tuple[str, str], ...], ...]
    closed: frozenset[date] = frozenset()
    country_holidays: bool = True

    def __post_init__(self) -> None:
        if len(self.weekly) != DAYS_IN_WEEK:
            raise ValueError("opening hours need seven days, Monday first")
        for day in self.weekly:
            edges = [edge for hours in day for edge in hours]
            if any(len(hours) != 2 for hours in day) or not all(map(_TIME.fullmatch, edges)):  # noqa: PLR2004 - a pair
                raise ValueError('opening hours are pairs of "HH:MM"')
            # "HH:MM" sorts as text; an afternoon may start at the minute at which the morning ends
            if any(start >= end for start, end in day) or edges != sorted(edges):
                raise ValueError("opening hours must be in order and may not overlap")


@lru_cache(maxsize=64)
def public_holidays(year: int) -> frozenset[date]:
    """Return the Belgian public holidays of a year (source: library `holidays`)."""
    return frozenset(holidays.country_holidays("BE", years=year))


def is_business_day(day: date, hours: OpeningHours) -> bool:
    """Say whether a local day has opening hours at all."""
    return bool(_open_on(day, hours))


def add_business_time(start: datetime, amount: timedelta, hours: OpeningHours) -> datetime:
    """Return the first moment at which `amount` of opening time has passed since `start`.

    An amount that ends exactly at closing time ends at closing time, not at the next opening. An amount of
    zero is `start` itself, whether open or closed.

    Args:
        start: An aware datetime.
        amount: Opening time, zero or more.
        hours: The opening hours.

    Returns:
        An aware datetime in UTC, never before `start`.

    Raises:
        ValueError: A naive `start` or a negative `amount`.
        CalendarExhausted: The amount does not fit within ten years.
    """
    moment = as_utc(start)
    if amount < timedelta(0):
        raise ValueError("an amount of business time cannot be negative")
    if not amount:
        return moment
    for opens, closes in _intervals_after(moment, hours):
        begin = max(opens, moment)
        available = closes - begin
        if amount <= available:
            return begin + amount
        amount -= available
    raise CalendarExhausted("the opening hours do not hold this amount of time within ten years")


def business_time_between(start: datetime, end: datetime, hours: OpeningHours) -> timedelta:
    """Return the opening time between two moments; negative when `end` comes before `start`.

    Args:
        start: An aware datetime.
        end: An aware datetime.
        hours: The opening hours.

    Raises:
        ValueError: A naive datetime.
    """
    first, last = as_utc(start), as_utc(end)
    if last < first:
        return -business_time_between(last, first, hours)
    total = timedelta(0)
    for ordinal in range(_local_day(first).toordinal(), _local_day(last).toordinal() + 1):
        for opens, closes in _open_on(date.fromordinal(ordinal), hours):
            if closes > first and opens < last:
                total += min(closes, last) - max(opens, first)
    return total


def end_of_business_day(start: datetime, hours: OpeningHours, days: int = 0) -> datetime:
    """Return a closing time: of the running business day, or of a later one.

    Day 0 is the first business day that is not over at `start`: today until closing time, afterwards and on
    closed days the next business day. "An answer the same day" is `days=0`, "within two working days" is
    `days=2`.

    Args:
        start: An aware datetime.
        hours: The opening hours.
        days: Business days to go on after day 0, zero or more.

    Returns:
        An aware datetime in UTC, always after `start`.

    Raises:
        ValueError: A naive `start` or negative `days`.
        CalendarExhausted: There are not that many business days within ten years.
    """
    moment = as_utc(start)
    if days < 0:
        raise ValueError("days cannot be negative")
    for day in _days(moment):
        intervals = _open_on(day, hours)
        if intervals and intervals[-1][1] > moment:
            if days == 0:
                return intervals[-1][1]
            days -= 1
    raise CalendarExhausted("there are not that many business days within ten years")


def _intervals_after(moment: datetime, hours: OpeningHours) -> Iterator[Interval]:
    """Yield the opening intervals that end after a moment, in order, for ten years."""
    for day in _days(moment):
        for interval in _open_on(day, hours):
            if interval[1] > moment:
                yield interval


def _days(moment: datetime) -> Iterator[date]:
    """Yield the local days from that of `moment`, for ten years (or until the calendar itself ends)."""
    first = _local_day(moment).toordinal()
    return map(date.fromordinal, range(first, min(first + HORIZON, _LAST_DAY + 1)))


def _local_day(moment: datetime) -> date:
    return moment.astimezone(BRUSSELS).date()


@lru_cache(maxsize=16384)
def _open_on(day: date, hours: OpeningHours) -> tuple[Interval, ...]:
    """Return the opening intervals of a local day as moments in UTC, in order, never empty ones."""
    if day in hours.closed or (hours.country_holidays and day in public_holidays(day.year)):
        return ()
    pairs = ((_moment(day, start), _moment(day, end)) for start, end in hours.weekly[day.weekday()])
    return tuple((opens, closes) for opens, closes in pairs if opens < closes)


def _moment(day: date, clock: str) -> datetime:
    """Return the moment at which the local clock shows a time.

    A time that the clock skips in spring becomes the end of the gap; of a time that it shows twice in
    autumn the first counts. So later times never give earlier moments.
    """
    if clock == "24:00":
        day, clock = day + _DAY, "00:00"
    local = datetime.combine(day, time.fromisoformat(clock), tzinfo=BRUSSELS)
    while local.astimezone(UTC).astimezone(BRUSSELS).replace(tzinfo=None) != local.replace(tzinfo=None):
        local += _MINUTE
    return local.astimezone(UTC)
