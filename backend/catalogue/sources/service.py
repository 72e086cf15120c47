"""Sources: made and changed by administrators, asked to run by editors and by the schedule."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UnsetType
from sqlalchemy import select
from uuid_utils.compat import uuid7

from backend.catalogue.models import CatalogueSource
from backend.catalogue.sources.rules import AddressRefused, SourceState, check_address, condition
from backend.catalogue.sources.schemas import (
    CatalogueSourceCreate,
    CatalogueSourcePage,
    CatalogueSourcePatch,
    CatalogueSourceView,
    SynchronisationView,
    SynchroniseInput,
)
from backend.kit.etag import check_version
from backend.kit.ldes_sources import origin
from backend.kit.outbox import awaiting, under_way
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, invalid_input, not_found
from backend.kit.schema import changes, given
from backend.kit.work import Work

SYNCHRONISE = "catalogue.synchronise"
"""Topic of the outbox; ids: source, full (0 or 1), allow (0 or 1)."""

MOST_AT_ONCE = 4
"""Runs that the schedule has under way: a slow publisher must not keep workers from sending mails."""

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('catalogue.sources', 7421005))"
_DUE = """
UPDATE catalogue_source SET next_run_at = $1::timestamptz + every_minutes * interval '1 minute'
 WHERE id IN (SELECT id FROM catalogue_source WHERE active AND next_run_at <= $1 ORDER BY next_run_at LIMIT $2
                 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
_HOLDER = "SELECT name FROM catalogue_source WHERE state->>'catalogue' = $1 AND id <> $2"


class SourceService:
    """Sources of the catalogue.

    Args:
        work: the unit of work.
        private: whether http and addresses inside the network are allowed.
        files: whether files of this machine are allowed (the command line).
    """

    def __init__(self, work: Work, *, private: bool, files: bool = False) -> None:
        self._work = work
        self._private = private
        self._files = files

    async def page(self, page: PageRequest) -> CatalogueSourcePage:
        """Sources by name."""
        query = select(CatalogueSource).order_by(CatalogueSource.name).limit(page.limit + 1)
        if page.cursor:
            after = decode_cursor(page.cursor, (str,), scope="sources")[0]
            query = query.where(CatalogueSource.name > after)
        rows = (await self._work.uow.session.scalars(query)).all()
        views = [_view(row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            return CatalogueSourcePage(items=views, next=encode_cursor((views[-1].name,), scope="sources"))
        return CatalogueSourcePage(items=views)

    async def get(self, source_id: UUID) -> CatalogueSourceView:
        """One source; 404."""
        return _view(await self._row(source_id))

    async def named(self, name: str) -> CatalogueSourceView:
        """The source of this name; 404."""
        row = await self._work.uow.session.scalar(select(CatalogueSource).where(CatalogueSource.name == name))
        if row is None:
            raise not_found("source")
        return _view(row)

    async def create(self, data: CatalogueSourceCreate) -> CatalogueSourceView:
        """A new source, due at once; 400 for an address that is not allowed, 409 for a name or catalogue in use."""
        source_id, catalogue = uuid7(), given(data.catalogue)
        await self._check_catalogue(catalogue, source_id)
        row = CatalogueSource(
            id=source_id,
            name=data.name,
            url=self._address(data.url),
            api_key=self._sealed(given(data.api_key), source_id),
            every_minutes=data.every_minutes,
            active=data.active,
            next_run_at=self._work.now,
            failures=0,
            state=msgspec.to_builtins(SourceState(catalogue=catalogue)),
            created_at=self._work.now,
            version=1,
        )
        self._work.uow.session.add(row)
        await self._work.uow.session.flush()
        self._work.trail.record("catalogueSource", [row.id])
        return _view(row)

    async def change(self, source_id: UUID, data: CatalogueSourcePatch, expected: int) -> CatalogueSourceView:
        """Change a source; 400, 404, 409, 412."""
        row = await self._row(source_id, lock=True)
        check_version(expected, row.version)
        fields = changes(data)
        if "api_key" in fields:
            fields["api_key"] = self._sealed(given(data.api_key), source_id)
        if not isinstance(data.url, UnsetType) and data.url != row.url:
            fields = self._moved(row, self._address(data.url)) | fields
        if data.active is True and not row.active:
            fields["next_run_at"] = self._work.now
        for name, value in fields.items():
            setattr(row, name, value)
        row.version = row.version + 1
        await self._work.uow.session.flush()
        self._work.trail.record("catalogueSource", [source_id], fields=list(changes(data)))
        return _view(row)

    async def ask(self, source_id: UUID, data: SynchroniseInput) -> SynchronisationView:
        """Have the worker synchronise a source now; asking twice before it begins is asking once; 404."""
        await self._row(source_id)
        full = data.full or data.allow_withdrawals
        await self._plan(source_id, full=full, allow=data.allow_withdrawals)
        self._work.trail.record("catalogueSource", [source_id])
        return SynchronisationView(
            source_id=source_id, full=full, allow_withdrawals=data.allow_withdrawals, asked_at=self._work.now
        )

    async def plan_due(self, *, ending: int = 0) -> int:
        """Have sources synchronised that are due, each once, a few at a time; gives how many.

        Whoever finds another planning leaves it at that: nobody waits, and together they would plan too many. What is
        left then comes at the end of the next run, or with the sweep.

        Args:
            ending: runs that still count as under way and end with this transaction.
        """
        if not await self._work.uow.fetchval(_ALONE):
            return 0
        room = MOST_AT_ONCE + ending - await under_way(self._work.uow, SYNCHRONISE)
        rows = await self._work.uow.fetch(_DUE, self._work.now, max(room, 0))
        for row in rows:
            await self._plan(row["id"], full=False, allow=False)
        return len(rows)

    async def _plan(self, source_id: UUID, *, full: bool, allow: bool) -> None:
        ids: dict[str, UUID | int] = {"source": source_id, "full": int(full), "allow": int(allow)}
        if not await awaiting(self._work.uow, SYNCHRONISE, **ids):
            self._work.outbox.add(SYNCHRONISE, self._work.now, **ids)

    async def _row(self, source_id: UUID, *, lock: bool = False) -> CatalogueSource:
        row = await self._work.uow.session.get(
            CatalogueSource, source_id, with_for_update=lock or None, populate_existing=True
        )
        if row is None:
            raise not_found("source")
        return row

    async def _check_catalogue(self, catalogue: str | None, source_id: UUID) -> None:
        if catalogue and (holder := await holder_of(self._work, catalogue, source_id)):
            raise conflict("catalogueTaken", f"Source {holder} brings this catalogue.")

    def _address(self, url: str) -> str:
        try:
            return check_address(url, private=self._private, files=self._files)
        except AddressRefused as refusal:
            raise invalid_input(str(refusal), name="url") from refusal

    def _moved(self, row: CatalogueSource, url: str) -> dict[str, object]:
        """What else changes with the address: reading begins anew, and no other host gets the key."""
        state = msgspec.structs.replace(_state(row), bookmark=None, full_at=None)
        fields: dict[str, object] = {"url": url, "state": msgspec.to_builtins(state)}
        fields |= {"next_run_at": self._work.now, "failures": 0}
        return fields if origin(url) == origin(row.url) else {"api_key": None} | fields

    def _sealed(self, api_key: str | None, source_id: UUID) -> bytes | None:
        if api_key is None:
            return None
        return self._work.keys.encrypt(api_key, table="catalogue_source", column="api_key", row=source_id)


async def holder_of(work: Work, catalogue: str, source_id: UUID) -> str | None:
    """The name of another source that brings this catalogue: two would withdraw each other's products."""
    found: str | None = await work.uow.fetchval(_HOLDER, catalogue, source_id)
    return found


def _state(row: CatalogueSource) -> SourceState:
    return msgspec.convert(row.state, SourceState)


def _view(row: CatalogueSource) -> CatalogueSourceView:
    state = _state(row)
    shown: dict[str, Any] = {name: getattr(row, name) for name in ("id", "name", "url", "every_minutes", "active")}
    return CatalogueSourceView(
        **shown,
        has_api_key=row.api_key is not None,
        catalogue=state.catalogue,
        condition=condition(state, row.failures),
        failures=row.failures,
        held_back=state.held_back,
        next_run_at=row.next_run_at,
        last_run_at=state.run_at,
        last_full_at=state.full_at,
        last_import_id=state.import_id,
        last_error=state.error,
        created_at=row.created_at,
        version=row.version,
    )
