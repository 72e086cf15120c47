"""What was planned stays the next action until it is over, whatever else happens to the question."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.contacts.rules import (
    AnswerChannel,
    Given,
    NextAction,
    Placement,
    Standing,
    State,
    Term,
    Verb,
    apply,
    opening,
)
from backend.kit.calendar import OpeningHours

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TERM = Term(hours=OpeningHours(weekly=((("09:00", "17:00"),),) * 5 + ((), ())), days=2)
PLACEMENT = Placement(department_id=UUID(int=1), term_id=UUID(int=9), term=TERM, at=NOW, sensitive=False)
EXPERT, COLLEAGUE = UUID(int=101), UUID(int=102)
SOON, LATER = NOW + timedelta(hours=2), NOW + timedelta(hours=5)


def done(standing: Standing, *verbs: Verb, **given: Any) -> Standing:
    """The standing after these verbs."""
    for verb in verbs:
        standing = apply(verb, standing, Given(at=NOW, clock=PLACEMENT.clock, **given))
    return standing


def taken(channel: AnswerChannel = "phone", **given: Any) -> Standing:
    return done(opening(PLACEMENT, channel, 2), Verb.CLAIM, assignee_id=EXPERT, **given)


def following(standing: Standing) -> tuple[NextAction | None, datetime | None]:
    return standing.next_action, standing.next_action_at


def test_a_call_that_the_customer_wants_comes_at_the_first_moment() -> None:
    assert following(taken(wished=SOON)) == (NextAction.CALL_BACK, SOON)
    assert following(taken("email", wished=SOON)) == (NextAction.ANSWER, PLACEMENT.clock.deadline)
    noted = done(taken(wished=SOON), Verb.NOTE, wished=LATER)
    assert following(noted) == (NextAction.CALL_BACK, SOON)


def test_after_the_customer_was_reached_the_deadline_counts() -> None:
    called = done(taken(wished=SOON), Verb.CALL, wished=LATER)
    assert following(called) == (NextAction.CALL_BACK, PLACEMENT.clock.deadline)
    assert following(done(called, Verb.NOTE, wished=LATER)) == following(called)


@pytest.mark.parametrize("action", [NextAction.CALL_BACK, NextAction.APPOINTMENT])
def test_a_plan_outlives_notes_colleagues_and_parts_of_others(action: NextAction) -> None:
    planned = done(taken(), Verb.PLAN, planned=(action, LATER))
    for verbs in ([Verb.NOTE], [Verb.ASSIGN], [Verb.ASK_PART], [Verb.ASK_PART, Verb.GIVE_PART], [Verb.REMIND]):
        assert following(done(planned, *verbs, assignee_id=COLLEAGUE)) == (action, LATER)


def test_an_appointment_comes_back_after_what_came_between() -> None:
    planned = done(taken(), Verb.PLAN, planned=(NextAction.APPOINTMENT, LATER))
    asked = done(planned, Verb.CLARIFY)
    assert asked.next_action is NextAction.AWAIT_REPLY
    assert following(done(asked, Verb.REPLY, appointment=LATER)) == (NextAction.APPOINTMENT, LATER)
    called = done(planned, Verb.CALL, appointment=LATER)
    assert following(called) == (NextAction.APPOINTMENT, LATER)


def test_an_appointment_that_is_over_leaves_the_usual() -> None:
    planned = done(taken("email"), Verb.PLAN, planned=(NextAction.APPOINTMENT, LATER))
    over = done(planned, Verb.UNPLAN, appointment=LATER)
    assert following(over) == (NextAction.ANSWER, over.deadline)
    assert done(planned, Verb.ANSWER, Verb.UNPLAN).state is State.ANSWERED


def test_who_calls_about_a_question_of_nobody_has_it() -> None:
    called = done(opening(PLACEMENT, "phone", 2), Verb.CALL, assignee_id=EXPERT)
    assert (called.state, called.assignee_id) == (State.IN_PROGRESS, EXPERT)
    by_another = done(taken(), Verb.CALL, assignee_id=COLLEAGUE)
    assert by_another.assignee_id == EXPERT


def test_the_answer_goes_another_way_from_now_on() -> None:
    plan = (NextAction.ANSWER, PLACEMENT.clock.deadline)
    called = done(taken(wished=SOON), Verb.CALL, answer_channel="email", planned=plan)
    assert (called.answer_channel, following(called)) == ("email", plan)
    assert following(done(called, Verb.NOTE, wished=SOON)) == plan
