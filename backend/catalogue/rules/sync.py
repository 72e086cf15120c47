"""What a snapshot means for what is stored: the decisions of an import."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.catalogue.rules.facts import ProductFacts

Status = Literal["published", "withdrawn"]
Outcome = Literal["created", "changed", "unchanged", "withdrawn"]

FEW = 10
SHARE = 0.2
"""More products than `FEW` and more than this share of the published ones do not disappear without confirmation."""

_OLDEST = datetime.min.replace(tzinfo=UTC)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the import has to know of a stored product."""

    id: UUID
    external_id: str
    content_hash: str
    generated_at: datetime | None
    status: Status
    archived: bool


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a snapshot.

    Attributes:
        outcome: under which heading it is counted.
        status: of the product from now on.
        take: whether the facts of the snapshot replace what is stored.
        write: whether anything has to be written.
    """

    outcome: Outcome
    status: Status
    take: bool
    write: bool


def judge(stored: Stored | None, facts: ProductFacts, digest: str) -> Judgement:
    """Compare a snapshot with what is stored.

    An older snapshot never replaces a newer one. A product that is archived at its source is withdrawn here; one that
    was withdrawn because it had disappeared comes back. A snapshot that was only published again changes nothing that
    a reader sees, but its moment is kept.
    """
    if stored is None:
        return Judgement(outcome="created", status=_status(facts.archived), take=True, write=True)
    incoming, held = facts.generated_at or _OLDEST, stored.generated_at or _OLDEST
    newer = incoming >= held
    status = _status(facts.archived if newer else stored.archived)
    take = newer and (digest != stored.content_hash or incoming > held)
    outcome: Outcome = "unchanged"
    if status != stored.status:
        outcome = "withdrawn" if status == "withdrawn" else "changed"
    elif newer and digest != stored.content_hash:
        outcome = "changed"
    return Judgement(outcome=outcome, status=status, take=take, write=take or status != stored.status)


def _status(archived: bool) -> Status:
    return "withdrawn" if archived else "published"


def too_many(gone: int, published: int) -> bool:
    """Whether so many products disappeared at once that it looks like an accident at the source."""
    return gone > FEW and gone > published * SHARE
