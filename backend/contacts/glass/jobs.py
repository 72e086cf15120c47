"""Telling one auditor that the glass was broken; the handler of outbox topic `identity.breakGlassNotice`."""

from collections.abc import Callable
from uuid import UUID

from backend.contacts.glass.rules import SUBJECT, notice_text
from backend.identity.glass.service import notice
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work
from backend.notifications.rules import plain_mail
from backend.notifications.service import Mailer


class GlassNotifier:
    """Outbox handler.

    Args:
        work: makes the unit of work of a job.
        mailer: the mail server.
        city: who writes.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work], mailer: Mailer, city: str) -> None:
        self._work = work
        self._mailer = mailer
        self._city = city

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Send the notice; raises when it must be tried again."""
        told = await notice(uow, UUID(effect.ids["glass"]), UUID(effect.ids["auditor"]))
        if told is None:
            return
        text = notice_text(told.username, told.at, told.id, self._city)
        await self._mailer.send(plain_mail(str(effect.id), told.recipient, SUBJECT, text, told.at))
        self._work(uow, effect).trail.record("user", [UUID(effect.ids["auditor"])], purpose="supervision")
