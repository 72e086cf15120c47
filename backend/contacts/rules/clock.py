"""The clock of a question: its deadline and its escalation as a pure function of events and calendar.

What counts is the last event that started the clock (registered, forwarded, returned, reopened) with the term that was
agreed on then, and how long the question waited for the customer since. Events are ordered by their version, so it does
not matter in which order they are read.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from backend.contacts.rules.words import REPLY, State
from backend.kit.calendar import (
    OpeningHours,
    add_business_time,
    business_time_between,
    end_of_business_day,
)

_MOMENT = timedelta(microseconds=1)

REMINDER, ASSIGNEE, TEAM_LEAD, HEAD = range(4)
"""The steps of the chain; the last one comes back until somebody acts."""


class Term(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was agreed on when the clock started; never changed afterwards.

    Attributes:
        hours: opening hours of the owner, with the closing days of the city.
        days: working days after the day of the question; the answer is due at closing time.
        waiting_stops: the clock stands still while the question waits for the customer.
        remind: after how much of the term the reminder comes, in percent of its opening time.
        chain: working days after the deadline at which assignee (0: at the deadline), team lead and head are told.
        again: working days after which the head is told once more, as long as nothing happens.
    """

    hours: OpeningHours
    days: Annotated[int, Meta(ge=0, le=250)]
    waiting_stops: bool = True
    remind: Annotated[int, Meta(ge=1, le=99)] = 75
    chain: tuple[int, int, int] = (0, 1, 3)
    again: Annotated[int, Meta(ge=1, le=60)] = 5


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """What the clock hears of an event.

    Attributes:
        version: place in the timeline.
        at: when.
        state: where the question stood after it.
        term: of the clock that it started; None: it started none.
    """

    version: int
    at: datetime
    state: State
    term: Term | None = None


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """When the clock of a question started, and until when it runs."""

    start: datetime
    deadline: datetime
    term: Term

    def step(self, done: int) -> datetime:
        """When the next step of the escalation is due, after `done` steps (0: the reminder before the deadline)."""
        hours = self.term.hours
        if done == REMINDER:
            given = business_time_between(self.start, self.deadline, hours)
            return add_business_time(self.start, given * self.term.remind / 100, hours)
        days = self.term.chain[min(done, HEAD) - 1] + self.term.again * max(0, done - HEAD)
        return self.deadline if days == 0 else end_of_business_day(self.deadline, hours, days - 1)


def started(term: Term, at: datetime) -> Clock:
    """The clock of a question that starts now."""
    return Clock(start=at, deadline=end_of_business_day(at, term.hours, term.days), term=term)


def clock(ticks: Iterable[Tick]) -> Clock:
    """The clock as it runs after these events.

    Raises:
        ValueError: no event started it.
    """
    ordered = sorted(ticks, key=lambda tick: tick.version)
    first = next((place for place in reversed(range(len(ordered))) if ordered[place].term), None)
    if first is None:
        raise ValueError("no event started the clock")
    term, at = ordered[first].term, ordered[first].at
    assert term is not None  # noqa: S101 found by it
    begun = started(term, at)
    if not term.waiting_stops:
        return begun
    still = sum((_waited(since, until, term.hours) for since, until in _waits(ordered[first:])), timedelta())
    return msgspec.structs.replace(begun, deadline=_later(begun.deadline, still, term.hours))


def _waits(ticks: list[Tick]) -> Iterable[tuple[datetime, datetime | None]]:
    """From when until when the question waited for the customer; None: it still does."""
    since: datetime | None = None
    for tick in ticks:
        if tick.state is State.WAITING:
            since = since or tick.at
        elif since is not None:
            yield since, tick.at
            since = None
    if since is not None:
        yield since, None


def _waited(since: datetime, until: datetime | None, hours: OpeningHours) -> timedelta:
    """Opening time for which the clock stood still: no longer than until somebody looks again."""
    longest = since + REPLY
    return business_time_between(since, longest if until is None else max(since, min(until, longest)), hours)


def _later(deadline: datetime, amount: timedelta, hours: OpeningHours) -> datetime:
    """A deadline so much opening time later, at closing time again."""
    if not amount:
        return deadline
    return end_of_business_day(add_business_time(deadline, amount, hours) - _MOMENT, hours)
