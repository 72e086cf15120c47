"""Mailing a task to who owns the flow; the handler of outbox topic `assistant.mailTask`."""

from collections.abc import Callable
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from backend.assistant.rules import DUTCH, say
from backend.assistant.tasks.service import DueTask, due, mailed
from backend.catalogue.products.service import referenced
from backend.catalogue.rules import pick
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work
from backend.notifications.rules import FlowTaskFacts, Letterhead, MailContext, OutgoingMail, render
from backend.notifications.service import Mailer


class TaskMailer:
    """Outbox handler.

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
        """Mail the task to one person; nothing when it is done meanwhile. Raises when it must be tried again."""
        task_id, user_id = UUID(effect.ids["task"]), UUID(effect.ids["user"])
        task = await due(uow, task_id, user_id)
        if task is None:
            return
        facts = FlowTaskFacts(
            kind=task.kind, title=say(task.title, DUTCH), about=await self._about(uow, task), day=task.review_by
        )
        letter = render(
            "task", MailContext(**msgspec.structs.asdict(self._letterhead), flow_task=facts, at=task.raised_at)
        )
        await self._mailer.send(
            OutgoingMail(
                message_id=str(uuid5(NAMESPACE_OID, f"{task_id} {user_id}")),
                to=task.recipient,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                at=task.raised_at,
            )
        )
        work = self._work(uow, effect)
        await mailed(uow, task_id, work.now)
        work.trail.record("flowTask", [task_id], fields=["mailedAt"])

    async def _about(self, uow: UnitOfWork, task: DueTask) -> str | None:
        """The product by its name where it is known, or the other flow."""
        found = (await referenced(uow, {task.product_ref})).get(task.product_ref) if task.of_product else None
        name = pick(found.name, self._letterhead.form) if found else None
        return f"{name} ({task.product_ref})" if name else task.product_ref or None
