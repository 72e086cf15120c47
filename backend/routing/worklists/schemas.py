"""JSON shapes of worklists and of the verbs of ownership."""

from uuid import UUID

from backend.kit.schema import Input, Reason, View


class Assign(Input):
    """Who gets the question; a member of its department."""

    user_id: UUID


class Forward(Input):
    """Where the question belongs, and why."""

    department_id: UUID
    reason: Reason


class Return(Input):
    """Why the question goes back to the contact centre."""

    reason: Reason


class WorklistCount(View):
    """How many questions are on a list; with `more` there are more than that."""

    count: int
    more: bool = False


class WorklistCounts(View):
    """How many questions are on each worklist."""

    mine: WorklistCount
    department: WorklistCount
    unassigned: WorklistCount
    due_soon: WorklistCount
    overdue: WorklistCount
    waiting: WorklistCount
    escalated: WorklistCount
    call_backs: WorklistCount
