"""The life cycle of a question as pure functions (design 3): which verb is allowed when, and what it leads to."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from backend.contacts.rules.clock import REMINDER, Clock
from backend.contacts.rules.placing import Placement
from backend.contacts.rules.words import ALLOWED, OPEN, REPLY, STARTS, AnswerChannel, NextAction, State, Verb

_PLANNED = frozenset({NextAction.CALL_BACK, NextAction.APPOINTMENT})
_OVER = {Verb.CALL: NextAction.CALL_BACK, Verb.UNPLAN: NextAction.APPOINTMENT}
"""Verb -> what was planned and is over with it."""


class VerbRefused(Exception):
    """The question is not in a state for this verb."""

    def __init__(self, verb: Verb, state: State) -> None:
        super().__init__(f"a question that is {state} cannot be {verb}")
        self.verb = verb
        self.state = state


class ContributionsOpen(Exception):
    """Other departments were asked for a part that they did not give yet."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the life cycle decides about: everything else of a question is content.

    Attributes:
        priority: place in `PRIORITIES`.
        escalation: steps of the chain done since the clock started.
        escalate_at: when the next step is due; an open question always has one.
        bounces: how often it came to a department that had had it before.
        open_contributions: parts asked from other departments and not given yet.
    """

    state: State
    department_id: UUID
    assignee_id: UUID | None
    deadline: datetime
    next_action: NextAction | None
    next_action_at: datetime | None
    answer_channel: AnswerChannel
    answered_at: datetime | None
    closed_at: datetime | None
    priority: int
    escalation: int
    escalate_at: datetime | None
    bounces: int
    open_contributions: int


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with a verb.

    Attributes:
        at: when.
        clock: as it runs with this event; for verbs that start, stop or hear it (see `starts`, `hears`).
        assignee_id: who takes it (claim, assign, plan, call).
        placement: new owner (forward, return, reopen).
        been_there: the new owner had it before.
        planned: what is planned, and when (plan, call).
        wished: when a customer who wants a call can be called first.
        appointment: when the appointment is that was planned before.
        answer_channel: how the customer gets the answer from now on (call).
        priority: at least this one from now on (reopen).
        overriding: answer though parts are open, which are dropped.
    """

    at: datetime
    clock: Clock | None = None
    assignee_id: UUID | None = None
    placement: Placement | None = None
    been_there: bool = False
    planned: tuple[NextAction, datetime] | None = None
    wished: datetime | None = None
    appointment: datetime | None = None
    answer_channel: AnswerChannel | None = None
    priority: int | None = None
    overriding: bool = False


def opening(placement: Placement, answer_channel: AnswerChannel, priority: int) -> Standing:
    """The standing of a question that was just routed."""
    clock = placement.clock
    return Standing(
        state=State.NEW,
        department_id=placement.department_id,
        assignee_id=None,
        deadline=clock.deadline,
        next_action=NextAction.ASSIGN,
        next_action_at=clock.deadline,
        answer_channel=answer_channel,
        answered_at=None,
        closed_at=None,
        priority=priority,
        escalation=0,
        escalate_at=clock.step(REMINDER),
        bounces=0,
        open_contributions=0,
    )


def settled_at_once(placement: Placement, answer_channel: AnswerChannel, priority: int) -> Standing:
    """The standing of a question that was answered at first contact."""
    return apply(Verb.ANSWER, opening(placement, answer_channel, priority), Given(at=placement.at))


def starts(verb: Verb, state: State) -> bool:
    """Whether this verb starts the clock anew: another owner, or open again."""
    return verb in STARTS or (verb is Verb.REPLY and state not in OPEN)


def hears(verb: Verb, state: State) -> bool:
    """Whether what this verb leads to depends on the clock."""
    return (
        starts(verb, state)
        or verb in {Verb.CLARIFY, Verb.ESCALATE, Verb.FAIL}
        or (verb in {Verb.REPLY, Verb.PLAN} and state is State.WAITING)
    )


def apply(verb: Verb, before: Standing, given: Given) -> Standing:
    """The standing after a verb.

    Raises:
        VerbRefused: not in this state.
        ContributionsOpen: an answer while parts are open, without overriding.
        ValueError: the clock or the placement that this verb needs is missing.
    """
    if before.state not in ALLOWED[verb]:
        raise VerbRefused(verb, before.state)
    if hears(verb, before.state) and given.clock is None:
        raise ValueError(f"{verb} needs the clock")
    after = _EFFECTS.get(verb, _kept)(before, given)
    if after.state not in OPEN:
        return msgspec.structs.replace(after, next_action=None, next_action_at=None, escalate_at=None)
    if given.clock is not None:
        after = _timed(after, given.clock, anew=starts(verb, before.state))
    action, at = _next(verb, before, after, given)
    return msgspec.structs.replace(after, next_action=action, next_action_at=at)


def _timed(standing: Standing, clock: Clock, *, anew: bool) -> Standing:
    done = 0 if anew else standing.escalation
    return msgspec.structs.replace(standing, deadline=clock.deadline, escalation=done, escalate_at=clock.step(done))


def _next(verb: Verb, before: Standing, after: Standing, given: Given) -> tuple[NextAction, datetime]:
    """What has to happen next and when: what was planned stays planned, whoever has the question."""
    if after.state is State.WAITING:
        if verb is Verb.CLARIFY or before.state is not State.WAITING or before.next_action_at is None:
            return NextAction.AWAIT_REPLY, given.at + REPLY
        return NextAction.AWAIT_REPLY, before.next_action_at
    if after.assignee_id and (planned := given.planned or _still_planned(verb, before, after, given)):
        return planned
    if after.open_contributions:
        return NextAction.AWAIT_CONTRIBUTION, after.deadline
    if after.assignee_id is None:
        return NextAction.ASSIGN, after.deadline
    return _usual(before, after, given)


def _usual(before: Standing, after: Standing, given: Given) -> tuple[NextAction, datetime]:
    """To answer in the way that the customer wants; a call at the first moment that suits, tried once by itself."""
    if after.answer_channel != "phone":
        return NextAction.ANSWER, after.deadline
    wished = given.wished if before.next_action is not NextAction.CALL_BACK else None
    return NextAction.CALL_BACK, wished or after.deadline


def _still_planned(verb: Verb, before: Standing, after: Standing, given: Given) -> tuple[NextAction, datetime] | None:
    """What was planned and is not over: by the department that still has the question, or with the customer."""
    action, at = before.next_action, before.next_action_at
    stays = before.department_id == after.department_id and before.answer_channel == after.answer_channel
    if action in _PLANNED and action is not _OVER.get(verb) and action and at and at != before.deadline and stays:
        return action, at
    if given.appointment and verb is not Verb.UNPLAN:
        return NextAction.APPOINTMENT, given.appointment
    return None


def _taken(before: Standing, given: Given) -> Standing:
    state = before.state if before.state is State.WAITING else State.IN_PROGRESS
    return msgspec.structs.replace(before, state=state, assignee_id=given.assignee_id)


def _released(before: Standing, _given: Given) -> Standing:
    return msgspec.structs.replace(before, assignee_id=None)


def _moved(before: Standing, given: Given) -> Standing:
    if given.placement is None:
        raise ValueError("a move needs a placement")
    return msgspec.structs.replace(
        before,
        department_id=given.placement.department_id,
        assignee_id=None,
        bounces=before.bounces + given.been_there,
    )


def _replied(before: Standing, given: Given) -> Standing:
    if before.state not in OPEN:
        return _reopened(before, given)
    if before.state is State.WAITING:
        return msgspec.structs.replace(before, state=State.IN_PROGRESS)
    return before


def _answered(before: Standing, given: Given) -> Standing:
    if before.open_contributions and not given.overriding:
        raise ContributionsOpen
    return msgspec.structs.replace(before, state=State.ANSWERED, answered_at=given.at, open_contributions=0)


def _reopened(before: Standing, given: Given) -> Standing:
    priority = before.priority if given.priority is None else min(before.priority, given.priority)
    return msgspec.structs.replace(before, state=State.IN_PROGRESS, priority=priority, answered_at=None, closed_at=None)


def _asked(before: Standing, _given: Given) -> Standing:
    return msgspec.structs.replace(before, state=State.WAITING)


def _undelivered(before: Standing, _given: Given) -> Standing:
    return msgspec.structs.replace(before, state=State.IN_PROGRESS, answered_at=None)


def _planned(before: Standing, given: Given) -> Standing:
    holder = before.assignee_id or given.assignee_id
    return msgspec.structs.replace(before, state=State.IN_PROGRESS, assignee_id=holder)


def _called(before: Standing, given: Given) -> Standing:
    holder = before.assignee_id or given.assignee_id
    state = State.IN_PROGRESS if holder and before.state is State.NEW else before.state
    channel = given.answer_channel or before.answer_channel
    return msgspec.structs.replace(before, state=state, assignee_id=holder, answer_channel=channel)


def _part_asked(before: Standing, _given: Given) -> Standing:
    return msgspec.structs.replace(before, open_contributions=before.open_contributions + 1)


def _part_ended(before: Standing, _given: Given) -> Standing:
    return msgspec.structs.replace(before, open_contributions=before.open_contributions - 1)


def _escalated(before: Standing, _given: Given) -> Standing:
    return msgspec.structs.replace(before, escalation=before.escalation + 1)


def _closed(before: Standing, given: Given) -> Standing:
    return _ended(before, State.CLOSED, given)


def _withdrawn(before: Standing, given: Given) -> Standing:
    return _ended(before, State.WITHDRAWN, given)


def _ended(before: Standing, state: State, given: Given) -> Standing:
    return msgspec.structs.replace(before, state=state, assignee_id=None, closed_at=given.at, open_contributions=0)


def _kept(before: Standing, _given: Given) -> Standing:
    return before


_EFFECTS: dict[Verb, Callable[[Standing, Given], Standing]] = {
    Verb.CLAIM: _taken,
    Verb.ASSIGN: _taken,
    Verb.RELEASE: _released,
    Verb.FORWARD: _moved,
    Verb.RETURN: _moved,
    Verb.CLARIFY: _asked,
    Verb.REPLY: _replied,
    Verb.ANSWER: _answered,
    Verb.CLOSE: _closed,
    Verb.REOPEN: _reopened,
    Verb.WITHDRAW: _withdrawn,
    Verb.FAIL: _undelivered,
    Verb.PLAN: _planned,
    Verb.CALL: _called,
    Verb.ASK_PART: _part_asked,
    Verb.GIVE_PART: _part_ended,
    Verb.DROP_PART: _part_ended,
    Verb.ESCALATE: _escalated,
}
"""What a verb does to the standing before the clock and the next action are looked at; others change nothing of it."""
