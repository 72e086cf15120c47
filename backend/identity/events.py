"""News of this module; ids only."""

from uuid import UUID

from backend.kit.events import Event


class MembershipEnding(Event):
    """A user is about to leave a department: whatever waits for that person there must find somebody else."""

    user_id: UUID
    department_id: UUID
