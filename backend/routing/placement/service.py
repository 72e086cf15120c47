"""The `Placer` of `contacts`: product's department, else the contact centre; the term from the service level."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from backend.catalogue.products.service import ProductService
from backend.contacts.rules import Placement, QuestionFacts, Term
from backend.identity.principals.service import TOPIC as IDENTITY
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database, encode_json
from backend.kit.problems import ProblemError, unknown_reference
from backend.kit.work import Work
from backend.routing.levels.service import TOPIC, read_closing_days, read_levels
from backend.routing.rules import USUAL, Level, agreed, term_id

_DEPARTMENTS = "SELECT id, kind, sensitive, active FROM department"
_KEEP = """
INSERT INTO term (id, content) SELECT * FROM unnest($1::uuid[], $2::jsonb[]) ORDER BY 1 ON CONFLICT (id) DO NOTHING
"""
_TERMS = "SELECT id, content FROM term WHERE id = ANY($1::uuid[])"


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Departments and their service levels at one moment."""

    sensitive: dict[UUID, bool]
    centre: UUID | None
    levels: dict[UUID, Level]
    closed: frozenset[date]


class DirectoryStore:
    """The directory, kept in memory until a department or a level changes."""

    def __init__(self, database: Database, feed: ChangeFeed) -> None:
        self._database = database
        self._cache = Cache(feed, TOPIC, self._load)
        self.terms: dict[UUID, Term] = {}
        """Terms that are stored: they never change, so that they are good for ever."""
        feed.on(IDENTITY, self._cache.clear)

    async def get(self) -> Directory:
        """The directory as it is now."""
        return await self._cache.get(None)

    async def _load(self, _key: None) -> Directory:
        async with self._database.begin() as uow:
            rows = await uow.fetch(_DEPARTMENTS)
            levels = await read_levels(uow)
            closed = await read_closing_days(uow)
        return Directory(
            sensitive={row["id"]: row["sensitive"] for row in rows if row["active"]},
            centre=next((row["id"] for row in rows if row["kind"] == "frontOffice"), None),
            levels=levels,
            closed=closed,
        )


class PlacementService:
    """Decides who owns a question and until when.

    Args:
        work: the unit of work.
        store: departments and levels.
        products: the catalogue.
    """

    def __init__(self, work: Work, store: DirectoryStore, products: ProductService) -> None:
        self._work = work
        self._store = store
        self._products = products

    async def place(self, facts: Sequence[QuestionFacts]) -> list[Placement]:
        """One placement per question; 400 for an unknown product or department."""
        if not facts:
            return []
        directory = await self._store.get()
        wanted = [one.product_id for one in facts if one.product_id]
        responsible = await self._products.responsible(wanted) if wanted else {}
        placements = [self._one(one, responsible, directory) for one in facts]
        await self._keep({one.term_id: one.term for one in placements})
        return placements

    async def contact_centre(self) -> UUID:
        """The department of last resort."""
        return _centre(await self._store.get())

    async def terms(self, term_ids: Collection[UUID]) -> Mapping[UUID, Term]:
        """The terms that were agreed on."""
        known = self._store.terms
        if missing := [one for one in term_ids if one not in known]:
            rows = await self._work.uow.fetch(_TERMS, missing)
            found = {row["id"]: msgspec.convert(row["content"], Term) for row in rows}
            return {one: known.get(one) or found[one] for one in term_ids}
        return {one: known[one] for one in term_ids}

    async def _keep(self, terms: dict[UUID, Term]) -> None:
        """Store the terms that are new; once that is committed nobody of this process asks again."""
        if new := {key: term for key, term in terms.items() if key not in self._store.terms}:
            await self._work.uow.execute(_KEEP, list(new), [encode_json(term) for term in new.values()])
            self._work.uow.after_commit(lambda: self._store.terms.update(new))

    def _one(self, facts: QuestionFacts, responsible: dict[UUID, UUID | None], directory: Directory) -> Placement:
        if facts.department_id and facts.department_id not in directory.sensitive:
            raise unknown_reference("departmentId", "No such department, or it is not active any more.")
        by_product = responsible.get(facts.product_id) if facts.product_id else None
        if by_product not in directory.sensitive:
            by_product = None
        owner = facts.department_id or by_product or _centre(directory)
        term = agreed(
            directory.levels.get(owner, USUAL),
            directory.closed,
            facts.kind,
            facts.channel,
            facts.product_id,
            first=facts.first,
        )
        return Placement(
            department_id=owner,
            term_id=term_id(term),
            term=term,
            at=facts.at,
            sensitive=directory.sensitive.get(owner, False),
        )


def _centre(directory: Directory) -> UUID:
    if directory.centre is None:
        raise ProblemError(503, "No contact centre exists yet; run `onthaal migrate`.")
    return directory.centre
