"""News of this module; ids only."""

from uuid import UUID

from backend.kit.events import Event


class CaseReported(Event):
    """An application told how its case stands."""

    case_id: UUID
