"""The `Placer` of `contacts`: product's department, else the contact centre; deadline from the service level."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.catalogue.products.service import ProductService
from backend.contacts.rules import Placement, QuestionFacts
from backend.identity.principals.service import TOPIC as IDENTITY
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database
from backend.kit.problems import ProblemError, unknown_reference
from backend.kit.work import Work
from backend.routing.levels.service import TOPIC, read_levels
from backend.routing.rules import USUAL, Level, deadline

_DEPARTMENTS = "SELECT id, kind, sensitive, active FROM department"


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Departments and their service levels at one moment."""

    sensitive: dict[UUID, bool]
    centre: UUID | None
    levels: dict[UUID, Level]


class DirectoryStore:
    """The directory, kept in memory until a department or a level changes."""

    def __init__(self, database: Database, feed: ChangeFeed) -> None:
        self._database = database
        self._cache = Cache(feed, TOPIC, self._load)
        feed.on(IDENTITY, self._cache.clear)

    async def get(self) -> Directory:
        """The directory as it is now."""
        return await self._cache.get(None)

    async def _load(self, _key: None) -> Directory:
        async with self._database.begin() as uow:
            rows = await uow.fetch(_DEPARTMENTS)
            levels = await read_levels(uow)
        return Directory(
            sensitive={row["id"]: row["sensitive"] for row in rows if row["active"]},
            centre=next((row["id"] for row in rows if row["kind"] == "frontOffice"), None),
            levels=levels,
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
        return [self._one(one, responsible, directory) for one in facts]

    async def contact_centre(self) -> UUID:
        """The department of last resort."""
        return _centre(await self._store.get())

    def _one(self, facts: QuestionFacts, responsible: dict[UUID, UUID | None], directory: Directory) -> Placement:
        if facts.department_id and facts.department_id not in directory.sensitive:
            raise unknown_reference("departmentId", "No such department, or it is not active any more.")
        by_product = responsible.get(facts.product_id) if facts.product_id else None
        if by_product not in directory.sensitive:
            by_product = None
        owner = facts.department_id or by_product or _centre(directory)
        due = deadline(facts.kind, facts.channel, facts.at, directory.levels.get(owner, USUAL))
        return Placement(department_id=owner, deadline=due, sensitive=directory.sensitive.get(owner, False))


def _centre(directory: Directory) -> UUID:
    if directory.centre is None:
        raise ProblemError(503, "No contact centre exists yet; run `onthaal migrate`.")
    return directory.centre
