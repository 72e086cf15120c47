"""Sending one message by mail; the handler of outbox topic `contacts.sendMessage`."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from backend.contacts.letters.errors import NotWritten
from backend.contacts.letters.rules import MATTERS
from backend.contacts.letters.service import LetterWriter
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import Sendable, came_to, earlier, failed, sendable, sent, skipped
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect
from backend.kit.work import Work
from backend.notifications.rules import OutgoingMail
from backend.notifications.service import Mailer

MOST_REFERENCES = 20
"""Earlier mails that a mail names, besides the first."""


class MessageSender:
    """Outbox handler.

    Args:
        work: makes the unit of work of a job.
        letters: writes letters in a unit of work.
        life: the life cycle in a unit of work.
        mailer: the mail server.
    """

    def __init__(
        self,
        work: Callable[[UnitOfWork, Effect], Work],
        letters: Callable[[Work], LetterWriter],
        life: Callable[[Work], LifeService],
        mailer: Mailer,
    ) -> None:
        self._work = work
        self._letters = letters
        self._life = life
        self._mailer = mailer

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Send the message, or leave a visible trace of why that is impossible; raises when it must be tried again."""
        work = self._work(uow, effect)
        message = await sendable(uow, UUID(effect.ids["message"]))
        if message is None or message.delivery not in {"pending", "failed"}:  # given up, and tried again by a person
            return
        letters = self._letters(work)
        try:
            letter = await letters.mail(message, await letters.asker(message))
            await self._mailer.send(await self._threaded(uow, message, letter))
        except DeadLetter as refusal:
            await failed(uow, message.id, str(refusal))
            if message.purpose in MATTERS:
                await self._life(work).undelivered(message.question_id, str(refusal))
        except NotWritten as reason:
            await skipped(uow, message.id, str(reason))
        else:
            await sent(uow, message.id, work.now)
        work.trail.record("question", [message.question_id], fields=[message.purpose])

    async def _threaded(self, uow: UnitOfWork, message: Sendable, letter: OutgoingMail) -> OutgoingMail:
        """The mail as one of its question: mail programs show them together, and an answer comes back to it."""
        before = await earlier(uow, message)
        names = [one.mail_id or self._mailer.message_id(str(one.id)) for one in before]
        theirs = [one.mail_id for one in before if one.mail_id]
        answered = theirs or names
        return msgspec.structs.replace(
            letter,
            reply_to=await came_to(uow, message.question_id),
            in_reply_to=answered[-1] if answered else None,
            references=(*names[:1], *names[1:][-MOST_REFERENCES:]),
        )
