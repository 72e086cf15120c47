"""Putting the history of a customer together from the services that own its parts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.cases.applications.schemas import CaseView
from backend.cases.applications.service import CaseService
from backend.cases.history.rules import ABOUT_QUESTIONS, KINDS, OF_FILE, EntryKind, HistoryFilter, newest_first
from backend.cases.history.schemas import HistoryEntryView, HistoryPage
from backend.contacts.history.schemas import Told
from backend.contacts.history.service import ContactHistoryService, Wanted
from backend.crm.customers.service import CustomerFile, CustomerService
from backend.crm.history.rules import ALWAYS, FileEvent, Span, earliest
from backend.crm.history.schemas import Dated
from backend.crm.history.service import FileHistoryService
from backend.crm.representation.schemas import PartyName
from backend.crm.representation.service import RepresentationService
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

EXCERPT = 500
"""Characters of a long text in a list; the whole text is on the page of the question."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an entry stands; of what became of the file also what it says."""

    kind: EntryKind
    at: datetime
    id: UUID
    dated: Dated | None = None


class HistoryService:
    """One call, everything that happened with a customer that the person may see, in a fixed number of statements.

    Attributes:
        said: what was said with customers; shared, so that what is read once is not read again.
    """

    def __init__(self, work: Work, customers: CustomerService, cases: CaseService) -> None:
        self._work = work
        self._customers = customers
        self._cases = cases
        self._representations = RepresentationService(work, customers)
        self._files = FileHistoryService(work)
        self.said = ContactHistoryService(work)

    async def page(self, customer_id: UUID, wanted: HistoryFilter, page: PageRequest) -> HistoryPage:
        """A page of the history, newest first; 404."""
        return await self.of_file(await self._customers.file(customer_id), wanted, page)

    async def of_file(
        self, file: CustomerFile, wanted: HistoryFilter, page: PageRequest, *, cases: Sequence[CaseView] | None = None
    ) -> HistoryPage:
        """A page of the history of a file, newest first.

        Args:
            file: whose.
            wanted: which entries.
            page: limit and cursor.
            cases: the cases among which those of this page are, when they were read already.
        """
        scope = wanted.scope(file.id)
        cursor: tuple[datetime, UUID] | None = None
        if page.cursor:
            at, entry = decode_cursor(page.cursor, (datetime, UUID), scope=scope)
            cursor = (at, entry)
        span = Span(
            members=file.members,
            before=earliest(cursor, wanted.until),
            since=wanted.since or ALWAYS,
            most=page.limit + 1,
            text=EXCERPT,
        )
        places = await self._places(file, wanted, span, cases)
        shown = places[: page.limit]
        items = await self._filled(shown, file, cases)
        self._work.trail.record("customer", [file.id], fields=["history"])
        if len(places) > page.limit:
            return HistoryPage(items=items, next=encode_cursor((shown[-1].at, shown[-1].id), scope=scope))
        return HistoryPage(items=items)

    async def changes(self, file: CustomerFile, *, most: int) -> list[HistoryEntryView]:
        """What became of a file, newest first: facts, representations and merges."""
        span = Span(members=file.members, most=most, text=EXCERPT)
        return await self._filled(newest_first([await self._of_file(file, HistoryFilter(), span)], most), file)

    async def _places(
        self, file: CustomerFile, wanted: HistoryFilter, span: Span, cases: Sequence[CaseView] | None
    ) -> list[Place]:
        """Where at most `span.most` entries stand, newest first."""
        kinds, found = wanted.kinds, [await self._of_file(file, wanted, span)]
        if asked := kinds & ABOUT_QUESTIONS:
            about = Wanted(
                product_id=wanted.product_id,
                department_id=wanted.department_id,
                state=wanted.state,
                open=wanted.open,
            )
            found.append([Place(**row) for row in await self.said.keys(span, about, asked)])
        if cases is not None:
            found.append([Place(kind="case", at=one.changed_at, id=one.id) for one in cases])
        elif "case" in kinds:
            rows = await self._cases.keys(span, product_id=wanted.product_id, running=wanted.open)
            found.append([Place(**row) for row in rows])
        return newest_first(found, span.most)

    async def _of_file(self, file: CustomerFile, wanted: HistoryFilter, span: Span) -> list[Place]:
        events = await self._files.events(span, file.id, wanted.kinds & OF_FILE)
        return [Place(kind=_kind(one), at=one.at, id=one.id, dated=one) for one in events]

    async def _filled(
        self, places: Sequence[Place], file: CustomerFile, cases: Sequence[CaseView] | None = None
    ) -> list[HistoryEntryView]:
        """The entries that stand there; what is shown, and nothing else, is read and logged."""
        ids: dict[EntryKind, list[UUID]] = {kind: [] for kind in KINDS}
        for place in places:
            ids[place.kind].append(place.id)
        told = await self.said.contacts(ids["contact"], file.members, EXCERPT)
        told += await self.said.questions(ids["question"], EXCERPT)
        told += await self.said.messages(ids["message"], EXCERPT)
        told += await self.said.contributions(ids["contribution"], EXCERPT)
        of_cases = {one.id: one for one in (await self._cases.these(ids["case"]) if cases is None else cases)}
        said = {one.id: one for one in told}
        known = await self._named(places, told)
        found = []
        for place in places:
            if place.dated:
                found.append(_dated(place.dated, known))
            elif place.kind == "case" and place.id in of_cases:
                found.append(HistoryEntryView(id=place.id, at=place.at, kind="case", case=of_cases[place.id]))
            elif place.id in said:
                found.append(_said(said[place.id], place.kind, known))
        return found

    async def _named(self, places: Sequence[Place], told: Sequence[Told]) -> Mapping[UUID | None, PartyName]:
        """The names of whoever else plays a part."""
        ids = {one for entry in told for one in (entry.by_id, entry.on_behalf_of_id) if one is not None}
        for place in places:
            if place.dated and place.dated.sides:
                ids |= {*place.dated.sides}
        return dict((await self._representations.named(ids)).items())


def _kind(entry: Dated) -> FileEvent:
    return "change" if entry.change else "representation" if entry.representation else "link"


def _said(entry: Told, kind: EntryKind, known: Mapping[UUID | None, PartyName]) -> HistoryEntryView:
    contact = entry.contact
    if contact is not None and (entry.by_id or entry.on_behalf_of_id):
        by, served = known.get(entry.by_id), known.get(entry.on_behalf_of_id)
        contact = msgspec.structs.replace(contact, by=by, on_behalf_of=served)
    return HistoryEntryView(
        id=entry.id,
        at=entry.at,
        kind=kind,
        contact=contact,
        question=entry.question,
        message=entry.message,
        contribution=entry.contribution,
    )


def _dated(entry: Dated, known: Mapping[UUID | None, PartyName]) -> HistoryEntryView:
    represented = entry.representation
    if represented is not None and entry.sides:
        who, whom = (known.get(one) for one in entry.sides)
        represented = msgspec.structs.replace(represented, representative=who, represented=whom)
    return HistoryEntryView(
        id=entry.id,
        at=entry.at,
        kind=_kind(entry),
        change=entry.change,
        representation=represented,
        link=entry.link,
    )
