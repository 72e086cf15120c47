"""Putting the history of a customer together from the services that own its parts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.cases.applications.service import CaseService
from backend.cases.history.rules import ABOUT_QUESTIONS, HistoryFilter, newest_first
from backend.cases.history.schemas import HistoryEntryView, HistoryPage
from backend.contacts.history.schemas import Told
from backend.contacts.history.service import ContactHistoryService, Wanted, of_file
from backend.crm.customers.service import CustomerFile, CustomerService
from backend.crm.history.rules import ALWAYS, Span, earliest
from backend.crm.history.schemas import Dated
from backend.crm.history.service import FileHistoryService
from backend.crm.representation.service import RepresentationService
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

EXCERPT = 500
"""Characters of a long text in a list; the whole text is on the page of the question."""
WHOLE = 100_000
"""More than any text has."""


class HistoryService:
    """One call, everything that happened with a customer that the person may see; one statement per kind of entry."""

    def __init__(self, work: Work, customers: CustomerService, cases: CaseService) -> None:
        self._work = work
        self._customers = customers
        self._cases = cases
        self._representations = RepresentationService(work, customers)
        self._files = FileHistoryService(work)

    async def page(self, customer_id: UUID, wanted: HistoryFilter, page: PageRequest) -> HistoryPage:
        """A page of the history, newest first; 404."""
        file = await self._customers.file(customer_id)
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
        entries = await self._entries(file, wanted, span)
        self._work.trail.record("customer", [file.id], fields=["history"])
        items = entries[: page.limit]
        if len(entries) > page.limit:
            return HistoryPage(items=items, next=encode_cursor((items[-1].at, items[-1].id), scope=scope))
        return HistoryPage(items=items)

    async def whole(self, file: CustomerFile, *, most: int) -> list[HistoryEntryView]:
        """The newest entries of a file with their whole texts, in as many statements as one page."""
        return await self._entries(file, HistoryFilter(), Span(members=file.members, most=most, text=WHOLE))

    async def _entries(self, file: CustomerFile, wanted: HistoryFilter, span: Span) -> list[HistoryEntryView]:
        """At most `span.most` entries, newest first."""
        kinds = wanted.kinds
        told: list[Told] = []
        sources: list[list[HistoryEntryView]] = []
        if kinds & ABOUT_QUESTIONS:
            told = await self._told(wanted, span)
        if "case" in kinds:
            cases = await self._cases.history(span, product_id=wanted.product_id, running=wanted.open)
            sources.append([HistoryEntryView(id=one.id, at=one.changed_at, kind="case", case=one) for one in cases])
        if "change" in kinds:
            sources.append([_dated(one) for one in await self._files.changes(span, file.id)])
        if "representation" in kinds:
            sources.append([_dated(one) for one in await self._files.representations(span)])
        if "link" in kinds:
            sources.append([_dated(one) for one in await self._files.links(span)])
        newest = newest_first([told], span.most)
        sources.append(await self._named(newest))
        return newest_first(sources, span.most)

    async def _told(self, wanted: HistoryFilter, span: Span) -> list[Told]:
        asked = Wanted(
            product_id=wanted.product_id,
            department_id=wanted.department_id,
            state=wanted.state,
            open=wanted.open,
        )
        history = ContactHistoryService(self._work, await of_file(self._work, span.members), asked)
        kinds, found = wanted.kinds, list[Told]()
        if "contact" in kinds:
            found += await history.contacts(span)
        if "question" in kinds:
            found += await history.questions(span)
        if "message" in kinds:
            found += await history.messages(span)
        return found

    async def _named(self, told: Sequence[Told]) -> list[HistoryEntryView]:
        """Entries of contacts with the names of who called, and for whom."""
        ids = {one for entry in told for one in (entry.by_id, entry.on_behalf_of_id) if one is not None}
        known = await self._representations.named(ids)
        found = []
        for entry in told:
            contact = entry.contact
            if contact is not None and (entry.by_id or entry.on_behalf_of_id):
                by, served = (known.get(one) if one else None for one in (entry.by_id, entry.on_behalf_of_id))
                contact = msgspec.structs.replace(contact, by=by, on_behalf_of=served)
            found.append(
                HistoryEntryView(
                    id=entry.id,
                    at=entry.at,
                    kind="contact" if contact else "question" if entry.question else "message",
                    contact=contact,
                    question=entry.question,
                    message=entry.message,
                )
            )
        return found


def _dated(entry: Dated) -> HistoryEntryView:
    return HistoryEntryView(
        id=entry.id,
        at=entry.at,
        kind="change" if entry.change else "representation" if entry.representation else "link",
        change=entry.change,
        representation=entry.representation,
        link=entry.link,
    )
