"""Deadlines as a pure function of what is asked, when, and the department's working hours."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backend.contacts.rules import Channel, Kind
from backend.kit.calendar import OpeningHours, end_of_business_day

Worklist = Literal["mine", "department", "unassigned", "overdue"]

Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["09:00"])]

OFFICE: tuple[tuple[tuple[str, str], ...], ...] = ((("09:00", "12:00"), ("13:00", "17:00")),) * 5 + ((), ())
"""Usual hours: Monday to Friday, 9-12 and 13-17."""

WORKING_DAYS: dict[Kind, int] = {"question": 3, "report": 5, "request": 5, "complaint": 10, "suggestion": 10}
"""Usual terms; the answer is due at closing time of that working day after the day of the question."""

SAME_DAY: frozenset[Channel] = frozenset({"webForm", "chat", "assistant"})
"""Who writes on the website hears from us the same working day."""


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """When a department works and within how many working days it answers."""

    hours: OpeningHours
    working_days: dict[Kind, int]


USUAL = Level(hours=OpeningHours(weekly=OFFICE), working_days=WORKING_DAYS)


def level(
    weekly: list[list[tuple[str, str]]], closed: list[date], *, country_holidays: bool, working_days: dict[Kind, int]
) -> Level:
    """A level from its stored parts; terms that are left out are the usual ones.

    Raises:
        ValueError: the hours are not in order.
    """
    hours = OpeningHours(
        weekly=tuple(tuple((start, end) for start, end in day) for day in weekly),
        closed=frozenset(closed),
        country_holidays=country_holidays,
    )
    return Level(hours=hours, working_days={**WORKING_DAYS, **working_days})


def deadline(kind: Kind, channel: Channel, at: datetime, level: Level) -> datetime:
    """When the answer is due (UTC)."""
    days = 0 if channel in SAME_DAY else level.working_days[kind]
    return end_of_business_day(at, level.hours, days)
