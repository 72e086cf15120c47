"""Versions of flows in the database: found, made, changed, moved on; every step with its event."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.assistant.rules import Flow, Status
from backend.assistant.versions.errors import draft_exists, flow_exists, flow_unusable, not_a_draft, wrong_status
from backend.assistant.versions.rules import EventKind, changed_parts, code_of, first_draft, read_stored, stored
from backend.assistant.versions.schemas import FlowEventPage, FlowEventView, FlowVersionPage, FlowVersionSummary
from backend.assistant.versions.service import statements as sql
from backend.assistant.versions.service.store import TOPIC
from backend.assistant.versions.service.views import person, summary_of
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, UnitOfWork, encode_json
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import invalid_input, not_found, unknown_reference
from backend.kit.work import Work

_SCOPE = "flowVersions"


class VersionService:
    """Versions of flows.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self.today = work.now.astimezone(BRUSSELS).date()

    async def page(
        self, page: PageRequest, *, flow: str | None = None, status: Status | None = None
    ) -> FlowVersionPage:
        """Versions without their documents, the newest first."""
        scope = f"{_SCOPE} {flow} {status}"
        after = decode_cursor(page.cursor, (UUID,), scope=scope)[0] if page.cursor else None
        rows = await self._work.uow.fetch(sql.PAGE, self.today, flow, status, after, page.limit + 1)
        items = [summary_of(row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            return FlowVersionPage(items=items, next=encode_cursor((items[-1].id,), scope=scope))
        return FlowVersionPage(items=items)

    async def events(self, version_id: UUID, page: PageRequest) -> FlowEventPage:
        """What happened to the versions of this one's flow, the newest first, also of one that was removed; 404."""
        scope = f"{_SCOPE} history {version_id}"
        after = decode_cursor(page.cursor, (UUID,), scope=scope)[0] if page.cursor else None
        rows = await self._work.uow.fetch(sql.EVENTS, version_id, after, page.limit + 1)
        if not rows and after is None:
            raise not_found("version of a flow")
        shown = rows[: page.limit]
        items = [
            FlowEventView(
                version_id=row["version_id"],
                number=row["number"],
                kind=row["kind"],
                at=row["at"],
                actor=person(row["actor_id"], row["actor"]),
                reason=row["reason"],
                parts=row["parts"],
            )
            for row in shown
        ]
        if len(rows) > page.limit:
            return FlowEventPage(items=items, next=encode_cursor((shown[-1]["id"],), scope=scope))
        return FlowEventPage(items=items)

    async def row(self, version_id: UUID) -> Row:
        """One version with its document; 404."""
        row = await self._work.uow.fetchrow(sql.ONE, self.today, version_id)
        if row is None:
            raise not_found("version of a flow")
        return row

    async def summary(self, version_id: UUID) -> FlowVersionSummary:
        """One version without its document; 404."""
        return summary_of(await self.row(version_id))

    async def locked(self, version_id: UUID, expected: int, status: Status) -> Row:
        """The version, held for this unit of work; 404, 412, 409 when it is somewhere else in its life."""
        await self._work.uow.execute(sql.LOCK, version_id)
        row = await self.row(version_id)
        check_version(expected, row["version"])
        if row["status"] != status:
            raise not_a_draft(row["status"]) if status == "draft" else wrong_status(row["status"], status)
        return row

    async def copy(self, version_id: UUID) -> UUID:
        """A draft with the document of another version; 400 for an unknown one, 409 `draftExists`."""
        source = await self._work.uow.fetchrow(sql.ONE, self.today, version_id)
        if source is None:
            raise unknown_reference("copyOf", "No such version of a flow.")
        return await self.add(flow_of(source))

    async def start(self, slug: str, title: str, department_id: UUID | None) -> UUID:
        """A flow that did not exist, with a first draft; 409 `flowExists`, 400 for an unknown department."""
        if await self._work.uow.fetchval(sql.KNOWN, slug):
            raise flow_exists()
        department = await self._department(department_id)
        return await self.add(first_draft(slug, title, department["name"]), department["id"])

    async def add(self, flow: Flow, department_id: UUID | None = None) -> UUID:
        """A draft with this document, the next version of its flow, or the first one of a new flow.

        Args:
            flow: its number and status are of no account.
            department_id: who owns a new flow; else whom the document names, else the department of who makes it.

        Raises:
            ProblemError: 400 for an unknown department; 409 `draftExists`.
        """
        work = self._work
        owner = department_id and (await self._department(department_id))["id"]
        owner = owner or await self._called(flow.owner) or work.who.department
        await work.uow.execute(sql.ADD_FLOW, uuid7(), flow.flow, owner, work.now)
        flow_row = await work.uow.fetchrow(sql.NEXT_NUMBER, flow.flow)
        if flow_row is None:
            raise not_found("flow")
        if there := await work.uow.fetchval(sql.OPEN_ONE, flow_row["id"]):
            raise draft_exists(there)
        version_id, number = uuid7(), flow_row["last_number"]
        days = flow.valid_from, flow.valid_until, flow.review_by
        document = encode_json(stored(flow))
        await work.uow.execute(sql.ADD, version_id, flow_row["id"], number, document, *days, work.actor, work.now)
        await self._happened("created", flow_row["id"], version_id, number)
        return version_id

    async def change(self, version_id: UUID, flow: Flow, expected: int) -> None:
        """Another document for a draft; what is already so is no change.

        Raises:
            ProblemError: 400 for a document of another flow, 404, 409 `notADraft`, 412.
        """
        row = await self.locked(version_id, expected, "draft")
        if flow.flow != row["slug"]:
            raise invalid_input("A version stays with its flow; import the document instead.", name="document/flow")
        if parts := changed_parts(flow_of(row), flow):
            days = flow.valid_from, flow.valid_until, flow.review_by
            await self._work.uow.execute(sql.CHANGE, version_id, encode_json(stored(flow)), *days, self._work.now)
            await self._stepped("changed", row, parts=parts)

    async def remove(self, version_id: UUID, expected: int) -> None:
        """Throw a draft away; its events stay. 404, 409 `notADraft`, 412."""
        row = await self.locked(version_id, expected, "draft")
        await self._work.uow.execute(sql.REMOVE, version_id)
        await self._stepped("removed", row)

    async def submit(self, version_id: UUID, expected: int) -> None:
        """Ask for a reviewer; whoever calls this has checked it. 404, 409 `notADraft`, 412."""
        row = await self.locked(version_id, expected, "draft")
        await self._work.uow.execute(sql.SUBMIT, version_id, self._work.actor, self._work.now)
        await self._stepped("submitted", row)

    async def send_back(self, version_id: UUID, reason: str, expected: int) -> FlowVersionSummary:
        """From review to draft again; 404, 409 `wrongStatus`, 412."""
        row = await self.locked(version_id, expected, "review")
        await self._work.uow.execute(sql.RETURN, version_id, self._work.now)
        await self._stepped("returned", row, reason)
        return await self.summary(version_id)

    async def publish(self, row: Row, flow: Flow, reason: str | None) -> None:
        """From review to published, with the document that was checked; `row` is locked.

        The department that the document names as its owner owns the flow from then on.
        """
        work = self._work
        document = encode_json(stored(flow))
        await work.uow.execute(sql.PUBLISH, row["id"], work.actor, work.now, document, flow.valid_from)
        if owner := await self._called(flow.owner):
            await work.uow.execute(sql.OWN, row["flow_id"], owner)
        await self._stepped("published", row, reason)
        await work.feed.announce(work.uow, TOPIC)

    async def retire(self, version_id: UUID, reason: str, expected: int) -> FlowVersionSummary:
        """Take a published version out of use; 404, 409 `wrongStatus`, 412."""
        row = await self.locked(version_id, expected, "published")
        await self._work.uow.execute(sql.RETIRE, version_id, self._work.now)
        await self._stepped("retired", row, reason)
        await self._work.feed.announce(self._work.uow, TOPIC)
        return await self.summary(version_id)

    async def one_publication(self) -> None:
        """Wait until no other flow is being published; until the end of this unit of work none is."""
        await self._work.uow.execute(sql.ONE_AT_A_TIME)

    async def wrote(self, version_id: UUID) -> bool:
        """Whether this person wrote at the version, or submitted it."""
        return bool(await self._work.uow.fetchval(sql.WROTE, version_id, self._work.actor))

    async def _department(self, department_id: UUID | None) -> Row:
        """The department of this id, else that of who acts, else the contact centre; 400 for an unknown one."""
        uow, own = self._work.uow, self._work.who.department
        row = await uow.fetchrow(sql.DEPARTMENT, department_id or own) if department_id or own else None
        if row is None and department_id is None:
            row = await uow.fetchrow(sql.CENTRE)
        if row is None:
            raise unknown_reference("departmentId", "No such active department.")
        return row

    async def _called(self, owner: str) -> UUID | None:
        """The department that a document names."""
        found: UUID | None = await self._work.uow.fetchval(sql.DEPARTMENT_CALLED, owner, code_of(owner))
        return found

    async def _stepped(self, kind: EventKind, row: Row, reason: str | None = None, parts: Sequence[str] = ()) -> None:
        await self._happened(kind, row["flow_id"], row["id"], row["number"], reason, parts)

    async def _happened(
        self,
        kind: EventKind,
        flow_id: UUID,
        version_id: UUID,
        number: int,
        reason: str | None = None,
        parts: Sequence[str] = (),
    ) -> None:
        work = self._work
        event = uuid7(), flow_id, version_id, number, kind, work.now, work.actor, reason, list(parts)
        await work.uow.execute(sql.ADD_EVENT, *event)
        work.trail.record("flowVersion", [version_id], fields=["document"] if kind in {"created", "changed"} else [])


async def current_of(uow: UnitOfWork, flow_id: UUID, day: date, *, other_than: UUID) -> UUID | None:
    """The version of a flow that counts on a day, leaving one out; None when there is none."""
    found: UUID | None = await uow.fetchval(sql.CURRENT, flow_id, day, other_than)
    return found


def flow_of(row: Row) -> Flow:
    """The flow of a row with its document; 409 `flowUnusable` for one whose form this release does not know."""
    try:
        return read_stored(row["document"], row["number"], row["status"])
    except msgspec.ValidationError as error:
        raise flow_unusable("", str(error)) from None
