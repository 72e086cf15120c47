"""The clock of a question: a pure function of events and calendar, whatever the order, season, day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.rules import HEAD, REMINDER, REPLY, Clock, State, Term, Tick, clock, started
from backend.kit.calendar import OpeningHours, business_time_between, public_holidays
from backend.kit.clock import BRUSSELS

OFFICE = ((("09:00", "12:00"), ("13:00", "17:00")),) * 5 + ((), ())
FIRST = datetime(2025, 1, 1, tzinfo=UTC)

moments = st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
closed_days = st.frozensets(
    st.integers(0, 3 * 365).map(lambda days: date(2025, 1, 1) + timedelta(days=days)), max_size=20
)
weeks = st.sampled_from(
    [OFFICE, ((("08:00", "20:00"),),) * 6 + ((),), ((), (("13:00", "19:00"),), (), (("01:00", "04:00"),), (), (), ())]
)
hours = st.builds(OpeningHours, weekly=weeks, closed=closed_days, country_holidays=st.booleans())
terms = st.builds(
    Term,
    hours=hours,
    days=st.integers(0, 20),
    waiting_stops=st.booleans(),
    remind=st.integers(1, 99),
    chain=st.lists(st.integers(0, 10), min_size=3, max_size=3).map(lambda days: tuple(sorted(days))),
    again=st.integers(1, 10),
)
states = st.sampled_from([State.NEW, State.IN_PROGRESS, State.WAITING])


@st.composite
def histories(draw: st.DrawFn) -> list[Tick]:
    """Events of a question in order; the first one starts its clock, later ones may start it anew."""
    at, ticks = draw(moments), []
    for version in range(1, draw(st.integers(1, 8)) + 1):
        anew = version == 1 or draw(st.integers(0, 5)) == 0
        state = State.NEW if version == 1 else draw(states)
        ticks.append(Tick(version=version, at=at, state=state, term=draw(terms) if anew else None))
        at += timedelta(minutes=draw(st.integers(0, 20 * 24 * 60)))
    return ticks


@given(history=histories(), shuffled=st.randoms())
def test_the_order_of_reading_does_not_matter(history: list[Tick], shuffled: object) -> None:
    mixed = list(history)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    assert clock(mixed) == clock(history)


@given(history=histories())
def test_only_what_came_since_the_last_start_counts(history: list[Tick]) -> None:
    last = max(place for place, tick in enumerate(history) if tick.term)
    assert clock(history) == clock(history[last:])
    assert clock(history).start == history[last].at


@given(term=terms, at=moments, later=st.integers(0, 60 * 24 * 60))
def test_who_asks_later_is_never_due_earlier(term: Term, at: datetime, later: int) -> None:
    assert started(term, at).deadline <= started(term, at + timedelta(minutes=later)).deadline


@given(term=terms, at=moments, more=st.integers(1, 10))
def test_more_days_are_later(term: Term, at: datetime, more: int) -> None:
    longer = Term(hours=term.hours, days=term.days + more)
    assert started(term, at).deadline < started(longer, at).deadline


@given(term=terms, at=moments)
def test_a_deadline_is_a_closing_time_of_an_open_day(term: Term, at: datetime) -> None:
    due = started(term, at).deadline
    local = due.astimezone(BRUSSELS)
    day = local.date() if local.time() > time(0) else local.date() - timedelta(days=1)
    assert due > at
    assert day not in term.hours.closed
    assert not term.hours.country_holidays or day not in public_holidays(day.year)
    assert term.hours.weekly[day.weekday()][-1][1] == f"{local:%H:%M}"


@given(history=histories())
def test_the_chain_goes_forward(history: list[Tick]) -> None:
    running = clock(history)
    steps = [running.step(done) for done in range(HEAD + 4)]
    assert steps == sorted(steps)
    assert running.start < steps[REMINDER] < running.deadline <= steps[1]
    assert steps[HEAD + 1] < steps[HEAD + 2] < steps[HEAD + 3], "the head is told again and again"


@given(term=terms, at=moments, asked=st.integers(1, 5_000), waited=st.integers(0, 30 * 24 * 60))
def test_the_clock_stands_still_as_long_as_somebody_waits(term: Term, at: datetime, asked: int, waited: int) -> None:
    since = at + timedelta(minutes=asked)
    until = since + timedelta(minutes=waited)
    begin = Tick(version=1, at=at, state=State.NEW, term=term)
    ask = Tick(version=2, at=since, state=State.WAITING)
    replied = clock([begin, ask, Tick(version=3, at=until, state=State.IN_PROGRESS)])
    still = business_time_between(since, min(until, since + REPLY), term.hours)
    if not term.waiting_stops or not still:
        assert replied.deadline == started(term, at).deadline
    else:
        gained = business_time_between(started(term, at).deadline, replied.deadline, term.hours)
        assert gained >= still, "nothing of the waiting is lost"
    assert replied.deadline <= clock([begin, ask]).deadline, "a reply never moves the deadline away"


@given(term=terms, at=moments, first=st.integers(0, 5_000), second=st.integers(0, 5_000))
def test_waiting_longer_is_never_due_earlier(term: Term, at: datetime, first: int, second: int) -> None:
    short, long = sorted((first, second))

    def replied(waited: int) -> Clock:
        return clock(
            [
                Tick(version=1, at=at, state=State.NEW, term=term),
                Tick(version=2, at=at, state=State.WAITING),
                Tick(version=3, at=at + timedelta(minutes=waited), state=State.IN_PROGRESS),
            ]
        )

    assert replied(short).deadline <= replied(long).deadline


@given(at=moments, days=st.integers(0, 10), extra=st.integers(0, 30))
def test_one_closing_day_more_moves_a_deadline_at_most_to_the_next_open_day(
    at: datetime, days: int, extra: int
) -> None:
    usual = Term(hours=OpeningHours(weekly=OFFICE), days=days)
    shut = at.astimezone(BRUSSELS).date() + timedelta(days=extra)
    closed = Term(hours=OpeningHours(weekly=OFFICE, closed=frozenset({shut})), days=days)
    one_more = Term(hours=OpeningHours(weekly=OFFICE), days=days + 1)
    assert started(usual, at).deadline <= started(closed, at).deadline <= started(one_more, at).deadline


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        ("2026-03-27T15:00+01:00", 1, "2026-03-30T17:00+02:00"),  # summer time begins on Sunday
        ("2026-10-23T15:00+02:00", 1, "2026-10-26T17:00+01:00"),  # and ends
        ("2026-10-25T02:30+01:00", 0, "2026-10-26T17:00+01:00"),  # in the hour that comes twice
        ("2026-12-24T18:00+01:00", 0, "2026-12-28T17:00+01:00"),  # Christmas on Friday
        ("2026-04-30T10:00+02:00", 1, "2026-05-04T17:00+02:00"),  # Labour Day on Friday
        ("2026-11-27T17:00+01:00", 0, "2026-11-30T17:00+01:00"),  # at closing time the day is over
        ("2026-11-27T16:59+01:00", 0, "2026-11-27T17:00+01:00"),
    ],
)
def test_known_days(asked: str, days: int, due: str) -> None:
    term = Term(hours=OpeningHours(weekly=OFFICE), days=days)
    assert started(term, datetime.fromisoformat(asked)).deadline == datetime.fromisoformat(due)


def test_who_waits_over_the_change_of_the_clock_gets_the_hours_that_were_waited() -> None:
    term = Term(hours=OpeningHours(weekly=OFFICE), days=2)
    friday, monday = (
        datetime.fromisoformat(f"2026-10-{day}+{zone}:00") for day, zone in (("23T15:00", "02"), ("26T11:00", "01"))
    )
    ticks = [
        Tick(version=1, at=friday - timedelta(hours=5), state=State.NEW, term=term),
        Tick(version=2, at=friday, state=State.WAITING),
        Tick(version=3, at=monday, state=State.IN_PROGRESS),
    ]
    assert clock(ticks).deadline == datetime.fromisoformat("2026-10-28T17:00+01:00"), "four hours later: a day more"


def test_without_a_start_there_is_no_clock() -> None:
    with pytest.raises(ValueError, match="no event started"):
        clock([Tick(version=1, at=FIRST, state=State.NEW)])
