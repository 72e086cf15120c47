"""The other side by name, and as far as its contact data: read for many customers in one statement."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from backend.crm.customers.service.profile import Profile
from backend.crm.customers.service.statements import MEMBERS, PROFILE
from backend.crm.representation.schemas import PartyContactPoint, PartyName, PartyView
from backend.crm.rules import best_first
from backend.kit.work import Work

_LIVE = "FROM customer asked JOIN customer c ON c.id = coalesce(asked.survivor_id, asked.id)"
_PARTIES = f"SELECT asked.id AS asked, {PROFILE} AS profile {_LIVE} {MEMBERS} WHERE asked.id = ANY($1::uuid[])"
_NAMES = f"SELECT asked.id AS asked, c.id, c.kind, c.display_name {_LIVE} WHERE asked.id = ANY($1::uuid[])"
_PROFILE = msgspec.json.Decoder(Profile)


async def parties(work: Work, ids: Collection[UUID]) -> dict[UUID, PartyView]:
    """Customers by the id that was asked; of a merged one the file it lives on in. The caller records the look."""
    if not ids:
        return {}
    rows = await work.uow.fetch(_PARTIES, list(set(ids)))
    return {row["asked"]: _party(_PROFILE.decode(row["profile"])) for row in rows}


async def names(work: Work, ids: Collection[UUID]) -> dict[UUID, PartyName]:
    """Name and kind of customers, by the id that was asked. The caller records the look."""
    if not ids:
        return {}
    rows = await work.uow.fetch(_NAMES, list(set(ids)))
    return {row["asked"]: PartyName(id=row["id"], kind=row["kind"], display_name=row["display_name"]) for row in rows}


def _party(profile: Profile) -> PartyView:
    return PartyView(
        id=profile.id,
        kind=profile.kind,
        display_name=profile.display_name,
        status=profile.standing,
        contact_points=[
            PartyContactPoint(type=one.type, value=one.value, preferred=one.preferred)
            for one in best_first(profile.contact_points)
        ],
    )
