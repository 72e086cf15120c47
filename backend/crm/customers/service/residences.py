"""What kind of customers these are and in which postcode they live, for many at once."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from backend.crm.customers.service.statements import MEMBERS
from backend.crm.rules import PRECEDENCE, Kind
from backend.kit.db import UnitOfWork

_RANK = " ".join(f"WHEN '{source}' THEN {rank}" for source, rank in PRECEDENCE.items())
_HELD = """customer_id = ANY(g.ids) AND ended_at IS NULL AND NOT EXISTS (
    SELECT FROM customer_superseded s WHERE s.fact_id = {0}.id AND s.field = 'fact' AND s.customer_id = ANY(g.ids))"""
_RESIDENCES = f"""
SELECT asked.id, c.kind, best.postcode
  FROM unnest($1::uuid[]) AS asked(id) JOIN customer a ON a.id = asked.id
  JOIN customer c ON c.id = coalesce(a.survivor_id, a.id) {MEMBERS}
  LEFT JOIN LATERAL (
    SELECT f.postcode FROM customer_address f
     WHERE f.{_HELD.format("f")} AND (f.valid_to IS NULL OR f.valid_to >= current_date)
       AND NOT EXISTS (SELECT FROM customer_address u WHERE u.{_HELD.format("u")} AND u.undisclosed
                          AND u.postcode = f.postcode)
     ORDER BY CASE f.source {_RANK} END, f.customer_id <> c.id, f.id LIMIT 1) AS best ON true
"""
"""The order is that of `winning`; a postcode of an address that may not be told is not used, whoever else told it."""


class Residence(msgspec.Struct, frozen=True, kw_only=True):
    """Of a customer, in the file it belongs to now."""

    kind: Kind
    postcode: str | None


async def residences(uow: UnitOfWork, customer_ids: Collection[UUID]) -> dict[UUID, Residence]:
    """Kind and postcode of these customers; never that of an undisclosed address. No look: no audit entry."""
    rows = await uow.fetch(_RESIDENCES, list(customer_ids))
    return {row["id"]: Residence(kind=row["kind"], postcode=row["postcode"]) for row in rows}
