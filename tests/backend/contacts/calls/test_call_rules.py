from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.calls.rules import (
    Window,
    first_call,
    fits,
    in_vain,
    next_attempt,
    next_half_day,
    windows,
)
from backend.kit.calendar import OpeningHours, business_time_between, is_business_day
from backend.kit.clock import BRUSSELS

OFFICE = OpeningHours(weekly=((("09:00", "12:00"), ("13:00", "17:00")),) * 5 + ((), ()))
THROUGH = OpeningHours(weekly=((("08:30", "16:30"),),) * 5 + ((), ()))
MORNINGS = OpeningHours(weekly=((("09:00", "12:00"),),) * 5 + ((), ()), closed=frozenset({date(2026, 11, 24)}))
NIGHT = OpeningHours(weekly=((("00:00", "24:00"),),) * 7, country_holidays=False)


def local(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BRUSSELS)


@pytest.mark.parametrize(
    ("now", "hours", "next_one"),
    [
        (local("2026-11-23", "09:15"), OFFICE, local("2026-11-23", "13:00")),
        (local("2026-11-23", "07:00"), OFFICE, local("2026-11-23", "13:00")),
        (local("2026-11-23", "13:30"), OFFICE, local("2026-11-24", "09:00")),
        (local("2026-11-23", "09:15"), THROUGH, local("2026-11-23", "12:00")),
        (local("2026-11-27", "15:00"), THROUGH, local("2026-11-30", "08:30")),
        (local("2026-11-23", "10:00"), MORNINGS, local("2026-11-25", "09:00")),
        (local("2026-12-24", "14:00"), OFFICE, local("2026-12-28", "09:00")),
        # the clock goes back in the night of 25 October 2026, and forward in that of 28 March 2027
        (local("2026-10-23", "14:00"), OFFICE, local("2026-10-26", "09:00")),
        (local("2026-10-24", "14:00"), NIGHT, local("2026-10-25", "00:00")),
        (local("2026-10-25", "02:30"), NIGHT, local("2026-10-25", "12:00")),
        (local("2027-03-26", "14:00"), OFFICE, local("2027-03-30", "09:00")),  # Easter Monday in between
        (local("2027-03-28", "01:30"), NIGHT, local("2027-03-28", "12:00")),
    ],
)
def test_the_next_half_day(now: datetime, hours: OpeningHours, next_one: datetime) -> None:
    assert next_half_day(now, hours) == next_one.astimezone(UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.sampled_from([OFFICE, THROUGH, MORNINGS]))  # noqa: DTZ001 the zone follows
def test_the_next_half_day_is_later_and_open(at: datetime, hours: OpeningHours) -> None:
    now = at.replace(tzinfo=UTC)
    again = next_half_day(now, hours)
    assert again > now
    assert is_business_day(again.astimezone(BRUSSELS).date(), hours)
    assert business_time_between(again, again + timedelta(minutes=1), hours) == timedelta(minutes=1)
    assert (again.astimezone(BRUSSELS).date(), again.astimezone(BRUSSELS).hour >= 12) != (
        now.astimezone(BRUSSELS).date(), now.astimezone(BRUSSELS).hour >= 12,
    )  # fmt: skip


NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PAST = Window(start=NOW - timedelta(hours=3), end=NOW - timedelta(hours=2))
OPEN = Window(start=NOW - timedelta(hours=1), end=NOW + timedelta(hours=1))
SOON = Window(start=NOW + timedelta(hours=2), end=NOW + timedelta(hours=3))
LATER = Window(start=NOW + timedelta(days=1), end=NOW + timedelta(days=1, hours=1))


def test_the_first_call_is_in_the_first_window_that_is_not_over() -> None:
    assert first_call([LATER, PAST, SOON], NOW) == SOON.start
    assert first_call([LATER, OPEN], NOW) == NOW
    assert first_call([PAST], NOW) is None
    assert first_call([], NOW) is None


def test_the_next_attempt_is_in_another_window() -> None:
    assert next_attempt([PAST, OPEN, LATER, SOON], NOW, OFFICE) == SOON.start
    assert next_attempt([PAST, OPEN], NOW, OFFICE) == local("2026-11-23", "13:00")


def test_a_moment_fits_in_a_window_until_its_end() -> None:
    assert fits([SOON], SOON.start)
    assert not fits([SOON], SOON.end)
    assert not fits([], NOW)


def test_stored_windows_come_in_order_and_without_nonsense() -> None:
    stored = [
        {"start": "2026-11-24T09:00:00Z", "end": "2026-11-24T08:00:00Z"},
        {"start": "2026-11-25T09:00:00+01:00", "end": "2026-11-25T10:00:00+01:00"},
        {"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:00:00Z"},
    ]
    assert [one.start.day for one in windows(stored)] == [23, 25]
    assert windows(None) == []


def test_attempts_in_vain_are_counted_from_the_last_talk() -> None:
    assert in_vain([]) == 0
    assert in_vain(["busy", "noAnswer", "voicemail"]) == 3
    assert in_vain(["busy", "reached"]) == 0
    assert in_vain(["busy", "reached", "wrongNumber"]) == 1
