"""Looking at mail that came in, and letting people decide about what could not be read."""

import asyncio
from typing import Any
from uuid import UUID

from msgspec import UNSET

from backend.contacts.inbound.rules import Mail, ReadMail
from backend.contacts.inbound.schemas import (
    InboundMailDetail,
    InboundMailDismissal,
    InboundMailPage,
    InboundMailRelease,
    InboundMailView,
    MailState,
)
from backend.contacts.inbound.service.filing import Filing, typed
from backend.contacts.inbound.service.intake import READ
from backend.contacts.inbound.service.rows import Result, arrived, done
from backend.contacts.rules import Placer
from backend.kit.blobs import read_blob
from backend.kit.db import Row
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, invalid_input, not_found
from backend.kit.reach import EVERYTHING
from backend.kit.schema import given
from backend.kit.work import Work

_SHOWN = (
    "id, mailbox_id, recipient, received_at, size, sender, state, outcome, marks, reason, question_id, processed_at, "
    "processed_by"
)
_PAGE = f"""
SELECT {_SHOWN} FROM inbound_mail
 WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR ($2 = ANY (marks) AND marks <> '{{}}'))
   AND ($3::uuid IS NULL OR mailbox_id = $3) AND ($4::uuid IS NULL OR id < $4)
 ORDER BY id DESC LIMIT $5
"""
_ONE = f"SELECT {_SHOWN}, blob_id, envelope_sender FROM inbound_mail WHERE id = $1"
_AGAIN = """
UPDATE inbound_mail SET state = 'received', reason = NULL, processed_at = NULL, processed_by = NULL
 WHERE id = $1 AND state = 'quarantined' RETURNING true
"""
_MOST_TEXT = 20_000
_SCOPE = "inboundMails"


class InboundService:
    """Mail that came in, as far as the person may know of it.

    Args:
        work: the unit of work.
        placer: who owns a question.
        read: reads a mail.
    """

    def __init__(self, work: Work, placer: Placer, read: ReadMail) -> None:
        self._work = work
        self._placer = placer
        self._read = read

    async def page(
        self, page: PageRequest, *, state: MailState | None, mark: str | None, mailbox_id: UUID | None
    ) -> InboundMailPage:
        """Mails, the newest first; every one that is shown is logged."""
        after = decode_cursor(page.cursor, (UUID,), scope=_SCOPE)[0] if page.cursor else None
        rows = await self._work.uow.fetch(_PAGE, state, mark, mailbox_id, after, page.limit + 1)
        items = [InboundMailView(**row) for row in rows[: page.limit]]
        self._work.trail.record("inboundMail", [one.id for one in items], fields=["sender"])
        if len(rows) > page.limit:
            return InboundMailPage(items=items, next=encode_cursor((items[-1].id,), scope=_SCOPE))
        return InboundMailPage(items=items)

    async def get(self, mail_id: UUID) -> InboundMailDetail:
        """One mail; what is in it only while it is no question: that has its own page, for who may see it."""
        row = await self._row(mail_id)
        shown: dict[str, Any] = {name: row[name] for name in InboundMailView.__struct_fields__}
        if row["question_id"] is not None:
            self._work.trail.record("inboundMail", [mail_id], fields=["sender"])
            return InboundMailDetail(**shown)
        mail = await self._opened(row)
        self._work.trail.record("inboundMail", [mail_id], fields=["sender", "subject", "text"])
        return InboundMailDetail(
            **shown | {"sender": row["sender"] or mail.sender},
            subject=mail.subject or None,
            sender_name=mail.sender_name or None,
            sent_at=mail.sent_at,
            text=mail.text[:_MOST_TEXT] or None,
            attachments=[piece.name or "bijlage" for piece in mail.pieces],
        )

    async def raw(self, mail_id: UUID) -> bytes:
        """The mail as it came; 409 once it is a question. The download is logged."""
        row = await self._row(mail_id)
        if row["question_id"] is not None:
            raise conflict("mailProcessed", "This mail belongs to a question; look at it there.")
        async with self._work.uow.reaching(EVERYTHING):
            content = await read_blob(self._work, row["blob_id"])
        self._work.trail.record("inboundMail", [mail_id], fields=["content"])
        return content

    async def retry(self, mail_id: UUID) -> InboundMailView:
        """Read a mail in quarantine once more; 404, 409."""
        await self._quarantined(mail_id)
        async with self._work.uow.reaching(EVERYTHING):
            await self._work.uow.fetchval(_AGAIN, mail_id)
        self._work.outbox.add(READ, self._work.now, mail=mail_id)
        self._work.trail.record("inboundMail", [mail_id])
        return await self._view(mail_id)

    async def release(self, mail_id: UUID, data: InboundMailRelease) -> InboundMailView:
        """Make a question of a mail in quarantine, or more about one; 400 when nothing could be read and nothing typed.

        Its sender gets no acknowledgement, and the answer address of the question does not change.
        """
        row = await self._quarantined(mail_id)
        mail = await self._opened(row)
        mail = typed(mail, subject=given(data.subject) or "", text=given(data.text) or "")
        if not (mail.text.strip() or mail.pieces):
            raise invalid_input("Nothing of this mail can be read; say in text what it is about.", name="text")
        async with self._work.uow.reaching(EVERYTHING):
            waiting = await arrived(self._work.uow, mail_id, lock=True)
        if waiting is None or waiting.state != "quarantined":
            raise _elsewhere()
        filing, marks = Filing(self._work, self._placer), mail.signs
        question_id = given(data.question_id)
        if question_id:
            await filing.reply(mail, marks, question_id, known=False)
        else:
            department_id = given(data.department_id) or waiting.department_id
            question_id = await filing.question(
                mail, marks, kind=waiting.kind, department_id=department_id, silent=True
            )
        result = Result(
            state="processed",
            outcome="reply" if data.question_id is not UNSET else "question",
            marks=marks,
            question_id=question_id,
            header_id=mail.message_id,
            sender=mail.sender,
        )
        async with self._work.uow.reaching(EVERYTHING):
            await done(self._work, mail_id, result)
            return await self._view(mail_id)

    async def dismiss(self, mail_id: UUID, data: InboundMailDismissal) -> InboundMailView:
        """Put a mail in quarantine aside, with the reason; it stays."""
        await self._quarantined(mail_id)
        async with self._work.uow.reaching(EVERYTHING):
            await done(self._work, mail_id, Result(state="ignored", outcome="dismissed", reason=data.reason))
        return await self._view(mail_id)

    async def _view(self, mail_id: UUID) -> InboundMailView:
        row = await self._row(mail_id)
        return InboundMailView(**{name: row[name] for name in InboundMailView.__struct_fields__})

    async def _row(self, mail_id: UUID) -> Row:
        """404 for a mail that is not there, or came for a shielded department of others."""
        row = await self._work.uow.fetchrow(_ONE, mail_id)
        if row is None:
            async with self._work.uow.reaching(EVERYTHING):
                hidden = await self._work.uow.fetchrow(_ONE, mail_id)
            raise not_found("mail", denied=("inboundMail", mail_id) if hidden else None)
        return row

    async def _quarantined(self, mail_id: UUID) -> Row:
        row = await self._row(mail_id)
        if row["state"] != "quarantined":
            raise _elsewhere()
        return row

    async def _opened(self, row: Row) -> Mail:
        async with self._work.uow.reaching(EVERYTHING):
            content = await read_blob(self._work, row["blob_id"])
        return await asyncio.to_thread(self._read, content, row["envelope_sender"])


def _elsewhere() -> Exception:
    return conflict("notInQuarantine", "This mail is not in quarantine.")
