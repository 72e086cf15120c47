"""The life cycle of a question as pure functions (design 3): which verb is allowed when, and what it leads to."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

import msgspec

Channel = Literal["phone", "counter", "webForm", "email", "letter", "chat", "assistant"]
Direction = Literal["inbound", "outbound"]
Kind = Literal["question", "report", "complaint", "request", "suggestion"]
AnswerChannel = Literal["email", "phone", "letter", "none"]
Identity = Literal["anonymous", "claimed", "confirmed"]
Confidentiality = Literal["normal", "sensitive"]
Priority = Literal["urgent", "high", "normal"]
Purpose = Literal["information", "clarification", "answer", "recap", "acknowledgement", "reply", "note"]

PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal")
"""In the order of a worklist; the place in this tuple is what the database keeps."""

QUIET = timedelta(days=14)
"""An answered question without a reaction is closed after this time."""

REPLY = timedelta(days=7)
"""When somebody looks again at a question that waits for the customer."""


class State(StrEnum):
    """Where a question is in its life."""

    NEW = "new"
    IN_PROGRESS = "inProgress"
    WAITING = "waitingForCustomer"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({State.NEW, State.IN_PROGRESS, State.WAITING})


class NextAction(StrEnum):
    """What has to happen next with an open question."""

    ASSIGN = "assign"
    ANSWER = "answer"
    CALL_BACK = "callBack"
    AWAIT_REPLY = "awaitReply"


class Verb(StrEnum):
    """What can be done to a question; the value is the name of its event in the timeline."""

    CLAIM = "claimed"
    ASSIGN = "assigned"
    RELEASE = "released"
    FORWARD = "forwarded"
    RETURN = "returned"
    CLARIFY = "asked"
    REPLY = "replied"
    NOTE = "noted"
    ANSWER = "answered"
    CLOSE = "closed"
    REOPEN = "reopened"
    WITHDRAW = "withdrawn"
    FAIL = "undelivered"


ALLOWED: dict[Verb, frozenset[State]] = {
    Verb.CLAIM: OPEN,
    Verb.ASSIGN: OPEN,
    Verb.RELEASE: OPEN | {State.ANSWERED},
    Verb.FORWARD: OPEN,
    Verb.RETURN: OPEN,
    Verb.CLARIFY: OPEN,
    Verb.REPLY: frozenset(State) - {State.WITHDRAWN},
    Verb.NOTE: frozenset(State),
    Verb.ANSWER: OPEN,
    Verb.CLOSE: frozenset({State.ANSWERED}),
    Verb.REOPEN: frozenset({State.ANSWERED, State.CLOSED}),
    Verb.WITHDRAW: OPEN,
    Verb.FAIL: frozenset({State.WAITING, State.ANSWERED}),
}
"""Verb -> states in which it makes sense."""


class VerbRefused(Exception):
    """The question is not in a state for this verb."""

    def __init__(self, verb: Verb, state: State) -> None:
        super().__init__(f"a question that is {state} cannot be {verb}")
        self.verb = verb
        self.state = state


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the life cycle decides about: everything else of a question is content."""

    state: State
    department_id: UUID
    assignee_id: UUID | None
    deadline: datetime
    next_action: NextAction | None
    next_action_at: datetime | None
    answer_channel: AnswerChannel
    answered_at: datetime | None
    closed_at: datetime | None


class QuestionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides who owns a question and until when."""

    kind: Kind
    channel: Channel
    product_id: UUID | None
    department_id: UUID | None
    """A department chosen by a person, when there is one."""
    at: datetime


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns a question, until when, and whether that department is shielded."""

    department_id: UUID
    deadline: datetime
    sensitive: bool


class Placer(Protocol):
    """Port to `routing`: decides ownership and deadline."""

    async def place(self, facts: Sequence[QuestionFacts]) -> list[Placement]:
        """One placement per question, in the same order; 400 for an unknown product or department."""
        ...

    async def contact_centre(self) -> UUID:
        """The department of last resort."""
        ...


def opening(placement: Placement, answer_channel: AnswerChannel) -> Standing:
    """The standing of a question that was just routed."""
    return Standing(
        state=State.NEW,
        department_id=placement.department_id,
        assignee_id=None,
        deadline=placement.deadline,
        next_action=NextAction.ASSIGN,
        next_action_at=placement.deadline,
        answer_channel=answer_channel,
        answered_at=None,
        closed_at=None,
    )


def settled_at_once(placement: Placement, answer_channel: AnswerChannel, at: datetime) -> Standing:
    """The standing of a question that was answered at first contact."""
    return _answered(opening(placement, answer_channel), at)


def apply(
    verb: Verb,
    before: Standing,
    *,
    at: datetime,
    assignee_id: UUID | None = None,
    placement: Placement | None = None,
) -> Standing:
    """The standing after a verb.

    Args:
        verb: what is done.
        before: where the question stands.
        at: when.
        assignee_id: who takes it (claim, assign, reopen).
        placement: new owner and deadline (forward, return, reopen).

    Raises:
        VerbRefused: not in this state.
    """
    if before.state not in ALLOWED[verb]:
        raise VerbRefused(verb, before.state)
    if verb in {Verb.CLAIM, Verb.ASSIGN}:
        return _taken(before, assignee_id)
    if verb in {Verb.FORWARD, Verb.RETURN}:
        return _moved(before, placement)
    if verb is Verb.REPLY:
        return _replied(before, placement)
    if verb is Verb.REOPEN:
        return _reopened(before, placement)
    if verb is Verb.NOTE:
        return before
    return _BY_TIME[verb](before, at)


def _working(standing: Standing) -> Standing:
    """Open, with the next action that fits who has it and how the customer wants the answer."""
    if standing.assignee_id is None:
        action = NextAction.ASSIGN
    elif standing.answer_channel == "phone":
        action = NextAction.CALL_BACK
    else:
        action = NextAction.ANSWER
    return msgspec.structs.replace(standing, next_action=action, next_action_at=standing.deadline)


def _taken(before: Standing, assignee_id: UUID | None) -> Standing:
    if before.state is State.WAITING:
        return msgspec.structs.replace(before, assignee_id=assignee_id)
    return _working(msgspec.structs.replace(before, state=State.IN_PROGRESS, assignee_id=assignee_id))


def _released(before: Standing, _at: datetime) -> Standing:
    free = msgspec.structs.replace(before, assignee_id=None)
    return free if before.state in {State.WAITING, State.ANSWERED} else _working(free)


def _moved(before: Standing, placement: Placement | None) -> Standing:
    if placement is None:
        raise ValueError("a move needs a placement")
    moved = msgspec.structs.replace(
        before, department_id=placement.department_id, assignee_id=None, deadline=placement.deadline
    )
    return moved if before.state is State.WAITING else _working(moved)


def _replied(before: Standing, placement: Placement | None) -> Standing:
    if before.state is State.WAITING:
        return _working(msgspec.structs.replace(before, state=State.IN_PROGRESS))
    if before.state in {State.ANSWERED, State.CLOSED}:
        return _reopened(before, placement)
    return before


def _answered(before: Standing, at: datetime) -> Standing:
    return msgspec.structs.replace(before, state=State.ANSWERED, next_action=None, next_action_at=None, answered_at=at)


def _reopened(before: Standing, placement: Placement | None) -> Standing:
    if placement is None:
        raise ValueError("reopening needs a placement")
    return _working(
        msgspec.structs.replace(
            before, state=State.IN_PROGRESS, deadline=placement.deadline, answered_at=None, closed_at=None
        )
    )


def _asked(before: Standing, at: datetime) -> Standing:
    return msgspec.structs.replace(
        before, state=State.WAITING, next_action=NextAction.AWAIT_REPLY, next_action_at=at + REPLY
    )


def _undelivered(before: Standing, _at: datetime) -> Standing:
    return _working(msgspec.structs.replace(before, state=State.IN_PROGRESS, answered_at=None))


def _closed(before: Standing, at: datetime) -> Standing:
    return _ended(before, State.CLOSED, at)


def _withdrawn(before: Standing, at: datetime) -> Standing:
    return _ended(before, State.WITHDRAWN, at)


def _ended(before: Standing, state: State, at: datetime) -> Standing:
    return msgspec.structs.replace(
        before, state=state, assignee_id=None, next_action=None, next_action_at=None, closed_at=at
    )


_BY_TIME: dict[Verb, Callable[[Standing, datetime], Standing]] = {
    Verb.RELEASE: _released,
    Verb.CLARIFY: _asked,
    Verb.ANSWER: _answered,
    Verb.FAIL: _undelivered,
    Verb.CLOSE: _closed,
    Verb.WITHDRAW: _withdrawn,
}
