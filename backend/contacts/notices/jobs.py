"""Mailing one notice to a colleague; the handler of outbox topic `contacts.mailNotice`."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from backend.contacts.notices.service import due, mailed
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work
from backend.notifications.rules import Letterhead, MailContext, OutgoingMail, render
from backend.notifications.service import Mailer


class NoticeMailer:
    """Outbox handler.

    The mail says which question and what to do; nothing of the question itself, nor of the customer. When the mail
    server refuses the colleague it becomes a dead letter; the notice is in the list all the same.

    Args:
        work: makes the unit of work of a job.
        mailer: the mail server.
        letterhead: the city.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work], mailer: Mailer, letterhead: Letterhead) -> None:
        self._work = work
        self._mailer = mailer
        self._letterhead = letterhead

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Mail the notice; nothing when the person has read it meanwhile. Raises when it must be tried again."""
        notice = await due(uow, UUID(effect.ids["notice"]))
        if notice is None:
            return
        letter = render(
            "notice",
            MailContext(
                **msgspec.structs.asdict(self._letterhead),
                reference=notice.reference,
                notice=notice.kind,
                at=notice.at,
            ),
        )
        await self._mailer.send(
            OutgoingMail(
                message_id=str(notice.id),
                to=notice.recipient,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                at=notice.at,
            )
        )
        work = self._work(uow, effect)
        await mailed(uow, notice.id, work.now)
        work.trail.record("question", [notice.question_id], fields=["reference"])
