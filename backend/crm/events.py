"""News of this module; ids only."""

from uuid import UUID

from backend.kit.events import Event


class CustomersMerged(Event):
    """Two customers became one file; `survivor_id` is the live one."""

    survivor_id: UUID
    merged_id: UUID


class CustomersSplit(Event):
    """A merge was taken back: both are live again."""

    survivor_id: UUID
    restored_id: UUID


class StatusSharingChanged(Event):
    """A customer said whether Mijn Burgerprofiel may show how things stand."""

    customer_id: UUID
