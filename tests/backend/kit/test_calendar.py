"""The clock of deadlines: examples a person can check on a calendar, and properties that always hold."""

import time
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from backend.kit.calendar import (
    CalendarExhausted,
    OpeningHours,
    add_business_time,
    business_time_between,
    end_of_business_day,
    is_business_day,
    public_holidays,
)
from backend.kit.clock import BRUSSELS

DAY = (("09:00", "12:00"), ("13:00", "17:00"))
OFFICE = OpeningHours(weekly=(DAY, DAY, DAY, DAY, (("09:00", "12:00"),), (), ()))
ROUND_THE_CLOCK = OpeningHours(weekly=((("00:00", "24:00"),),) * 7, country_holidays=False)
HOUR = timedelta(hours=1)
NOTHING = timedelta(0)


def at(text: str, fold: int = 0) -> datetime:
    """Return a moment written in local time."""
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS, fold=fold)


def local(moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return moment.astimezone(BRUSSELS).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-03 10:00", 1, "2026-03-03 11:00"),  # Tuesday morning
        ("2026-03-03 11:30", 1, "2026-03-03 13:30"),  # over the lunch break
        ("2026-03-03 10:00", 2, "2026-03-03 12:00"),  # ends at closing, not at the next opening
        ("2026-03-03 12:30", 1, "2026-03-03 14:00"),  # starts in the break
        ("2026-03-03 16:00", 2, "2026-03-04 10:00"),  # over the night
        ("2026-03-06 11:00", 2, "2026-03-09 10:00"),  # Friday to Monday
        ("2026-03-07 15:00", 1, "2026-03-09 10:00"),  # Saturday
        ("2026-03-03 03:00", 1, "2026-03-03 10:00"),  # before opening
        ("2026-03-03 10:00", 0, "2026-03-03 10:00"),
        ("2026-03-07 15:00", 0, "2026-03-07 15:00"),  # zero does not move, even when closed
        ("2026-03-02 09:00", 31, "2026-03-06 12:00"),  # a whole week
        ("2026-03-02 09:00", 62, "2026-03-13 12:00"),
        ("2026-04-03 11:00", 2, "2026-04-07 10:00"),  # Good Friday is a working day, Easter Monday is not
        ("2026-12-24 16:00", 2, "2026-12-28 10:00"),  # Christmas is a Friday
        ("2026-12-31 16:30", 1, "2027-01-04 09:30"),  # New Year is a Friday: the holidays of the next year
    ],
)
def test_opening_time_is_added(start: str, hours: int, end: str) -> None:
    assert local(add_business_time(at(start), hours * HOUR, OFFICE)) == end


def test_moments_of_any_zone_are_understood() -> None:
    winter = add_business_time(datetime(2026, 3, 3, 9, 0, tzinfo=UTC), HOUR, OFFICE)
    summer = add_business_time(datetime(2026, 6, 2, 8, 0, tzinfo=UTC), HOUR, OFFICE)
    assert (local(winter), local(summer)) == ("2026-03-03 11:00", "2026-06-02 11:00")
    # 23:30 UTC on Monday is Tuesday in Brussels
    assert local(add_business_time(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), HOUR, OFFICE)) == "2026-03-03 10:00"


def test_closing_days_and_holidays() -> None:
    bridge = msgspec.structs.replace(OFFICE, closed=frozenset({date(2026, 5, 15)}))
    wednesday = at("2026-05-13 16:00")  # the 14th is Ascension Day, the 15th a bridging day
    assert local(add_business_time(wednesday, 2 * HOUR, OFFICE)) == "2026-05-15 10:00"
    assert local(add_business_time(wednesday, 2 * HOUR, bridge)) == "2026-05-18 10:00"
    no_holidays = msgspec.structs.replace(OFFICE, country_holidays=False)
    assert local(add_business_time(wednesday, 2 * HOUR, no_holidays)) == "2026-05-14 10:00"
    assert is_business_day(date(2026, 5, 15), OFFICE)
    assert not is_business_day(date(2026, 5, 15), bridge)
    assert not is_business_day(date(2026, 5, 14), OFFICE)
    assert not is_business_day(date(2026, 5, 16), OFFICE)


def test_the_public_holidays_of_belgium() -> None:
    named = ["01-01", "04-05", "04-06", "05-01", "05-14", "05-24", "05-25"]
    named += ["07-21", "08-15", "11-01", "11-11", "12-25"]
    assert {day.strftime("%m-%d") for day in public_holidays(2026)} == set(named)
    assert date(2027, 3, 29) in public_holidays(2027)  # Easter Monday moves
    assert public_holidays(2026) is public_holidays(2026)


def test_the_day_on_which_the_clock_changes_has_its_real_length() -> None:
    spring, autumn = at("2026-03-29 00:00"), at("2026-10-25 00:00")
    for start, hours in ((spring, 23), (autumn, 25)):
        end = (start + timedelta(days=1)).replace(fold=0)  # wall clock arithmetic: the next midnight
        assert business_time_between(start, end, ROUND_THE_CLOCK) == hours * HOUR
        assert add_business_time(start, hours * HOUR, ROUND_THE_CLOCK) == end
    # an office day keeps its seven hours on the Monday after
    assert business_time_between(at("2026-03-30 00:00"), at("2026-03-31 00:00"), OFFICE) == 7 * HOUR
    assert business_time_between(at("2026-10-26 00:00"), at("2026-10-27 00:00"), OFFICE) == 7 * HOUR


def test_hours_inside_the_gap_and_inside_the_repeated_hour() -> None:
    night = OpeningHours(weekly=((("01:00", "02:30"), ("02:30", "04:00")),) * 7)
    for day, hours in (("2026-03-28", 3), ("2026-03-29", 2), ("2026-10-25", 4)):
        start = at(f"{day} 00:00")
        assert business_time_between(start, start + timedelta(days=1), night) == hours * HOUR
    into_the_gap = OpeningHours(weekly=((("02:10", "03:30"),),) * 7)  # that night it opens when the gap ends
    start = at("2026-03-29 00:00")
    assert business_time_between(start, start + timedelta(days=1), into_the_gap) == timedelta(minutes=30)
    skipped = OpeningHours(weekly=((("02:10", "02:50"),),) * 7)
    assert not is_business_day(date(2026, 3, 29), skipped)
    assert local(add_business_time(at("2026-03-29 01:00"), timedelta(minutes=1), skipped)) == "2026-03-30 02:11"


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-03 10:00", 0, "2026-03-03 17:00"),
        ("2026-03-03 16:59", 0, "2026-03-03 17:00"),
        ("2026-03-03 17:00", 0, "2026-03-04 17:00"),  # the day is over
        ("2026-03-03 07:00", 0, "2026-03-03 17:00"),  # not yet open
        ("2026-03-03 12:30", 1, "2026-03-04 17:00"),
        ("2026-03-05 18:00", 0, "2026-03-06 12:00"),  # Friday closes at noon
        ("2026-03-06 13:00", 0, "2026-03-09 17:00"),
        ("2026-03-07 10:00", 0, "2026-03-09 17:00"),
        ("2026-03-07 10:00", 2, "2026-03-11 17:00"),
        ("2026-04-03 10:00", 1, "2026-04-07 17:00"),
    ],
)
def test_the_end_of_the_business_day(start: str, days: int, end: str) -> None:
    assert local(end_of_business_day(at(start), OFFICE, days)) == end


def test_time_between() -> None:
    assert business_time_between(at("2026-03-06 11:00"), at("2026-03-09 10:30"), OFFICE) == 2.5 * HOUR
    assert business_time_between(at("2026-03-09 10:30"), at("2026-03-06 11:00"), OFFICE) == -2.5 * HOUR
    assert business_time_between(at("2026-03-07 01:00"), at("2026-03-08 23:00"), OFFICE) == NOTHING
    # twelve years, longer than the horizon of the searches
    days = sum(
        len(OFFICE.weekly[day.weekday()]) > 0 and day not in public_holidays(day.year)
        for day in (date(2014, 1, 1) + timedelta(days=n) for n in range(4383))
    )
    assert days > 2900
    whole = msgspec.structs.replace(OFFICE, weekly=((("09:00", "10:00"),),) * 5 + ((), ()))
    assert business_time_between(at("2014-01-01 00:00"), at("2026-01-01 00:00"), whole) == days * HOUR


def test_hours_that_are_never_enough_say_so() -> None:
    never = OpeningHours(weekly=((),) * 7)
    with pytest.raises(CalendarExhausted):
        add_business_time(at("2026-03-03 10:00"), HOUR, never)
    with pytest.raises(CalendarExhausted):
        end_of_business_day(at("2026-03-03 10:00"), never)
    with pytest.raises(CalendarExhausted):
        add_business_time(at("2026-03-03 10:00"), timedelta(days=100_000), OFFICE)
    with pytest.raises(CalendarExhausted):
        add_business_time(at("9998-12-30 10:00"), timedelta(days=30), OFFICE)
    assert business_time_between(at("2026-03-03 10:00"), at("2026-04-03 10:00"), never) == NOTHING


def test_senseless_questions_are_refused() -> None:
    naive = datetime(2026, 3, 3)  # noqa: DTZ001 - exactly what must be refused
    with pytest.raises(ValueError, match="time zone"):
        add_business_time(naive, HOUR, OFFICE)
    with pytest.raises(ValueError, match="time zone"):
        business_time_between(at("2026-03-03 10:00"), naive, OFFICE)
    with pytest.raises(ValueError, match="negative"):
        add_business_time(at("2026-03-03 10:00"), -HOUR, OFFICE)
    with pytest.raises(ValueError, match="negative"):
        end_of_business_day(at("2026-03-03 10:00"), OFFICE, -1)


@pytest.mark.parametrize(
    "monday",
    [
        (("9:00", "12:00"),),
        (("09:00", "25:00"),),
        (("09:00", "12:60"),),
        (("09:00:00", "12:00"),),
        (("09:00\n", "12:00"),),
        (("12:00", "09:00"),),
        (("09:00", "09:00"),),
        (("09:00", "12:00"), ("11:00", "13:00")),
        (("13:00", "17:00"), ("09:00", "12:00")),
        (("09:00", "10:00", "11:00"),),
    ],
)
def test_malformed_hours_are_refused(monday: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="opening hours"):
        OpeningHours(weekly=(monday, *((),) * 6))


def test_hours_travel_as_json() -> None:
    with pytest.raises(ValueError, match="seven"):
        OpeningHours(weekly=((),) * 6)
    assert msgspec.json.decode(msgspec.json.encode(OFFICE), type=OpeningHours) == OFFICE
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"weekly":[[["10:00","09:00"]],[],[],[],[],[],[]]}', type=OpeningHours)


# --- properties -------------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2025, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001
around_clock_changes = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]),
    st.integers(-200_000, 200_000),
)
any_moment = moments | around_clock_changes
amounts = st.timedeltas(NOTHING, timedelta(hours=150))


@st.composite
def opening_hours(draw: st.DrawFn) -> OpeningHours:
    """Draw a week with up to three intervals a day and at least one opening."""
    week = []
    for _ in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
        edges = edges[: len(edges) // 2 * 2]
        texts = [f"{n // 4:02}:{n % 4 * 15:02}" for n in edges]
        week.append(tuple(zip(texts[::2], texts[1::2], strict=True)))
    assume(any(week))
    closed = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5))
    return OpeningHours(weekly=tuple(week), closed=closed, country_holidays=draw(st.booleans()))


any_hours = st.sampled_from([OFFICE, ROUND_THE_CLOCK]) | opening_hours()
quick = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(any_moment, amounts, any_hours)
@example(at("2026-03-28 23:30"), 3 * HOUR, ROUND_THE_CLOCK)
def test_between_is_the_inverse_of_add(start: datetime, amount: timedelta, hours: OpeningHours) -> None:
    end = add_business_time(start, amount, hours)
    assert end >= start
    assert business_time_between(start, end, hours) == amount
    assert business_time_between(end, start, hours) == -amount
    if amount:  # and it is the first such moment
        sooner = end - timedelta(microseconds=1)
        assert business_time_between(start, sooner, hours) == amount - timedelta(microseconds=1)


@quick
@given(any_moment, amounts, amounts, any_hours)
def test_adding_is_additive_and_monotone_in_the_amount(
    start: datetime, one: timedelta, two: timedelta, hours: OpeningHours
) -> None:
    halfway = add_business_time(start, one, hours)
    assert add_business_time(halfway, two, hours) == add_business_time(start, one + two, hours)
    assert halfway <= add_business_time(start, one + two, hours)


@quick
@given(any_moment, any_moment, amounts, any_hours)
def test_a_later_start_never_gives_an_earlier_end(
    one: datetime, two: datetime, amount: timedelta, hours: OpeningHours
) -> None:
    early, late = sorted((one, two))
    assert add_business_time(early, amount, hours) <= add_business_time(late, amount, hours)
    assert end_of_business_day(early, hours) <= end_of_business_day(late, hours)
    assert early < end_of_business_day(early, hours) < end_of_business_day(early, hours, 1)


@quick
@given(any_moment, any_moment, any_moment, any_hours)
def test_time_between_adds_up(one: datetime, two: datetime, three: datetime, hours: OpeningHours) -> None:
    parts = business_time_between(one, two, hours) + business_time_between(two, three, hours)
    assert parts == business_time_between(one, three, hours)
    assert abs(business_time_between(one, two, hours)) <= abs(two - one)


@quick
@given(any_moment, any_moment)
def test_round_the_clock_is_plain_arithmetic(one: datetime, two: datetime) -> None:
    assert business_time_between(one, two, ROUND_THE_CLOCK) == two - one


def test_adding_some_days_is_quick() -> None:
    """Three working days cost about 10 us; the bound leaves room for a busy machine."""
    start = at("2026-03-05 10:00")
    add_business_time(start, 21 * HOUR, OFFICE)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(200):
            add_business_time(start, 21 * HOUR, OFFICE)
        best = min(best, (time.perf_counter() - began) / 200)
    assert best < 50e-6
