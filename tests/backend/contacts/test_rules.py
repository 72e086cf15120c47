"""The life cycle under random sequences of verbs: the invariants of design 3 hold after every one of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backend.contacts.rules import (
    ALLOWED,
    OPEN,
    AnswerChannel,
    ContributionsOpen,
    Given,
    NextAction,
    Placement,
    Standing,
    State,
    Term,
    Tick,
    Verb,
    VerbRefused,
    apply,
    clock,
    hears,
    opening,
    settled_at_once,
    starts,
)
from backend.kit.calendar import OpeningHours

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OFFICE = ((("09:00", "12:00"), ("13:00", "17:00")),) * 5 + ((), ())
DEPARTMENTS = [UUID(int=number) for number in range(1, 4)]
PEOPLE = [UUID(int=number) for number in range(101, 104)]
CHANNELS: list[AnswerChannel] = ["email", "phone", "letter", "none"]

ENDED = {State.ANSWERED, State.CLOSED, State.WITHDRAWN}
NEW, WORK, WAIT, DONE, SHUT, GONE = State
SAME = {NEW: {NEW}, WORK: {WORK}, WAIT: {WAIT}}
LIFE: dict[Verb, dict[State, set[State]]] = {
    Verb.CLAIM: {NEW: {WORK}, WORK: {WORK}, WAIT: {WAIT}},
    Verb.ASSIGN: {NEW: {WORK}, WORK: {WORK}, WAIT: {WAIT}},
    Verb.RELEASE: {**SAME, DONE: {DONE}},
    Verb.FORWARD: SAME,
    Verb.RETURN: SAME,
    Verb.CLARIFY: {NEW: {WAIT}, WORK: {WAIT}, WAIT: {WAIT}},
    Verb.REPLY: {NEW: {NEW}, WORK: {WORK}, WAIT: {WORK}, DONE: {WORK}, SHUT: {WORK}},
    Verb.NOTE: {state: {state} for state in State},
    Verb.ANSWER: {NEW: {DONE}, WORK: {DONE}, WAIT: {DONE}},
    Verb.CLOSE: {DONE: {SHUT}},
    Verb.REOPEN: {DONE: {WORK}, SHUT: {WORK}},
    Verb.WITHDRAW: {NEW: {GONE}, WORK: {GONE}, WAIT: {GONE}},
    Verb.FAIL: {WAIT: {WORK}, DONE: {WORK}},
    Verb.PLAN: {NEW: {WORK}, WORK: {WORK}, WAIT: {WORK}},
    Verb.CALL: SAME,
    Verb.UNPLAN: {state: {state} for state in State},
    Verb.ASK_PART: SAME,
    Verb.CHANGE_PART: SAME,
    Verb.GIVE_PART: SAME,
    Verb.DROP_PART: SAME,
    Verb.ESCALATE: SAME,
    Verb.REMIND: SAME,
    Verb.IDENTIFY: {state: {state} for state in State},
    Verb.ATTACH: {state: {state} for state in State},
    Verb.RATE: {DONE: {DONE}, SHUT: {SHUT}},
    Verb.GUIDE: {**SAME, DONE: {DONE}},
}
"""The drawing of design 3, written down a second time: verb -> state -> states after it."""
PARTS = {Verb.ASK_PART: 1, Verb.GIVE_PART: -1, Verb.DROP_PART: -1}

terms = st.builds(
    Term,
    hours=st.builds(OpeningHours, weekly=st.just(OFFICE)),
    days=st.integers(0, 10),
    waiting_stops=st.booleans(),
)


class QuestionLife(RuleBasedStateMachine):
    """A question to which anything is done in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.standing: Standing
        self.ticks: list[Tick] = []

    @initialize(term=terms, channel=st.sampled_from(CHANNELS), at_once=st.booleans())
    def registered(self, term: Term, channel: AnswerChannel, at_once: bool) -> None:
        placement = self._placed(DEPARTMENTS[0], term)
        self.ticks = [Tick(version=1, at=self.now, state=State.NEW, term=term)]
        self.standing = (settled_at_once if at_once else opening)(placement, channel, 2)
        assert self.standing.department_id == placement.department_id
        assert self.standing.deadline == placement.clock.deadline
        assert self.standing.state is (State.ANSWERED if at_once else State.NEW)

    @rule(
        verb=st.sampled_from(list(Verb)),
        person=st.sampled_from(PEOPLE),
        department=st.sampled_from(DEPARTMENTS),
        term=terms,
        minutes=st.integers(0, 20_000),
        been_there=st.booleans(),
    )
    def done(self, verb: Verb, person: UUID, department: UUID, term: Term, minutes: int, been_there: bool) -> None:
        before = self.standing
        if verb in {Verb.GIVE_PART, Verb.DROP_PART} and not before.open_contributions:
            return  # there is none
        self.now += timedelta(minutes=minutes)
        anew = starts(verb, before.state)
        moves = verb in {Verb.FORWARD, Verb.RETURN}
        placement = self._placed(department if moves else before.department_id, term) if anew else None
        given = Given(
            at=self.now,
            assignee_id=person if verb in {Verb.CLAIM, Verb.ASSIGN, Verb.PLAN} else None,
            placement=placement,
            been_there=been_there,
            planned=(NextAction.CALL_BACK, self.now + timedelta(hours=1)) if verb is Verb.PLAN else None,
            priority=1 if verb is Verb.REOPEN else None,
        )
        possible = LIFE[verb].get(before.state)
        if possible is None:
            with pytest.raises(VerbRefused) as refused:
                apply(verb, before, given)
            assert (refused.value.verb, refused.value.state) == (verb, before.state)
            return
        waits = verb is Verb.CLARIFY or (before.state is WAIT and verb not in {Verb.REPLY, Verb.FAIL, Verb.PLAN})
        tick = Tick(
            version=len(self.ticks) + 1,
            at=self.now,
            state=State.WAITING if waits else WORK,
            term=term if anew else None,
        )
        if hears(verb, before.state):
            given = msgspec.structs.replace(given, clock=clock([*self.ticks, tick]))
        if verb is Verb.ANSWER and before.open_contributions:
            with pytest.raises(ContributionsOpen):
                apply(verb, before, given)
            given = msgspec.structs.replace(given, overriding=True)
        after = apply(verb, before, given)
        assert after == apply(verb, before, given), "pure"
        assert after.state in possible
        self._ownership(verb, before, after, person, placement)
        self.standing, self.ticks = after, [*self.ticks, msgspec.structs.replace(tick, state=after.state)]

    def _placed(self, department: UUID, term: Term) -> Placement:
        return Placement(department_id=department, term_id=UUID(int=9), term=term, at=self.now, sensitive=False)

    def _ownership(
        self, verb: Verb, before: Standing, after: Standing, person: UUID, placement: Placement | None
    ) -> None:
        """Only a move changes the department, and it frees the question."""
        moved = verb in {Verb.FORWARD, Verb.RETURN}
        expected = placement.department_id if moved and placement else before.department_id
        assert after.department_id == expected
        if moved or verb is Verb.RELEASE:
            assert after.assignee_id is None, "who has it belongs to the department that has it"
        if verb in {Verb.CLAIM, Verb.ASSIGN}:
            assert after.assignee_id == person
        if verb is Verb.PLAN:
            assert after.assignee_id == (before.assignee_id or person)
        assert after.bounces - before.bounces in ({0, 1} if moved else {0})
        assert after.priority <= before.priority, "it never becomes less urgent by itself"
        if after.state in OPEN:
            assert after.open_contributions == before.open_contributions + PARTS.get(verb, 0)
        assert after.answer_channel == before.answer_channel

    @invariant()
    @precondition(lambda self: bool(self.ticks))
    def an_open_question_has_a_next_action_and_a_next_step_and_only_that(self) -> None:
        now = self.standing
        assert (now.state in OPEN) == (now.next_action is not None) == (now.next_action_at is not None)
        assert (now.state in OPEN) == (now.escalate_at is not None) == (now.state not in ENDED)

    @invariant()
    @precondition(lambda self: bool(self.ticks))
    def the_deadline_is_what_the_events_say(self) -> None:
        now, running = self.standing, clock(self.ticks)
        if now.state in OPEN:
            assert now.deadline == running.deadline
            assert now.escalate_at == running.step(now.escalation)

    @invariant()
    @precondition(lambda self: bool(self.ticks))
    def the_next_action_fits(self) -> None:
        now = self.standing
        if now.state is State.WAITING:
            assert now.next_action is NextAction.AWAIT_REPLY
        elif now.open_contributions:
            assert now.next_action in {NextAction.AWAIT_CONTRIBUTION, NextAction.CALL_BACK}
        elif now.state in OPEN and now.assignee_id is None:
            assert (now.next_action, now.next_action_at) == (NextAction.ASSIGN, now.deadline)
        elif now.state in OPEN:
            usual = NextAction.CALL_BACK if now.answer_channel == "phone" else NextAction.ANSWER
            assert now.next_action in {usual, NextAction.CALL_BACK}

    @invariant()
    @precondition(lambda self: bool(self.ticks))
    def who_has_it_is_at_work_on_it(self) -> None:
        if self.standing.state in {State.NEW, State.CLOSED, State.WITHDRAWN}:
            assert self.standing.assignee_id is None

    @invariant()
    @precondition(lambda self: bool(self.ticks))
    def what_ended_says_when_and_waits_for_nobody(self) -> None:
        now = self.standing
        assert (now.state in {State.CLOSED, State.WITHDRAWN}) == (now.closed_at is not None)
        assert (now.state in {State.ANSWERED, State.CLOSED}) == (now.answered_at is not None)
        assert now.state in OPEN or now.open_contributions == 0


QuestionLife.TestCase.settings = settings(max_examples=500, stateful_step_count=50, deadline=None, database=None)
TestQuestionLife = QuestionLife.TestCase


def test_the_drawing_knows_every_verb() -> None:
    assert set(LIFE) == set(Verb) == set(ALLOWED)


@pytest.mark.parametrize("verb", [Verb.FORWARD, Verb.RETURN, Verb.REOPEN, Verb.CLARIFY, Verb.ESCALATE])
def test_nothing_moves_without_a_place_to_go_and_a_clock(verb: Verb) -> None:
    term = Term(hours=OpeningHours(weekly=OFFICE), days=1)
    placement = Placement(department_id=DEPARTMENTS[0], term_id=UUID(int=9), term=term, at=START, sensitive=False)
    new = opening(placement, "email", 2)
    standing = new if verb is not Verb.REOPEN else apply(Verb.ANSWER, new, Given(at=START))
    with pytest.raises(ValueError, match="needs the clock"):
        apply(verb, standing, Given(at=START))
    if verb is Verb.FORWARD:
        with pytest.raises(ValueError, match="needs a placement"):
            apply(verb, standing, Given(at=START, clock=placement.clock))
