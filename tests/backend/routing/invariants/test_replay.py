"""Whatever was done to a question, its timeline leads to where it stands; a line that is not true is noticed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.rules import ALLOWED, Given, Placement, Standing, State, Term, Verb, apply, opening, started
from backend.routing.invariants.rules import Event, replay
from backend.routing.rules import USUAL

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TERM = Term(hours=USUAL.hours, days=3)
DEPARTMENTS = [UUID(int=n) for n in range(1, 4)]
PEOPLE = [UUID(int=n) for n in range(11, 13)]
PARTS = {Verb.GIVE_PART, Verb.DROP_PART}
COUNTED = ("state", "department_id", "assignee_id", "bounces", "escalation", "open_contributions")


def placed(department: UUID, at: datetime) -> Placement:
    return Placement(department_id=department, term_id=UUID(int=9), term=TERM, at=at, sensitive=False)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Standing, list[Event]]:
    """A question after some verbs, each possible at that moment, and its timeline."""
    first = draw(st.sampled_from(DEPARTMENTS))
    standing = opening(placed(first, AT), "email", 2)
    timeline = [Event(1, "registered", AT, State.NEW, first, None, None)]
    for version in range(2, draw(st.integers(2, 14))):
        at = AT + timedelta(hours=version)
        possible = [
            verb
            for verb, states in ALLOWED.items()
            if standing.state in states and (standing.open_contributions or verb not in PARTS)
        ]
        verb = draw(st.sampled_from(possible))
        where = draw(st.sampled_from(DEPARTMENTS))
        what = Given(
            at=at,
            clock=started(TERM, at),
            assignee_id=draw(st.sampled_from(PEOPLE)),
            placement=placed(where, at),
            been_there=any(event.department_id == where for event in timeline),
            overriding=True,
        )
        standing = apply(verb, standing, what)
        timeline.append(Event(version, verb, at, standing.state, standing.department_id, standing.assignee_id, None))
    return standing, timeline


@given(lives())
def test_the_timeline_leads_to_where_the_question_stands(life: tuple[Standing, list[Event]]) -> None:
    standing, timeline = life
    told = replay(timeline)
    assert told is not None
    assert [getattr(told, name) for name in COUNTED] == [getattr(standing, name) for name in COUNTED]


@given(lives(), st.data())
def test_a_line_with_another_state_owner_or_assignee_is_noticed(
    life: tuple[Standing, list[Event]], data: st.DataObject
) -> None:
    standing, timeline = life
    place = data.draw(st.integers(0, len(timeline) - 1))
    line = timeline[place]
    changes: list[dict[str, Any]] = [{"state": state} for state in State if state is not line.state]
    changed = msgspec.structs.replace(line, **data.draw(st.sampled_from(changes)))
    assert replay([*timeline[:place], changed, *timeline[place + 1 :]]) is None
    assert replay(timeline[1:]) is None, "it begins with the registration"
    assert standing.state in State
