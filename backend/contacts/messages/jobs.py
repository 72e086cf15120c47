"""Sending one message by mail; the handler of outbox topic `contacts.sendMessage`."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.catalogue.products.service import ProductService
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import Sendable, address_of, failed, sendable, sent
from backend.crm.service import CustomerService
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect
from backend.kit.work import Work
from backend.notifications.rules import MailContext, OutgoingMail, render
from backend.notifications.service import Mailer

MATTERS = frozenset({"answer", "clarification"})
"""Mails without which the customer waits for nothing: when they cannot be delivered, the question is open again."""


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """What every letter of the city says about the city."""

    city: str
    city_phone: str
    city_website: str
    form: Literal["informal", "formal"]


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
            recipient, name = await self._recipient(work, message)
            await self._mailer.send(await self._mail(work, message, recipient, name))
        except DeadLetter as refusal:
            await failed(uow, message.id, str(refusal))
            if message.purpose in MATTERS:
                await self._life(work).undelivered(message.question_id, str(refusal))
        else:
            await sent(uow, message.id, work.now)
        work.trail.record("question", [message.question_id], fields=[message.purpose])

    async def _recipient(self, work: Work, message: Sendable) -> tuple[str, str | None]:
        """Address and name: given with the message, told in a contact, or on file."""
        known = await CustomerService(work).recipient(message.customer_id) if message.customer_id else None
        told = message.recipient or await address_of(work.uow, message.question_id)
        address = told or (known.email if known else None)
        if address is None:
            raise DeadLetter("no e-mail address is known")
        return address, known.name if known else None

    async def _mail(self, work: Work, message: Sendable, recipient: str, name: str | None) -> OutgoingMail:
        letter = render(message.purpose, await self._context(work, message, recipient, name))
        return OutgoingMail(
            message_id=str(message.id),
            to=recipient,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            at=message.created_at,
            automatic=message.purpose not in MATTERS,
        )

    async def _context(self, work: Work, message: Sendable, recipient: str, name: str | None) -> MailContext:
        product: dict[str, Any] = {}
        if message.product_id:
            known = {"reference": message.reference, "email": recipient, **({"name": name} if name else {})}
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
            customer_name=name,
            reference=message.reference,
            subject=message.subject,
            question_text=message.question_text,
            department_name=message.department,
            deadline=message.deadline,
            message_text=message.body,
            at=message.created_at,
            **product,
        )
