"""Who is told at which step of the chain. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from backend.contacts.notices.rules import NoticeKind
from backend.contacts.rules import ASSIGNEE, HEAD, REMINDER, TEAM_LEAD

_KINDS: dict[int, NoticeKind] = {REMINDER: "reminder", ASSIGNEE: "overdue"}


class Colleagues(msgspec.Struct, frozen=True, kw_only=True):
    """Who can be told about a question.

    Attributes:
        assignee: who has it.
        leads: team leads of its department, or those above it.
        heads: head of its department, then those above it.
        centre: team leads of the contact centre.
        members: whoever handles questions in its department.
    """

    assignee: UUID | None
    leads: Sequence[UUID]
    heads: Sequence[UUID]
    centre: Sequence[UUID]
    members: Sequence[UUID]


def kind(step: int) -> NoticeKind:
    """What colleagues are told at a step of the chain."""
    return _KINDS.get(step, "escalated")


def audience(step: int, colleagues: Colleagues) -> list[Sequence[UUID]]:
    """Who is told: the first of these groups in which somebody may know of the question.

    Args:
        step: of the chain; from `HEAD` on it comes back to the head.
        colleagues: who there is.

    Returns:
        Groups, the right one first; at the end everybody of the department, so that nobody being there is no reason
        for silence.
    """
    groups: list[Sequence[UUID]] = []
    if step < TEAM_LEAD and colleagues.assignee is not None:
        groups = [[colleagues.assignee]]
    elif step >= HEAD:
        groups = [*([head] for head in colleagues.heads), colleagues.centre]
    return [group for group in (*groups, colleagues.leads, colleagues.members) if group]


def heads_above(department: UUID, heads: Mapping[UUID, UUID], parents: Mapping[UUID, UUID | None]) -> list[UUID]:
    """The head of a department, then those of the departments above it, as far as they are named.

    Args:
        department: where to begin.
        heads: department -> its head.
        parents: department -> the one above it; circles are cut.
    """
    found: list[UUID] = []
    passed: set[UUID] = set()
    at: UUID | None = department
    while at is not None and at not in passed:
        passed.add(at)
        if (head := heads.get(at)) is not None and head not in found:
            found.append(head)
        at = parents.get(at)
    return found
