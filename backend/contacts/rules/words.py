"""The words of a question's life: what exists, in which order, and what may follow what."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

Channel = Literal["phone", "counter", "webForm", "email", "letter", "chat", "assistant"]
WEBSITE: frozenset[Channel] = frozenset({"webForm", "assistant"})
"""What somebody typed on the website: nobody checked who that is."""

Direction = Literal["inbound", "outbound"]
Kind = Literal["question", "report", "complaint", "request", "suggestion"]
AnswerChannel = Literal["email", "phone", "letter", "none"]
Identity = Literal["anonymous", "claimed", "confirmed"]
Confidentiality = Literal["normal", "sensitive"]
Priority = Literal["urgent", "high", "normal"]
Purpose = Literal[
    "information",
    "clarification",
    "answer",
    "recap",
    "acknowledgement",
    "appointment",
    "unreached",
    "reopened",
    "question",
    "reply",
    "note",
]

PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal")
"""In the order of a worklist; the place in this tuple is what the database keeps."""

QUIET = timedelta(days=14)
"""An answered question without a reaction is closed after this time."""

REPLY = timedelta(days=7)
"""When somebody looks again at a question that waits for the customer; no longer does its clock stand still."""


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
    APPOINTMENT = "appointment"
    AWAIT_REPLY = "awaitReply"
    AWAIT_CONTRIBUTION = "awaitContribution"


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
    PLAN = "planned"
    CALL = "called"
    UNPLAN = "unplanned"
    ASK_PART = "contributionAsked"
    CHANGE_PART = "contributionChanged"
    GIVE_PART = "contributionGiven"
    DROP_PART = "contributionDropped"
    ESCALATE = "escalated"
    REMIND = "reminded"
    IDENTIFY = "identified"
    ATTACH = "attached"
    RATE = "rated"
    GUIDE = "guided"


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
    Verb.PLAN: OPEN,
    Verb.CALL: OPEN,
    Verb.UNPLAN: frozenset(State),
    Verb.ASK_PART: OPEN,
    Verb.CHANGE_PART: OPEN,
    Verb.GIVE_PART: OPEN,
    Verb.DROP_PART: OPEN,
    Verb.ESCALATE: OPEN,
    Verb.REMIND: OPEN,
    Verb.IDENTIFY: frozenset(State),
    Verb.ATTACH: frozenset(State),
    Verb.RATE: frozenset({State.ANSWERED, State.CLOSED}),
    Verb.GUIDE: OPEN | {State.ANSWERED},
}
"""Verb -> states in which it makes sense."""

STARTS = frozenset({Verb.FORWARD, Verb.RETURN, Verb.REOPEN})
"""Verbs after which the clock of a question starts anew, with the term of its owner."""

UNMOVED = frozenset({Verb.ESCALATE, Verb.REMIND})
"""Events that are no movement: they say that nothing moves."""
