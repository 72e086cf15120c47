"""When to call a customer back, and what an attempt leads to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Literal

import msgspec

from backend.kit.calendar import OpeningHours, add_business_time
from backend.kit.clock import BRUSSELS, as_utc

Outcome = Literal["reached", "noAnswer", "voicemail", "wrongNumber", "busy"]

MOST_ATTEMPTS = 3
"""After so many attempts in vain the customer gets the answer in another way."""

AHEAD = timedelta(days=92)
"""How far ahead a call-back can be planned."""

_NOON = time(12)
_MOMENT = timedelta(microseconds=1)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When the customer can be called."""

    start: datetime
    end: datetime


def windows(stored: Iterable[Mapping[str, Any]] | None) -> list[Window]:
    """The windows as they are stored with a question, in order of time; one that ends before it starts is none."""
    found = msgspec.convert(list(stored or ()), list[Window])
    return sorted((one for one in found if one.start < one.end), key=lambda one: (one.start, one.end))


def first_call(offered: Iterable[Window], now: datetime) -> datetime | None:
    """When the customer can be called first: now when a window is open; None when every window is over."""
    return min((max(one.start, now) for one in offered if one.end > now), default=None)


def fits(offered: Iterable[Window], at: datetime) -> bool:
    """Whether the customer can be called at this moment."""
    return any(one.start <= at < one.end for one in offered)


def next_attempt(offered: Iterable[Window], now: datetime, hours: OpeningHours) -> datetime:
    """When to try again: in the next window, else in the next half working day.

    Args:
        offered: the windows of the customer; the one that is open now was just tried.
        now: when the last attempt was made (aware).
        hours: of the department.

    Raises:
        CalendarExhausted: there is no opening hour within ten years.
    """
    later = [one.start for one in offered if one.start > now]
    return min(later) if later else next_half_day(now, hours)


def next_half_day(now: datetime, hours: OpeningHours) -> datetime:
    """When the next half working day begins: mornings end and afternoons begin at noon, on the clock of the city.

    Args:
        now: an aware datetime.
        hours: of the department.

    Raises:
        CalendarExhausted: there is no opening hour within ten years.
    """
    local = as_utc(now).astimezone(BRUSSELS)
    if local.time() < _NOON:
        begins = datetime.combine(local.date(), _NOON, tzinfo=BRUSSELS)
    else:
        begins = datetime.combine(local.date() + timedelta(days=1), time(0), tzinfo=BRUSSELS)
    return add_business_time(begins, _MOMENT, hours) - _MOMENT


def in_vain(outcomes: Sequence[Outcome]) -> int:
    """How many attempts failed since the customer was last reached.

    Args:
        outcomes: of the attempts, oldest first.
    """
    return next((done for done, one in enumerate(reversed(outcomes)) if one == "reached"), len(outcomes))
