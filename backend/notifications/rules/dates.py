"""Moments in Dutch words, on the clock of the city."""

from datetime import datetime, time, timedelta

from backend.kit.clock import BRUSSELS, as_utc

_DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip


def day_in_words(moment: datetime) -> str:
    """`maandag 23 november 2026`.

    Args:
        moment: an aware datetime, in any zone.

    Raises:
        ValueError: `moment` has no time zone.
    """
    local = as_utc(moment).astimezone(BRUSSELS)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def deadline_in_words(moment: datetime) -> str:
    """`maandag 23 november 2026, vóór 17 uur`; midnight belongs to the day that ends.

    Args:
        moment: an aware datetime, in any zone; seconds do not count.

    Raises:
        ValueError: `moment` has no time zone.
    """
    local = as_utc(moment).astimezone(BRUSSELS)
    clock = local.time().replace(second=0, microsecond=0)
    if clock == time(0):
        return f"{day_in_words(local - timedelta(minutes=1))}, vóór middernacht"
    minutes = f".{clock.minute:02}" if clock.minute else ""
    return f"{day_in_words(local)}, vóór {clock.hour}{minutes} uur"


def period_in_words(start: datetime, end: datetime) -> str:
    """`maandag 23 november 2026, van 10 uur tot 10.30 uur`; the day of the end is told when it is another one.

    Args:
        start: an aware datetime, in any zone; seconds do not count.
        end: the same.

    Raises:
        ValueError: a moment has no time zone.
    """
    first, last = (as_utc(moment).astimezone(BRUSSELS) for moment in (start, end))
    until = "" if first.date() == last.date() else f"{day_in_words(end)}, "
    return f"{day_in_words(start)}, van {_clock(first)} uur tot {until}{_clock(last)} uur"


def _clock(local: datetime) -> str:
    return f"{local.hour}.{local.minute:02}" if local.minute else str(local.hour)
