"""Fills in the city's own fields once, from seed data; afterwards they belong to the city's editors."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.catalogue.imports.schemas import CityEntry
from backend.catalogue.index.service import changed
from backend.identity.service import DepartmentService
from backend.kit.db import encode_json
from backend.kit.paging import MAX_LIMIT, PageRequest
from backend.kit.problems import unknown_reference
from backend.kit.work import Work

_CITY = """
WITH entry AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS entry(
    external_id text, department_id uuid, first_line_information text, faq jsonb, help_sheets jsonb,
    transaction_url text, internal_instructions text, guiding_questions jsonb, flow text,
    contact_form_questions jsonb)),
     filled AS (
    INSERT INTO product_city (product_id, department_id, first_line_information, faq, help_sheets, transaction_url,
                              internal_instructions, guiding_questions, flow, contact_form_questions)
    SELECT p.id, e.department_id, e.first_line_information, e.faq, e.help_sheets, e.transaction_url,
           e.internal_instructions, e.guiding_questions, e.flow, e.contact_form_questions
      FROM entry e JOIN product p USING (external_id)
        ON CONFLICT (product_id) DO NOTHING RETURNING product_id)
SELECT count(*) FROM filled
"""


class CityFieldsService:
    """The city's own fields of many products at once.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def fill(self, entries: Sequence[Mapping[str, Any] | CityEntry]) -> int:
        """Fill in the fields of products that have none yet; gives how many were filled in.

        What an editor changed stays, and so does what an earlier seed filled in. Unknown products are passed over.

        Args:
            entries: as in `data/demo-city.json`: `externalId`, `department` (code) and the fields of a product.

        Raises:
            ProblemError: 400 for an unknown department.
            ValidationError: an entry has another shape.
        """
        departments = await self._departments()
        rows = []
        for entry in msgspec.convert(entries, list[CityEntry]):
            fields = msgspec.structs.asdict(entry)
            code = fields.pop("department")
            if code is not None and code not in departments:
                raise unknown_reference("department", f"No department {code}.")
            rows.append(fields | {"department_id": departments[code] if code else None})
        filled: int = await self._work.uow.fetchval(_CITY, encode_json(rows))
        if filled:
            self._work.trail.record("product", fields=["city"])
            await changed(self._work)
        return filled

    async def _departments(self) -> dict[str, UUID]:
        """Departments by code."""
        service = DepartmentService(self._work)
        found: dict[str, UUID] = {}
        cursor: str | None = None
        while True:
            page = await service.page(PageRequest(limit=MAX_LIMIT, cursor=cursor))
            found |= {one.code: one.id for one in page.items}
            if not isinstance(page.next, str):
                return found
            cursor = page.next
