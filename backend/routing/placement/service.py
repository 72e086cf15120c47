"""The `Placer` of `contacts`: routing rules, guided questions, product, contact centre; the term from the level."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

import msgspec

from backend.catalogue.products.service import RoutedProduct, routed
from backend.contacts.rules import Placement, QuestionFacts, Term
from backend.crm.customers.service import Residence, residences
from backend.identity.principals.service import TOPIC as IDENTITY
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database, encode_json
from backend.kit.problems import ProblemError, unknown_reference
from backend.kit.work import Work
from backend.routing.levels.service import TOPIC, read_closing_days, read_levels
from backend.routing.rules import USUAL, Level, agreed, term_id
from backend.routing.rulesets.rules import Book, Decision, Facts, Fallback, codes, decide, reason
from backend.routing.rulesets.service import active_rules, facts_of

V = TypeVar("V")

_DEPARTMENTS = "SELECT id, code, kind, sensitive, active FROM department"
_KEEP = """
INSERT INTO term (id, content) SELECT * FROM unnest($1::uuid[], $2::jsonb[]) ORDER BY 1 ON CONFLICT (id) DO NOTHING
"""
_TERMS = "SELECT id, content FROM term WHERE id = ANY($1::uuid[])"


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Departments, their service levels and the active routing rules at one moment.

    `sensitive` and `codes` hold the active departments only.
    """

    sensitive: dict[UUID, bool]
    codes: dict[str, UUID]
    centre: UUID | None
    levels: dict[UUID, Level]
    closed: frozenset[date]
    book: Book


class DirectoryStore:
    """The directory, kept in memory until a department, a level or the active rules change."""

    def __init__(self, database: Database, feed: ChangeFeed) -> None:
        self._database = database
        self._cache = Cache(feed, TOPIC, self._load)
        self.terms: dict[UUID, Term] = {}
        """Terms that are stored: they never change; a server that comes back may have lost the last ones."""
        feed.on(IDENTITY, self._cache.clear)
        feed.on(IDENTITY, self.terms.clear)

    async def get(self) -> Directory:
        """The directory as it is now."""
        return await self._cache.get(None)

    async def _load(self, _key: None) -> Directory:
        async with self._database.begin() as uow:
            rows = await uow.fetch(_DEPARTMENTS)
            levels = await read_levels(uow)
            closed = await read_closing_days(uow)
            book = await active_rules(uow)
        return Directory(
            sensitive={row["id"]: row["sensitive"] for row in rows if row["active"]},
            codes={row["code"]: row["id"] for row in rows if row["active"]},
            centre=next((row["id"] for row in rows if row["kind"] == "frontOffice"), None),
            levels=levels,
            closed=closed,
            book=book,
        )


class PlacementService:
    """Decides who owns a question and until when.

    Args:
        work: the unit of work.
        store: departments, levels and rules.
    """

    def __init__(self, work: Work, store: DirectoryStore) -> None:
        self._work = work
        self._store = store

    async def place(self, facts: Sequence[QuestionFacts]) -> list[Placement]:
        """One placement per question; 400 for an unknown product or department."""
        if not facts:
            return []
        directory = await self._store.get()
        products = await self._products(facts, directory.book)
        askers = await self._askers(facts, directory.book)
        placements = [
            _placement(one, _of(one.product_id, products), _of(one.customer_id, askers), directory) for one in facts
        ]
        await self._keep({one.term_id: one.term for one in placements})
        return placements

    async def contact_centre(self) -> UUID:
        """The department of last resort."""
        return centre_of(await self._store.get())

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

    async def _products(self, facts: Sequence[QuestionFacts], held: Book) -> dict[UUID, RoutedProduct]:
        """The products of these questions; 400 for an unknown one."""
        wanted = [one.product_id for one in facts if one.product_id]
        found = await routed(self._work.uow, wanted, themes=held.asks("themes")) if wanted else {}
        if missing := [one for one in wanted if one not in found]:
            raise unknown_reference("productId", f"No product {missing[0]}.")
        return found

    async def _askers(self, facts: Sequence[QuestionFacts], held: Book) -> dict[UUID, Residence]:
        """Who asks, when a rule looks at that."""
        asking = [one.customer_id for one in facts if one.customer_id]
        return await residences(self._work.uow, asking) if asking and held.asks("postcodes", "customer_kinds") else {}


def term_of(directory: Directory, facts: Facts, decision: Decision, *, first: bool = True) -> Term:
    """What the department of a decision agrees on, or the rule instead of it."""
    return agreed(
        directory.levels.get(decision.department_id, USUAL),
        directory.closed,
        facts.kind,
        facts.channel,
        facts.product_id,
        first=first,
        working_days=decision.working_days,
    )


def centre_of(directory: Directory) -> UUID:
    """The department of last resort; 503 before there is one."""
    if directory.centre is None:
        raise ProblemError(503, "No contact centre exists yet; run `onthaal migrate`.")
    return directory.centre


def team_of(directory: Directory, code: str | None) -> UUID | None:
    """The active department that guided questions name; None when there is none (any more): then others decide."""
    return directory.codes.get(code.strip().lower()) if code else None


def _of(key: UUID | None, known: Mapping[UUID, V]) -> V | None:
    return known.get(key) if key else None


def _placement(
    question: QuestionFacts, product: RoutedProduct | None, asker: Residence | None, directory: Directory
) -> Placement:
    if question.department_id and question.department_id not in directory.sensitive:
        raise unknown_reference("departmentId", "No such department, or it is not active any more.")
    facts = facts_of(question, product, asker)
    fallback = Fallback(
        active=directory.sensitive,
        centre=centre_of(directory),
        chosen=question.department_id,
        team=team_of(directory, question.team),
        responsible=product.department_id if product else None,
    )
    found = decide(directory.book, facts, fallback)
    term = term_of(directory, facts, found, first=question.first)
    return Placement(
        department_id=found.department_id,
        term_id=term_id(term),
        term=term,
        at=question.at,
        sensitive=directory.sensitive.get(found.department_id, False),
        priority=found.priority,
        reason=reason(directory.book, found, facts),
        data=codes(directory.book, found),
    )
