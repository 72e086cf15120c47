"""The life cycle under random sequences of verbs: the invariants of design 3 hold after every one of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backend.contacts.rules import (
    OPEN,
    AnswerChannel,
    NextAction,
    Placement,
    Standing,
    State,
    Verb,
    VerbRefused,
    apply,
    opening,
    settled_at_once,
)

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DEPARTMENTS = [UUID(int=number) for number in range(1, 4)]
PEOPLE = [UUID(int=number) for number in range(101, 104)]
CHANNELS: list[AnswerChannel] = ["email", "phone", "letter", "none"]

ENDED = {State.ANSWERED, State.CLOSED, State.WITHDRAWN}
NEW, WORK, WAIT, DONE, SHUT, GONE = State
WORKED_ON = {WORK, WAIT}
LIFE: dict[Verb, dict[State, set[State]]] = {
    Verb.CLAIM: {NEW: {WORK}, WORK: {WORK}, WAIT: {WAIT}},
    Verb.ASSIGN: {NEW: {WORK}, WORK: {WORK}, WAIT: {WAIT}},
    Verb.RELEASE: {NEW: {NEW}, WORK: {WORK}, WAIT: {WAIT}, DONE: {DONE}},
    Verb.FORWARD: {NEW: {NEW}, WORK: {WORK}, WAIT: {WAIT}},
    Verb.RETURN: {NEW: {NEW}, WORK: {WORK}, WAIT: {WAIT}},
    Verb.CLARIFY: {NEW: {WAIT}, WORK: {WAIT}, WAIT: {WAIT}},
    Verb.REPLY: {NEW: {NEW}, WORK: {WORK}, WAIT: {WORK}, DONE: {WORK}, SHUT: {WORK}},
    Verb.NOTE: {state: {state} for state in State},
    Verb.ANSWER: {NEW: {DONE}, WORK: {DONE}, WAIT: {DONE}},
    Verb.CLOSE: {DONE: {SHUT}},
    Verb.REOPEN: {DONE: {WORK}, SHUT: {WORK}},
    Verb.WITHDRAW: {NEW: {GONE}, WORK: {GONE}, WAIT: {GONE}},
    Verb.FAIL: {WAIT: {WORK}, DONE: {WORK}},
}
"""The drawing of design 3, written down a second time: verb -> state -> states after it."""
PLACED_AGAIN = {Verb.FORWARD, Verb.RETURN, Verb.REOPEN, Verb.REPLY}

placements = st.builds(
    Placement,
    department_id=st.sampled_from(DEPARTMENTS),
    deadline=st.integers(1, 500).map(lambda hours: START + timedelta(hours=hours)),
    sensitive=st.booleans(),
)


class QuestionLife(RuleBasedStateMachine):
    """A question to which anything is done in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.standing: Standing

    @initialize(placement=placements, channel=st.sampled_from(CHANNELS), at_once=st.booleans())
    def registered(self, placement: Placement, channel: AnswerChannel, at_once: bool) -> None:
        self.standing = settled_at_once(placement, channel, self.now) if at_once else opening(placement, channel)
        assert self.standing.department_id == placement.department_id
        assert self.standing.deadline == placement.deadline
        assert self.standing.state is (State.ANSWERED if at_once else State.NEW)

    @rule(
        verb=st.sampled_from(list(Verb)),
        person=st.sampled_from(PEOPLE),
        placement=placements,
        minutes=st.integers(0, 100_000),
    )
    def done(self, verb: Verb, person: UUID, placement: Placement, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        before = self.standing
        possible = LIFE[verb].get(before.state)
        assignee = person if verb in {Verb.CLAIM, Verb.ASSIGN} else None
        again = placement if verb in PLACED_AGAIN else None
        if possible is None:
            with pytest.raises(VerbRefused) as refused:
                apply(verb, before, at=self.now, assignee_id=assignee, placement=again)
            assert (refused.value.verb, refused.value.state) == (verb, before.state)
            return
        after = apply(verb, before, at=self.now, assignee_id=assignee, placement=again)
        assert after == apply(verb, before, at=self.now, assignee_id=assignee, placement=again), "pure"
        assert after.state in possible
        self._ownership(verb, before, after, person, placement)
        self.standing = after

    def _ownership(self, verb: Verb, before: Standing, after: Standing, person: UUID, placement: Placement) -> None:
        """Only a move changes the department, and it frees the question; a new deadline is that of the placement."""
        moved = verb in {Verb.FORWARD, Verb.RETURN}
        assert after.department_id == (placement.department_id if moved else before.department_id)
        if moved or verb is Verb.RELEASE:
            assert after.assignee_id is None, "who has it belongs to the department that has it"
        if verb in {Verb.CLAIM, Verb.ASSIGN}:
            assert after.assignee_id == person
        again = moved or (before.state in ENDED and verb in {Verb.REOPEN, Verb.REPLY})
        assert after.deadline == (placement.deadline if again else before.deadline)
        assert after.answer_channel == before.answer_channel

    @invariant()
    def an_open_question_has_a_next_action_and_only_that(self) -> None:
        now = self.standing
        assert (now.state in OPEN) == (now.next_action is not None) == (now.next_action_at is not None)
        assert (now.state in OPEN) == (now.state not in ENDED)

    @invariant()
    def the_next_action_fits(self) -> None:
        now = self.standing
        if now.state is State.WAITING:
            assert now.next_action is NextAction.AWAIT_REPLY
        elif now.state in OPEN:
            assert now.next_action_at == now.deadline
            answer = NextAction.CALL_BACK if now.answer_channel == "phone" else NextAction.ANSWER
            assert now.next_action is (NextAction.ASSIGN if now.assignee_id is None else answer)

    @invariant()
    def who_has_it_is_at_work_on_it(self) -> None:
        if self.standing.state in {State.NEW, State.CLOSED, State.WITHDRAWN}:
            assert self.standing.assignee_id is None

    @invariant()
    def what_ended_says_when(self) -> None:
        now = self.standing
        assert (now.state in {State.CLOSED, State.WITHDRAWN}) == (now.closed_at is not None)
        assert (now.state in {State.ANSWERED, State.CLOSED}) == (now.answered_at is not None)


QuestionLife.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None, database=None)
TestQuestionLife = QuestionLife.TestCase


@pytest.mark.parametrize("verb", [Verb.FORWARD, Verb.RETURN, Verb.REOPEN])
def test_nothing_moves_without_a_place_to_go(verb: Verb) -> None:
    new = opening(Placement(department_id=DEPARTMENTS[0], deadline=START, sensitive=False), "email")
    standing = new if verb is not Verb.REOPEN else apply(Verb.ANSWER, new, at=START)
    with pytest.raises(ValueError, match="needs a placement"):
        apply(verb, standing, at=START)
