"""What a contribution is, until when, who hears that it is late, and how parts become one text. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from backend.contacts.rules import TEAM_LEAD, Clock, Term
from backend.kit.problems import invalid_input

ContributionState = Literal["open", "given", "dropped"]
Only = Literal["mine", "unassigned", "overdue"]
"""Some of a worklist."""

MOST_ASKED = 10
"""Departments asked in one call."""

LATEST = timedelta(days=365)
"""A deadline that lies further away is a slip of the keyboard."""


def check_deadline(deadline: datetime, now: datetime) -> None:
    """400 for a deadline that has passed, or that lies more than a year away."""
    if not now < deadline <= now + LATEST:
        raise invalid_input("A deadline lies ahead, within a year.", name="deadline", kind="outOfRange")


def running(asked_at: datetime, deadline: datetime, term: Term) -> Clock:
    """The clock of a part: the term of its department, with the deadline that was given to it."""
    return Clock(start=asked_at, deadline=deadline, term=term)


def told(
    step: int, *, assignee: UUID | None, leads: Iterable[UUID], members: Iterable[UUID], head: UUID | None
) -> set[UUID]:
    """Who of a department hears of what it has to do: nobody from outside, but its head.

    Args:
        step: of the chain: reminder, assignee, team lead, head.
        assignee: who took it on; without one its own team leads, without any everybody.
        leads: team leads in charge of the department.
        members: who handles questions in the department.
        head: of the department.
    """
    own = set(members)
    above = set(leads) & own or own
    hear = above if assignee is None else {assignee}
    if step >= TEAM_LEAD:
        hear |= above
    if step > TEAM_LEAD and head is not None:
        hear.add(head)
    return hear


def composed(parts: Iterable[tuple[str, str]]) -> str:
    """A draft of the answer: each part under the name of its department, to be edited by whoever answers.

    Args:
        parts: name of the department and what it said, in the order in which they were asked.
    """
    return "\n\n".join(f"{department} laat weten:\n\n{said.strip()}" for department, said in parts)
