"""Mailing one code; the handler of outbox topic `crm.sendVerification`."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from backend.crm.verification.rules import LIFE
from backend.crm.verification.service import TABLE, due, sent, undeliverable
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect
from backend.kit.work import Work
from backend.notifications.rules import Letterhead, MailContext, OutgoingMail, render
from backend.notifications.service import Mailer


class VerificationSender:
    """Outbox handler.

    The letter names nobody: until it is verified, an address may be that of a stranger.

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
        """Mail the code; nothing when it is of no use any more. Raises when it must be tried again."""
        work = self._work(uow, effect)
        code = await due(uow, UUID(effect.ids["verification"]))
        if code is None or code.expires_at <= work.now:
            return
        clear = work.keys.decrypt(code.code, table=TABLE, column="code", row=code.id)
        letter = render(
            "verification",
            MailContext(
                **msgspec.structs.asdict(self._letterhead),
                code=f"{clear[:3]} {clear[3:]}",
                minutes=int(LIFE.total_seconds() // 60),
                at=code.requested_at,
            ),
        )
        try:
            await self._mailer.send(
                OutgoingMail(
                    message_id=str(code.id),
                    to=code.address,
                    subject=letter.subject,
                    text=letter.text,
                    html=letter.html,
                    at=code.requested_at,
                )
            )
        except DeadLetter:
            await undeliverable(uow, code.id)
        else:
            await sent(uow, code.id, work.now)
        work.trail.record("customer", [code.customer_id], fields=["contactPoints"])
