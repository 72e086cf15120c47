"""JSON shapes of what became of a file."""

from datetime import datetime
from uuid import UUID

from backend.crm.history.rules import Field, Linked, Represented, What
from backend.crm.representation.rules import Role
from backend.crm.representation.schemas import PartyName
from backend.crm.rules import Source
from backend.kit.schema import View


class FactChange(View):
    """One fact that came or went. `value` is masked or left out as in the profile."""

    what: What
    field: Field
    type: str | None = None
    value: str | None = None
    source: Source


class ChangeEntry(View):
    """What changed at one moment; `customerId` is the member of the file that it was told of."""

    customer_id: UUID
    facts: list[FactChange]


class RepresentationEntry(View):
    """Somebody began or ceased to act for somebody else."""

    what: Represented
    representation_id: UUID
    role: Role
    representative: PartyName | None = None
    represented: PartyName | None = None
    reason: str | None = None


class LinkEntry(View):
    """Two files became one, or were taken apart again."""

    what: Linked
    merge_id: UUID
    survivor_id: UUID
    merged_id: UUID
    reason: str | None = None


class Dated(View):
    """Where an entry stands in the history; not part of the API. `sides` = representative and represented."""

    at: datetime
    id: UUID
    change: ChangeEntry | None = None
    representation: RepresentationEntry | None = None
    link: LinkEntry | None = None
    sides: tuple[UUID, UUID] | None = None
