"""Finding the customer of a login, by the keyed hash of the number alone."""

from backend.audit.service import OWN_DATA
from backend.crm.identification.rules import BY_CAPACITY
from backend.crm.identification.schemas import CustomerIdentify, IdentifiedView
from backend.crm.rules import identifier
from backend.kit.problems import invalid_input
from backend.kit.schema import given
from backend.kit.work import Work

_FOUND = """
SELECT DISTINCT live.id FROM customer_identifier f
  JOIN customer w ON w.id = f.customer_id
  JOIN customer live ON live.id = coalesce(w.survivor_id, w.id)
 WHERE f.type = $1 AND f.lookup = ANY($2::bytea[]) AND f.ended_at IS NULL AND live.kind = ANY($3::text[])
   AND NOT EXISTS (
   SELECT FROM customer_superseded s JOIN customer m ON m.id = s.customer_id
    WHERE s.fact_id = f.id AND s.field = 'fact' AND coalesce(m.survivor_id, m.id) = live.id)
 LIMIT 2
"""


class IdentificationService:
    """Who logged in."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def identify(self, data: CustomerIdentify) -> IdentifiedView:
        """The live customer with this number; nobody when there is none, or more than one. 400 without the number."""
        asked = BY_CAPACITY[data.capacity]
        numbers = {"ssin": data.ssin, "enterpriseNumber": data.enterprise_number, "vCode": data.v_code}
        typed = given(numbers.pop(asked.field))
        if typed is None or any(given(other) for other in numbers.values()):
            raise invalid_input(f"{data.capacity} goes with this number, and no other.", name=asked.field)
        number = identifier(asked.identifier, typed, name=asked.field)
        keys = self._work.keys
        hashes = keys.lookups(number, purpose="ssin") if asked.identifier == "ssin" else [number.encode()]
        rows = await self._work.uow.fetch(_FOUND, asked.identifier, hashes, list(asked.kinds))
        found = rows[0]["id"] if len(rows) == 1 else None
        self._work.trail.record("customer", [found], fields=[asked.field], purpose=OWN_DATA)
        return IdentifiedView(customer_id=found)
