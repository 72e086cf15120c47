"""Writing the log in one statement per transaction; reading it as the auditor role only."""

from collections.abc import Collection
from uuid import UUID

from backend.audit.schemas import AuditEntryPage, AuditEntryView, Consultation
from backend.kit.db import Statement, encode_json, rows_to
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.roles import AUDITOR
from backend.kit.trail import Entry
from backend.kit.work import Work

OWN_DATA = "ownData"
"""Purpose of who looks at, or asks for, the own data."""

_COLUMNS = "id, at, actor, roles, department, client, action, purpose, subject_kind, subject, fields, outcome, trace"
_APPEND = f"""
INSERT INTO audit_entry ({_COLUMNS}) SELECT {_COLUMNS} FROM json_to_recordset($1::json) AS entry(
    id uuid, at timestamptz, actor uuid, roles text[], department uuid, client text, action text, purpose text,
    subject_kind text, subject uuid, fields text[], outcome text, trace text)
"""
_READ = f"""
SELECT {_COLUMNS} FROM audit_entry
 WHERE ($1::uuid IS NULL OR subject = $1) AND ($2::uuid IS NULL OR actor = $2)
   AND ($3::text IS NULL OR action = $3) AND ($4::uuid IS NULL OR id < $4)
 ORDER BY id DESC LIMIT $5
"""

_CONSULTATIONS = """
SELECT min(at) AS at, action, purpose, department FROM audit_entry
 WHERE subject = ANY($1::uuid[]) AND actor IS NOT NULL AND outcome = 'done' AND purpose <> $3
 GROUP BY trace, action, purpose, department ORDER BY 1 DESC, action LIMIT $2
"""


def append(entries: list[Entry]) -> Statement:
    """The statement that writes entries; the `Writer` of every `Trail`."""
    return _APPEND, [encode_json(entries)]


class AuditService:
    """The log for the data protection officer."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def consultations(self, subjects: Collection[UUID], *, most: int) -> list[Consultation]:
        """What people did with the data of somebody, the latest first; never who they were (CJEU C-579/21).

        What somebody looks up of the own data is no consultation.

        Args:
            subjects: ids under which the log knows what is about this somebody.
            most: how many.
        """
        uow = self._work.uow
        await uow.execute(f"SET LOCAL ROLE {AUDITOR}")
        rows = await uow.fetch(_CONSULTATIONS, list(subjects), most, OWN_DATA)
        await uow.execute("RESET ROLE")
        return rows_to(Consultation, rows)

    async def page(
        self, page: PageRequest, *, subject: UUID | None, actor: UUID | None, action: str | None
    ) -> AuditEntryPage:
        """Entries, newest first; the look itself is logged too."""
        after = decode_cursor(page.cursor, (UUID,))[0] if page.cursor else None
        uow = self._work.uow
        await uow.execute(f"SET LOCAL ROLE {AUDITOR}")
        rows = await uow.fetch(_READ, subject, actor, action, after, page.limit + 1)
        await uow.execute("RESET ROLE")
        self._work.trail.record("audit", [subject], purpose="supervision")
        views = rows_to(AuditEntryView, rows[: page.limit])
        if len(rows) > page.limit:
            return AuditEntryPage(items=views, next=encode_cursor((views[-1].id,)))
        return AuditEntryPage(items=views)
