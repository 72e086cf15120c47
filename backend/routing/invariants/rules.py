"""The invariants: their names, and those of one question as pure functions of the question and its timeline."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.rules import (
    OPEN,
    Clock,
    ContributionsOpen,
    Given,
    Placement,
    Standing,
    State,
    Term,
    Tick,
    Verb,
    VerbRefused,
    apply,
    clock,
)
from backend.kit.calendar import OpeningHours

PATIENCE = timedelta(hours=1)
"""So long a step of the chain may be due before nobody seems to sweep."""

_ALWAYS = Term(hours=OpeningHours(weekly=((("00:00", "24:00"),),) * 7, country_holidays=False), days=0, chain=(0, 0, 0))
_NOWHERE = UUID(int=0)


class Event(msgspec.Struct, frozen=True, array_like=True):
    """One line of the timeline, in the order in which the statement gives its columns."""

    version: int
    type: str
    at: datetime
    state: State
    department_id: UUID
    assignee_id: UUID | None
    term_id: UUID | None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its timeline, as they were at one moment.

    Attributes:
        member: the assignee is active, and a member of the owner department.
        owned: the owner department exists and is active.
        parts: contributions of others that are open.
    """

    id: UUID
    reference: str
    version: int
    state: State
    department_id: UUID
    assignee_id: UUID | None
    deadline: datetime | None
    next_action: str | None
    next_action_at: datetime | None
    escalation: int
    escalate_at: datetime | None
    bounces: int
    open_contributions: int
    member: bool
    owned: bool
    parts: int
    events: tuple[Event, ...] = ()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A question and what was worked out of it, once for all invariants.

    Attributes:
        last: where the timeline says that it stands; None: the timeline cannot be told.
        clock: as its events give it; None: it was registered before terms were kept.
        now: the moment of the look.
    """

    question: Question
    last: Standing | None
    clock: Clock | None
    now: datetime


def seen(question: Question, terms: dict[UUID, Term], now: datetime) -> Seen:
    """What the timeline of a question leads to."""
    ticks = [
        Tick(version=one.version, at=one.at, state=one.state, term=terms.get(one.term_id) if one.term_id else None)
        for one in question.events
    ]
    kept = clock(ticks) if question.state in OPEN and any(tick.term for tick in ticks) else None
    return Seen(question=question, last=replay(question.events), clock=kept, now=now)


def replay(events: Sequence[Event]) -> Standing | None:
    """Where a question stands after these events; None when one of them could not follow on those before it.

    Deadlines are left out: `clock` says those.
    """
    if not events or events[0].type != "registered":
        return None
    first = events[0]
    standing = _opened(first)
    if (first.state, first.assignee_id) != (State.NEW, None):
        return None
    been = {first.department_id}
    for event in events[1:]:
        try:
            standing = apply(Verb(event.type), standing, _given(event, been))
        except (ValueError, VerbRefused, ContributionsOpen):
            return None
        said = (event.state, event.department_id, event.assignee_id)
        if said != (standing.state, standing.department_id, standing.assignee_id):
            return None
        been.add(event.department_id)
    return standing


def _opened(first: Event) -> Standing:
    return Standing(
        state=State.NEW,
        department_id=first.department_id,
        assignee_id=None,
        deadline=first.at,
        next_action=None,
        next_action_at=None,
        answer_channel="none",
        answered_at=None,
        closed_at=None,
        priority=0,
        escalation=0,
        escalate_at=first.at,
        bounces=0,
        open_contributions=0,
    )


def _given(event: Event, been: set[UUID]) -> Given:
    where = Placement(department_id=event.department_id, term_id=_NOWHERE, term=_ALWAYS, at=event.at, sensitive=False)
    return Given(
        at=event.at,
        clock=Clock(start=event.at, deadline=event.at, term=_ALWAYS),
        assignee_id=event.assignee_id,
        placement=where,
        been_there=event.department_id in been,
        overriding=True,
    )


def _versions(one: Seen) -> bool:
    return [event.version for event in one.question.events] == list(range(1, one.question.version + 1))


def _owned(one: Seen) -> bool:
    asked = one.question
    known = (asked.deadline, asked.next_action, asked.next_action_at, asked.escalate_at)
    return asked.owned and None not in known


def _done(one: Seen) -> bool:
    asked = one.question
    pending = (asked.next_action, asked.next_action_at, asked.escalate_at)
    return pending == (None, None, None) and asked.open_contributions == 0


def _agrees(one: Seen) -> bool:
    asked, last = one.question, one.question.events[-1] if one.question.events else None
    if last is None:
        return False
    said = (last.version, last.state, last.department_id, last.assignee_id)
    return said == (asked.version, asked.state, asked.department_id, asked.assignee_id)


def _counts(one: Seen) -> bool:
    asked, last = one.question, one.last
    told = last is None or (asked.bounces, asked.open_contributions, asked.escalation) == (
        last.bounces,
        last.open_contributions,
        last.escalation,
    )
    return told and asked.open_contributions == asked.parts


def _on_time(one: Seen) -> bool:
    asked, kept = one.question, one.clock
    return kept is None or (asked.deadline, asked.escalate_at) == (kept.deadline, kept.step(asked.escalation))


def _live(one: Seen) -> bool:
    due = one.question.escalate_at
    return due is None or due > one.now - PATIENCE


Check = Callable[[Seen], bool]

OF_OPEN: dict[str, Check] = {
    "openHasOwnerDeadlineAndNextAction": _owned,
    "assigneeIsActiveMemberOfOwner": lambda one: one.question.assignee_id is None or one.question.member,
    "deadlineFollowsFromEvents": _on_time,
    "nextStepIsTaken": _live,
}
"""Invariants of open questions -> whether one keeps it."""

OF_ENDED: dict[str, Check] = {"endedHasNothingPending": _done}
"""Those of questions that are answered, closed or withdrawn."""

OF_ALL: dict[str, Check] = {
    "everyQuestionWasRegistered": lambda one: bool(one.question.events) and one.question.events[0].type == "registered",
    "oneEventForEachVersion": _versions,
    "newestEventAgreesWithQuestion": _agrees,
    "everyChangeFollowsFromAVerb": lambda one: one.last is not None,
    "countsFollowFromEvents": _counts,
}
"""Those of every question."""


def broken(one: Seen) -> tuple[list[str], list[str]]:
    """The invariants that were looked at, and those of them that this question breaks."""
    checks: dict[str, Check] = {**OF_ALL, **(OF_OPEN if one.question.state in OPEN else OF_ENDED)}
    return list(checks), [name for name, keeps in checks.items() if not keeps(one)]


class Violation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What breaks an invariant: a question, or something that is about one; never a word of anybody."""

    id: UUID
    reference: str | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How one invariant fares."""

    invariant: str
    looked_at: int
    violations: list[Violation]


def summed(looked_at: dict[str, int], found: dict[str, list[Any]]) -> list[Finding]:
    """The findings in the order in which the invariants were looked at."""
    return [Finding(invariant=name, looked_at=many, violations=found.get(name, [])) for name, many in looked_at.items()]
