"""JSON shapes of the verbs of ownership."""

from uuid import UUID

from backend.kit.schema import Input, Reason


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
