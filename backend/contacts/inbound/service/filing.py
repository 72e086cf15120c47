"""A mail as what it becomes: a question, more about one, or a note with one; its files with it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from uuid_utils.compat import uuid7

from backend.contacts.attachments.service import AttachmentService
from backend.contacts.inbound.rules import SILENT, Mail, own_words, words
from backend.contacts.messages.service import MessageRow, add
from backend.contacts.registration.schemas import Caller, ContactCreate, FollowUp, QuestionCreate
from backend.contacts.registration.service import ContactService
from backend.contacts.rules import Kind, Placer
from backend.crm.customers.service import CustomerService
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work

LONGEST_TEXT = 20_000
LONGEST_SUBJECT = 200
LONGEST_NAME = 200

_TAKEN = "SELECT EXISTS (SELECT FROM message WHERE mail_id = $1)"
_OF_CONTACT = """
UPDATE message SET channel = 'email', mail_id = $3, marks = $4, full_text = $5
 WHERE contact_id = $1 AND question_id = $2 AND direction = 'inbound' RETURNING id
"""
_UNCONFIRMED = """UPDATE contact SET caller = caller || '{"unconfirmed": true}' WHERE id = $1 AND caller IS NOT NULL"""


class Filing:
    """Files mails.

    Args:
        work: the unit of work, of the platform or of whoever lets a mail out of quarantine.
        placer: who owns a question.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._contacts = ContactService(work, placer, CustomerService(work))

    async def question(
        self, mail: Mail, marks: Iterable[str], *, kind: Kind, department_id: UUID | None, silent: bool = False
    ) -> UUID:
        """A new question with everything in the mail; gives its id.

        Args:
            mail: what was read, or typed by whoever read it.
            marks: what readers have to know.
            kind: of the question.
            department_id: its owner; None: the rules place it.
            silent: no acknowledgement, whatever the marks say.
        """
        marks, text = frozenset(marks), _whole(mail)
        subject = mail.subject or words.NO_SUBJECT
        cut = len(text) > LONGEST_TEXT or len(subject) > LONGEST_SUBJECT
        asked = QuestionCreate(
            kind=kind,
            subject=_short(subject, LONGEST_SUBJECT),
            text=_short(text, LONGEST_TEXT),
            department_id=department_id or UNSET,
            answer_channel="email" if mail.reply_to else "none",
            acknowledge=not silent and mail.reply_to is not None and marks.isdisjoint(SILENT),
        )
        contact = await self._contacts.register(ContactCreate(channel="email", caller=_caller(mail), questions=[asked]))
        message = await self._message(
            mail,
            marks,
            question_id=contact.questions[0].id,
            contact_id=contact.id,
            purpose="question",
            full_text=f"{subject}\n\n{text}" if cut else None,
        )
        await self._files(message, mail)
        return message.question_id

    async def reply(self, mail: Mail, marks: Iterable[str], question_id: UUID, *, known: bool) -> None:
        """More about a question, from the customer: work on it goes on, or it is open again.

        Args:
            mail: what was read.
            marks: what readers have to know.
            question_id: which question.
            known: whether its sender is; the answer never goes to another address.
        """
        words_now, whole = _short(_new_words(mail), LONGEST_TEXT), _whole(mail)
        follow_up = FollowUp(question_id=question_id, text=words_now)
        contact = await self._contacts.register(
            ContactCreate(channel="email", caller=_caller(mail), follow_ups=[follow_up])
        )
        full_text = whole if whole != words_now else None
        async with self._work.uow.reaching(EVERYTHING):
            message_id: UUID = await self._work.uow.fetchval(
                _OF_CONTACT, contact.id, question_id, await self._free_id(mail), sorted(marks), full_text
            )
            if not known:
                await self._work.uow.execute(_UNCONFIRMED, contact.id)
        await self._keep_files(question_id, message_id, mail)

    async def note(self, mail: Mail, marks: Iterable[str], question_id: UUID) -> None:
        """Kept with a question, and nothing else happens to it: a machine wrote it."""
        words_now, whole = _short(_new_words(mail), LONGEST_TEXT), _whole(mail)
        message = await self._message(
            mail,
            marks,
            question_id=question_id,
            purpose="reply",
            body=words_now,
            full_text=whole if whole != words_now else None,
        )
        await self._files(message, mail)

    async def remark(self, question_id: UUID, text: str) -> None:
        """A note for colleagues."""
        await add(
            self._work,
            [
                MessageRow(
                    question_id=question_id,
                    direction="note",
                    purpose="note",
                    channel="internal",
                    body=text,
                    created_at=self._work.now,
                )
            ],
        )

    async def _message(self, mail: Mail, marks: Iterable[str], **fields: Any) -> MessageRow:
        row = MessageRow(
            id=uuid7(),
            direction="inbound",
            channel="email",
            mail_id=await self._free_id(mail),
            marks=sorted(marks),
            created_at=self._work.now,
            **fields,
        )
        await add(self._work, [row])
        return row

    async def _free_id(self, mail: Mail) -> str | None:
        """The Message-ID, unless another mail had it already: by it answers find their question."""
        async with self._work.uow.reaching(EVERYTHING):
            taken = mail.message_id is None or await self._work.uow.fetchval(_TAKEN, mail.message_id)
        return None if taken else mail.message_id

    async def _files(self, message: MessageRow, mail: Mail) -> None:
        await self._keep_files(message.question_id, message.id, mail)

    async def _keep_files(self, question_id: UUID, message_id: UUID, mail: Mail) -> None:
        attachments = AttachmentService(self._work)
        for piece in mail.pieces:
            await attachments.attach(question_id, message_id, piece.name, piece.content)


def _caller(mail: Mail) -> Caller | UnsetType:
    name = _short(mail.sender_name, LONGEST_NAME)
    if not (name or mail.reply_to):
        return UNSET
    return Caller(name=name or UNSET, email=mail.reply_to or UNSET)


def _whole(mail: Mail) -> str:
    return mail.text.strip() or _instead(mail)


def _new_words(mail: Mail) -> str:
    return own_words(mail.text) or _instead(mail)


def _instead(mail: Mail) -> str:
    if "encrypted" in mail.signs:
        return words.ENCRYPTED
    return words.ONLY_FILES if mail.pieces else words.NO_TEXT


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def typed(mail: Mail, *, subject: str, text: str) -> Mail:
    """The mail with the words of whoever read it in quarantine, as far as they were given."""
    return msgspec.structs.replace(mail, subject=subject or mail.subject, text=text or mail.text)
