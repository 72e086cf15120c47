"""Reading the own cases, and who used the own data."""

from datetime import datetime
from uuid import UUID

from backend.audit.service import OWN_DATA, AuditService
from backend.cases.own.rules import per_day
from backend.cases.own.schemas import OwnCase, OwnCasePage, OwnConsultation, OwnConsultationPage
from backend.contacts.own.service import own_subjects
from backend.kit.db import rows_to
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

MOST = 10_000
"""Consultations that are looked at, the latest ones."""

_CASES = """
SELECT id, title AS name, phase, status, action_needed, link, product_id, changed_at FROM application_case
 WHERE customer_id = ANY($1::uuid[]) AND ($2::timestamptz IS NULL OR (changed_at, id) < ($2, $3))
 ORDER BY changed_at DESC, id DESC LIMIT $4
"""
_IDS = "SELECT id FROM application_case WHERE customer_id = ANY($1::uuid[])"
_NAMED = "SELECT id, name FROM department WHERE NOT sensitive"


class OwnFileService:
    """What is in the file of the customer who is logged in, besides questions."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._file = list(work.who.file)

    async def cases(self, page: PageRequest) -> OwnCasePage:
        """The own cases, the latest change first."""
        at, last = decode_cursor(page.cursor, (datetime, UUID)) if page.cursor else (None, None)
        found = await self._work.uow.fetch(_CASES, self._file, at, last, page.limit + 1)
        items = rows_to(OwnCase, found[: page.limit])
        self._work.trail.record("case", [one.id for one in items], purpose=OWN_DATA)
        if len(found) > page.limit:
            return OwnCasePage(items=items, next=encode_cursor((items[-1].changed_at, items[-1].id)))
        return OwnCasePage(items=items)

    async def consultations(self, page: PageRequest, offset: int) -> OwnConsultationPage:
        """Who used the own data: a line for each day, purpose and department; a shielded one is not named.

        Somebody may look over the shoulder of the customer, and only a name would tell where help was asked.
        """
        uow = self._work.uow
        after = decode_cursor(page.cursor, (int,))[0] if page.cursor else 0
        cases = [row["id"] for row in await uow.fetch(_IDS, self._file)]
        subjects = [*self._file, *await own_subjects(self._work), *cases]
        names = {row["id"]: row["name"] for row in await uow.fetch(_NAMED)}
        used = await AuditService(self._work).consultations(subjects, most=MOST)
        lines = per_day(used, names)
        start = after + offset
        self._work.trail.record("customer", self._file, fields=["consultations"], purpose=OWN_DATA)
        items = [
            OwnConsultation(day=day, purpose=purpose, department=department)
            for day, purpose, department in lines[start : start + page.limit]
        ]
        if start + page.limit < len(lines):
            return OwnConsultationPage(items=items, total=len(lines), next=encode_cursor((start + page.limit,)))
        return OwnConsultationPage(items=items, total=len(lines))
