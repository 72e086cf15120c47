"""Reports of imports: kept, given, and the dull ones forgotten."""

from datetime import timedelta
from uuid import UUID

import msgspec

from backend.catalogue.imports.schemas import ImportPage, ImportReport, RefusalView
from backend.kit.db import UnitOfWork, rows_to
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

KEEP_QUIET = timedelta(days=7)

_NAMES = ImportReport.__struct_fields__
_COLUMNS = ", ".join(_NAMES)
REPORT = f"""
INSERT INTO catalogue_import ({_COLUMNS}) VALUES ({", ".join(f"${place + 1}" for place in range(len(_NAMES)))})
"""
"""Takes the fields of an `ImportReport`, in their order."""
_REPORTS = f"SELECT {_COLUMNS} FROM catalogue_import WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2"
_FORGET = """
DELETE FROM catalogue_import WHERE mode = 'notModified' AND error IS NULL AND finished_at < now() - $1::interval
"""


class ImportService:
    """Reports of imports."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest) -> ImportPage:
        """Reports, newest first."""
        after = decode_cursor(page.cursor, (UUID,), scope="imports")[0] if page.cursor else None
        rows = await self._work.uow.fetch(_REPORTS, after, page.limit + 1)
        views = [
            msgspec.structs.replace(report, refusals=msgspec.convert(report.refusals, list[RefusalView]))
            for report in rows_to(ImportReport, rows[: page.limit])
        ]
        if len(rows) > page.limit:
            return ImportPage(items=views, next=encode_cursor((views[-1].id,), scope="imports"))
        return ImportPage(items=views)


async def forget_quiet(uow: UnitOfWork) -> str:
    """Drop reports older than a week that only say that nothing was new; gives PostgreSQL's command tag."""
    return await uow.execute(_FORGET, KEEP_QUIET)
