"""Sending one message by mail; the handler of outbox topic `contacts.sendMessage`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from backend.catalogue.products.service import ProductService
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import Sendable, failed, sendable, sent, skipped, told_by_caller
from backend.crm.customers.service import CustomerService
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect
from backend.kit.work import Work
from backend.notifications.rules import Letterhead, MailContext, OutgoingMail, render
from backend.notifications.service import Mailer

MATTERS = frozenset({"answer", "clarification"})
"""Mails without which the customer waits for nothing: when they cannot be delivered, the question is open again."""


WANTED = MATTERS | {"information"}
"""Mails that somebody asked for; the others are a courtesy, left out when there is no address, or no wish for mail."""

OTHERWISE = frozenset({"phone", "letter"})
"""Preferred channels of a customer that a courtesy by mail would go against; an address told for this question wins."""


class NotWritten(Exception):
    """A courtesy that is left out; the text says why, without personal data."""


class MessageSender:
    """Outbox handler.

    Args:
        work: makes the unit of work of a job.
        products: the catalogue in a unit of work.
        life: the life cycle in a unit of work.
        mailer: the mail server.
        letterhead: the city.
    """

    def __init__(
        self,
        work: Callable[[UnitOfWork, Effect], Work],
        products: Callable[[Work], ProductService],
        life: Callable[[Work], LifeService],
        mailer: Mailer,
        letterhead: Letterhead,
    ) -> None:
        self._work = work
        self._products = products
        self._life = life
        self._mailer = mailer
        self._letterhead = letterhead

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Send the message, or leave a visible trace of why that is impossible; raises when it must be tried again."""
        work = self._work(uow, effect)
        message = await sendable(uow, UUID(effect.ids["message"]))
        if message is None or message.delivery != "pending":
            return
        try:
            asker = await self._asker(work, message)
            await self._mailer.send(await self._mail(work, message, asker))
        except DeadLetter as refusal:
            await failed(uow, message.id, str(refusal))
            if message.purpose in MATTERS:
                await self._life(work).undelivered(message.question_id, str(refusal))
        except NotWritten as reason:
            await skipped(uow, message.id, str(reason))
        else:
            await sent(uow, message.id, work.now)
        work.trail.record("question", [message.question_id], fields=[message.purpose])

    async def _asker(self, work: Work, message: Sendable) -> dict[str, str]:
        """Name, phone and e-mail: given with the message, else told in a contact, else on file."""
        known = await CustomerService(work).recipient(message.customer_id) if message.customer_id else None
        on_file = {"name": known.name, "phone": known.phone, "email": known.email} if known else {}
        told = await told_by_caller(work.uow, message.question_id)
        if known and known.preferred_channel in OTHERWISE and message.purpose not in WANTED and "email" not in told:
            raise NotWritten(f"the customer prefers {known.preferred_channel}")
        found = {**on_file, **told, **({"email": message.recipient} if message.recipient else {})}
        if known:
            found["name"] = known.name
        return {name: value for name, value in found.items() if value}

    async def _mail(self, work: Work, message: Sendable, asker: dict[str, str]) -> OutgoingMail:
        if "email" not in asker:
            if message.purpose in WANTED:
                raise DeadLetter("no e-mail address is known")
            raise NotWritten("no e-mail address is known")
        letter = render(message.purpose, await self._context(work, message, asker))
        return OutgoingMail(
            message_id=str(message.id),
            to=asker["email"],
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            at=message.created_at,
            automatic=message.purpose not in MATTERS,
        )

    async def _context(self, work: Work, message: Sendable, asker: dict[str, str]) -> MailContext:
        product: dict[str, Any] = {}
        if message.product_id:
            known = {"reference": message.reference, **asker}
            told = await self._products(work).mail_text(message.product_id, message.language, known)
            product = {
                "product_name": told.name,
                "product_text": told.description_text,
                "product_html": told.description_html,
                "first_line_information": told.first_line_information,
                "help_sheets": [(sheet.title, sheet.url) for sheet in told.help_sheets],
                "transaction_url": told.transaction_url,
            }
        return MailContext(
            city=self._letterhead.city,
            city_phone=self._letterhead.city_phone,
            city_website=self._letterhead.city_website,
            form=self._letterhead.form,
            customer_name=asker.get("name"),
            reference=message.reference,
            subject=message.subject,
            question_text=message.question_text,
            department_name=message.department,
            deadline=message.deadline,
            message_text=message.body,
            at=message.created_at,
            **product,
        )
