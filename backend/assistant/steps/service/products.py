"""Products that flows refer to, kept in memory until the catalogue changes."""

from collections.abc import Mapping

from backend.assistant.rules import DUTCH, LANGUAGES, Program
from backend.assistant.steps.rules import HelpSheet, ShownProduct, references
from backend.catalogue.index.service import TOPIC
from backend.catalogue.products.service import ReferencedProduct, referenced
from backend.catalogue.rules import Form, pick
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database

Products = Mapping[str, ShownProduct]
"""Published products by how a flow refers to them."""


class FlowProducts:
    """The published products of each flow; while the database is away as they were last read.

    Args:
        database: where products are.
        feed: tells that the catalogue changed.
        form: how the city addresses people.
    """

    def __init__(self, database: Database, feed: ChangeFeed, form: Form) -> None:
        self._database = database
        self._form = form
        self._cache: Cache[frozenset[str], Products] = Cache(feed, TOPIC, self._load, spare=True)

    async def of(self, program: Program) -> Products:
        """Those that citizens can see."""
        wanted = references(program)
        return await self._cache.get(wanted) if wanted else {}

    async def _load(self, wanted: frozenset[str]) -> Products:
        async with self._database.begin() as uow:
            found = await referenced(uow, wanted)
        return {ref: self._shown(one) for ref, one in found.items() if one.published}

    def _shown(self, one: ReferencedProduct) -> ShownProduct:
        names = {language: pick(one.name, self._form, language) or "" for language in {DUTCH, *LANGUAGES}}
        return ShownProduct(
            id=one.id,
            names=names,
            help_sheets=tuple(HelpSheet(title=sheet.title, url=sheet.url) for sheet in one.help_sheets),
            has_transaction=one.has_transaction,
            department_id=one.department_id,
        )
