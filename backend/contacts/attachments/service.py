"""Keeping files with questions, and giving them out once they are clean."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.attachments.rules import (
    ALLOWED,
    EMPTY,
    LARGEST,
    NOT_ALLOWED,
    NOT_SCANNED,
    PER_MESSAGE,
    PER_QUESTION,
    TOO_LARGE,
    UNREADABLE,
    State,
    clean_name,
    detect,
    given_name,
    misnamed,
)
from backend.contacts.attachments.schemas import AttachmentCreated, AttachmentPage, AttachmentView
from backend.contacts.life.service import Holding
from backend.contacts.messages.service import MessageRow, add
from backend.contacts.rules import Verb
from backend.contacts.shielding.service import looked, missing, purpose, visible
from backend.kit.blobs import read_blob, store_blob
from backend.kit.db import Row
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import ProblemError, conflict, invalid_input, not_found, unknown_reference
from backend.kit.work import Work
from backend.notifications.rules import MailAttachment

SCAN = "contacts.scanAttachment"
"""Outbox topic; ids: `attachment`."""

ATTACHMENTS = """
(SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
    'id', a.id, 'messageId', a.message_id, 'name', a.name, 'mediaType', a.media_type, 'size', a.size,
    'state', a.state, 'finding', a.finding, 'scannedAt', a.scanned_at, 'authorId', a.author_id,
    'createdAt', a.created_at)) ORDER BY a.id), '[]')
   FROM attachment a WHERE a.question_id = q.id) AS attachments
"""
"""Column with the attachments of question `q`; `attachment_views` reads it."""

_SHOWN = "id, message_id, name, media_type, size, state, finding, scanned_at, author_id, created_at"
_ADD = f"""
INSERT INTO attachment (question_id, blob_id, {_SHOWN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_COUNT = "SELECT count(*) FROM attachment WHERE question_id = $1 AND author_id IS NOT NULL"
_QUESTION = "SELECT id, customer_id, department_id, assignee_id, confidentiality FROM question WHERE id = $1"
_PAGE = f"""
SELECT {_SHOWN} FROM attachment WHERE question_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
"""
_ONE = "SELECT id, blob_id, name, media_type, state, finding FROM attachment WHERE id = $1 AND question_id = $2"
_OF_MESSAGE = """
SELECT blob_id, name, media_type FROM attachment WHERE message_id = $1 AND state = 'clean' ORDER BY id
"""
_HELD = """
SELECT id, state, message_id FROM attachment WHERE question_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
"""
_CLAIM = "UPDATE attachment SET message_id = $1 WHERE id = ANY($2::uuid[])"
_UNDECIDED = f"(state = 'pending' OR (state = 'error' AND finding IN ('{NOT_SCANNED}', '{UNREADABLE}')))"
_TO_SCAN = f"SELECT blob_id FROM attachment WHERE id = $1 AND {_UNDECIDED}"
_DECIDE = f"""
UPDATE attachment SET state = $2, finding = $3, scanned_at = $4 WHERE id = $1 AND {_UNDECIDED}
RETURNING question_id, name
"""
_UNUSABLE: dict[str, tuple[str, str]] = {
    "pending": ("attachmentPending", "This file was not scanned yet; try again in a moment."),
    "infected": ("attachmentInfected", "This file holds something harmful and is not given out."),
    "error": ("attachmentUnusable", "This file cannot be given out"),
}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided about a file.

    Attributes:
        finding: what was found, or why it is not given out; None exactly when it is clean.
        scanned_at: None when nothing looked at it.
    """

    state: State
    finding: str | None = None
    scanned_at: datetime | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A clean file, with the name under which it may leave."""

    name: str
    content: bytes


def attachment_views(rows: Sequence[dict[str, Any]]) -> list[AttachmentView]:
    """What column `ATTACHMENTS` holds, as it is shown."""
    views = msgspec.convert(rows, list[AttachmentView])
    return [msgspec.structs.replace(one, misnamed=misnamed(one.name, one.media_type)) for one in views]


class AttachmentService:
    """The files of questions."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def attach(self, question_id: UUID, message_id: UUID | None, name: str, content: bytes) -> UUID:
        """Keep a file, whatever it is, and have it scanned; for what a mail brings, and below `upload`.

        What is not allowed is kept all the same, as `error`: nothing is lost, and nothing of it is given out.

        Args:
            question_id: its question.
            message_id: the message it came with, stored already in this transaction.
            name: as the sender calls it, unchecked.
            content: at most what a blob holds (30 MB).

        Returns:
            The id of the attachment.
        """
        work, attachment_id, shown = self._work, uuid7(), clean_name(name)
        media_type = await asyncio.to_thread(detect, content, shown)
        finding = _fault(media_type, content)
        blob_id = await store_blob(work, content)
        await work.uow.execute(
            _ADD,
            question_id,
            blob_id,
            attachment_id,
            message_id,
            shown,
            media_type,
            len(content),
            "error" if finding else "pending",
            finding,
            None,
            work.actor,
            work.now,
        )
        if finding is None:
            work.outbox.add(SCAN, work.now, attachment=attachment_id)
        return attachment_id

    async def upload(self, holding: Holding, question_id: UUID, name: str, content: bytes) -> AttachmentCreated:
        """Attach a file to a question, by a person: only what is allowed, and an event in the timeline.

        Raises:
            ProblemError: 400 for an empty file, 404, 409 `typeNotAllowed`, `tooManyAttachments`, 413.
        """
        work = self._work
        held = await holding.lock(question_id, None, told=True)
        media_type = await asyncio.to_thread(detect, content, clean_name(name))
        match _fault(media_type, content):
            case "empty":
                raise invalid_input("The file is empty.", name="file")
            case "tooLarge":
                raise ProblemError(413, f"A file is at most {LARGEST} bytes.")
            case "typeNotAllowed":
                raise conflict("typeNotAllowed", f"Files of this type are not accepted ({media_type}).")
        if await work.uow.fetchval(_COUNT, question_id) >= PER_QUESTION:
            raise conflict("tooManyAttachments", f"A question has at most {PER_QUESTION} files that were attached.")
        attachment_id = await self.attach(question_id, None, name, content)
        after = await holding.apply(Verb.ATTACH, held, data={"attachmentId": str(attachment_id)})
        shown = clean_name(name)
        return AttachmentCreated(
            id=attachment_id,
            name=shown,
            media_type=media_type,
            size=len(content),
            misnamed=misnamed(shown, media_type),
            state="pending",
            author_id=work.actor,
            created_at=work.now,
            question_version=after.version,
        )

    async def page(self, question_id: UUID, page: PageRequest) -> AttachmentPage:
        """The files of a question, the oldest first."""
        question = await self._question(question_id)
        after = decode_cursor(page.cursor, (UUID,), scope="attachments")[0] if page.cursor else None
        rows = await self._work.uow.fetch(_PAGE, question_id, after, page.limit + 1)
        shown = [AttachmentView(**row, misnamed=misnamed(row["name"], row["media_type"])) for row in rows[: page.limit]]
        looked(self._work, [question], fields=["attachments"])
        if len(rows) > page.limit:
            return AttachmentPage(items=shown, next=encode_cursor((shown[-1].id,), scope="attachments"))
        return AttachmentPage(items=shown)

    async def content(self, question_id: UUID, attachment_id: UUID) -> File:
        """A clean file; who gets it is logged.

        Raises:
            ProblemError: 404, 409 while it is not clean.
        """
        work, question = self._work, await self._question(question_id)
        row = await work.uow.fetchrow(_ONE, attachment_id, question_id)
        if row is None:
            raise not_found("attachment")
        if row["state"] != "clean":
            kind, text = _UNUSABLE[row["state"]]
            raise conflict(kind, f"{text}: {row['finding']}." if row["state"] == "error" else text)
        looked(work, [question], fields=["attachments"])
        work.trail.record("attachment", [attachment_id], fields=["content"], purpose=purpose(work, question))
        return File(name=given_name(row["name"], row["media_type"]), content=await read_blob(work, row["blob_id"]))

    async def of_message(self, message_id: UUID) -> tuple[MailAttachment, ...]:
        """The clean files that go with a message, as its mail takes them."""
        return tuple(
            [
                MailAttachment(
                    name=given_name(row["name"], row["media_type"]),
                    media_type=row["media_type"],
                    content=await read_blob(self._work, row["blob_id"]),
                )
                for row in await self._work.uow.fetch(_OF_MESSAGE, message_id)
            ]
        )

    async def claim_for_message(self, question_id: UUID, message_id: UUID, ids: Sequence[UUID]) -> None:
        """Send these files of a question along with a message, stored already in this transaction.

        Raises:
            ProblemError: 400 for more than five or an unknown one, 409 for one that is not clean or went already.
        """
        wanted = list(dict.fromkeys(ids))
        if len(wanted) > PER_MESSAGE:
            raise invalid_input(f"At most {PER_MESSAGE} files go with a message.", name="attachmentIds")
        rows = await self._work.uow.fetch(_HELD, question_id, wanted)
        if len(rows) < len(wanted):
            raise unknown_reference("attachmentIds", "No such file of this question.")
        for row in rows:
            if row["state"] != "clean":
                kind, text = _UNUSABLE[row["state"]]
                raise conflict(kind, text)
            if row["message_id"] is not None:
                raise conflict("attachmentUsed", "A file belongs to another message already; attach it again.")
        await self._work.uow.execute(_CLAIM, message_id, wanted)

    async def to_scan(self, attachment_id: UUID) -> bytes | None:
        """The content of a file about which nothing is decided; None: there is nothing to decide."""
        blob_id = await self._work.uow.fetchval(_TO_SCAN, attachment_id)
        return None if blob_id is None else await read_blob(self._work, blob_id)

    async def decide(self, holding: Holding, attachment_id: UUID, verdict: Verdict) -> None:
        """Write a verdict down, once; a harmful file is told to whoever works on the question."""
        work = self._work
        row = await work.uow.fetchrow(_DECIDE, attachment_id, verdict.state, verdict.finding, verdict.scanned_at)
        if row is None:
            return
        work.trail.record("attachment", [attachment_id], fields=["state"])
        if verdict.state == "infected":
            held = await holding.lock(row["question_id"], None)
            await holding.apply(Verb.NOTE, held, data={"attachmentId": str(attachment_id), "state": verdict.state})
            note = f"De bijlage “{row['name']}” is schadelijk ({verdict.finding}). Niemand kan ze openen of downloaden."
            await add(work, [_note(row["question_id"], note, work.now)])

    async def _question(self, question_id: UUID) -> Row:
        """The question, when the person may know of it."""
        row = await self._work.uow.fetchrow(_QUESTION, question_id)
        if row is None or not visible(self._work, row):
            await missing(self._work, "q.id = $1", question_id)
        return row


def _fault(media_type: str, content: bytes) -> str | None:
    """Why a file is not accepted; None: it is."""
    if not content:
        return EMPTY
    if len(content) > LARGEST:
        return TOO_LARGE
    return None if media_type in ALLOWED else NOT_ALLOWED


def _note(question_id: UUID, text: str, now: datetime) -> MessageRow:
    return MessageRow(
        question_id=question_id, direction="note", purpose="note", channel="internal", body=text, created_at=now
    )
