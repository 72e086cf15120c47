"""Saved views."""

from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.lists.rules import USUAL, Sort, Worklist, sorts
from backend.kit.db import Row, UniqueViolation, encode_json
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, forbidden, invalid_input, not_found
from backend.kit.schema import changes, given
from backend.kit.work import Work
from backend.routing.views.schemas import SavedViewCreate, SavedViewPage, SavedViewPatch, SavedViewView

_COLUMNS = "id, name, worklist, filters, sort, owner_id, department_id, version"
_SEEN = "(owner_id = $1 OR department_id = ANY($2::uuid[]))"
_PAGE = f"""
SELECT {_COLUMNS} FROM saved_view
 WHERE {_SEEN} AND ($3::text IS NULL OR (name, id) > ($3, $4::uuid)) ORDER BY name, id LIMIT $5
"""
_ONE = f"SELECT {_COLUMNS} FROM saved_view WHERE {_SEEN} AND id = $3"
_ADD = f"""
INSERT INTO saved_view (id, name, worklist, filters, sort, owner_id, department_id, created_at)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8) RETURNING {_COLUMNS}
"""
_CHANGE = f"""
UPDATE saved_view SET name = $2, worklist = $3, filters = $4::jsonb, sort = $5, version = version + 1
 WHERE id = $1 RETURNING {_COLUMNS}
"""
_REMOVE = "DELETE FROM saved_view WHERE id = $1"
LEAD = "teamLead"


class SavedViewService:
    """Views of the person, and those that the person's departments share."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest) -> SavedViewPage:
        """Views by name."""
        after = decode_cursor(page.cursor, (str, UUID), scope="savedViews") if page.cursor else (None, None)
        rows = await self._work.uow.fetch(_PAGE, *self._whose(), *after, page.limit + 1)
        views = [_view(row) for row in rows[: page.limit]]
        self._work.trail.record("savedView", [view.id for view in views])
        if len(rows) > page.limit:
            return SavedViewPage(items=views, next=encode_cursor((views[-1].name, views[-1].id), scope="savedViews"))
        return SavedViewPage(items=views)

    async def get(self, view_id: UUID) -> SavedViewView:
        """One view; 404 for one of somebody else."""
        view = _view(await self._row(view_id))
        self._work.trail.record("savedView", [view_id])
        return view

    async def create(self, data: SavedViewCreate) -> SavedViewView:
        """A new view; 403 when a department shares it and the person does not lead that, 409 for a name in use."""
        department = given(data.department_id)
        sort: Sort | None = given(data.sort)
        _check(data.worklist, sort)
        if department:
            self._require_lead(department)
        row = await self._write(
            _ADD,
            uuid7(),
            data.name,
            data.worklist,
            encode_json(data.filters),
            sort,
            None if department else self._work.who.id,
            department,
            self._work.now,
        )
        self._work.trail.record("savedView", [row["id"]])
        return _view(row)

    async def change(self, view_id: UUID, data: SavedViewPatch, expected: int) -> SavedViewView:
        """Change a view; 403, 404, 409, 412."""
        row = await self._mine(view_id, expected)
        fields = {name: row[name] for name in ("name", "worklist", "filters", "sort")} | changes(data)
        _check(fields["worklist"], fields["sort"])
        filters = encode_json(fields["filters"])
        row = await self._write(_CHANGE, view_id, fields["name"], fields["worklist"], filters, fields["sort"])
        self._work.trail.record("savedView", [view_id], fields=list(changes(data)))
        return _view(row)

    async def remove(self, view_id: UUID, expected: int) -> None:
        """Drop a view; 403, 404, 412."""
        await self._mine(view_id, expected)
        await self._work.uow.execute(_REMOVE, view_id)
        self._work.trail.record("savedView", [view_id])

    def _whose(self) -> tuple[UUID, list[UUID]]:
        return self._work.who.id, list(self._work.who.departments)

    async def _row(self, view_id: UUID, *, lock: bool = False) -> Row:
        row = await self._work.uow.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, *self._whose(), view_id)
        if row is None:
            raise not_found("saved view")
        return row

    async def _mine(self, view_id: UUID, expected: int) -> Row:
        """A view to change, locked: the person's own, or one of a department that the person leads."""
        row = await self._row(view_id, lock=True)
        if row["department_id"]:
            self._require_lead(row["department_id"])
        check_version(expected, row["version"])
        return row

    async def _write(self, sql: str, *args: object) -> Row:
        try:
            row = await self._work.uow.fetchrow(sql, *args)
        except UniqueViolation as error:
            raise conflict("nameInUse", "There is a view of this name already.") from error
        assert row is not None  # noqa: S101 RETURNING
        return row

    def _require_lead(self, department: UUID) -> None:
        if LEAD not in self._work.who.departments.get(department, ()):
            raise forbidden("Only its team leads share views with a department.")


def _check(worklist: Worklist, sort: Sort | None) -> None:
    if (sort or USUAL.get(worklist, "priority")) not in sorts(worklist):
        raise invalid_input("This list has no such order.", name="sort")


def _view(row: Row) -> SavedViewView:
    fields = {name: row[name] for name in SavedViewView.__struct_fields__}
    return msgspec.convert({**fields, "departmentId": fields.pop("department_id")}, SavedViewView)
